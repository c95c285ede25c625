"""The backend, the proxy before it, and the Node.js packages."""

import os
import subprocess
from pathlib import Path

import pytest

from support.background import BackendProcess
from support.baton import Baton

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def backend():
    process = BackendProcess(HERE / "page.html")
    yield process
    process.end()


@pytest.fixture(scope="module")
def proxy(backend):
    running = Baton(upstreams={"app": [backend.endpoint]}).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def node_modules():
    """Installs what package-lock.json names, once."""
    if not (HERE / "node_modules" / "socket.io").exists():
        # Node.js brings certificates of its own; it is to trust what the system trusts.
        environment = {"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt", **os.environ}
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, stdin=subprocess.DEVNULL, env=environment)
    return HERE / "node_modules"
