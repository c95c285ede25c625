"""Live connections move to the successor: the client keeps its socket, the old processes are gone."""

import os
import signal

import pytest

from support import process_facts
from support.baton import EX_OK
from support.moving import (close_websocket, echo, open_websocket, replace, says_back, serving_processes, wait_gone,
                            ws_close_lines)
from support.waiting import wait_until
from support.websocket import BINARY, frame, read_frame

WORKERS = [(2, 2), (4, 2), (2, 5)]


@pytest.mark.parametrize("order", ["upgrade", "reload"])
@pytest.mark.parametrize("before, after", WORKERS)
def test_websockets_move_and_the_old_generation_is_gone(proxied, order, before, after):
    proxy, _ = proxied(script=echo, workers=before)
    clients = [open_websocket(proxy) for _ in range(20)]
    assert all(says_back(client, b"before") for client in clients)
    wait_gone(proxy, replace(proxy, order, after))
    assert len(proxy.worker_pids()) == after
    assert all(says_back(client, b"after %d" % number) for number, client in enumerate(clients))
    for client in clients:
        close_websocket(client)
    wait_until(lambda: len(ws_close_lines(proxy)) == len(clients), "each WebSocket has its line")
    # One line each: none from the generation that it left.
    assert len(ws_close_lines(proxy)) == len(clients)


@pytest.mark.parametrize("order", ["upgrade", "reload"])
@pytest.mark.parametrize("before, after", WORKERS)
def test_idle_connections_move_and_the_old_generation_is_gone(proxied, order, before, after):
    proxy, _ = proxied(workers=before, drain={"idle_grace": "1h"})
    clients = [proxy.client() for _ in range(20)]
    for client in clients:
        assert client.get("/").status == 200
    wait_gone(proxy, replace(proxy, order, after))
    for client in clients:
        answer = client.get("/again")
        assert answer.status == 200
        assert answer.get("Connection") != "close"
    for client in clients:
        assert client.get("/and-again").status == 200


@pytest.mark.parametrize("order", ["upgrade", "reload"])
def test_one_websocket_moves_many_times(proxied, order):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    for number in range(10):
        gone = replace(proxy, order)
        assert says_back(client, b"%d" % number)
        wait_gone(proxy, gone)
    wait_until(lambda: len(proxy.status()["generations"]) == 1, "the master has noticed")
    close_websocket(client)
    wait_until(lambda: len(ws_close_lines(proxy)) == 1, "its line is there")


def test_reloads_and_upgrades_follow_each_other_under_one_websocket(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    for order in ("reload", "upgrade", "upgrade", "reload", "reload", "upgrade"):
        wait_gone(proxy, replace(proxy, order))
        assert says_back(client, order.encode())
    close_websocket(client)


def test_a_half_read_head_moves(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("GET /half HTTP/1.1\r\nHost: a.te")
        wait_gone(proxy, replace(proxy, "upgrade"))
        client.send("st\r\n\r\n")
        assert client.response().status == 200
    assert [request.head.target for request in app.requests] == ["/half"]


def test_what_is_sent_while_it_moves_arrives_in_order(proxied):
    """Nobody waits for an echo: frames lie in sockets, in buffers and on the way while the generation changes."""
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    sent = 0
    for _ in range(3):
        for _ in range(200):
            client.send(frame(BINARY, b"%d" % sent, mask=True))
            sent += 1
        before = proxy.master_pid
        proxy.signal(signal.SIGUSR2)
        for _ in range(200):
            client.send(frame(BINARY, b"%d" % sent, mask=True))
            sent += 1
        wait_gone(proxy, {before})
    for number in range(sent):
        assert read_frame(client.reader)[1] == b"%d" % number
    close_websocket(client)


def test_the_hand_over_needs_no_master(proxied):
    """The predecessor's master is killed as soon as its workers have their links."""
    proxy, _ = proxied(script=echo)
    proxy.expects_crashes = True
    clients = [open_websocket(proxy) for _ in range(20)]
    predecessor, workers = proxy.master_pid, proxy.worker_pids()
    assert proxy.command("upgrade").returncode == EX_OK
    try:
        os.kill(predecessor, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it was faster
    wait_gone(proxy, [predecessor, *workers])
    assert all(says_back(client, b"alive") for client in clients)
    for client in clients:
        close_websocket(client)


def test_the_successors_workers_take_over_without_their_master(proxied):
    proxy, _ = proxied(script=echo)
    proxy.expects_crashes = True
    clients = [open_websocket(proxy) for _ in range(20)]
    predecessor, workers = proxy.master_pid, proxy.worker_pids()
    assert proxy.command("upgrade").returncode == EX_OK
    successor = serving_processes(proxy) - {proxy.master_pid}
    os.kill(proxy.master_pid, signal.SIGKILL)
    wait_gone(proxy, [predecessor, *workers])
    assert all(says_back(client, b"alive") for client in clients)
    for client in clients:
        client.close()
    for pid in successor:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not proxy.lineage(), "everything has ended", 20)


def test_no_link_stays_open_and_nobody_else_holds_one(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    wait_gone(proxy, replace(proxy, "upgrade"))
    first = process_facts.descriptor_kinds(proxy.master_pid)["socket:"]
    for _ in range(5):
        wait_gone(proxy, replace(proxy, "upgrade"))
    # The connection of the last command may not have been closed yet.
    wait_until(lambda: process_facts.descriptor_kinds(proxy.master_pid)["socket:"] <= first, "no socket is left behind")

    def sockets_of_workers():
        return sum(process_facts.descriptor_kinds(pid).get("socket:", 0) for pid in proxy.worker_pids())

    before = sockets_of_workers()
    wait_gone(proxy, replace(proxy, "upgrade"))
    wait_until(lambda: sockets_of_workers() <= before, "none of a worker either")
    assert says_back(client, b"alive")
    close_websocket(client)
