"""Fixtures of every test: a running Baton and peers, all gone at the end."""

import resource
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.baton import BINARY, Baton  # noqa: E402
from support.scripted_upstream import ScriptedUpstream  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="smaller counts and sizes")


def pytest_configure(config):
    # Some tests hold a thousand connections.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is not built; set BATON_BUILD to the build folder")


@pytest.fixture(scope="session")
def quick(request):
    return request.config.getoption("--quick")


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
def baton():
    """Makes and starts a Baton: `baton(upstreams={…}, …)`."""
    made = []

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
