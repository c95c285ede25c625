"""The supervisor above the masters, as PID 1 of a namespace and under a parent of the ordinary kind."""

import fcntl
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading

import pytest

from support import process_facts
from support.background import MixedLoad
from support.baton import BINARY, EX_CONFIG, EX_FAILED, EX_OK
from support.moving import close_websocket, echo, open_websocket, says_back
from support.raw_client import RawClient
from support.scripted_upstream import OK
from support.service_manager import ServiceManager
from support.waiting import PATIENCE, wait_until

# Its child is PID 1 of a new namespace; its exit code is that of the child. `--mount-proc` would want the root to be a
# mount point, which it is not in every container.
NAMESPACE = ("unshare", "--pid", "--mount", "--propagation", "unchanged", "--fork", "--kill-child",
             "sh", "-c", 'mount --make-private /proc && mount -t proc proc /proc && exec "$@"', "sh")
SUPERVISED = ("run", "--supervise")


@pytest.fixture
def contained(proxied):
    """A Baton as PID 1 before one scripted upstream: `proxy, app = contained(…)`."""
    if subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine allows no namespaces")

    def make(*arguments, **keywords):
        proxy, app = proxied(*arguments, start=False, **keywords)
        return proxy.start(inside=NAMESPACE), app

    return make


@pytest.fixture
def supervised(proxied):
    """The same with `--supervise`, below this process."""

    def make(*arguments, environment=None, **keywords):
        proxy, app = proxied(*arguments, start=False, **keywords)
        proxy.environment.update(environment or {})
        return proxy.start(SUPERVISED), app

    return make


def init_of(proxy):
    """PID 1 of the namespace, by its number outside."""
    (init,) = process_facts.children(proxy.process.pid)
    return init


def descendants(pid):
    """With zombies."""
    found = process_facts.children(pid)
    return found + [one for child in found for one in descendants(child)]


def only_the_serving_generation_is_below(pid):
    below = descendants(pid)
    return len(below) == 3 and all(process_facts.is_alive(one) for one in below)


def put_bad_successor(proxy, program):
    fresh = proxy.folder / "baton.bad"
    shutil.copy2(program, fresh)
    fresh.replace(proxy.binary)


def heard_without_status(manager):
    """The first line of every notification but the progress reports, and the pleas for more time while it stops."""
    return [text.splitlines()[0] for _, text in manager.listen() if not text.startswith(("STATUS=", "EXTEND_TIMEOUT_USEC="))]


def serving_generation(proxy):
    return next(one["generation"] for one in proxy.status()["generations"] if one["state"] == "serving")


def test_ten_upgrades_and_a_bad_one_as_pid_1_cost_no_request(baton, backend, bad_successor):
    proxy = baton(upstreams={"app": [backend.endpoint]}, start=False).start(inside=NAMESPACE)
    init = init_of(proxy)
    load = MixedLoad(proxy.address, keepalive=8, fresh=2, post=2, sse=2, websocket=20)
    for number in range(10):
        if number == 5:
            put_bad_successor(proxy, bad_successor("exit_0", "exit_78"))
            answer = proxy.command("upgrade")
            assert answer.returncode in (EX_FAILED, EX_CONFIG), answer.stdout + answer.stderr
            proxy.replace_binary(BINARY)
        answer = proxy.command("upgrade")
        assert answer.returncode == EX_OK, answer.stdout + answer.stderr
    result = load.result()
    assert result["failed"] == {}, result
    assert serving_generation(proxy) >= 11
    wait_until(lambda: only_the_serving_generation_is_below(init), "the old generations are gone and reaped")
    os.kill(init, signal.SIGTERM)
    assert proxy.process.wait(30 * PATIENCE) == 0
    assert proxy.lineage() == []


def test_a_container_that_is_told_to_end_answers_what_it_was_asked(contained):
    asked, may_answer = threading.Event(), threading.Event()

    def answer_late(peer):
        peer.request()
        asked.set()
        may_answer.wait(20 * PATIENCE)
        peer.send(OK)

    proxy, _ = contained(answer_late)
    assert proxy.command("upgrade").returncode == EX_OK
    with proxy.client() as client:
        client.request("GET", "/")
        assert asked.wait(20 * PATIENCE)
        os.kill(init_of(proxy), signal.SIGTERM)
        wait_until(lambda: "master.stopping" in proxy.error_text(), "the master has heard it")
        may_answer.set()
        assert client.response().status == 200
    assert proxy.process.wait(30 * PATIENCE) == 0


