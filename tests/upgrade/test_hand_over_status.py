"""What `baton status` and the log say of a hand-over: how many moved in and out, how many were left and why."""

import json
import re

import pytest

from support.baton import EX_OK
from support.moving import close_websocket, echo, open_websocket, replace, says_back, wait_gone
from support.waiting import wait_until


def total(proxy, name):
    return proxy.status()["totals"][name]


def serving(proxy):
    return next(one for one in proxy.status()["generations"] if one["state"] == "serving")


@pytest.mark.parametrize("order", ["upgrade", "reload"])
def test_what_moved_is_counted_on_both_sides(proxied, order):
    proxy, _ = proxied(script=echo)
    clients = [open_websocket(proxy) for _ in range(7)]
    wait_gone(proxy, replace(proxy, order))
    assert total(proxy, "connections_moved_out") == 7
    assert total(proxy, "connections_moved_in") == 7
    assert total(proxy, "connections_move_refused") == 0
    moved = serving(proxy)["moved"]
    assert (moved["in"], moved["out"], moved["left"]) == (7, 0, 7)
    # The counters of the lineage never fall back, those of a generation begin with it.
    wait_gone(proxy, replace(proxy, order))
    assert total(proxy, "connections_moved_out") == 14
    assert serving(proxy)["moved"]["in"] == 7
    assert all(says_back(client, b"alive") for client in clients)
    for client in clients:
        close_websocket(client)


@pytest.mark.parametrize("order", ["upgrade", "reload"])
def test_nothing_is_counted_twice(proxied, order):
    proxy, _ = proxied(script=echo)
    clients = [open_websocket(proxy) for _ in range(7)]
    accepted, opened = total(proxy, "connections_accepted"), total(proxy, "websockets_opened")
    for _ in range(3):
        wait_gone(proxy, replace(proxy, order))
        totals = proxy.status()["totals"]
        assert (totals["connections"], totals["websockets"]) == (0, 7)
        assert totals["connections_accepted"] == accepted
        assert totals["websockets_opened"] == opened
        assert totals["websockets_closed"] == 0
    for client in clients:
        close_websocket(client)
    wait_until(lambda: total(proxy, "websockets_closed") == 7, "all are counted as closed")
    wait_until(lambda: total(proxy, "connections") == 0, "no connection is left")


def test_the_table_shows_what_moved(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    wait_gone(proxy, replace(proxy, "upgrade"))
    lines = proxy.command("status").stdout.splitlines()
    title = next(line for line in lines if "moved in" in line)
    row = lines[lines.index(title) + 1]
    assert "moved out" in title
    end = title.index("moved in") + len("moved in")
    assert row[:end].split()[-1] == "1"
    close_websocket(client)


@pytest.mark.parametrize("order", ["upgrade", "reload"])
def test_the_log_says_what_became_of_a_generation(proxied, order):
    proxy, _ = proxied(script=echo)
    clients = [open_websocket(proxy) for _ in range(3)]
    wait_gone(proxy, replace(proxy, order))
    wait_until(lambda: "generation.exited" in proxy.error_text(), "the end is logged")
    text = proxy.error_text()
    exited = next(line for line in text.splitlines() if "generation.exited" in line)
    assert re.search(r"generation=1 moved_out=3 move_refused=0 drain_closed=0", exited), exited
    assert len([line for line in text.splitlines() if "hand_over.started" in line]) == 1
    for client in clients:
        close_websocket(client)


def test_the_verdict_does_not_wait_for_what_cannot_move(proxied):
    """It is given when the replaced generation takes no connection any more."""

    def silent(peer):
        peer.request()
        peer.reader.exactly(1)  # never comes

    proxy, _ = proxied(script=silent)
    with proxy.client() as client:
        client.request("GET", "/")
        answer = proxy.command("upgrade", "--json")
        assert answer.returncode == EX_OK, answer.stderr
        assert json.loads(answer.stdout.splitlines()[-1])["result"] == "ok"
