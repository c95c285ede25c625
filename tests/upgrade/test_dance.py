"""nginx's dance: USR2, WINCH, QUIT and HUP by hand, with every live connection going along."""

import os
import signal

import pytest

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


def test_quit_at_once_hands_everything_over(dancing):
    proxy, clients, old = dancing
    os.kill(old, signal.SIGQUIT)
    wait_gone(proxy, {old})
    wait_held(proxy, {2: ("serving", 10)})
    assert all(says_back(client, b"kept") for client in clients)
