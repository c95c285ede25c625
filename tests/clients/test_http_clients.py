"""curl, h2load --h1, wrk and ab, as people run them."""

import json
import re
import subprocess

import pytest

from support.backend import known_bytes


def run(*command, **options):
    answer = subprocess.run([str(part) for part in command], capture_output=True, timeout=120, **options)
    assert answer.returncode == 0, (command, answer.stdout[-2000:], answer.stderr[-2000:])
    return answer.stdout


@pytest.fixture
def url(proxy):
    return f"http://127.0.0.1:{proxy.address[1]}"


def test_curl_gets_posts_and_reuses_its_connection(url, tmp_path):
    assert run("curl", "-sS", f"{url}/bytes/1000") == known_bytes(1000)
    assert run("curl", "-sS", f"{url}/chunked/100000") == known_bytes(100_000)
    assert run("curl", "-sS", "--http1.0", f"{url}/bytes/10") == known_bytes(10)
    head = run("curl", "-sSI", f"{url}/bytes/1000").decode()
    assert "HTTP/1.1 200" in head and re.search(r"content-length: 1000", head, re.I)
    body = tmp_path / "body"
    body.write_bytes(known_bytes(300_000))
    assert run("curl", "-sS", "--data-binary", f"@{body}", f"{url}/echo") == known_bytes(300_000)
    assert run("curl", "-sS", "-T", "-", f"{url}/echo", input=known_bytes(50_000)) == known_bytes(50_000)
    counts = run("curl", "-sS", "-o", "/dev/null", "-w", "%{num_connects} ", *[f"{url}/bytes/{n}" for n in range(1, 6)])
    assert counts.split()[0] == b"1"


def test_curl_sees_what_it_sent(url):
    seen = json.loads(run("curl", "-sS", "-H", "X-Test: 1", "-H", "Host: curl.test", f"{url}/headers?a=b"))
    fields = {name.lower(): value for name, value in seen["fields"]}
    assert seen["target"] == "/headers?a=b"
    assert fields["x-test"] == "1" and fields["host"] == "curl.test" and fields["x-forwarded-for"] == "127.0.0.1"


def test_curl_receives_events_as_they_come(url):
    text = run("curl", "-sSN", f"{url}/sse?count=10&interval=1").decode()
    assert re.findall(r"^data: (\d+)$", text, re.M) == [str(n) for n in range(1, 11)]


def test_h2load_over_http_1(url):
    text = run("h2load", "--h1", "-n", "5000", "-c", "32", "-t", "1", f"{url}/bytes/128").decode()
    assert re.search(r"requests: 5000 total, 5000 started, 5000 done, 5000 succeeded, 0 failed, 0 errored", text), text
    assert re.search(r"status codes: 5000 2xx", text), text


def test_h2load_pipelines(url):
    text = run("h2load", "--h1", "-m", "8", "-n", "2000", "-c", "8", "-t", "1", f"{url}/bytes/128").decode()
    assert re.search(r"2000 succeeded, 0 failed, 0 errored", text), text


def test_wrk(url):
    text = run("wrk", "-c", "32", "-t", "1", "-d", "2s", "--timeout", "60s", f"{url}/bytes/128").decode()
    assert "Socket errors" not in text and "Non-2xx" not in text, text
    assert int(re.search(r"(\d+) requests in", text)[1]) > 0


@pytest.mark.parametrize("keepalive", [[], ["-k"]], ids=["close", "keepalive"])
def test_ab(url, keepalive):
    text = run("ab", "-q", *keepalive, "-n", "2000", "-c", "16", f"{url}/bytes/128").decode()
    assert re.search(r"Complete requests: +2000", text) and re.search(r"Failed requests: +0", text), text
    assert "Non-2xx" not in text, text
