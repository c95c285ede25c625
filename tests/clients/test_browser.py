"""A page with EventSource, WebSocket and fetch in headless Chromium."""

import json
import shutil

import pytest

from support.browser import Chromium
from support.waiting import wait_until


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_page_gets_its_events_and_messages(tls_proxy, scheme):
    url = f"{scheme}://localhost:{(tls_proxy.tls_address if scheme == 'https' else tls_proxy.address)[1]}"
    browser = Chromium(f"{url}/page/page.html")
    try:
        def reported():
            answer = tls_proxy.get("/result")
            told = json.loads(answer.body) if answer.status == 200 else {}
            return told if told.get("scheme") == scheme else None

        result = wait_until(reported, "the page reports", 60)
    finally:
        browser.end()
    assert result == {"scheme": scheme, "events": list(range(1, 21)), "messages": [f"message {n}" for n in range(20)],
                      "posted": "from a browser"}
