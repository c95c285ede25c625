"""Fixtures of every test: a running Baton and peers, all gone at the end."""

import resource
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import certificates as making  # noqa: E402
from support.baton import BINARY, Baton  # noqa: E402
from support.free_port import give_back, held_ports  # noqa: E402
from support.over_tls import over_tls  # noqa: E402
from support.scripted_upstream import ScriptedUpstream  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="smaller counts and sizes")
    parser.addoption("--long", action="store_true", help="the counts of a release")


def pytest_configure(config):
    if config.getoption("--quick") and config.getoption("--long"):
        raise pytest.UsageError("--quick or --long, not both")
    # Some tests hold a thousand connections.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is not built; set BATON_BUILD to the build folder")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the Batons of the test have logged."""
    report = (yield).get_result()
    if call.when == "call" and report.failed:
        for one in getattr(item, "batons", []):
            report.sections.append((f"log of {one.folder}", one.error_text()[-3000:]))


@pytest.fixture(scope="session")
def quick(request):
    return request.config.getoption("--quick")


@pytest.fixture(scope="session")
def long(request):
    return request.config.getoption("--long")


@pytest.fixture(autouse=True)
def ports():
    """What a test took is free for others when it is over; what its module or the session took stays."""
    before = held_ports()
    yield
    give_back(before)


class Pki:
    """A CA of the tests and what it has signed; one certificate for each list of names."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = making.make_ca(folder)
        self.made = {}

    @property
    def ca(self):
        return self.authority.ca

    def certificate(self, *names, **options):
        key = (names, tuple(sorted(options.items())))
        if key not in self.made:
            name = f"certificate-{len(self.made)}"
            self.made[key] = making.make_certificate(self.folder, list(names), ca=self.authority, name=name, **options)
        return self.made[key]

    def default(self):
        """For the host that clients of the tests ask for when they are told nothing else."""
        return self.certificate("example.test", "127.0.0.1")


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def upstream():
    """Makes scripted upstreams: `upstream(script=…, reply=…)`."""
    made = []

    def make(*arguments, **keywords):
        made.append(ScriptedUpstream(*arguments, **keywords))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def baton(request):
    """Makes and starts a Baton: `baton(upstreams={…}, …)`."""
    made = request.node.batons = []

    def make(*arguments, start=True, **keywords):
        made.append(Baton(*arguments, **keywords))
        return made[-1].start() if start else made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def proxied(baton, upstream):
    """A Baton before one scripted upstream: `proxy, app = proxied(script=…, reply=…, …)`."""

    def make(script=None, reply=None, **keywords):
        app = upstream(script, **({"reply": reply} if reply is not None else {}))
        return baton(upstreams={"app": [app.endpoint]}, **keywords), app

    return make


@pytest.fixture
def secured(proxied, pki):
    """The same with a TLS listener."""
    return over_tls(proxied, pki)
