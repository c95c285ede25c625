"""WebSockets that are held while generations replace each other, and the end of the generation that they leave."""

from support import process_facts, websocket
from support.baton import EX_OK
from support.scripted_upstream import OK
from support.waiting import wait_until
from support.websocket import BINARY, CLOSE, frame, read_frame

# A generation that hands everything over is gone this soon after the verdict; without a hand-over it would stay for
# hours (drain.timeout).
SOON = 10.0


def echo(peer):
    """A WebSocket that is echoed, or one plain answer after the other."""
    while True:
        request = peer.request()
        if request.head.has("Upgrade"):
            break
        peer.send(OK)
    echo_frames(peer, request)


def echo_frames(peer, request):
    peer.send(websocket.switching_protocols(request.head.get("Sec-WebSocket-Key")))
    while True:
        opcode, payload, final = read_frame(peer.reader)
        peer.send(frame(opcode, payload, final=final))
        if opcode == CLOSE:
            return


def open_websocket(proxy, target="/"):
    client = proxy.client()
    client.send(websocket.upgrade_request(target))
    assert client.response().status == 101
    return client


def says_back(client, text):
    client.send(frame(BINARY, text, mask=True))
    return read_frame(client.reader)[1] == text


def close_websocket(client):
    client.send(websocket.close_frame(1000, mask=True))
    opcode, _, _ = read_frame(client.reader)
    assert opcode == CLOSE
    assert client.ends()


def processes(proxy):
    """The serving master and its workers; a reload keeps the master."""
    return {proxy.master_pid, *proxy.worker_pids()}


def replace(proxy, order, workers=None):
    """Runs `baton upgrade` or `baton reload` to another number of workers; the processes that are to go."""
    before = processes(proxy)
    if workers is not None:
        proxy.sections["process"]["workers"] = workers
        proxy.write_config()
    answer = proxy.command(order)
    assert answer.returncode == EX_OK, answer.stderr
    return before - serving_processes(proxy)


def serving_processes(proxy):
    status = proxy.status()
    serving = next(one for one in status["generations"] if one["state"] == "serving")
    return {serving["master_pid"], *serving["worker_pids"]}


def wait_gone(proxy, pids, seconds=SOON):
    def gone():
        proxy.reap()
        return not any(process_facts.is_alive(pid) for pid in pids)

    wait_until(gone, "the old generation is gone", seconds)


def ws_close_lines(proxy):
    return [line for line in proxy.access_lines() if line["event"] == "ws_close"]
