"""nginx's dance: USR2, WINCH, QUIT and HUP by hand, with every live connection going along."""

import os
import signal

import pytest

from support.baton import EX_OK
from support.moving import echo, open_websocket, says_back, wait_gone
from support.waiting import wait_until


@pytest.fixture
def dancing(proxied):
    """A proxy whose successor serves beside it, with ten WebSockets that were there before: proxy, them, its pid."""
    proxy, _ = proxied(script=echo, upgrade={"commit": "manual"})
    clients = [open_websocket(proxy) for _ in range(10)]
    old = proxy.master_pid
    begin(proxy)
    return proxy, clients, old


def begin(proxy):
    """Until the predecessor knows that its successor accepts: an earlier signal means what it always does."""
    proxy.upgrade_by_signal()
    wait_until((proxy.runtime / "baton.pid.oldbin").exists, "the predecessor has its own pid file")


def held(proxy):
    """Of each generation by its number: state, WebSockets."""
    return {one["generation"]: (one["state"], one["connections"]["websockets"]) for one in proxy.status()["generations"]}


def wait_held(proxy, expected):
    wait_until(lambda: held(proxy) == expected, f"{expected}")


def test_both_accept_and_live_connections_stay_until_the_operator_decides(dancing):
    proxy, clients, old = dancing
    assert int((proxy.runtime / "baton.pid.oldbin").read_text()) == old
    assert proxy.master_pid != old
    assert held(proxy) == {1: ("serving", 10), 2: ("serving", 0)}
    seen = set()

    def both_have_answered():
        assert proxy.get("/").status == 200
        seen.update(line["generation"] for line in proxy.access_lines() if line["event"] == "request")
        return seen == {1, 2}

    wait_until(both_have_answered, "both generations have answered", 20)
    assert all(says_back(client, b"stayed") for client in clients)


def test_winch_moves_them_and_quit_retires_the_predecessor(dancing):
    proxy, clients, old = dancing
    os.kill(old, signal.SIGWINCH)
    wait_held(proxy, {1: ("standing_by", 0), 2: ("serving", 10)})
    assert all(says_back(client, b"moved") for client in clients)
    os.kill(old, signal.SIGQUIT)
    wait_gone(proxy, {old})
    assert not (proxy.runtime / "baton.pid.oldbin").exists()
    wait_held(proxy, {2: ("serving", 10)})
    assert all(says_back(client, b"kept") for client in clients)


@pytest.mark.parametrize("winch", [False, True], ids=["before WINCH", "after WINCH"])
def test_hup_takes_everything_back_and_the_next_usr2_works(dancing, winch):
    proxy, clients, old = dancing
    newcomers = [open_websocket(proxy) for _ in range(20)]
    if winch:
        os.kill(old, signal.SIGWINCH)
        wait_held(proxy, {1: ("standing_by", 0), 2: ("serving", 30)})
    os.kill(old, signal.SIGHUP)
    wait_held(proxy, {1: ("serving", 30)})
    assert proxy.master_pid == old
    assert not (proxy.runtime / "baton.pid.oldbin").exists()
    assert all(says_back(client, b"returned") for client in clients + newcomers)
    begin(proxy)
    os.kill(old, signal.SIGQUIT)
    wait_held(proxy, {3: ("serving", 30)})
    assert all(says_back(client, b"kept") for client in clients + newcomers)


def take_back_while_it_is_ordered(proxy, old, order):
    """The signal `order` reaches the successor before the word that it is taken back; its pid."""
    successor = proxy.master_pid
    # It has looked in vain for more from its predecessor by now: the kernel tells of both in the order they come.
    assert held(proxy).keys() == {1, 2}
    os.kill(successor, signal.SIGSTOP)
    os.kill(successor, order)
    os.kill(old, signal.SIGHUP)
    wait_until(lambda: proxy.master_pid == old, "the predecessor serves again")
    os.kill(successor, signal.SIGCONT)
    return successor


def test_logs_are_opened_anew_though_the_order_goes_to_who_is_taken_back(dancing):
    proxy, clients, old = dancing
    log = proxy.logs / "access.log"
    log.rename(proxy.logs / "access.log.1")
    wait_gone(proxy, {take_back_while_it_is_ordered(proxy, old, signal.SIGUSR1)})
    wait_until(lambda: proxy.get("/") and proxy.access_lines(), "the predecessor's lines go to a new file")
    assert all(says_back(client, b"returned") for client in clients)


def test_an_order_to_stop_ends_the_instance_though_it_goes_to_who_is_taken_back(dancing):
    proxy, clients, old = dancing
    successor = take_back_while_it_is_ordered(proxy, old, signal.SIGINT)
    wait_gone(proxy, {old, successor}, 10)
    assert proxy.process.wait() == EX_OK
    assert proxy.lineage() == []
    assert all(client.is_ended() for client in clients)


def test_quit_at_once_hands_everything_over(dancing):
    proxy, clients, old = dancing
    os.kill(old, signal.SIGQUIT)
    wait_gone(proxy, {old})
    wait_held(proxy, {2: ("serving", 10)})
    assert all(says_back(client, b"kept") for client in clients)
