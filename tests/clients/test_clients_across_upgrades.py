"""Clients that people have stay on their first connection while fifty upgrades replace the proxy under them."""

import json
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.background import BackendProcess, Program
from support.browser import Chromium
from support.lasting_clients import EVENTS, HOST, CurlEvents, RawEvents, RawRequests, Talker
from support.moving import replace, wait_gone
from support.raw_client import RawClient
from support.waiting import wait_until

HERE = Path(__file__).resolve().parent


class Page(Chromium):
    """A page with one WebSocket and one EventSource; it reports to the backend."""

    def __init__(self, url, ask):
        self.scheme, self.ask = url.split(":")[0], ask
        super().__init__(f"{url}/page/talking_page.html")

    def counts(self):
        answer = self.ask(f"/result/{self.scheme}")
        if answer.status != 200:
            return {"wrong": [], "events": 0, "messages": 0, "done": False}
        return json.loads(answer.body)

    def progress(self):
        counts = self.counts()
        assert counts["wrong"] == []
        return min(counts["events"], counts["messages"])

    def finish(self):
        wait_until(lambda: self.counts()["done"], "the page has had all its events", 20)
        return self.counts()


class Backends:
    """What stands behind the proxy; each counts what came to it."""

    def __init__(self, stack):
        self.pages = BackendProcess(HERE / "talking_page.html")
        stack.callback(self.pages.end)
        self.ws = self.node("ws_server.mjs", stack)
        self.socket_io = self.node("socket_io_server.mjs", stack)

    def node(self, script, stack):
        server = Program("node", script, cwd=HERE)
        stack.callback(server.end)
        server.endpoint = f"127.0.0.1:{server.line()}"
        return server

    def ask(self, target):
        host, port = self.pages.endpoint.split(":")
        with RawClient((host, int(port))) as client:
            return client.get(target)


@pytest.fixture
def stack():
    """Ends everything, the latest first."""
    with ExitStack() as everything:
        yield everything


@pytest.fixture
def backends(stack, node_modules):
    return Backends(stack)


@pytest.fixture
def proxy(backends, plain_and_tls):
    return plain_and_tls({"pages": [backends.pages.endpoint], "ws": [backends.ws.endpoint],
                          "socket_io": [backends.socket_io.endpoint]},
                         [{"match": {"prefix": "/ws"}, "to": "ws"},
                          {"match": {"prefix": "/socket.io"}, "to": "socket_io"},
                          {"to": "pages"}],
                         # Who is called by address names nobody in its handshake.
                         default_certificate="certificate-0")


