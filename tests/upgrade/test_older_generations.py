"""What a generation could not hand over to its successor goes to one that follows, or is drained."""

import os
import signal
import threading

from support import websocket
from support.baton import BINARY, BUILD, EX_OK
from support.moving import echo, echo_frames, open_websocket, replace, says_back, wait_gone
from support.waiting import PATIENCE, wait_until
from support.websocket import CLOSE, read_frame

# Neither hands over nor takes tunnels, as an older release.
WITHOUT_TUNNELS = BUILD / "tests" / "baton_without_tunnels"


def upgrade_to(proxy, binary):
    answer = proxy.command("upgrade", "--binary", str(binary))
    assert answer.returncode == EX_OK, answer.stderr


def websockets_by_state(proxy):
    held = {one["state"]: one["connections"]["websockets"] for one in proxy.status()["generations"]}
    return {state: count for state, count in held.items() if count > 0}


def test_builds_that_know_different_kinds_follow_each_other(proxied):
    """What both know moves at once; a WebSocket stays until a generation comes that takes it."""
    proxy, _ = proxied(script=echo, drain={"timeout": "1h"}, defaults={"timeouts": {"client_header": "1h"}})
    idle, half = proxy.client(), proxy.client()
    assert idle.get("/").status == 200
    half.send("GET /half HTTP/1.1\r\n")
    held = [open_websocket(proxy) for _ in range(3)]
    for round in range(2):
        upgrade_to(proxy, WITHOUT_TUNNELS)
        assert websockets_by_state(proxy) == {"draining": 3}
        assert all(says_back(client, b"stayed") for client in held)
        again = idle.get("/")
        assert again.status == 200 and again.get("Connection") != "close"
        upgrade_to(proxy, BINARY)
        wait_until(lambda: websockets_by_state(proxy) == {"serving": 3}, "the WebSockets have moved")
        assert all(says_back(client, b"moved") for client in held)
        wait_until(lambda: len(proxy.status()["generations"]) == 1, "the older generations are gone")
    half.send("Host: a.test\r\n\r\n")
    assert half.response().status == 200
    assert idle.get("/").status == 200


def test_what_the_other_build_does_not_know_is_drained_politely(proxied):
    proxy, _ = proxied(script=echo, drain={"timeout": "200ms", "close_spread": "100ms"})
    held = [open_websocket(proxy) for _ in range(3)]
    upgrade_to(proxy, WITHOUT_TUNNELS)
    for client in held:
        opcode, payload, _ = read_frame(client.reader)
        assert (opcode, payload[:2]) == (CLOSE, (1012).to_bytes(2, "big"))
    assert proxy.get("/").status == 200


def test_a_worker_that_was_silent_is_asked_again(proxied):
    """The predecessor gives a link up whose other end does not answer; what it kept goes over the next one."""
    arrived, may_switch = threading.Event(), threading.Event()

    def script(peer):
        request = peer.request()
        arrived.set()
        may_switch.wait(30 * PATIENCE)
        echo_frames(peer, request)

    proxy, _ = proxied(script=script, workers=1, drain={"timeout": "1h"})
    with proxy.client() as client:
        client.send(websocket.upgrade_request())
        assert arrived.wait(10 * PATIENCE)
        gone = replace(proxy, "upgrade")
        proxy.expects_crashes = True  # its master ends it if this test comes back to it late
        (worker,) = proxy.worker_pids()
        os.kill(worker, signal.SIGSTOP)
        try:
            may_switch.set()
            assert client.response().status == 101
            wait_until(lambda: "hand_over.link_lost" in proxy.error_text(), "the link is given up", 10)
        finally:
            os.kill(worker, signal.SIGCONT)
        assert says_back(client, b"stayed")
        wait_gone(proxy, gone, 20)
        assert says_back(client, b"moved")


def test_the_worker_that_replaces_a_dead_one_takes_over_too(proxied):
    """Its predecessor's links died with it; what can move only now goes over new ones."""
    arrived, may_switch = threading.Event(), threading.Event()

    def script(peer):
        request = peer.request()
        arrived.set()
        may_switch.wait(30 * PATIENCE)
        echo_frames(peer, request)

    proxy, _ = proxied(script=script, workers=1, drain={"timeout": "1h"})
    proxy.expects_crashes = True
    with proxy.client() as client:
        client.send(websocket.upgrade_request())
        assert arrived.wait(10 * PATIENCE)
        gone = replace(proxy, "upgrade")
        (worker,) = proxy.worker_pids()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: proxy.worker_pids() not in ([], [worker]), "another worker is there")
        may_switch.set()
        assert client.response().status == 101
        wait_gone(proxy, gone, 10)
        assert says_back(client, b"moved")
