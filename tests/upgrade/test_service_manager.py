"""What systemd hears of a lineage through its upgrades, and what it keeps for the time after a crash."""

import os
import shutil
import signal

import pytest

from support import process_facts
from support.baton import EX_OK, send_signal
from support.free_port import free_port, listening_socket
from support.moving import echo, open_websocket
from support.raw_client import RawClient
from support.service_manager import ServiceManager
from support.waiting import PATIENCE, wait_until

# systemd names the process that it watches; the shell knows its own number and becomes the program.
WATCHED = ("bash", "-c", 'WATCHDOG_PID=$$ exec "$@"', "bash")


@pytest.fixture
def managed(proxied, tmp_path):
    """A Baton of a service manager: `proxy, manager = managed(…)`."""

    def make(start=True, environment=None, **keywords):
        manager = ServiceManager(tmp_path / "notify")
        proxy, _ = proxied(start=False, **keywords)
        proxy.environment.update({"NOTIFY_SOCKET": manager.path, **(environment or {})})
        return (proxy.start() if start else proxy), manager

    return make


def wait_until_kept(manager, *names):
    wanted = sorted(str(name) for name in names)
    wait_until(lambda: manager.keeps() == wanted, f"{wanted} and nothing else is kept")


def kill_everybody(proxy):
    proxy.expects_crashes = True
    for pid in proxy.lineage():
        send_signal(pid, signal.SIGKILL)
    wait_until(lambda: proxy.reap() and not proxy.lineage(), "everybody is gone")


def stop(proxy):
    assert proxy.command("stop", "--wait").returncode == EX_OK
    assert proxy.process.wait(20 * PATIENCE) == 0


def listen_on(proxy, *addresses):
    proxy.sections["listeners"] = list(addresses)
    proxy.write_config()


@pytest.mark.parametrize("end", [kill_everybody, stop])
def test_a_request_that_comes_between_two_starts_is_answered(managed, end):
    proxy, manager = managed()
    wait_until_kept(manager, proxy.address[1])
    end(proxy)
    with proxy.client() as client:
        client.request("GET", "/")
        proxy.start(activate=manager.to_pass())
        assert client.response().status == 200
    wait_until_kept(manager, proxy.address[1])


def test_each_listener_is_kept_once_however_often_generations_change(managed):
    proxy, manager = managed(workers=2)
    first, second, third = proxy.address[1], free_port(), free_port()
    set_of_two = {"address": f"127.0.0.1:{second}", "reuseport": True}
    wait_until_kept(manager, first)
    listen_on(proxy, f"127.0.0.1:{first}", set_of_two)
    assert proxy.command("reload").returncode == EX_OK
    wait_until_kept(manager, first, second, second)
    for _ in range(3):
        assert proxy.command("upgrade").returncode == EX_OK
    listen_on(proxy, set_of_two, f"127.0.0.1:{third}")
    assert proxy.command("upgrade").returncode == EX_OK
    wait_until_kept(manager, second, second, third)
    assert manager.main == proxy.master_pid


def test_what_the_next_configuration_does_not_want_is_given_back(managed):
    proxy, manager = managed()
    wait_until_kept(manager, proxy.address[1])
    kill_everybody(proxy)
    other = free_port()
    listen_on(proxy, f"127.0.0.1:{other}")
    passed = manager.to_pass()
    proxy.start(activate=passed)
    wait_until_kept(manager, other)
    with pytest.raises(ConnectionRefusedError):
        proxy.client()


@pytest.mark.parametrize("end", [kill_everybody, stop])
def test_a_path_is_served_after_the_next_start(managed, end):
    proxy, manager = managed(start=False)
    path = str(proxy.folder / "http.sock")
    listen_on(proxy, f"unix:{path}")
    proxy.start()
    wait_until_kept(manager, path)
    end(proxy)
    proxy.start(activate=manager.to_pass())
    with RawClient(path) as client:
        assert client.get("/").status == 200
    wait_until_kept(manager, path)


