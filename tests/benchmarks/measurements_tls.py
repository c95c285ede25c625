"""What TLS costs one proxy; lower is better."""

import resource
import ssl
import subprocess
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from proxies import Origin, Running, TlsClient, client_context, load

from support import process_facts
from support.background import BackendProcess
from support.certificates import make_ca, make_certificate

GIB = 1024 ** 3
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@cache
def certificate():
    folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    folder.chmod(0o755)
    return make_certificate(folder, ["example.test"], ca=make_ca(folder))


@contextmanager
def proxy_with_origin(kind):
    with Origin() as origin, Running(kind, origin.endpoint, tls=certificate()) as proxy:
        yield proxy


@contextmanager
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def memory_per_idle_connection(kind, connections=5_000):
    """Growth of the worker's PSS over idle TLS 1.3 keep-alive connections that had one answer each, in bytes."""
    with many_descriptors(), proxy_with_origin(kind) as proxy:
        context = client_context(certificate(), TLS_1_3)
        held = open_connections(proxy, 200, context)
        before = process_facts.memory(proxy.worker())["pss"]
        held += open_connections(proxy, connections, context)
        after = process_facts.memory(proxy.worker())["pss"]
        for client in held:
            client.close()
        return (after - before) / connections


def open_connections(proxy, count, context):
    held = []
    for _ in range(count):
        held.append(TlsClient(proxy.address, certificate(), context=context))
        assert held[-1].get("/").status == 200
    return held


def cpu_per_request(kind, requests=30_000):
    """Microseconds of processor time per keep-alive GET of 128 bytes over 64 connections, TLS 1.3."""
    with proxy_with_origin(kind) as proxy:
        load(proxy.address, 5_000, scheme="https")
        before = process_facts.cpu_seconds(proxy.worker())
        load(proxy.address, requests, scheme="https")
        return (process_facts.cpu_seconds(proxy.worker()) - before) / requests * 1e6


def cpu_per_gib(kind, amount=GIB):
    """Seconds of processor time to send one GiB through the proxy to a client over TLS 1.3."""
    backend = BackendProcess()
    try:
        with Running(kind, backend.endpoint, tls=certificate()) as proxy:
            fetch(proxy, 1024 * 1024)
            before = process_facts.cpu_seconds(proxy.worker())
            fetch(proxy, amount)
            return (process_facts.cpu_seconds(proxy.worker()) - before) * GIB / amount
    finally:
        backend.end()


def fetch(proxy, amount):
    host, port = proxy.address
    answer = subprocess.run(["curl", "-sS", "--fail", "--tlsv1.3", "--http1.1", "--cacert", certificate().ca, "--connect-to",
                             f"example.test:443:{host}:{port}", "-o", "/dev/null", "-w", "%{size_download}",
                             f"https://example.test/bytes/{amount}"], capture_output=True, text=True, timeout=600)
    assert answer.returncode == 0 and int(answer.stdout) == amount, answer.stderr


def cpu_per_full_handshake(kind, version=TLS_1_3, handshakes=1_000):
    """Microseconds of processor time from accept to close of a connection that only shakes hands (ECDSA P-256)."""
    with proxy_with_origin(kind) as proxy:
        context = client_context(certificate(), version)

        def shake(count):
            for _ in range(count):
                TlsClient(proxy.address, certificate(), context=context).close()

        shake(50)
        before = process_facts.cpu_seconds(proxy.worker())
        shake(handshakes)
        return (process_facts.cpu_seconds(proxy.worker()) - before) / handshakes * 1e6


def cpu_per_resumed_handshake(kind, version=TLS_1_3, handshakes=1_000):
    """The same for a connection that resumes a session by its ticket."""
    with proxy_with_origin(kind) as proxy:
        context = client_context(certificate(), version)
        with TlsClient(proxy.address, certificate(), context=context) as first:
            assert first.get("/").status == 200
            session = first.sock.session

        def shake(count):
            for _ in range(count):
                with TlsClient(proxy.address, certificate(), context=context, session=session) as client:
                    assert client.sock.session_reused

        shake(50)
        before = process_facts.cpu_seconds(proxy.worker())
        shake(handshakes)
        return (process_facts.cpu_seconds(proxy.worker()) - before) / handshakes * 1e6


# name -> (function, unit, the most that Baton may cost; None: no more than the better of the others in the same run)
BUDGETS = {
    "tls memory": (memory_per_idle_connection, "bytes of PSS per idle TLS keep-alive connection", 4 * 1024),
    "tls request": (cpu_per_request, "µs of CPU per keep-alive GET over TLS 1.3", None),
    "tls gib": (cpu_per_gib, "s of CPU per GiB sent over TLS 1.3", None),
    "tls full": (cpu_per_full_handshake, "µs of CPU per full TLS 1.3 handshake", None),
    "tls resumed": (cpu_per_resumed_handshake, "µs of CPU per resumed TLS 1.3 handshake", None),
}
