"""Masters that are killed in any phase: the service goes on, and nobody is left who should not be there."""

import os
import shutil
import signal

import pytest

from support import process_facts
from support.baton import EX_OK, EX_TRY_AGAIN, Baton
from support.service_manager import ServiceManager
from support.waiting import PATIENCE, wait_until


@pytest.fixture
def proxy(backend):
    instance = Baton(upstreams={"app": [backend.endpoint]}, upgrade={"ready_timeout": f"{20 * PATIENCE:g}s"},
                     defaults={"timeouts": {"client_header": "1h"}})
    instance.expects_crashes = True
    yield instance.start()
    instance.stop()


def successor_of(proxy, before):
    """A child of the master that is no worker: it has workers of its own or will have."""
    for pid in process_facts.children(proxy.master_pid):
        if pid not in before and "run" in process_facts.arguments(pid) and process_facts.is_alive(pid):
            return pid
    return None


def serves(proxy):
    return all(proxy.get("/bytes/128").status == 200 for _ in range(10))


def test_workers_serve_on_without_their_master(proxy):
    workers = proxy.worker_pids()
    os.kill(proxy.master_pid, signal.SIGKILL)
    proxy.process.wait()
    assert serves(proxy)
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not proxy.lineage(), "TERM ends an orphaned worker", 20)


def test_a_stopped_master_costs_no_request(proxy):
    os.kill(proxy.master_pid, signal.SIGSTOP)
    assert serves(proxy)
    os.kill(proxy.master_pid, signal.SIGCONT)
    assert proxy.command("status").returncode == EX_OK


def held_up(proxy):
    """Puts a script in the binary's place that starts the true one only when the returned file exists."""
    real = proxy.folder / "real-baton"
    shutil.copy2(proxy.binary, real)
    go = proxy.folder / "go"
    script = proxy.folder / "script"
    script.write_text(f'#!/bin/sh\n[ "$1" = check ] || while [ ! -e {go} ]; do sleep 0.02; done\nexec {real} "$@"\n')
    script.chmod(0o755)
    script.replace(proxy.binary)
    return go


def start_upgrade(proxy):
    before = process_facts.children(proxy.master_pid)
    proxy.signal(signal.SIGUSR2)
    wait_until(lambda: proxy.status()["upgrade"] == "awaiting_hello", "a successor was started")
    return wait_until(lambda: successor_of(proxy, before), "a successor is there")


def test_a_script_may_stand_in_the_binarys_place(proxy):
    held_up(proxy).touch()

    def upgraded():
        gone = proxy.master_pid
        assert proxy.command("upgrade").returncode == EX_OK
        wait_until(lambda: (proxy.reap(), not process_facts.is_alive(gone))[1], "the predecessor is gone")
        assert proxy.master_pid != gone and serves(proxy)
        return proxy.master_pid

    upgraded()
    # From here on each keeps the file that the script became, to go back to; nothing of the script is left open.
    descriptors = process_facts.descriptor_kinds(upgraded())
    last = upgraded()
    wait_until(lambda: process_facts.hold_no_more([last], [descriptors]), "as many are open as in its predecessor")


def test_a_successor_whose_predecessor_dies_before_the_commit_leaves(proxy):
    go = held_up(proxy)
    successor = start_upgrade(proxy)
    master = proxy.master_pid
    workers = [pid for pid in proxy.worker_pids() if pid != successor]
    os.kill(master, signal.SIGKILL)
    proxy.process.wait()
    go.touch()
    wait_until(lambda: not process_facts.is_alive(successor), "the successor leaves", 10)
    wait_until(lambda: set(proxy.lineage()) == set(workers), "and so do its workers", 10)
    assert serves(proxy)


def test_a_successor_that_is_killed_before_the_commit_changes_nothing(proxy):
    master, workers = proxy.master_pid, proxy.worker_pids()
    go = held_up(proxy)
    os.kill(start_upgrade(proxy), signal.SIGKILL)
    wait_until(lambda: "upgrade.failed" in proxy.error_text(), "the refusal is logged")
    wait_until(lambda: proxy.worker_pids() == workers, "nobody of it is left")
    assert proxy.master_pid == master and serves(proxy)
    go.touch()
    assert proxy.command("upgrade").returncode == EX_OK


