"""A successor that gets a share of the new connections, and everything only when it does its work as well."""

from collections import Counter

import pytest

from support.baton import EX_FAILED, EX_OK
from support.moving import open_websocket, says_back
from support.short_requests import UNAVAILABLE, answering_after
from support.waiting import wait_until


def generations(proxy):
    return {one["generation"]: one["state"] for one in proxy.status()["generations"]}


def reconfigure(proxy, routes):
    proxy.sections["hosts"] = [{"routes": routes}]
    proxy.write_config()


def test_a_successor_that_fails_one_request_in_fifty_is_found_and_taken_back(baton, backend, upstream, under_requests):
    """The endpoint takes so long that a hiccup of the machine is no growth."""
    endpoints = {"app": upstream(answering_after(0.1)), "bad": upstream(reply=UNAVAILABLE), "sockets": backend}
    to_sockets = {"match": {"path": "/ws"}, "to": "sockets"}
    proxy = baton(upstreams={name: [one.endpoint] for name, one in endpoints.items()},
                  routes=[to_sockets, {"to": "app"}])
    sockets = [open_websocket(proxy, "/ws") for _ in range(20)]
    one_in_fifty = [{"upstream": "app", "weight": 98}, {"upstream": "bad", "weight": 2}]
    reconfigure(proxy, [to_sockets, {"to": one_in_fifty}])
    load = under_requests(proxy, 64)
    answer = proxy.command("upgrade", "--canary", "10%", "--for", "1h", "--max-error-rate", "0.5%", "--max-p99", "100%")
    statuses = load.end()
    assert answer.returncode == EX_FAILED
    assert "(canary): error rate" in answer.stderr
    assert "generation 1 serves again" in answer.stderr
    assert set(statuses) == {200, 503}
    answered = Counter((line["generation"], line["status"]) for line in proxy.access_lines() if line["event"] == "request")
    assert answered[1, 503] == 0 and answered[2, 503] > 0
    # Most clients never met it. On a busy machine who is rarely asked accepts more quickly than who always is, so that a
    # tenth of the time brought a quarter of the connections.
    assert answered[2, 200] + answered[2, 503] < sum(statuses.values()) / 2
    assert all(says_back(client, b"still here") for client in sockets)
    wait_until(lambda: generations(proxy) == {1: "serving"}, "the successor is gone")


def test_a_successor_that_is_a_third_slower_is_found_and_taken_back(baton, upstream, under_requests):
    endpoints = {name: upstream(answering_after(delay)).endpoint for name, delay in (("app", 0.3), ("slow", 0.4))}
    proxy = baton(upstreams={name: [endpoint] for name, endpoint in endpoints.items()})
    reconfigure(proxy, [{"to": "slow"}])
    load = under_requests(proxy, 32)
    answer = proxy.command("upgrade", "--canary", "20%", "--for", "1h", "--max-p99", "+20%")
    statuses = load.end()
    assert answer.returncode == EX_FAILED
    assert "(canary): p99" in answer.stderr
    assert set(statuses) == {200}


def test_a_good_successor_is_promoted_from_share_to_share(baton, backend, upstream, under_requests):
    """Its endpoint takes so long that a hiccup of the machine is no growth."""
    slow = upstream(answering_after(0.1)).endpoint
    proxy = baton(upstreams={"app": [slow], "sockets": [backend.endpoint]},
                  routes=[{"match": {"path": "/ws"}, "to": "sockets"}, {"to": "app"}],
                  upgrade={"canary": {"share": ["10%", "50%"], "for": "1s", "max_latency": "100%"}})
    sockets = [open_websocket(proxy, "/ws") for _ in range(20)]
    load = under_requests(proxy, 32)
    answer = proxy.command("upgrade")
    statuses = load.end()
    assert answer.returncode == EX_OK, answer.stderr
    assert set(statuses) == {200}
    assert [line.split("percent=")[1] for line in proxy.error_text().splitlines() if "canary.share" in line] == ["10", "50"]
    assert all(says_back(client, b"moved") for client in sockets)
    wait_until(lambda: generations(proxy) == {2: "serving"}, "the first generation is gone")


def test_each_generation_takes_its_share(baton, upstream, under_requests):
    """A quarter of the time brings the successor fewer requests than the predecessor. Answers take no part of a period."""
    proxy = baton(upstreams={"app": [upstream(answering_after(0.07)).endpoint]},
                  upgrade={"canary": {"min_requests": 300}})
    load = under_requests(proxy, 12)
    before = len(proxy.access_lines())
    answer = proxy.command("upgrade", "--canary", "25%", "--for", "1ms", "--max-p99", "100%")
    assert answer.returncode == EX_OK, answer.stderr
    load.end()
    trial = Counter(line["generation"] for line in proxy.access_lines()[before:])
    assert trial[1] > trial[2] > 100


@pytest.mark.parametrize("flags, mistake", [(["--canary", "0%"], "proves nothing"), (["--canary", "10"], "needs a unit"),
                                            (["--for", "2"], "needs a unit"), (["--max-p99", "fast"], "not a share")])
def test_what_a_canary_cannot_mean_is_refused(proxied, flags, mistake):
    proxy, _ = proxied()
    answer = proxy.command("upgrade", *flags)
    assert answer.returncode == 64
    assert mistake in answer.stderr
