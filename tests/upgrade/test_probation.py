"""A successor on probation: kept when it is good, and taken back, with everything that is connected, when it is not."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.background import MixedLoad
from support.baton import EX_FAILED, EX_OK, EX_TRY_AGAIN
from support.moving import echo, open_websocket, says_back, wait_gone
from support.scripted_upstream import OK
from support.short_requests import UNAVAILABLE, answering_after
from support.waiting import wait_until


@pytest.fixture
def ordering():
    """Runs a command beside the test; the future of what has been completed."""
    with ThreadPoolExecutor(4) as pool:
        yield lambda proxy, *command: pool.submit(proxy.command, *command)


def on_probation(make, window="1h", **options):
    return make(script=echo, upgrade={"confirm_window": window}, **options)[0]


def generations(proxy):
    return {one["generation"]: one for one in proxy.status()["generations"]}


def states(proxy):
    return {number: one["state"] for number, one in generations(proxy).items()}


def processes_of(generation):
    return {generation["master_pid"], *generation["worker_pids"]}


def wait_on_probation(proxy, websockets=0):
    """Until the first generation stands by and all WebSockets are the second one's."""

    def settled():
        now = generations(proxy)
        return ({number: one["state"] for number, one in now.items()} == {1: "standing_by", 2: "serving"}
                and now[2]["connections"]["websockets"] == websockets)

    wait_until(settled, "the successor is on probation")
    return generations(proxy)


def wait_taken_back(proxy, websockets=0):
    def settled():
        now = generations(proxy)
        return ({number: one["state"] for number, one in now.items()} == {1: "serving"}
                and now[1]["connections"]["websockets"] == websockets)

    wait_until(settled, "the first generation serves alone")


def test_a_successor_that_proves_itself_is_kept(proxied, ordering):
    proxy = on_probation(proxied, window="500ms")
    clients = [open_websocket(proxy) for _ in range(20)]
    old = {proxy.master_pid, *proxy.worker_pids()}
    answer = ordering(proxy, "upgrade").result()
    assert answer.returncode == EX_OK, answer.stderr
    assert "probation" in answer.stdout
    wait_gone(proxy, old)
    assert states(proxy) == {2: "serving"}
    assert all(says_back(client, b"kept") for client in clients)


def test_who_stands_by_has_handed_everything_over_and_waits(proxied, ordering):
    proxy = on_probation(proxied)
    clients = [open_websocket(proxy) for _ in range(20)]
    upgrade = ordering(proxy, "upgrade")
    now = wait_on_probation(proxy, websockets=20)
    assert now[1]["connections"]["websockets"] == 0
    assert all(says_back(client, b"moved") for client in clients)
    assert proxy.get("/").status == 200
    for order in ("reload", "upgrade"):
        answer = proxy.command(order)
        assert answer.returncode == EX_TRY_AGAIN
        assert "on probation" in answer.stderr
    assert proxy.command("upgrade", "--commit").returncode == EX_OK
    assert upgrade.result().returncode == EX_OK
    wait_gone(proxy, processes_of(now[1]))
    assert all(says_back(client, b"kept") for client in clients)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_a_rollback_returns_every_connection(request, encrypted, ordering):
    proxy = on_probation(request.getfixturevalue("secured" if encrypted else "proxied"))
    clients = [open_websocket(proxy) for _ in range(50)]
    upgrade = ordering(proxy, "upgrade")
    now = wait_on_probation(proxy, websockets=50)
    answer = proxy.command("rollback")
    assert answer.returncode == EX_OK, answer.stderr
    assert "generation 1 serves again" in answer.stdout
    failed = upgrade.result()
    assert failed.returncode == EX_FAILED
    assert "generation 1 serves again" in failed.stderr
    wait_taken_back(proxy, websockets=50)
    wait_gone(proxy, processes_of(now[2]))
    assert proxy.master_pid == now[1]["master_pid"]
    assert all(says_back(client, b"returned") for client in clients)
    assert proxy.get("/").status == 200