def test_pid_1_reaps_what_others_leave_behind(contained):
    proxy, _ = contained()
    init = init_of(proxy)
    shell = subprocess.Popen(["nsenter", "--target", str(init), "--pid", "sh", "-c", "exec 3<&0; cat <&3 & exit"],
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert shell.wait(20 * PATIENCE) == 0

    def orphan():
        return next((pid for pid in process_facts.children(init) if process_facts.arguments(pid) == ["cat"]), None)

    left_behind = wait_until(orphan, "the orphan is a child of PID 1")
    shell.stdin.close()
    wait_until(lambda: left_behind not in process_facts.all_pids(), "the orphan is reaped")
    assert proxy.get("/").status == 200


def test_a_master_that_is_killed_ends_the_container_with_137(contained):
    proxy, _ = contained()
    (master,) = process_facts.children(init_of(proxy))
    os.kill(master, signal.SIGKILL)
    assert proxy.process.wait(20 * PATIENCE) == 128 + signal.SIGKILL
    wait_until(lambda: not proxy.lineage(), "the workers go with the namespace")


def test_a_configuration_with_mistakes_ends_the_container_with_78(baton):
    proxy = baton(text="listners: []", start=False)
    proxy.start(inside=NAMESPACE, wait=False)
    assert proxy.process.wait(20 * PATIENCE) == EX_CONFIG
    assert "listners" in proxy.error_text()


def test_a_master_that_is_killed_ends_its_supervisor_with_137(supervised):
    proxy, _ = supervised()
    workers = proxy.worker_pids()
    os.kill(proxy.master_pid, signal.SIGKILL)
    assert proxy.process.wait(20 * PATIENCE) == 128 + signal.SIGKILL
    assert proxy.get("/").status == 200
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not proxy.lineage(), "TERM ends an orphaned worker", 20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_a_supervisor_that_is_told_to_end_ends_with_the_serving_master(supervised, number):
    proxy, _ = supervised()
    assert proxy.command("upgrade").returncode == EX_OK
    os.kill(proxy.process.pid, number)
    assert proxy.process.wait(30 * PATIENCE) == 0
    assert proxy.lineage() == []


def test_orders_by_signal_reach_the_master_that_serves(supervised):
    proxy, _ = supervised(script=echo)
    supervisor = proxy.process.pid
    client = open_websocket(proxy)
    for _ in range(2):
        before = proxy.master_pid
        os.kill(supervisor, signal.SIGUSR2)
        wait_until(lambda: proxy.master_pid_or_none() not in (None, before), "a successor takes over", 30)
        wait_until(lambda: only_the_serving_generation_is_below(supervisor), "the old generation is gone and reaped")
        assert process_facts.children(supervisor) == [proxy.master_pid]
    generation = serving_generation(proxy)
    os.kill(supervisor, signal.SIGHUP)
    wait_until(lambda: serving_generation(proxy) == generation + 1, "the configuration is read anew")
    log = proxy.logs / "access.log"
    log.rename(proxy.logs / "access.log.1")
    os.kill(supervisor, signal.SIGUSR1)
    wait_until(log.exists, "the logs are opened anew")
    assert says_back(client, b"the same connection")
    close_websocket(client)


def test_a_terminal_that_changes_its_size_stops_nobody_from_accepting(proxied):
    controller, terminal = pty.openpty()

    def take_terminal():
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    proxy, _ = proxied(start=False)
    proxy.start(SUPERVISED, preexec_fn=take_terminal)
    fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 132, 0, 0))
    os.kill(proxy.process.pid, signal.SIGHUP)
    wait_until(lambda: serving_generation(proxy) == 2, "the supervisor passes signals on")
    assert proxy.get("/").status == 200
    os.kill(proxy.process.pid, signal.SIGTERM)
    assert proxy.process.wait(20 * PATIENCE) == 0
    assert "SIGWINCH" not in proxy.error_text()
    os.close(terminal)
    os.close(controller)


def test_a_master_below_a_supervisor_was_started_as_any_other(supervised):
    proxy, _ = supervised()
    assert process_facts.arguments(proxy.master_pid) == [str(proxy.binary), "run", "-c", str(proxy.config_file)]
    assert proxy.command("upgrade").returncode == EX_OK
    assert process_facts.arguments(proxy.master_pid) == [str(proxy.binary), "run", "-c", str(proxy.config_file)]


