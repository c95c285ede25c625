"""A successor whose workers start and answer nobody never gets a client."""

import pytest

from support.background import MixedLoad
from support.baton import BUILD, EX_FAILED, EX_OK
from support.waiting import wait_until

WITH_DYING_WORKERS = BUILD / "tests" / "baton_with_dying_workers"


@pytest.mark.parametrize(("fate", "reason"), [("unprobed", "listener main of worker 0: closed without an answer"),
                                              ("silent", "listener main of worker 0: no answer within 5 s")])
@pytest.mark.parametrize("certified", [False, True], ids=["plain", "tls"])
def test_a_successor_that_does_not_answer_is_rolled_back(baton, backend, pki, fate, reason, certified):
    proxy = baton(start=False, upstreams={"app": [backend.endpoint]},
                  certificates=[pki.default()] if certified else (), environment={"BATON_DYING_WORKERS": fate})
    proxy.sections["listeners"] = [{"name": "main", "address": f"127.0.0.1:{proxy.address[1]}", "tls": certified}]
    proxy.write_config()
    proxy.expects_crashes = True
    proxy.start()
    load = None if certified else MixedLoad(proxy.address, keepalive=8, fresh=4, post=2, sse=2, websocket=10)
    before = sorted(proxy.lineage())
    good = proxy.binary.read_bytes()
    proxy.replace_binary(WITH_DYING_WORKERS)
    answer = proxy.command("upgrade")
    assert answer.returncode == EX_FAILED
    expected = reason if not certified or fate == "silent" else "listener main of worker 0: no TLS handshake"
    assert expected in answer.stderr + answer.stdout
    assert expected in proxy.error_text()
    wait_until(lambda: sorted(proxy.lineage()) == before, "only the predecessor lives")
    assert proxy.get("/bytes/128").status == 200
    proxy.binary.unlink()
    proxy.binary.write_bytes(good)
    proxy.binary.chmod(0o755)
    assert proxy.command("upgrade").returncode == EX_OK
    if load is not None:
        result = load.result()
        assert result["failed"] == {}, result["details"]


def test_probes_are_in_no_log_and_no_count(proxied):
    proxy, app = proxied()
    assert proxy.command("upgrade").returncode == EX_OK
    assert proxy.get("/").status == 200
    (line,) = proxy.wait_access_lines(1)
    assert line["path"] == "/"
    assert len(app.requests) == 1