def test_two_dead_workers_on_probation_bring_the_predecessor_back(proxied, ordering):
    proxy = on_probation(proxied)
    proxy.expects_crashes = True
    client = open_websocket(proxy)
    upgrade = ordering(proxy, "upgrade")
    for deaths in (1, 2):
        now = wait_on_probation(proxy, websockets=1)
        idle = next(one["pid"] for one in now[2]["workers"] if one["websockets"] == 0)
        os.kill(idle, signal.SIGKILL)
        wait_until(lambda: proxy.error_text().count("worker.died") == deaths, "the death is noticed")
        if deaths == 1:
            wait_until(lambda: idle not in generations(proxy)[2]["worker_pids"]
                       and len(generations(proxy)[2]["worker_pids"]) == 2, "it is replaced")
    answer = upgrade.result()
    assert answer.returncode == EX_FAILED
    assert "2 workers of generation 2 died on probation" in answer.stderr
    wait_taken_back(proxy, websockets=1)
    assert says_back(client, b"returned")


@pytest.mark.parametrize("worse, its_share, fault, statuses",
                         [((0.2, UNAVAILABLE), 2, "error rate", {200, 503}), ((0.4, OK), 100, "p50", {200})])
def test_a_successor_that_does_worse_than_its_predecessor_did_is_taken_back(baton, upstream, backend, under_requests, worse,
                                                                            its_share, fault, statuses):
    """It has everything, so the measure is what the predecessor did before. Half of what the endpoint takes is no hiccup."""
    endpoints = {"app": upstream(answering_after(0.2)), "worse": upstream(answering_after(*worse)), "sockets": backend}
    to_sockets = {"match": {"path": "/ws"}, "to": "sockets"}
    proxy = baton(upstreams={name: [one.endpoint] for name, one in endpoints.items()},
                  routes=[to_sockets, {"to": "app"}], upgrade={"confirm_window": "1h"})
    sockets = [open_websocket(proxy, "/ws") for _ in range(20)]
    load = under_requests(proxy, 64)
    wait_until(lambda: proxy.status()["totals"]["requests"] > 500, "the predecessor has shown what it can do")
    targets = [{"upstream": "worse", "weight": its_share}]
    if its_share < 100:
        targets.append({"upstream": "app", "weight": 100 - its_share})
    proxy.sections["hosts"] = [{"routes": [to_sockets, {"to": targets}]}]
    proxy.write_config()
    answer = proxy.command("upgrade")
    answered = load.end()
    assert answer.returncode == EX_FAILED
    assert f"(probation): {fault}" in answer.stderr
    assert set(answered) == statuses
    wait_taken_back(proxy, websockets=20)
    assert all(says_back(client, b"still here") for client in sockets)


def test_a_successor_that_refuses_handshakes_is_taken_back(proxied, pki, under_requests):
    """Its new settings are valid, its probe of itself is answered, and its clients are locked out."""
    proxy = on_probation(proxied, certificates=[pki.default()])
    proxy.client_options["version"] = "1.2"
    load = under_requests(proxy, 4)
    wait_until(lambda: proxy.status()["totals"]["requests"] > 200, "the predecessor has shown what it can do")
    proxy.sections["tls"]["min_version"] = "1.3"
    proxy.write_config()
    answer = proxy.command("upgrade")
    wait_taken_back(proxy)
    assert proxy.get("/").status == 200
    answers = load.end()
    assert answer.returncode == EX_FAILED
    assert "(probation): error rate" in answer.stderr
    assert set(answers) == {200, "TLSV1_ALERT_PROTOCOL_VERSION"}


