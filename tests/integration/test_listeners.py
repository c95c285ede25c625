"""Where Baton listens: IPv4, IPv6, both on one port, UNIX paths, inherited sockets, and with few descriptors."""

import socket

import pytest

from support.baton import is_sanitized
from support.free_port import free_port, listening_socket
from support.http_message import EarlyEnd
from support.process_facts import read_proc
from support.raw_client import RawClient
from support.waiting import wait_until


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback here")


@needs_ipv6
def test_a_bare_port_serves_both_families(baton, upstream):
    port = free_port("::", socket.AF_INET6)
    baton(upstreams={"app": [upstream().endpoint]}, listeners=[f":{port}"])
    for host in ("127.0.0.1", "::1"):
        with RawClient((host, port)) as client:
            assert client.get("/").status == 200


@needs_ipv6
def test_ipv4_and_ipv6_may_share_a_port_as_two_listeners(baton, upstream):
    app = upstream()
    port = free_port("::", socket.AF_INET6)
    baton(upstreams={"app": [app.endpoint]}, listeners=[f"127.0.0.1:{port}", f"[::1]:{port}"])
    for host in ("127.0.0.1", "::1"):
        with RawClient((host, port)) as client:
            assert client.get("/").status == 200
    assert [request.head.get("X-Forwarded-For") for request in app.requests] == ["127.0.0.1", "::1"]


def test_a_unix_path_serves_and_is_removed_at_the_end(baton, upstream):
    proxy = baton(upstreams={"app": [upstream().endpoint]}, start=False)
    path = proxy.folder / "http.sock"
    proxy.sections["listeners"] = [f"unix:{path}"]
    proxy.write_config()
    proxy.start()
    with RawClient(str(path)) as client:
        assert client.get("/").status == 200
    proxy.command("stop")
    wait_until(lambda: not path.exists(), "the path is removed")


def test_an_upstream_may_be_a_unix_path(baton, upstream):
    proxy = baton(start=False)
    app = upstream(path=str(proxy.folder / "app.sock"))
    (proxy.folder / "app.sock").chmod(0o666)
    proxy.sections["upstreams"] = {"app": [app.endpoint]}
    proxy.write_config()
    proxy.start()
    assert proxy.get("/").status == 200


def test_an_inherited_socket_is_served_under_its_name(baton, upstream):
    listener = listening_socket()
    address = listener.getsockname()
    proxy = baton(upstreams={"app": [upstream().endpoint]}, listeners=["fd:web"], start=False)
    proxy.start(activate=[(listener, "web")])
    listener.close()
    with RawClient(address) as client:
        assert client.get("/").status == 200
    proxy.upgrade_by_signal()
    with RawClient(address) as client:
        assert client.get("/").status == 200


def test_a_request_queued_before_the_start_is_served(baton, upstream):
    listener = listening_socket()
    proxy = baton(upstreams={"app": [upstream().endpoint]}, listeners=["fd:web"], start=False)
    with RawClient(listener.getsockname()) as client:
        client.request("GET", "/")
        proxy.start(activate=[(listener, "web")])
        listener.close()
        assert client.response().status == 200


@pytest.mark.parametrize("reuseport", [False, True])
def test_several_listeners_serve_at_once(baton, upstream, reuseport):
    ports = [free_port(), free_port()]
    baton(upstreams={"app": [upstream().endpoint]}, workers=2,
          listeners=[{"address": f"127.0.0.1:{port}", "reuseport": reuseport} for port in ports])
    for port in ports:
        for _ in range(10):
            with RawClient(("127.0.0.1", port)) as client:
                assert client.get("/").status == 200


def test_a_host_may_belong_to_one_listener_only(baton, upstream):
    first, second = upstream(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"), upstream()
    ports = [free_port(), free_port()]
    baton(upstreams={"first": [first.endpoint], "second": [second.endpoint]},
          listeners=[{"name": f"l{n}", "address": f"127.0.0.1:{port}"} for n, port in enumerate(ports)],
          hosts=[{"names": ["a.test"], "listeners": ["l0"], "routes": [{"to": "first"}]},
                 {"routes": [{"to": "second"}]}])
    bodies = []
    for port in ports:
        with RawClient(("127.0.0.1", port)) as client:
            bodies.append(client.get("/", host="a.test").body)
    assert bodies == [b"1", b"ok"]


def cpu_ticks(pid):
    fields = read_proc(pid, "stat").decode("latin-1").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.skipif(is_sanitized(), reason="the sanitizer opens a pipe to look at an object, and says it is none when it cannot")
def test_running_out_of_descriptors_neither_spins_nor_stops_for_good(baton, upstream):
    """New clients wait; the worker burns nothing; when others leave they are served."""
    proxy = baton(upstreams={"app": [upstream().endpoint]}, workers=1, process={"max_open_files": 64})
    (worker,) = proxy.worker_pids()
    idle = []
    for _ in range(100):
        client = proxy.client()
        client.send("GET / HTTP/1.1\r\n")  # holds its descriptor
        idle.append(client)
    before = cpu_ticks(worker)
    # The kernel has accepted all of them into the queue; the worker has had its chance when a whole tick was not used.
    wait_until(lambda: process_sleeps(worker), "the worker sleeps")
    assert cpu_ticks(worker) - before < 50
    for client in idle:
        client.close()

    def served():
        try:
            return proxy.get("/").status == 200
        except (OSError, EarlyEnd):
            return False

    wait_until(served, "clients are served again")


def process_sleeps(pid):
    return read_proc(pid, "stat").decode("latin-1").rpartition(")")[2].split()[0] == "S"
