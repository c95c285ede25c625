"""What `baton status` says of reloads, upgrades and rollbacks, from the memory that all generations share."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.baton import EX_CONFIG, EX_FAILED, EX_OK
from support.moving import close_websocket, echo, open_websocket, says_back
from support.waiting import wait_until


@pytest.fixture
def ordering():
    """Runs a command beside the test; the future of what has been completed."""
    with ThreadPoolExecutor(2) as pool:
        yield lambda proxy, *command: pool.submit(proxy.command, *command)


def counts(proxy):
    """Of each kind of order how many ended how, those that are not 0."""
    orders = proxy.status()["replacements"]
    return {(order, result): count for order in ("reload", "upgrade", "rollback")
            for result, count in orders[order].items() if count}


def draining(proxy):
    return next(one for one in proxy.status()["generations"] if one["state"] == "draining")


def wait_for_phase(proxy, phase):
    wait_until(lambda: proxy.status().get("trial", {}).get("phase") == phase, f"the trial is in {phase}")


def test_every_replacement_is_counted_and_the_last_ones_are_told(proxied):
    proxy, _ = proxied()
    assert counts(proxy) == {}
    assert proxy.command("upgrade").returncode == EX_OK
    assert proxy.command("reload").returncode == EX_OK
    assert proxy.command("rollback").returncode == EX_OK
    assert proxy.command("upgrade", "--binary", str(proxy.folder / "none")).returncode == EX_FAILED
    assert counts(proxy) == {("upgrade", "ok"): 1, ("reload", "ok"): 1, ("rollback", "ok"): 1, ("upgrade", "failed"): 1}
    status = proxy.status()
    assert (status["last_reload"]["from"], status["last_reload"]["to"]) == (2, 3)
    last = status["last_upgrade"]
    assert (last["order"], last["result"], last["phase"], last["from"], last["to"]) == ("upgrade", "failed", "preflight", 4, 0)
    assert "no such file" in last["reason"].lower()
    assert "failed (preflight)" in proxy.command("status").stdout


def test_a_preflight_alone_is_no_replacement(proxied):
    proxy, _ = proxied()
    assert proxy.command("upgrade", "--check").returncode == EX_OK
    assert counts(proxy) == {}


def test_a_refused_configuration_is_told_until_one_is_taken(proxied):
    proxy, _ = proxied()
    good = proxy.config_file.read_text()
    proxy.write_config(good.replace('"workers": 2', '"workers": "many"'))
    assert proxy.command("reload").returncode == EX_CONFIG
    assert proxy.status()["last_reload"]["result"] == "failed"
    assert "last reload" in proxy.command("status").stdout
    proxy.write_config(good)
    assert proxy.command("reload").returncode == EX_OK
    assert proxy.status()["last_reload"]["result"] == "ok"
    assert "last reload" not in proxy.command("status").stdout
    assert proxy.status()["replacements"]["last_good_reload_at"] == proxy.status()["last_reload"]["ended_at"]


def test_a_trial_is_told_by_the_successor_and_its_end_with_the_reason(proxied, ordering):
    proxy, _ = proxied(upgrade={"confirm_window": "1h"})
    upgrade = ordering(proxy, "upgrade")
    wait_for_phase(proxy, "probation")
    wait_until(lambda: proxy.get("/").status == 200 and proxy.status()["trial"]["successor"]["requests"] > 0,
               "the successor's requests are told")
    status = proxy.status()
    assert status["upgrade"] == "probation"
    trial = status["trial"]
    assert (trial["predecessor"]["generation"], trial["successor"]["generation"]) == (1, 2)
    assert 0 < trial["ends_in_ms"] <= 3_600_000
    assert "trial   probation, " in proxy.command("status").stdout
    assert proxy.command("rollback").returncode == EX_OK
    assert upgrade.result().returncode == EX_FAILED
    wait_until(lambda: "trial" not in proxy.status(), "the trial is over")
    last = proxy.status()["last_upgrade"]
    assert (last["result"], last["phase"], last["to"]) == ("rolled_back", "probation", 2)
    assert last["reason"] == "taken back by an order"
    assert counts(proxy) == {("upgrade", "rolled_back"): 1}


def test_what_ends_by_itself_in_a_drain_is_counted(proxied):
    proxy, _ = proxied(script=echo, upgrade={"handover": "off"}, drain={"timeout": "1h"})
    clients = [open_websocket(proxy) for _ in range(5)]
    assert proxy.command("upgrade").returncode == EX_OK
    close_websocket(clients.pop())
    wait_until(lambda: draining(proxy)["moved"]["drained"] == 1, "one has drained")
    assert draining(proxy)["moved"]["left"] == 4
    assert all(says_back(client, b"left") for client in clients)
    for client in clients:
        close_websocket(client)
    wait_until(lambda: len(proxy.status()["generations"]) == 1, "the first generation is gone")
    assert proxy.status()["replacements"]["connections_drained"] == 5
