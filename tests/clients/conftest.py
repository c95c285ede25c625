"""The backend, the proxy before it, and the Node.js packages."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from support.background import BackendProcess
from support.baton import Baton
from support.certificates import make_ca, make_certificate
from support.free_port import free_port

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


@pytest.fixture(scope="module")
def plain_and_tls(tmp_path_factory):
    """Makes a proxy with one plain and one TLS listener, and both kinds of certificate for `localhost` and `www.example.com`:
    `plain_and_tls(upstreams, routes)`; further settings of `tls` by name."""
    made = []

    def make(upstreams, routes, **tls):
        folder = tmp_path_factory.mktemp("tls")
        ca = make_ca(folder)
        names = ["localhost", "www.example.com", "127.0.0.1"]
        certificates = [make_certificate(folder, names, ca=ca, name="ecdsa"),
                        make_certificate(folder, names, key_type="rsa", ca=ca, name="rsa"),
                        make_certificate(folder, ["other.example.com"], ca=ca, name="other")]
        plain, secure = free_port(), free_port()
        running = Baton(upstreams=upstreams,
                        listeners=[f"127.0.0.1:{plain}", {"address": f"127.0.0.1:{secure}", "tls": True}],
                        hosts=[{"redirect_https": "off", "routes": routes}],
                        defaults={"limits": {"body_size": "off", "requests_per_connection": 0}},
                        tls={"certificates": [{"name": f"certificate-{number}", "cert": str(one.cert), "key": str(one.key)}
                                              for number, one in enumerate(certificates)], **tls})
        running.address, running.tls_address, running.ca = ("127.0.0.1", plain), ("127.0.0.1", secure), ca.cert
        made.append(running)
        return running.start()

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def tls_proxy(backend, plain_and_tls):
    return plain_and_tls({"app": [backend.endpoint]}, [{"to": "app"}])


@pytest.fixture(scope="session")
def node_modules():
    """Installs what package-lock.json names, once: several of these tests run at a time."""
    with open(HERE / "package-lock.json") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HERE / "node_modules" / ".package-lock.json").exists():  # what npm writes last
            # Node.js brings certificates of its own; it is to trust what the system trusts.
            environment = {"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt", **os.environ}
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, stdin=subprocess.DEVNULL,
                           env=environment)
    return HERE / "node_modules"
