"""Logs that cannot be written cost lines, never requests."""

from support.background import MixedLoad
from support.waiting import wait_until


def test_a_full_disk_under_the_access_log_loses_no_request(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]}, logging={"access": {"output": "/dev/full", "flush": "10ms"}})
    load = MixedLoad(proxy.address, keepalive=8, fresh=2, post=2, sse=1, websocket=4)
    result = load.result()
    assert result["failed"] == {}, result
    wait_until(lambda: proxy.status()["totals"]["log_lines_dropped"] > 0, "dropped lines are counted")


def test_a_full_disk_under_the_error_log_stops_nothing(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]}, logging={"output": "/dev/full"})
    assert proxy.get("/bytes/128").status == 200
    proxy.upgrade_by_signal()
    assert proxy.get("/bytes/128").status == 200


def test_a_log_folder_that_vanishes_stops_nothing(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]})
    assert proxy.get("/bytes/128").status == 200
    (proxy.logs / "access.log").unlink(missing_ok=True)
    proxy.logs.rmdir()
    proxy.command("reopen")
    assert proxy.get("/bytes/128").status == 200