class Clients:
    """Everybody at once, by name."""

    def __init__(self, proxy, backends):
        # By address: a machine may have no /etc/hosts.
        self.plain, self.secure = (f"{host}:{port}" for host, port in (proxy.address, proxy.tls_address))
        self.proxy, self.ca = proxy, proxy.ca
        both = (("http", self.plain), ("https", self.secure))
        versions = ("1.2", "1.3")
        self.talkers = {
            "ws": self.node("talking_ws.mjs", f"ws://{self.plain}/ws"),
            "ws over TLS": self.node("talking_ws.mjs", f"wss://{self.secure}/ws"),
            "websockets": self.python(f"ws://{self.plain}/ws"),
            "websockets over TLS 1.2": self.python(f"wss://{self.secure}/ws", self.ca, "1.2"),
            "websockets over TLS 1.3": self.python(f"wss://{self.secure}/ws", self.ca, "1.3")}
        self.socket_ios = {
            f"socket.io, {transport}, {scheme}": self.node("talking_socket_io.mjs", f"{scheme}://{address}", transport)
            for transport in ("websocket", "polling") for scheme, address in both}
        self.streams = {
            "curl": CurlEvents(f"http://{self.plain}{EVENTS}"),
            **{f"curl over TLS {version}": self.curl(version) for version in versions},
            **{f"s_client {version}": RawEvents(*self.s_client(version, "-quiet")) for version in versions},
            **{f"gnutls-cli {version}": RawEvents(*self.gnutls_cli(version)) for version in versions}}
        renew = self.s_client("1.3")
        self.requests = {
            "s_client with new keys": RawRequests("/echo/k", *renew, order=b"k\n", heard=b"KEYUPDATE"),
            "s_client with new keys of both": RawRequests("/echo/K", *renew, order=b"K\n", heard=b"KEYUPDATE"),
            "s_client 1.2 that asks": RawRequests("/echo/old", *self.s_client("1.2", "-quiet"))}
        # Chromium knows localhost by itself.
        self.pages = {f"Chromium, {scheme}": Page(f"{scheme}://localhost:{address.split(':')[1]}", backends.ask)
                      for scheme, address in both}

    @property
    def all(self):
        return {**self.talkers, **self.socket_ios, **self.streams, **self.requests, **self.pages}

    @property
    def websockets(self):
        """Who holds one."""
        return [name for name in (*self.talkers, *self.socket_ios, *self.pages) if "polling" not in name]

    def node(self, script, *arguments):
        return Talker("node", script, *arguments, cwd=HERE, environment={"NODE_EXTRA_CA_CERTS": str(self.ca)})

    def python(self, *arguments):
        return Talker(sys.executable, HERE / "talking_websockets.py", *arguments)

    def curl(self, version):
        only = (f"--tlsv{version}", "--tls-max", version)
        return CurlEvents("--cacert", self.ca, *only, f"https://{self.secure}{EVENTS}")

    def s_client(self, version, *options):
        host, port = self.proxy.tls_address
        return ["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", HOST, "-CAfile", self.ca,
                "-verify_return_error", f"-tls{version.replace('.', '_')}", *options]

    def gnutls_cli(self, version):
        host, port = self.proxy.tls_address
        return ["gnutls-cli", f"--x509cafile={self.ca}", f"--sni-hostname={HOST}", f"--verify-hostname={HOST}",
                f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}", "--logfile=/dev/null", "-p", port, host]

    def end(self):
        for one in self.all.values():
            one.end()

    def wait_for_more(self, before):
        """Waits until everybody has got further; how far."""
        behind = dict(self.all)

        def further():
            for name in list(behind):
                if behind[name].progress() > before.get(name, 0):
                    del behind[name]
            return not behind

        wait_until(further, "everybody gets further", 20)
        return {name: one.progress() for name, one in self.all.items()}


@pytest.fixture
def clients(proxy, backends, stack):
    everybody = Clients(proxy, backends)
    stack.callback(everybody.end)
    return everybody


@pytest.mark.skipif(not all(map(shutil.which, ("chromium", "gnutls-cli"))), reason="needs Chromium and gnutls-cli")
def test_nobody_reconnects_in_fifty_upgrades(proxy, backends, clients, quick):
    reached = clients.wait_for_more({})
    upgrades = 10 if quick else 50
    for _ in range(upgrades):
        for one in clients.requests.values():
            one.obey()
        wait_gone(proxy, replace(proxy, "upgrade"))
        assert [one["state"] for one in proxy.status()["generations"]] == ["serving"]
        reached = clients.wait_for_more(reached)
    totals = proxy.status()["totals"]
    assert (totals["websockets_opened"], totals["websockets_closed"]) == (len(clients.websockets), 0)
    assert [line for line in proxy.access_lines() if line["end"] != "ok"] == []
    assert backends.ask("/end").status == 200
    for one in (*clients.streams.values(), *clients.requests.values()):
        one.finish()
    assert [one.followed for one in clients.requests.values()] == [upgrades, upgrades, 0]
    for one in (*clients.talkers.values(), *clients.socket_ios.values()):
        counts = one.finish()
        assert (counts["opened"], counts["closed"], counts.get("reconnects", 0)) == (1, 0, 0), counts
    for one in clients.pages.values():
        counts = one.finish()
        assert counts["opened"] == {"events": 1, "socket": 1} and counts["wrong"] == [], counts
        assert counts["messages"] == counts["events"], counts
    # As those see it to whom all of this came.
    assert json.loads(backends.ask("/counts").body)["sse"] == len(clients.streams) + len(clients.pages)
    assert int(backends.ws.end()) == len(clients.talkers) + len(clients.pages)
    assert int(backends.socket_io.end()) == len(clients.socket_ios)
    ports = {one.path: {line["client_port"] for line in proxy.access_lines() if line["path"] == one.path}
             for one in clients.requests.values()}
    assert all(len(used) == 1 for used in ports.values()), ports