def test_the_socket_of_a_supervisor_goes_with_it(supervised, tmp_path):
    proxy, _ = supervised(environment={"TMPDIR": str(tmp_path)})
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o7777 == 0o700
    os.kill(proxy.process.pid, signal.SIGTERM)
    assert proxy.process.wait(20 * PATIENCE) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_supervisor_keeps_no_listener_and_few_descriptors(baton, upstream):
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    proxy = baton(upstreams={"app": [upstream().endpoint]}, listeners=["fd:web"], start=False)
    proxy.start(SUPERVISED, activate=[(listener, "web")])
    listener.close()
    with RawClient(address) as client:
        assert client.get("/").status == 200
    assert proxy.command("upgrade").returncode == EX_OK
    with RawClient(address) as client:
        assert client.get("/").status == 200
    kinds = process_facts.descriptor_kinds(proxy.process.pid)
    assert kinds["socket:"] == 1, "NOTIFY_SOCKET of its masters"

    def waited_for():
        kinds = process_facts.descriptor_kinds(proxy.process.pid)
        return sum(count for kind, count in kinds.items() if kind.startswith("anon_inode:"))

    wait_until(lambda: waited_for() == 2, "it waits for signals and for one master")
    assert len(os.listdir(f"/proc/{proxy.process.pid}/task")) == 1


def test_the_parent_hears_of_one_main_process_through_good_upgrades(supervised, tmp_path):
    manager = ServiceManager(tmp_path / "notify")
    proxy, _ = supervised(environment={"NOTIFY_SOCKET": manager.path})
    manager.wait_for("READY=1")
    assert proxy.command("reload").returncode == EX_OK
    wait_until(lambda: heard_without_status(manager)[1:] == ["RELOADING=1", "READY=1"], "the reload is heard")
    for _ in range(2):
        assert proxy.command("upgrade").returncode == EX_OK
        wait_until(lambda: only_the_serving_generation_is_below(proxy.process.pid), "the old generation is gone")
    os.kill(proxy.process.pid, signal.SIGTERM)
    assert proxy.process.wait(30 * PATIENCE) == 0
    heard = heard_without_status(manager)
    # A successor may say that it is ready before or after its predecessor has named it.
    assert heard[:3] == ["READY=1", "RELOADING=1", "READY=1"] and heard[-1] == "STOPPING=1", heard
    assert set(heard[3:-1]) <= {"READY=1"}, heard
    assert {pid for pid, _ in manager.heard} == {proxy.process.pid}
    assert not any("MAINPID" in text for _, text in manager.heard)


def test_the_parent_hears_nothing_of_an_upgrade_that_fails(supervised, tmp_path, bad_successor):
    manager = ServiceManager(tmp_path / "notify")
    proxy, _ = supervised(environment={"NOTIFY_SOCKET": manager.path})
    manager.wait_for("READY=1")
    put_bad_successor(proxy, bad_successor("exit_0", "crash"))
    assert proxy.command("upgrade").returncode == EX_FAILED
    proxy.sections["listners"] = []
    proxy.write_config()
    assert proxy.command("reload").returncode == EX_CONFIG
    os.kill(proxy.process.pid, signal.SIGTERM)
    assert proxy.process.wait(30 * PATIENCE) == 0
    assert heard_without_status(manager) == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


def test_what_strangers_say_is_not_believed(supervised, tmp_path):
    manager = ServiceManager(tmp_path / "notify")
    proxy, _ = supervised(environment={"NOTIFY_SOCKET": manager.path})
    manager.wait_for("READY=1")
    inner = dict(process_facts.environment(proxy.master_pid))["NOTIFY_SOCKET"]
    assert inner != manager.path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for text in (f"MAINPID={os.getpid()}", "STOPPING=1", "STATUS=a lie", "READY=1"):
            stranger.sendto(text.encode(), inner)
    # Behind them in the same queue: once it is heard, they have been.
    os.kill(proxy.process.pid, signal.SIGHUP)
    wait_until(lambda: heard_without_status(manager)[1:] == ["RELOADING=1", "READY=1"], "the master was told")
    assert not any("a lie" in text for _, text in manager.heard)