def test_orders_during_an_upgrade_are_refused_with_words(proxy):
    go = held_up(proxy)
    master = proxy.master_pid
    start_upgrade(proxy)
    for order in ("upgrade", "reload"):
        answer = proxy.command(order)
        assert answer.returncode == EX_TRY_AGAIN
        assert "awaiting_hello" in answer.stdout + answer.stderr
    assert "awaiting_hello" in proxy.command("status").stdout
    go.touch()
    wait_until(lambda: proxy.master_pid != master, "the first one is done all the same")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_an_end_during_an_upgrade_ends_the_successor_too(proxy, number):
    held_up(proxy)
    start_upgrade(proxy)
    proxy.signal(number)
    assert proxy.process.wait(30 * PATIENCE) == 0
    wait_until(lambda: not proxy.lineage(), "everything has ended", 30)


def test_a_predecessor_that_is_killed_after_the_switch_leaves_workers_that_drain(proxy):
    with proxy.client() as client:
        assert client.get("/bytes/1").status == 200
        client.send("GET /bytes/10 HTTP/1.1\r\n")
        before = proxy.master_pid
        workers = proxy.worker_pids()
        assert proxy.command("upgrade").returncode == EX_OK
        os.kill(before, signal.SIGKILL)
        client.send("Host: a.test\r\n\r\n")
        assert client.response().status == 200
    wait_until(lambda: not any(process_facts.is_alive(pid) for pid in workers), "the workers end", 20)
    assert serves(proxy)
    wait_until(lambda: len(proxy.status()["generations"]) == 1, "their generation is forgotten")


def test_two_upgrades_and_a_kill_of_the_middle_master_end_with_term(proxy):
    """The serving master reaches every older one, also when the one between them has gone."""
    proxy.sections["upgrade"] = {"handover": "off", "confirm_window": "0s"}
    proxy.write_config()
    assert proxy.command("reload").returncode == EX_OK
    clients, masters = [], []
    for _ in range(2):
        client = proxy.client()
        clients.append(client)
        assert client.get("/bytes/1").status == 200
        client.send("GET / HTTP/1.1\r\n")  # holds its generation
        masters.append(proxy.master_pid)
        assert proxy.command("upgrade").returncode == EX_OK
    os.kill(masters[1], signal.SIGKILL)
    assert serves(proxy)
    proxy.signal(signal.SIGINT)
    wait_until(lambda: not process_facts.is_alive(masters[0]), "the oldest master was told", 20)
    for client in clients:
        client.close()
    wait_until(lambda: not proxy.lineage(), "everything has ended", 30)


def test_the_service_manager_hears_of_the_successor_when_it_serves(backend, tmp_path):
    manager = ServiceManager(tmp_path / "notify")
    proxy = Baton(upstreams={"app": [backend.endpoint]})
    proxy.environment["NOTIFY_SOCKET"] = manager.path
    try:
        proxy.start()
        first = manager.wait_for("READY=1")
        assert first == proxy.process.pid
        manager.heard.clear()
        assert proxy.command("reload").returncode == EX_OK
        manager.wait_for("RELOADING=1")
        manager.wait_for("READY=1")
        assert [text.split("=")[0] for _, text in manager.heard if not text.startswith("STATUS")] == ["RELOADING", "READY"]
        manager.heard.clear()
        assert proxy.command("upgrade").returncode == EX_OK
        assert manager.wait_for(f"MAINPID={proxy.master_pid}") == first
        assert manager.wait_for("READY=1") == proxy.master_pid
        proxy.binary.unlink()
        manager.heard.clear()
        assert proxy.command("upgrade").returncode != EX_OK
        assert not [text for _, text in manager.listen() if text.startswith("MAINPID")]
        proxy.command("stop")
        manager.wait_for("STOPPING=1")
    finally:
        proxy.stop()
