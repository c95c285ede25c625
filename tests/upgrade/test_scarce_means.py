"""Replacements without enough of something: processes, descriptors, libraries, rights. The service goes on."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from support import process_facts
from support.baton import EX_FAILED, EX_OK, is_sanitized
from support.moving import echo, open_websocket, replace, says_back, wait_gone
from support.waiting import wait_until

# Who has no other process.
STRANGER = 47110 + os.getpid() % 1000


def serves_as_before(proxy, master, workers):
    wait_until(lambda: proxy.worker_pids(master) == workers, "nobody of the successor is left")
    return proxy.master_pid == master and all(proxy.get("/").status == 200 for _ in range(5))


def refused(proxy, reason):
    """Orders an upgrade that must fail for `reason`, and tries whether everything is as before."""
    master, workers = proxy.master_pid, proxy.worker_pids()
    answer = proxy.command("upgrade")
    assert answer.returncode == EX_FAILED, answer.stdout
    assert reason in answer.stderr
    assert serves_as_before(proxy, master, workers)


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer that has no descriptor takes every object for broken")
def test_without_descriptors_an_upgrade_is_refused_and_can_be_ordered_again(proxied):
    proxy, _ = proxied()
    before = resource.prlimit(proxy.master_pid, resource.RLIMIT_NOFILE)
    used = max(process_facts.descriptors(proxy.master_pid)) + 2  # one for the command's connection
    resource.prlimit(proxy.master_pid, resource.RLIMIT_NOFILE, (used, before[1]))
    refused(proxy, os.strerror(errno.EMFILE))
    resource.prlimit(proxy.master_pid, resource.RLIMIT_NOFILE, before)
    assert proxy.command("upgrade").returncode == EX_OK


def without_privileges(make, limit, most, **options):
    """A Baton of a user who is not root, started with a limit."""
    proxy, _ = make(start=False, **options)
    for path in (proxy.folder, proxy.logs):
        os.chown(path, STRANGER, STRANGER)
    limited = f"import os, resource, sys; resource.setrlimit({limit}, ({most}, {most})); os.execv(sys.argv[1], sys.argv[1:])"
    return proxy.start(inside=(sys.executable, "-c", limited), user=STRANGER, group=STRANGER, extra_groups=[])


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_without_another_process_an_upgrade_is_refused(proxied):
    proxy = without_privileges(proxied, resource.RLIMIT_NPROC, 3, workers=2)
    refused(proxy, os.strerror(errno.EAGAIN))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("order", ["upgrade", "reload"])
def test_hundreds_of_connections_move_without_privileges_and_with_a_thousand_descriptors(proxied, order):
    proxy = without_privileges(proxied, resource.RLIMIT_NOFILE, 1024, script=echo, workers=1)
    clients = [open_websocket(proxy) for _ in range(300)]
    wait_gone(proxy, replace(proxy, order))
    assert all(says_back(client, b"moved") for client in clients)


def test_what_a_successor_has_no_descriptors_for_stays_where_it_is(proxied):
    """A worker of the successor takes what it has room for; the rest goes on in the predecessor, which drains."""
    proxy, _ = proxied(script=echo, workers=1)
    clients = [open_websocket(proxy) for _ in range(100)]
    proxy.sections["process"]["max_open_files"] = 360  # 256 of them are kept for other things
    proxy.write_config()
    assert proxy.command("reload").returncode == EX_OK

    def sockets():
        return {one["generation"]: one["connections"]["websockets"] for one in proxy.status()["generations"]}

    wait_until(lambda: sockets().get(2, 0) > 10 and sum(sockets().values()) == 100, "some have moved, none is lost", 20)
    assert sockets()[1] > 0
    assert all(says_back(client, b"alive") for client in clients)
    assert proxy.command("upgrade").returncode == EX_OK


def test_a_binary_whose_library_is_missing_is_refused(proxied):
    proxy, _ = proxied()
    content = proxy.binary.read_bytes()
    name = b"libnghttp2.so" if b"libnghttp2.so" in content else b"libyaml-cpp.so"
    fresh = proxy.folder / "fresh"
    fresh.write_bytes(content.replace(name, name[:-2] + b"no"))
    fresh.chmod(0o755)
    fresh.replace(proxy.binary)
    refused(proxy, "error while loading shared libraries")


def test_a_binary_that_runs_cannot_be_overwritten_and_one_that_is_moved_there_is_taken(proxied):
    proxy, _ = proxied()
    with pytest.raises(OSError) as busy:
        proxy.binary.open("r+b")
    assert busy.value.errno == errno.ETXTBSY
    fresh = proxy.folder / "fresh"
    shutil.copy2(proxy.binary, fresh)
    proxy.binary.rename(proxy.folder / "old")
    refused(proxy, "No such file")
    fresh.rename(proxy.binary)
    inode = proxy.binary.stat().st_ino
    assert proxy.command("upgrade").returncode == EX_OK
    assert os.stat(f"/proc/{proxy.master_pid}/exe").st_ino == inode


def test_what_was_checked_is_what_runs_though_another_file_is_put_there_meanwhile(proxied):
    proxy, _ = proxied()
    real, held = proxy.folder / "real", proxy.folder / "held"
    shutil.copy2(proxy.binary, real)
    held.touch()
    for name, program in (("checked", f'while [ "$1" = check ] && [ -e {held} ]; do sleep 0.02; done\nexec {real} "$@"'),
                          ("other", "exit 7")):
        script = proxy.folder / name
        script.write_text(f"#!/bin/sh\n{program}\n")
        script.chmod(0o755)
    (proxy.folder / "checked").replace(proxy.binary)
    master = proxy.master_pid
    proxy.signal(signal.SIGUSR2)
    wait_until(lambda: proxy.status()["upgrade"] == "preflight", "it is being checked")
    (proxy.folder / "other").replace(proxy.binary)
    held.unlink()
    wait_until(lambda: proxy.master_pid != master, "what was checked serves", 20)
    assert proxy.get("/").status == 200


def test_a_stale_pid_file_keeps_nobody_from_starting_and_nobody_is_signalled(proxied):
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        try:
            proxy, _ = proxied(start=False)
            proxy.runtime.mkdir()
            (proxy.runtime / "baton.pid").write_text(f"{stranger.pid}\n")
            proxy.start()
            assert proxy.master_pid == proxy.process.pid
            assert proxy.get("/").status == 200
            assert stranger.poll() is None
        finally:
            stranger.kill()
