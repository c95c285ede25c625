"""A backend of its own process, and successors that misbehave."""

import subprocess
from pathlib import Path

import pytest

from support.background import BackendProcess, CheckedStreams, DeflatingServer
from support.free_port import free_port
from support.short_requests import ShortRequests

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def backend():
    process = BackendProcess()
    yield process
    process.end()


@pytest.fixture(scope="session")
def bad_successor(tmp_path_factory):
    """Compiles `bad_successor.cpp` for a behaviour of `check` and one of `run`; the path of the program."""
    folder = tmp_path_factory.mktemp("successors")

    def build(check, run):
        program = folder / f"{check}-{run}"
        if not program.exists():
            subprocess.run(["g++", "-O1", f"-DON_CHECK={check}", f"-DON_RUN={run}", HERE / "bad_successor.cpp", "-o",
                            program], check=True)
        return program

    return build


@pytest.fixture
def under_requests():
    started = []

    def start(proxy, clients):
        started.append(ShortRequests(proxy, clients))
        return started[-1]

    yield start
    for load in started:
        load.end()


@pytest.fixture
def tls_backend(pki):
    certificate = pki.certificate("127.0.0.1")
    process = BackendProcess(f"--tls={certificate.cert},{certificate.key}")
    yield process
    process.end()


@pytest.fixture
def deflating_server():
    process = DeflatingServer()
    yield process
    process.end()


@pytest.fixture
def streams(baton, backend, tls_backend, deflating_server, pki):
    """Starts a proxy with a plain and a TLS listener, and the streams that run through it; returns both."""
    started = []

    def start(**options):
        plain, tls = free_port(), free_port()
        proxy = baton(upstreams={"app": [backend.endpoint], "deflating": [deflating_server.endpoint],
                                 "tls": {"endpoints": [tls_backend.endpoint], "tls": {"ca": str(pki.ca)}}},
                      listeners=[f"127.0.0.1:{plain}", {"address": f"127.0.0.1:{tls}", "tls": True}],
                      hosts=[{"names": ["tls.test"], "redirect_https": "off", "routes": [{"to": "tls"}]},
                             {"redirect_https": "off",
                              "routes": [{"match": {"path": "/deflate"}, "to": "deflating"}, {"to": "app"}]}],
                      certificates=[pki.default()], **options)
        load = CheckedStreams(plain, tls, pki.ca)
        started.append(load)
        return proxy, load

    yield start
    for load in started:
        if load.process.poll() is None:
            load.end()