def test_what_systemd_has_passed_itself_is_not_given_to_be_kept(managed):
    proxy, manager = managed(start=False)
    listener, own = listening_socket(), free_port()
    listen_on(proxy, f"127.0.0.1:{listener.getsockname()[1]}", f"127.0.0.1:{own}")
    proxy.start(activate=[(listener, "baton")])
    wait_until_kept(manager, own)
    assert proxy.command("upgrade").returncode == EX_OK
    with RawClient(listener.getsockname()) as client:
        assert client.get("/").status == 200
    assert manager.keeps() == [str(own)]
    listener.close()


def test_every_main_process_feeds_the_watchdog(managed):
    proxy, manager = managed(start=False, environment={"WATCHDOG_USEC": "1000000"})
    proxy.start(inside=WATCHED)
    for _ in range(2):
        master = proxy.master_pid
        wait_until(lambda: manager.listen().count((master, "WATCHDOG=1")) >= 3, "the main process says that it lives")
        assert proxy.command("upgrade").returncode == EX_OK
        said = [text for pid, text in manager.listen() if pid == master and not text.startswith("STATUS=")]
        assert said[-2:] == ["WATCHDOG=1", f"MAINPID={proxy.master_pid}"]


def test_a_supervisor_feeds_the_watchdog_with_what_its_masters_say(managed):
    proxy, manager = managed(start=False, environment={"WATCHDOG_USEC": "1000000"})
    proxy.start(("run", "--supervise"), inside=WATCHED)
    for _ in range(2):
        manager.heard.clear()
        wait_until(lambda: manager.listen().count((proxy.process.pid, "WATCHDOG=1")) >= 3, "it is said to live")
        assert proxy.command("upgrade").returncode == EX_OK
    assert manager.main == proxy.process.pid
    assert manager.keeps() == [], "descriptors are not carried outside"


def test_a_worker_that_hangs_keeps_food_from_the_watchdog(managed):
    proxy, manager = managed(start=False, environment={"WATCHDOG_USEC": "1000000"})
    proxy.start(inside=WATCHED)
    proxy.expects_crashes = True
    manager.wait_for("WATCHDOG=1")
    worker = proxy.worker_pids()[0]
    os.kill(worker, signal.SIGSTOP)
    manager.listen()
    manager.heard.clear()
    wait_until(lambda: "worker.hung" in proxy.error_text(), "the worker is found to hang", 30)
    # Ten would come in the time that it takes to find out, at two a second; it is fed for the first two seconds.
    assert [text for _, text in manager.listen()].count("WATCHDOG=1") <= 6
    manager.heard.clear()
    manager.wait_for("WATCHDOG=1")
    assert not process_facts.is_alive(worker)


def test_a_process_that_the_watchdog_does_not_name_says_nothing(managed):
    proxy, manager = managed(environment={"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    for _ in range(2):
        assert proxy.command("upgrade").returncode == EX_OK
    wait_until_kept(manager, proxy.address[1])
    assert proxy.command("stop", "--wait").returncode == EX_OK
    manager.wait_for("STOPPING=1")
    assert not [text for _, text in manager.heard if text.startswith("WATCHDOG")]


def test_a_stop_asks_for_time_as_long_as_it_waits_for_somebody(managed):
    proxy, manager = managed(script=echo)
    client = open_websocket(proxy)
    assert proxy.command("quit").returncode == EX_OK
    assert manager.wait_for("STOPPING=1\nEXTEND_TIMEOUT_USEC=") == proxy.process.pid
    assert manager.wait_for("EXTEND_TIMEOUT_USEC=") == proxy.process.pid
    client.close()
    assert proxy.process.wait(20 * PATIENCE) == 0


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd is not installed")
def test_a_socket_of_systemd_is_found_by_its_address(proxied):
    proxy, _ = proxied(start=False)
    port = proxy.address[1]
    activate = ("systemd-socket-activate", f"--listen=127.0.0.1:{port}", "--fdname=baton")
    proxy.start(inside=activate, wait=False)

    def asked():
        try:
            client = proxy.client()
        except ConnectionRefusedError:
            return None  # it does not listen yet
        client.request("GET", "/")
        return client

    with wait_until(asked, "systemd listens and starts Baton") as client:
        assert client.response().status == 200
    proxy.wait_ready()
    assert proxy.command("upgrade").returncode == EX_OK
    assert proxy.get("/").status == 200
