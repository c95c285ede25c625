"""Workers in a strict sandbox serve, move connections and are replaced as others are; masters are in none."""

import os
import signal

import pytest

from support import process_facts
from support.background import MixedLoad
from support.baton import EX_OK, is_sanitized
from support.moving import replace, wait_gone
from support.raw_client import RawClient
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(is_sanitized(), reason="a build with a sanitizer keeps to the basic sandbox")

STRICT = {"sandbox": "strict"}
FILTERED = "2"  # Seccomp of /proc/PID/status


def all_confined(proxy):
    return all(process_facts.status(pid)["Seccomp"] == FILTERED for pid in proxy.worker_pids())


def test_workers_are_confined_and_masters_are_not(proxied):
    proxy, _ = proxied(process=STRICT)
    for _ in range(2):
        assert process_facts.status(proxy.master_pid)["Seccomp"] == "0"
        assert process_facts.status(proxy.master_pid)["NoNewPrivs"] == "0"
        assert len(proxy.worker_pids()) == 2 and all_confined(proxy)
        wait_gone(proxy, replace(proxy, "upgrade"))
    assert proxy.get("/").status == 200


def test_streams_of_every_kind_cross_upgrades_reloads_and_rotated_logs(streams):
    proxy, load = streams(process=STRICT)
    plain = ("127.0.0.1", int(proxy.sections["listeners"][0].rpartition(":")[2]))
    ports = load.ports()
    for number in range(3):
        for order in ("upgrade", "reload"):
            gone = replace(proxy, order)
            load.wait_until_all_go_on()
            wait_gone(proxy, gone, 10)
        log = proxy.logs / "access.log"
        log.rename(proxy.logs / f"access.log.{number}")
        assert proxy.command("reopen").returncode == EX_OK
        assert RawClient(plain).get("/bytes/128").status == 200
        wait_until(lambda: log.exists() and log.stat().st_size > 0, "the log is made anew")
        assert all_confined(proxy)
    assert load.ports() == ports
    assert load.result()["failed"] == {}
    assert "worker." not in proxy.error_text()


def test_short_requests_fail_in_no_upgrade(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]}, process=STRICT)
    load = MixedLoad(proxy.address, keepalive=8, fresh=4, post=2, sse=2, websocket=10)
    for order in ("upgrade", "reload", "rollback"):
        replace(proxy, order)
    result = load.result()
    assert result["failed"] == {}, result["details"]


def test_a_dead_worker_is_replaced_by_a_confined_one(proxied):
    proxy, _ = proxied(process=STRICT)
    proxy.expects_crashes = True
    dead = proxy.worker_pids()[0]
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: dead not in proxy.worker_pids() and len(proxy.worker_pids()) == 2, "it is replaced")
    wait_until(lambda: all_confined(proxy), "the replacement has entered its sandbox")
    assert proxy.get("/").status == 200


def test_a_forbidden_call_kills_its_worker_and_is_named(proxied):
    """The signal from outside stands in for the kernel's, which would also tell the call."""
    proxy, _ = proxied(process=STRICT)
    proxy.expects_crashes = True
    os.kill(proxy.worker_pids()[0], signal.SIGSYS)
    wait_until(lambda: "(SIGSYS)" in proxy.error_text(), "the master tells how it died")
    assert "system_call=unknown" in proxy.error_text()
    wait_until(lambda: len(proxy.worker_pids()) == 2, "it is replaced")
