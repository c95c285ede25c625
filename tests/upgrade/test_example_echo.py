"""The example: a program that is not Baton and upgrades itself with the same library."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from support.free_port import free_port
from support.process_facts import all_pids, arguments, is_alive, zombie_children
from support.waiting import PATIENCE, wait_until

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BATON_BUILD", SOURCE / "build" / "release")).resolve()
EXAMPLE = next((path for path in (BUILD / "tests" / "echo_upgrade", BUILD / "echo_upgrade") if path.exists()), None)

pytestmark = pytest.mark.skipif(EXAMPLE is None, reason="the example is not built here")


class Echo:
    def __init__(self, folder):
        self.binary = folder / "echo_upgrade"
        shutil.copy2(EXAMPLE, self.binary)
        self.port = free_port()
        self.process = subprocess.Popen([self.binary, str(self.port)], stderr=subprocess.PIPE)
        self.serving = self.process.pid
        wait_until(self.answers, "it serves")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10 * PATIENCE)

    def answers(self):
        try:
            with self.connect() as client:
                return echoes(client, b"hello")
        except ConnectionRefusedError:
            return False

    def listeners(self):
        return [pid for pid in all_pids() if arguments(pid)[:1] == [str(self.binary)] and listening(pid)]

    def upgrade(self):
        before = self.serving
        os.kill(before, signal.SIGUSR2)
        # The successor serves alone once the predecessor has closed its own copy of the listening socket.
        (self.serving,) = wait_until(lambda: before not in self.listeners() and self.listeners(), "a successor serves")

    def end(self):
        for pid in (self.serving, self.process.pid):
            for _ in range(2):
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass
        self.process.communicate(timeout=10 * PATIENCE)
        wait_until(lambda: not is_alive(self.serving), "it ends")


def listening(pid):
    """Whether the process holds a socket that listens."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":
            inodes.add(fields[9])
    return any(target(f"/proc/{pid}/fd/{name}")[8:-1] in inodes for name in names_in(f"/proc/{pid}/fd"))


def names_in(folder):
    try:
        return os.listdir(folder)
    except (FileNotFoundError, ProcessLookupError):
        return []


def target(link):
    try:
        return os.readlink(link)
    except (FileNotFoundError, ProcessLookupError):
        return ""


def echoes(client, data):
    client.sendall(data)
    received = b""
    while len(received) < len(data):
        piece = client.recv(65536)
        if not piece:
            return False
        received += piece
    return received == data


@pytest.fixture
def echo(tmp_path):
    server = Echo(tmp_path)
    yield server
    server.end()


def test_connections_from_before_stay_and_later_ones_meet_the_successor(echo):
    with echo.connect() as before:
        assert echoes(before, b"before")
        echo.upgrade()
        assert echoes(before, b"still the predecessor")
        with echo.connect() as after:
            assert echoes(after, b"the successor")
        assert echo.process.poll() is None
    wait_until(lambda: echo.process.poll() is not None, "the predecessor ends with its last connection")
    assert echo.process.returncode == 0


def test_many_upgrades_refuse_nobody(echo):
    ended = threading.Event()
    failures = []

    def load():
        while not ended.is_set():
            try:
                with echo.connect() as client:
                    if not echoes(client, b"x" * 1000):
                        failures.append("early end")
            except OSError as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        echo.upgrade()
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert zombie_children(echo.serving) == []


def test_a_file_that_is_no_successor_changes_nothing(echo):
    shutil.copy2("/bin/true", echo.binary.with_suffix(".new"))
    os.replace(echo.binary.with_suffix(".new"), echo.binary)
    os.kill(echo.serving, signal.SIGUSR2)
    wait_until(lambda: b"upgrade.failed" in os.read(echo.process.stderr.fileno(), 65536), "the refusal is logged")
    assert echo.answers()
    shutil.copy2(EXAMPLE, echo.binary.with_suffix(".new"))
    os.replace(echo.binary.with_suffix(".new"), echo.binary)
    echo.upgrade()
    assert echo.answers()
