"""One line a request, whatever becomes of it; files are opened anew when told."""

import re
import signal

from support.free_port import closed_port
from support.growing_file import complete_text, parsed_lines
from support.waiting import wait_until


def test_a_line_tells_the_whole_story_of_a_request(proxied):
    proxy, app = proxied(reply=b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello")
    with proxy.client() as client:
        client.request("POST", "/a/b?c=d", [("User-Agent", "tester/1"), ("Referer", "http://r.test/")], b"abc")
        client.response()
        port = client.sock.getsockname()[1]
    line = proxy.wait_access_lines(1)[0]
    expected = {"event": "request", "client_ip": "127.0.0.1", "client_port": port, "method": "POST", "host": "example.test",
                "path": "/a/b", "query": "c=d", "status": 201, "bytes_in": 3, "bytes_out": 5, "end": "ok",
                "upstream": "app", "endpoint": app.endpoint, "upstream_status": 201, "tries": 1,
                "user_agent": "tester/1", "referer": "http://r.test/", "protocol": "http/1.1", "generation": 1}
    assert {name: line.get(name) for name in expected} == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["ts"])
    assert line["duration_ms"] >= 0
    assert line["worker"] in (0, 1)


def test_every_request_has_exactly_one_line(baton, upstream):
    app = upstream()
    proxy = baton(upstreams={"app": [app.endpoint], "down": [f"127.0.0.1:{closed_port()}"]}, routes=[
        {"match": {"path": "/down"}, "to": "down"}, {"match": {"path": "/fixed"}, "respond": {"body": "x"}}, {"to": "app"}])
    with proxy.client() as client:
        for number in range(30):
            client.get(("/ok", "/down", "/fixed")[number % 3])
    with proxy.client() as client:
        client.send("GET / HTTP/1.1\r\nHost : x\r\n\r\n")
        client.response()
    lines = proxy.wait_access_lines(31)
    assert sorted(line["status"] for line in lines) == [200] * 20 + [400] + [502] * 10
    assert len({line["id"] for line in lines if line["status"] != 400}) == 30


def test_hostile_bytes_stay_inside_their_line(proxied):
    proxy, _ = proxied()
    proxy.get('/"\\x?a="b"', [("User-Agent", 'a"b\\c\x80\xff é')])
    line = proxy.wait_access_lines(1)[0]
    assert line["path"].startswith('/"') or line["path"].startswith("/%22")
    raw = (proxy.logs / "access.log").read_bytes()
    assert raw.count(b"\n") == 1
    raw.decode("utf-8")


def test_the_combined_format_is_apaches(proxied):
    proxy, _ = proxied(logging={"access": {"format": "combined"}})
    proxy.get("/x?y", [("User-Agent", "ua"), ("Referer", "ref")])
    path = proxy.logs / "access.log"
    line = wait_until(lambda: complete_text(path), "a line is written")
    assert re.fullmatch(r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /x\?y HTTP/1\.1" 200 2 "ref" "ua"\n',
                        line)


def test_usr1_opens_the_file_anew_and_loses_no_line(proxied):
    proxy, _ = proxied()
    path, rotated = proxy.logs / "access.log", proxy.logs / "access.log.1"
    proxy.get("/before")
    proxy.wait_access_lines(1)
    path.rename(rotated)
    proxy.signal(signal.SIGUSR1)
    wait_until(path.exists, "the file is made again")
    wait_until(lambda: proxy.get("/after") and complete_text(path), "lines go to the file that was opened anew")
    lines = parsed_lines(rotated) + parsed_lines(path)
    assert lines[0]["path"] == "/before"
    assert all(line["path"] == "/after" for line in lines[1:])


def test_a_client_that_leaves_early_is_told_from_one_that_stays(proxied):
    def script(peer):
        peer.request()
        left.append(True)
        peer.wait_for_end()

    left = []
    proxy, _ = proxied(script=script)
    # A FIN alone may come from a client that has only finished sending: RST says that it left.
    with proxy.client() as client:
        client.request("GET", "/")
        wait_until(lambda: left, "the upstream is asked")
        client.reset()
    assert proxy.wait_access_lines(1)[0]["end"] == "client_abort"
