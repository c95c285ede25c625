"""Commands over the control socket, signals to the master, exit codes and the pid file."""

import fcntl
import json
import os
import pty
import signal
import stat
import struct
import subprocess
import termios

import pytest

from support.baton import BINARY, EX_OK, EX_UNAVAILABLE, EX_USAGE
from support.free_port import free_port
from support.process_facts import descriptors, environment, is_alive, read_proc
from support.raw_client import RawClient
from support.scripted_upstream import OK
from support.waiting import PATIENCE, wait_until


def test_version_says_what_this_is(baton):
    proxy = baton(start=False)
    for arguments in (["version"], ["--version"], ["-v"]):
        answer = subprocess.run([BINARY, *arguments], capture_output=True, text=True)
        assert answer.returncode == EX_OK
        assert "baton" in answer.stdout + answer.stderr
    assert json.loads(proxy.command("version", "--json").stdout)["version"]


def test_an_unknown_command_is_a_usage_error_with_a_hint():
    answer = subprocess.run([BINARY, "relod"], capture_output=True, text=True)
    assert answer.returncode == EX_USAGE
    assert "reload" in answer.stderr


def test_an_unknown_flag_is_a_usage_error():
    answer = subprocess.run([BINARY, "status", "--jsno"], capture_output=True, text=True)
    assert answer.returncode == EX_USAGE


def test_help_lists_the_commands():
    answer = subprocess.run([BINARY, "--help"], capture_output=True, text=True)
    assert answer.returncode == EX_OK
    for command in ("run", "check", "reload", "upgrade", "status", "stop", "quit", "reopen"):
        assert command in answer.stdout


def test_commands_without_a_running_instance_are_69(baton):
    proxy = baton(upstreams={"app": ["127.0.0.1:1"]}, start=False)
    for command in ("status", "reload", "stop", "quit", "reopen", "upgrade"):
        assert proxy.command(command).returncode == EX_UNAVAILABLE, command


def test_the_configuration_is_accepted_before_and_after_the_command(proxied):
    proxy, _ = proxied()
    before = subprocess.run([BINARY, "-c", proxy.config_file, "status", "--json"], capture_output=True, text=True)
    after = subprocess.run([BINARY, "status", "--json", "-c", proxy.config_file], capture_output=True, text=True)
    assert before.returncode == after.returncode == EX_OK, before.stderr + after.stderr


def test_nginx_habits_work(proxied):
    proxy, _ = proxied()
    assert proxy.command("-t").returncode == EX_OK
    dump = proxy.command("-T")
    assert dump.returncode == EX_OK and "listeners" in dump.stdout
    assert proxy.command("-s", "reload").returncode == EX_OK
    assert proxy.command("-s", "reopen").returncode == EX_OK
    assert proxy.command("-s", "stop").returncode == EX_OK
    wait_until(lambda: not proxy.lineage(), "everything has ended")


def test_status_tells_generations_pids_states_and_connections(proxied):
    proxy, _ = proxied(workers=2)
    status = proxy.status()
    text = json.dumps(status)
    assert str(proxy.master_pid) in text
    assert "serving" in text
    (generation,) = status["generations"]
    assert generation["generation"] == 1
    assert generation["state"] == "serving"
    people = proxy.command("status")
    assert people.returncode == EX_OK and "serving" in people.stdout


def test_the_control_socket_and_the_pid_file_are_private(proxied):
    proxy, _ = proxied()
    mode = (proxy.runtime / "admin.sock").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    assert int((proxy.runtime / "baton.pid").read_text()) == proxy.process.pid
    assert not (proxy.runtime / "baton.pid").stat().st_mode & 0o022


def test_the_pid_file_and_the_sockets_are_gone_after_the_end(proxied):
    proxy, _ = proxied()
    assert proxy.command("stop").returncode == EX_OK
    wait_until(lambda: proxy.process.poll() is not None, "the master ends")
    assert proxy.process.returncode == 0
    assert not (proxy.runtime / "baton.pid").exists()
    assert not (proxy.runtime / "admin.sock").exists()


def test_a_stale_pid_file_does_not_prevent_a_start(baton, upstream):
    proxy = baton(upstreams={"app": [upstream().endpoint]}, start=False)
    proxy.runtime.mkdir()
    (proxy.runtime / "baton.pid").write_text(f"{os.getpid()}\n")  # of a process that is not ours to signal
    proxy.start()
    assert proxy.get("/").status == 200
    assert proxy.master_pid == proxy.process.pid


def test_a_second_instance_in_the_same_runtime_directory_is_refused(proxied):
    proxy, _ = proxied()
    second = subprocess.run([BINARY, "run", "-c", proxy.config_file], capture_output=True, text=True, timeout=60)
    assert second.returncode in (69, 73)
    assert second.stderr
    assert proxy.get("/").status == 200
    assert proxy.command("status").returncode == EX_OK


def test_a_taken_address_is_named(baton, upstream, proxied):
    first, _ = proxied()
    second = baton(upstreams={"app": ["127.0.0.1:1"]}, listeners=[f"127.0.0.1:{first.address[1]}"], start=False)
    second.start(wait=False)
    assert second.process.wait(30 * PATIENCE) == EX_UNAVAILABLE
    assert str(first.address[1]) in second.error_text()


