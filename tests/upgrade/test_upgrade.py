"""One upgrade, looked at closely: what crosses, what stays, what ends when."""

import hashlib
import json
import os
import signal
import struct

from support import process_facts, websocket
from support.baton import BINARY, EX_FAILED, EX_OK
from support.moving import echo, open_websocket, says_back
from support.raw_client import RawClient
from support.waiting import PATIENCE, wait_until
from support.websocket import CLOSE, read_frame


def is_last_answer(answer):
    assert answer.status == 200
    return answer.get("Connection") == "close"


def test_usr2_replaces_master_and_workers_and_the_predecessor_exits(proxied):
    proxy, _ = proxied()
    before = [proxy.master_pid, *proxy.worker_pids()]
    after = proxy.upgrade_by_signal()
    assert after not in before
    wait_until(lambda: proxy.process.poll() is not None, "the predecessor exits")
    assert proxy.process.returncode == 0
    assert not any(process_facts.is_alive(pid) for pid in before)
    assert proxy.get("/").status == 200
    assert len(proxy.worker_pids()) == 2


def test_the_command_waits_for_the_verdict(proxied):
    proxy, _ = proxied()
    master = proxy.master_pid
    answer = proxy.command("upgrade")
    assert answer.returncode == EX_OK, answer.stderr
    assert proxy.master_pid != master
    assert proxy.status()["generations"]


def test_another_file_may_be_given(proxied):
    proxy, _ = proxied()
    other = proxy.folder / "other-baton"
    os.link(proxy.binary, other)
    assert proxy.command("upgrade", "--binary", str(other)).returncode == EX_OK
    assert os.readlink(f"/proc/{proxy.master_pid}/exe") in (str(other), str(proxy.binary))
    assert proxy.command("upgrade", "--binary", str(proxy.folder / "none")).returncode == EX_FAILED
    assert proxy.get("/").status == 200


def test_a_preflight_alone_changes_nothing(proxied):
    proxy, _ = proxied()
    master = proxy.master_pid
    assert proxy.command("upgrade", "--check").returncode == EX_OK
    assert proxy.master_pid == master


def test_an_idle_connection_gets_one_more_answer_and_then_its_end(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, drain={"idle_grace": "10s"})
    with proxy.client() as client:
        assert client.get("/").get("Connection") != "close"
        proxy.upgrade_by_signal()
        # The verdict is out before every worker has been told to drain.
        wait_until(lambda: is_last_answer(client.get("/")), "an answer announces the end")
        assert client.ends()
    wait_until(lambda: proxy.process.poll() is not None, "the predecessor exits")


def test_an_idle_connection_is_closed_in_order_after_its_grace(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, drain={"idle_grace": "200ms"})
    with proxy.client() as client:
        assert client.get("/").status == 200
        proxy.upgrade_by_signal()
        assert client.ends()
    wait_until(lambda: proxy.process.poll() is not None, "the predecessor exits")


def test_a_request_half_sent_is_served_once(proxied):
    proxy, app = proxied(defaults={"timeouts": {"client_header": "1h"}})
    with proxy.client() as client:
        client.send("GET /half HTTP/1.1\r\nHost: a.te")
        proxy.upgrade_by_signal()
        client.send("st\r\n\r\n")
        assert client.response().status == 200
    assert [request.head.target for request in app.requests] == ["/half"]


def test_a_response_under_way_arrives_whole(proxied):
    body = bytes(range(256)) * 40_000

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    proxy, _ = proxied(script=script)
    with proxy.client(receive_buffer=4096) as client:
        client.request("GET", "/")
        client.reader.head()
        proxy.upgrade_by_signal()
        assert client.reader.exactly(len(body)) == body


def test_an_upload_under_way_arrives_whole(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]}, defaults={"limits": {"body_size": "off"}})
    piece = os.urandom(1_000_000)
    digest = hashlib.sha256()
    with proxy.client(timeout=30) as client:
        client.send(f"POST /digest HTTP/1.1\r\nHost: a.test\r\nContent-Length: {len(piece) * 40}\r\n\r\n")
        for number in range(40):
            if number in (10, 20, 30):
                proxy.upgrade_by_signal()
            client.send(piece)
            digest.update(piece)
        assert json.loads(client.response().body) == {"bytes": 40_000_000, "sha256": digest.hexdigest()}
    # All three predecessors go once the last connection has ended.
    wait_until(lambda: len(proxy.lineage()) == 3, "only the serving generation lives")


def test_a_websocket_lives_through_many_upgrades_and_its_generation_ends_with_it(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, script=echo, drain={"max_generations": 10})
    first = open_websocket(proxy)
    assert says_back(first, b"0")
    for number in range(5):
        proxy.upgrade_by_signal()
        assert says_back(first, b"%d" % number)
    states = [generation["state"] for generation in proxy.status()["generations"]]
    assert "serving" in states and "draining" in states
    first.send(websocket.close_frame(1000, mask=True))
    first.is_ended()
    wait_until(lambda: proxy.process.poll() is not None, "the first generation exits")
    wait_until(lambda: len(proxy.status()["generations"]) == 1, "status shows one generation")


def test_at_the_drain_deadline_websockets_get_close_1012(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, script=echo, drain={"timeout": "300ms", "close_spread": "200ms"})
    clients = [open_websocket(proxy) for _ in range(10)]
    proxy.upgrade_by_signal()
    for client in clients:
        opcode, payload, _ = read_frame(client.reader)
        assert opcode == CLOSE and struct.unpack("!H", payload[:2])[0] == 1012
        client.send(websocket.close_frame(1012, mask=True))
        assert client.is_ended()
    wait_until(lambda: proxy.process.poll() is not None, "the predecessor exits")


