"""No key leaves the processes that need it: not in logs, files or what /proc tells, and never in a core dump."""

import os
import re
import resource
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from support import process_facts
from support.baton import is_sanitized
from support.key_search import found_in, found_in_memory, secrets_of_connections, secrets_of_key
from support.tls_client import client_context
from support.waiting import wait_until

TOLD_BY_PROC = ["auxv", "cgroup", "cmdline", "comm", "environ", "io", "limits", "maps", "mountinfo", "sched", "stack",
                "stat", "statm", "status", "syscall", "wchan"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="looks into processes of another user")
unsanitized = pytest.mark.skipif(is_sanitized(), reason="sanitizers keep what was freed, and leave nothing locked")


class Visitor:
    """A client that tells the secrets of its connections, and resumes its sessions."""

    def __init__(self, proxy, pki, folder):
        self.proxy = proxy
        self.keylog = folder / "client-secrets"
        self.contexts = {version: client_context(pki.ca, version) for version in ("1.2", "1.3")}
        for context in self.contexts.values():
            context.keylog_filename = str(self.keylog)
        self.sessions = {}

    def connect(self, version):
        client = self.proxy.client(context=self.contexts[version], session=self.sessions.get(version))
        assert client.get("/a?b=c", headers=[("X-Header", "value")]).status == 200
        assert client.is_resumed == (version in self.sessions)
        self.sessions[version] = client.sock.session
        return client

    def secrets(self):
        return secrets_of_connections(self.keylog)


@pytest.fixture
def visited(secured, pki, tmp_path):
    """A proxy with keys of both types that has lived through connections, failures, a reload and an upgrade."""
    certificates = [pki.certificate("example.test"), pki.certificate("example.test", key_type="rsa")]
    ticket_key = tmp_path / "ticket.key"
    ticket_key.write_bytes(os.urandom(80))
    ticket_key.chmod(0o600)
    proxy, _ = secured(certificates=certificates, logging={"level": "debug"},
                       tls={"session_tickets": {"key_files": [str(ticket_key)]}})
    visitor = Visitor(proxy, pki, tmp_path)
    with ExitStack() as open_ones:
        def visit():
            for version in ("1.2", "1.3"):
                open_ones.enter_context(visitor.connect(version))
            with proxy.plain_client() as garbage:
                garbage.send(bytes(100))
                assert garbage.is_ended()

        visit()
        assert proxy.command("reload").returncode == 0
        visit()
        proxy.upgrade_by_signal()
        visit()
        keys = [secret for one in certificates for secret in secrets_of_key(one.key)]
        yield proxy, keys, visitor.secrets()


def test_the_search_would_find_a_key(tmp_path, pki):
    secrets = secrets_of_key(pki.default().key) + secrets_of_key(pki.certificate("r.test", key_type="rsa").key)
    assert len(secrets) > 5
    for secret in secrets:
        for shown in (secret.value, secret.value[::-1][-30:], secret.value.hex().encode(),
                      pki.default().key.read_bytes().replace(b"\n", b"")):
            if shown.startswith(b"-----"):
                continue
            assert found_in(b"noise" + shown + b"noise", [secret])


def test_no_key_is_in_a_log_a_file_or_what_proc_tells(visited):
    proxy, keys, session_secrets = visited
    secrets = keys + session_secrets
    assert len(session_secrets) > 10
    for path in proxy.folder.rglob("*"):
        if path.is_file() and path.name != "baton":
            assert found_in(path.read_bytes(), secrets) == [], path
    assert "/a" in (proxy.logs / "access.log").read_text()
    for pid in proxy.lineage():
        for name in TOLD_BY_PROC:
            assert found_in(process_facts.read_proc(pid, name), secrets) == [], f"/proc/{pid}/{name}"


@as_root
@unsanitized
def test_every_key_in_memory_lies_in_pages_that_are_locked_and_not_dumped(visited):
    """Freed memory is searched as well. Secrets of a handshake are gone at its end."""
    proxy, keys, session_secrets = visited
    found = [(pid, name, mapping) for pid in proxy.lineage()
             for name, mapping in found_in_memory(pid, keys + session_secrets)]
    kept = {secret.name for secret in session_secrets if "TRAFFIC_SECRET_0" in secret.name}
    assert {name for _, name, _ in found} == {secret.name for secret in keys} | kept
    assert {(name, mapping.name) for _, name, mapping in found if not mapping.is_locked_and_not_dumped} == set()


@as_root
def test_nobody_who_has_become_the_workers_user_reads_the_processes(visited):
    """Files in /proc of a process that must not be dumped belong to root, and reading its memory is refused."""
    proxy, _, _ = visited
    for pid in proxy.worker_pids():
        user = int(re.search(r"^Uid:\t(\d+)", process_facts.read_proc(pid, "status").decode(), re.M)[1])
        assert user != 0
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0
        for name in ("mem", "environ", "maps"):
            read = subprocess.run([sys.executable, "-c", f"open('/proc/{pid}/{name}', 'rb').read(1)"], user=user,
                                  group=user, extra_groups=[], capture_output=True, text=True)
            assert "PermissionError" in read.stderr, f"/proc/{pid}/{name}"


@pytest.fixture
def crashing(secured):
    """A proxy whose processes would leave cores in its folder, were they allowed to."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        proxy, _ = secured(start=False)
        proxy.folder.chmod(0o777)
        proxy.expects_crashes = True
        proxy.start()
        subprocess.run(["/bin/sh", "-c", "kill -ABRT $$"], cwd=proxy.folder)
        if not cores(proxy):
            pytest.skip("this machine puts cores elsewhere, or nowhere")
        for core in cores(proxy):
            core.unlink()
        yield proxy
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def cores(proxy):
    return [path for path in proxy.folder.iterdir() if path.name.startswith("core")]


@unsanitized
def test_a_crash_leaves_no_core(crashing):
    def crash(pid):
        os.kill(pid, signal.SIGABRT)
        crashing.reap()
        wait_until(lambda: not process_facts.is_alive(pid), "the process has ended")
        assert cores(crashing) == []

    crash(crashing.worker_pids()[0])
    wait_until(lambda: len(crashing.worker_pids()) == 2, "it is replaced")
    before = crashing.worker_pids()
    assert crashing.command("reload").returncode == 0
    crash(min(set(crashing.worker_pids()) - set(before)))
    crashing.upgrade_by_signal()
    crash(crashing.worker_pids()[0])
    crash(crashing.master_pid)
    assert "SIGABRT" in crashing.error_text() and "core dumped" not in crashing.error_text()