def test_reload_brings_a_new_generation_and_keeps_every_client(proxied):
    proxy, app = proxied()
    workers = proxy.worker_pids()
    with proxy.client() as client:
        assert client.get("/").status == 200
        proxy.sections["hosts"] = [{"routes": [{"match": {"path": "/new"}, "respond": {"body": "new"}}, {"to": "app"}]}]
        proxy.write_config()
        answer = proxy.command("reload")
        assert answer.returncode == EX_OK, answer.stderr
        assert proxy.get("/new").body == b"new"
        # A connection from before is still answered once, and told to go.
        last = client.get("/")
        assert last.status == 200
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the predecessor's workers end")
    assert len(proxy.worker_pids()) == 2


def test_hup_reloads(proxied):
    proxy, _ = proxied()
    proxy.sections["hosts"] = [{"routes": [{"respond": {"body": "changed"}}]}]
    proxy.write_config()
    proxy.signal(signal.SIGHUP)
    wait_until(lambda: proxy.get("/").body == b"changed", "the new configuration serves")


def test_a_reload_that_changes_the_listeners_opens_and_closes_them(proxied):
    proxy, _ = proxied()
    first, second = proxy.address[1], free_port()
    proxy.sections["listeners"] = [f"127.0.0.1:{second}"]
    proxy.write_config()
    assert proxy.command("reload").returncode == EX_OK
    with RawClient(("127.0.0.1", second)) as client:
        assert client.get("/").status == 200

    def refused():
        try:
            RawClient(("127.0.0.1", first)).close()
            return False
        except ConnectionRefusedError:
            return True

    wait_until(refused, "the removed listener is closed")


def test_the_number_of_workers_may_change(proxied):
    proxy, _ = proxied(workers=1)
    for workers in (3, 2):
        proxy.sections["process"]["workers"] = workers
        proxy.write_config()
        assert proxy.command("reload").returncode == EX_OK
        wait_until(lambda: len(proxy.worker_pids()) == workers, f"{workers} workers serve")
        assert all(proxy.get("/").status == 200 for _ in range(20))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_polite_end_finishes_what_runs(proxied, number):
    def script(peer):
        peer.request()
        asked.append(True)
        wait_until(lambda: told, "the proxy has been told to end")
        peer.send(OK)

    asked, told = [], []
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/")
        wait_until(lambda: asked, "the request is under way")
        proxy.signal(number)
        told.append(True)
        answer = client.response()
        assert answer.status == 200
        assert client.ends()
    assert proxy.process.wait(30 * PATIENCE) == 0


def test_int_ends_at_once(proxied):
    def script(peer):
        peer.request()
        asked.append(True)
        peer.wait_for_end()

    asked = []
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/")
        wait_until(lambda: asked, "the request is under way")
        proxy.signal(signal.SIGINT)
        assert client.is_ended()
    assert proxy.process.wait(30 * PATIENCE) in (0, 130, -signal.SIGINT)


def test_winch_stops_accepting_and_goes_on_serving(proxied):
    proxy, _ = proxied()
    with proxy.client() as client:
        assert client.get("/").status == 200
        proxy.signal(signal.SIGWINCH)
        assert client.get("/").status == 200


@pytest.fixture
def terminal():
    """Both ends of a pseudo-terminal; made before a proxy it is closed after it."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_a_terminal_that_is_resized_gives_no_order(terminal, proxied):
    """The kernel tells every process in front of a terminal of its size with the signal that means an order."""
    window, ours = terminal
    proxy, _ = proxied(start=False)

    def come_in_front():
        os.setsid()
        fcntl.ioctl(ours, termios.TIOCSCTTY, 0)

    def has_been_heard():
        (pending,) = [line for line in read_proc(proxy.master_pid, "status").splitlines() if line.startswith(b"ShdPnd")]
        return int(pending.split()[1], 16) == 0

    proxy.start(preexec_fn=come_in_front)
    fcntl.ioctl(window, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    wait_until(has_been_heard, "the master has read what the kernel told it")
    proxy.signal(signal.SIGUSR1)
    wait_until(lambda: "signal=SIGUSR1" in proxy.error_text(), "and the order after it")
    assert "SIGWINCH" not in proxy.error_text()
    assert proxy.get("/").status == 200


def test_workers_give_up_root(proxied):
    if os.geteuid() != 0:
        pytest.skip("only root can give up root")
    proxy, _ = proxied()
    for pid in proxy.worker_pids():
        text = read_proc(pid, "status").decode()
        uids = next(line for line in text.splitlines() if line.startswith("Uid:")).split()[1:]
        groups = next(line for line in text.splitlines() if line.startswith("Groups:")).split()[1:]
        assert "0" not in uids and "0" not in groups
        assert "NoNewPrivs:\t1" in text


def test_workers_inherit_nothing_they_do_not_need(proxied):
    proxy, _ = proxied()
    assert environment(proxy.master_pid)
    for pid in proxy.worker_pids():
        targets = descriptors(pid).values()
        assert not any("admin.sock" in target or "baton.pid" in target for target in targets)