def test_generations_beyond_the_limit_are_closed_oldest_first(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, script=echo, drain={"max_generations": 2, "close_spread": "100ms"})
    clients = []
    for _ in range(4):
        clients.append(open_websocket(proxy))
        # Told when the predecessor accepts no more: the next connection is its successor's.
        assert proxy.command("upgrade").returncode == EX_OK
    opcode, payload, _ = read_frame(clients[0].reader)
    assert opcode == CLOSE and struct.unpack("!H", payload[:2])[0] == 1012
    assert says_back(clients[-1], b"alive")


def test_a_second_upgrade_may_begin_while_old_generations_drain(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, script=echo)
    holders = [open_websocket(proxy)]
    for _ in range(3):
        assert proxy.command("upgrade").returncode == EX_OK
        holders.append(open_websocket(proxy))
    assert all(says_back(holder, b"x") for holder in holders)


def test_two_upgrades_at_once_are_one_after_the_other_or_refused(proxied):
    proxy, _ = proxied()
    for _ in range(5):
        proxy.signal(signal.SIGUSR2)
    wait_until(lambda: proxy.master_pid != proxy.process.pid, "a successor takes over")
    wait_until(lambda: len(proxy.lineage()) == 3, "one generation is left", 30)
    assert proxy.get("/").status == 200


def test_reload_and_upgrade_follow_each_other(proxied):
    proxy, _ = proxied()
    for order in ("reload", "upgrade", "reload", "upgrade"):
        answer = proxy.command(order)
        assert answer.returncode == EX_OK, (order, answer.stderr)
        assert proxy.get("/").status == 200
    wait_until(lambda: len(proxy.lineage()) == 3, "one generation is left", 30)


def test_what_waits_in_the_accept_queue_is_served(proxied):
    proxy, _ = proxied()
    clients = []
    for _ in range(100):
        client = proxy.client()
        client.request("GET", "/")
        clients.append(client)
    proxy.upgrade_by_signal()
    assert all(client.response().status == 200 for client in clients)


def test_a_quit_right_behind_a_failing_upgrade_still_ends_politely(proxied):
    proxy, _ = proxied()
    proxy.binary.unlink()
    proxy.signal(signal.SIGUSR2)
    assert proxy.get("/").status == 200
    proxy.signal(signal.SIGQUIT)
    assert proxy.process.wait(30 * PATIENCE) == 0


def test_term_ends_every_generation(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, script=echo, drain={"stop_timeout": "300ms", "close_spread": "100ms"})
    clients = [open_websocket(proxy)]
    proxy.upgrade_by_signal()
    clients.append(open_websocket(proxy))
    proxy.signal(signal.SIGTERM)
    wait_until(lambda: not proxy.lineage(), "all generations end", 30)
    for client in clients:
        assert client.is_ended()


def test_a_start_by_a_relative_path_in_a_folder_that_is_gone(baton, upstream):
    """The path was made absolute at the start: neither the working directory nor argv[0] matter later."""
    proxy = baton(upstreams={"app": [upstream().endpoint]}, start=False)
    proxy.start()
    arguments = process_facts.arguments(proxy.master_pid)
    proxy.upgrade_by_signal()
    assert process_facts.arguments(proxy.master_pid) == arguments


def test_a_large_environment_crosses_unchanged(baton, upstream):
    many = {f"BATON_TEST_{number}": "x" * 50 for number in range(1000)}
    proxy = baton(upstreams={"app": [upstream().endpoint]}, environment=many)
    before = dict(process_facts.environment(proxy.master_pid))
    proxy.upgrade_by_signal()
    after = dict(process_facts.environment(proxy.master_pid))
    assert {name: after.get(name) for name in before} == before
    first = process_facts.environment(proxy.master_pid)
    proxy.upgrade_by_signal()
    assert process_facts.environment(proxy.master_pid) == first


def test_counters_do_not_fall_back(proxied):
    proxy, _ = proxied()
    for _ in range(10):
        proxy.get("/")

    def requests():
        return proxy.status()["totals"]["requests"]

    before = wait_until(lambda: requests() >= 10 and requests(), "ten requests are counted")
    proxy.upgrade_by_signal()
    wait_until(lambda: proxy.process.poll() is not None, "the predecessor exits")
    assert requests() >= before


def test_every_generation_reopens_its_log(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, script=echo)
    with open_websocket(proxy) as client:
        proxy.upgrade_by_signal()
        proxy.wait_access_lines(1)
        path = proxy.logs / "access.log"
        path.rename(proxy.logs / "access.log.1")
        assert proxy.command("reopen").returncode == EX_OK
        # Workers are told, and say nothing.
        wait_until(lambda: not any("access.log.1" in kind for pid in proxy.lineage()
                                   for kind in process_facts.descriptors(pid).values()), "nobody writes to the old file")
        client.send(websocket.close_frame(1000, mask=True))
        client.is_ended()
        # The line of the predecessor's WebSocket goes to the file that was opened anew.
        wait_until(lambda: any(line["event"] == "ws_close" for line in proxy.access_lines()), "its ws_close is there")


def test_the_good_binary_is_the_one_that_runs(proxied):
    proxy, _ = proxied()
    proxy.replace_binary(BINARY)
    proxy.upgrade_by_signal()
    running = os.stat(f"/proc/{proxy.master_pid}/exe")
    assert running.st_ino == proxy.binary.stat().st_ino
    with RawClient(proxy.address) as client:
        assert client.get("/").status == 200
