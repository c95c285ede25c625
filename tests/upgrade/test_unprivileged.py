"""A Baton that never was root: in a chroot, with one capability, on the ports 80 and 443."""

import ctypes
import os
import shutil
import subprocess

import pytest

from support import process_facts
from support.background import BackendProcess, MixedLoad
from support.baton import EX_FAILED
from support.moving import replace, wait_gone
from support.tls_client import TlsClient
from support.waiting import wait_until

NOBODY = 65534
NET_BIND_SERVICE = 1 << 10
CLONE_NEWNET = 0x40000000

# In a mount namespace of its own, which is private already where the root is no mount point, as in a chroot: a root that
# holds the system's programs, and the folder of the test by its own path.
CONFINE = """
set -e
mount --make-rprivate / 2>/dev/null || true
root=$1 folder=$2; shift 2
for part in /usr /proc "$folder"; do mkdir -p "$root$part"; mount --bind "$part" "$root$part"; done
for link in bin lib lib64; do ln -s "usr/$link" "$root/$link"; done
exec chroot "$root" setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_bind_service \
    --ambient-caps=-all,+net_bind_service --bounding-set=-all,+net_bind_service "$@"
"""


def capabilities(pid, which):
    return int(process_facts.status(pid)[which], 16)


@pytest.fixture
def own_network():
    """The test, and whatever it starts, is alone with a loopback device."""
    library = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:
        pytest.skip("making a network takes root")
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    if library.unshare(CLONE_NEWNET) != 0:
        os.close(before)
        pytest.skip("this machine allows no namespaces")
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        assert library.setns(before, CLONE_NEWNET) == 0
        os.close(before)


@pytest.fixture
def unprivileged(own_network, baton, pki, tmp_path):
    """Starts one before a backend, with a listener on each of the two ports."""
    backend = BackendProcess()
    made = baton(start=False, upstreams={"app": [backend.endpoint]},
                 listeners=["127.0.0.1:80", {"address": "127.0.0.1:443", "tls": True}],
                 hosts=[{"redirect_https": "off", "routes": [{"to": "app"}]}])

    def start(sandbox):
        certificate = pki.default()
        files = {name: shutil.copy(path, made.folder / name)
                 for name, path in (("cert", certificate.cert), ("key", certificate.key))}
        made.sections["tls"] = {"certificates": [{name: str(path) for name, path in files.items()}]}
        made.sections["process"]["sandbox"] = sandbox
        made.write_config()
        for path in (made.folder, *made.folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        made.address = ("127.0.0.1", 80)
        return made.start(inside=("unshare", "--mount", "--propagation", "unchanged", "sh", "-c", CONFINE, "sh",
                                  str(tmp_path / "root"), str(made.folder)))

    yield start
    backend.end()


@pytest.mark.parametrize("sandbox", ["basic", "strict"])
def test_upgrades_keep_the_low_ports_and_every_connection(unprivileged, pki, sandbox):
    proxy = unprivileged(sandbox)
    load = MixedLoad(proxy.address, keepalive=8, fresh=4, post=2, sse=2, websocket=10)
    with TlsClient(("127.0.0.1", 443), ca=pki.ca) as held:
        assert held.get("/bytes/128").status == 200
        for order in ("upgrade", "upgrade", "rollback", "reload"):
            gone = replace(proxy, order)
            assert capabilities(proxy.master_pid, "CapEff") == NET_BIND_SERVICE
            for pid in proxy.worker_pids():
                assert capabilities(pid, "CapPrm") == capabilities(pid, "CapAmb") == 0
            wait_gone(proxy, gone, 10)
            assert held.get("/bytes/128").status == 200, order
    roots = {os.stat(f"/proc/{pid}/root").st_ino for pid in proxy.lineage()}
    assert len(roots) == 1 and os.stat("/").st_ino not in roots
    assert {process_facts.status(pid)["Uid"].split()[0] for pid in proxy.lineage()} == {str(NOBODY)}
    result = load.result()
    assert result["failed"] == {}, result["details"]


def test_a_bad_successor_changes_nothing(unprivileged, bad_successor):
    proxy = unprivileged("basic")
    proxy.replace_binary(bad_successor("exit_0", "exit_1"))
    answer = proxy.command("upgrade")
    assert answer.returncode == EX_FAILED, answer.stderr
    wait_until(lambda: len(proxy.lineage()) == 3, "only the predecessor lives")
    assert proxy.get("/bytes/128").status == 200