def test_under_load_a_rollback_fails_no_request(baton, backend, ordering, quick):
    proxy = baton(upstreams={"app": [backend.endpoint]}, upgrade={"confirm_window": "1h"})
    load = MixedLoad(proxy.address, keepalive=16, fresh=4, post=4, sse=8, websocket=100)
    for number in range(2 if quick else 10):
        upgrade = ordering(proxy, "upgrade")
        wait_until(lambda: "standing_by" in states(proxy).values(), "the successor is on probation")
        assert proxy.command("rollback").returncode == EX_OK
        assert upgrade.result().returncode == EX_FAILED
        wait_until(lambda: len(states(proxy)) == 1, f"only one generation lives after rollback {number}", 30)
    result = load.result()
    assert result["failed"] == {}, result
    assert result["reconnects"] == 0


def test_when_the_successor_is_killed_the_predecessor_serves_again(proxied, ordering):
    """And adopts the successor's workers, which give back what they were given."""
    proxy = on_probation(proxied)
    proxy.expects_crashes = True
    clients = [open_websocket(proxy) for _ in range(10)]
    upgrade = ordering(proxy, "upgrade")
    now = wait_on_probation(proxy, websockets=10)
    os.kill(now[2]["master_pid"], signal.SIGKILL)
    answer = upgrade.result()
    assert answer.returncode == EX_FAILED
    assert "killed by signal 9 (SIGKILL) on probation" in answer.stderr
    assert proxy.master_pid == now[1]["master_pid"]
    wait_taken_back(proxy, websockets=10)
    assert all(proxy.get("/").status == 200 for _ in range(10))
    assert all(says_back(client, b"alive") for client in clients)


def test_when_the_predecessor_is_killed_the_successor_stays(proxied, ordering):
    proxy = on_probation(proxied)
    proxy.expects_crashes = True
    clients = [open_websocket(proxy) for _ in range(10)]
    ordering(proxy, "upgrade")
    now = wait_on_probation(proxy, websockets=10)
    os.kill(now[1]["master_pid"], signal.SIGKILL)
    proxy.process.wait()
    wait_gone(proxy, processes_of(now[1]), 10)
    assert proxy.master_pid == now[2]["master_pid"]
    assert all(says_back(client, b"alive") for client in clients)
    assert proxy.command("reload").returncode == EX_OK
    assert proxy.get("/").status == 200


def test_a_stop_on_probation_ends_both(proxied, ordering):
    proxy = on_probation(proxied)
    upgrade = ordering(proxy, "upgrade")
    wait_on_probation(proxy)
    assert proxy.command("stop").returncode == EX_OK
    wait_until(lambda: not proxy.lineage(), "everybody has ended", 20)
    assert upgrade.result().returncode == EX_OK


def test_an_older_generation_that_is_closed_early_does_not_end_the_probation(proxied, ordering):
    """The successor tells every older master to close it, also the one that stands by."""
    proxy, _ = proxied(upgrade={"handover": "off"}, drain={"max_generations": 1, "timeout": "1h"},
                       defaults={"timeouts": {"client_header": "1h"}})
    held = proxy.client()
    assert held.get("/").status == 200
    held.send("GET / HTTP/1.1\r\n")  # holds the first generation
    proxy.sections["upgrade"]["confirm_window"] = "1h"
    proxy.write_config()
    assert proxy.command("upgrade").returncode == EX_OK
    assert states(proxy) == {1: "draining", 2: "serving"}
    upgrade = ordering(proxy, "upgrade")
    wait_until(lambda: states(proxy) == {2: "standing_by", 3: "serving"}, "the first is closed, the second stands by", 30)
    assert "generation.closed_early generation=1" in proxy.error_text()
    assert proxy.command("rollback").returncode == EX_OK
    assert upgrade.result().returncode == EX_FAILED
    wait_until(lambda: states(proxy) == {2: "serving"}, "the second serves again", 30)


def test_a_rollback_or_commit_without_probation_is_refused(proxied):
    proxy, _ = proxied()
    answer = proxy.command("upgrade", "--commit")
    assert answer.returncode == EX_FAILED
    assert "no upgrade is on probation" in answer.stderr
