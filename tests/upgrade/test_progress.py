"""What `baton upgrade` shows on the way: a picture at a terminal, lines and events without one."""

import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import process_facts
from support.baton import EX_FAILED, EX_OK, EX_TRY_AGAIN, EX_UNAVAILABLE, EX_USAGE
from support.moving import close_websocket, echo, open_websocket, says_back
from support.pseudo_terminal import CommandAtTerminal
from support.waiting import wait_until
from support.websocket import CLOSE, read_frame

KEPT = {"upgrade": {"handover": "off"}, "drain": {"timeout": "1h", "close_spread": "100ms"}}


@pytest.fixture
def at_terminal():
    """Runs a command at a terminal; closes it in the end."""
    started = []

    def start(proxy, *arguments, **options):
        started.append(CommandAtTerminal(proxy, *arguments, **options))
        return started[-1]

    yield start
    for command in started:
        command.close()


@pytest.fixture
def ordering():
    """Runs a command beside the test; the future of what has been completed."""
    with ThreadPoolExecutor(2) as pool:
        yield lambda proxy, *command: pool.submit(proxy.command, *command)


def states(proxy):
    return {one["generation"]: one["state"] for one in proxy.status()["generations"]}


def events_of(output):
    return [json.loads(line) for line in output.splitlines()]


# ---- at a terminal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order, program", [("upgrade", "master "), ("reload", "")])
def test_the_whole_way_is_drawn_up_to_the_end_of_the_old_generation(proxied, at_terminal, order, program):
    proxy, _ = proxied(script=echo)
    clients = [open_websocket(proxy) for _ in range(7)]
    command = at_terminal(proxy, order)
    assert command.wait() == EX_OK
    last = command.picture.splitlines()
    assert last[0].startswith("baton ") and "(gen 1, pid " in last[0] and "(gen 2" in last[0]
    assert "config unchanged" in last[0]
    assert [line.split()[:2] for line in last[1:]] == [["✔", "preflight"], ["✔", "start"], ["✔", "switch"], ["✔", "drain"]]
    assert "generation 2, 2/2 workers ready" in last[2] and program in last[2]
    assert "moved 7 · drained 0 · closed 0" in last[4]
    assert command.keys_are_as_before()
    assert command.text.endswith("\x1b[?25h\x1b[?7h")
    assert states(proxy) == {2: "serving"}
    assert all(says_back(client, b"moved") for client in clients)


def test_a_drain_is_followed_until_the_last_connection_has_gone(proxied, at_terminal):
    proxy, _ = proxied(script=echo, **KEPT)
    clients = [open_websocket(proxy) for _ in range(4)]
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("4 → 4 open")
    command.wait_shown("ws ")
    command.wait_shown("deadline in 59m")
    close_websocket(clients.pop())
    command.wait_shown("4 → 3 open")
    command.wait_shown("drained 1")
    for client in clients:
        close_websocket(client)
    assert command.wait() == EX_OK
    assert "drained 4 · closed 0" in command.picture


def test_q_leaves_the_drain_to_itself(proxied, at_terminal):
    proxy, _ = proxied(script=echo, **KEPT)
    client = open_websocket(proxy)
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("[q] leave it running")
    command.wait_shown("1 → 1 open")
    command.press("q")
    assert command.wait() == EX_OK
    assert "it goes on; `baton status`" in command.picture
    assert command.keys_are_as_before()
    assert states(proxy) == {1: "draining", 2: "serving"}
    assert says_back(client, b"alive")


def test_f_closes_what_still_drains(proxied, at_terminal):
    proxy, _ = proxied(script=echo, **KEPT)
    client = open_websocket(proxy)
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("1 → 1 open")
    command.press("f")
    assert command.wait() == EX_OK
    assert read_frame(client.reader)[0] == CLOSE
    assert "drained 0 · closed 1" in command.picture
    assert states(proxy) == {2: "serving"}


def test_r_goes_back_to_the_program_before(proxied, at_terminal):
    proxy, _ = proxied(script=echo, **KEPT)
    held = open_websocket(proxy)
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("1 → 1 open")
    command.press("r")
    command.wait_shown("(gen 3, pid ")
    command.wait_shown("drain gen 2")
    assert command.wait() == EX_OK
    assert states(proxy) == {1: "draining", 3: "serving"}
    assert says_back(held, b"alive")


@pytest.mark.parametrize("key, code, outcome", [("f", EX_OK, {2: "serving"}), ("r", EX_FAILED, {1: "serving"}),
                                                ("q", EX_TRY_AGAIN, {1: "standing_by", 2: "serving"})])
def test_on_trial_each_key_decides(proxied, at_terminal, key, code, outcome):
    proxy, _ = proxied(script=echo, upgrade={"confirm_window": "1h"})
    client = open_websocket(proxy)
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("gen 2 has everything, gen 1 stands by, 59m")
    command.wait_shown("[q] leave it running   [f] keep it now   [r] roll back")
    command.press(key)
    assert command.wait() == code
    wait_until(lambda: states(proxy) == outcome, f"{outcome}")
    assert ("✘ probation" in command.picture) == (key == "r")
    assert ("generation 1 serves again" in command.picture) == (key == "r")
    assert says_back(client, b"alive")


def test_ctrl_c_ends_the_command_and_not_the_upgrade(proxied, at_terminal):
    proxy, _ = proxied(upgrade={"confirm_window": "1h"})
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("gen 2 has everything")
    command.press("\x03")
    assert command.wait() == -signal.SIGINT
    assert command.keys_are_as_before()
    assert "\x1b[?25h" in command.text
    assert states(proxy) == {1: "standing_by", 2: "serving"}


def test_a_successor_that_fails_is_drawn_with_the_words_it_had(proxied, bad_successor, at_terminal):
    proxy, _ = proxied()
    shutil.copy2(bad_successor("exit_0", "exit_1"), proxy.folder / "bad")
    command = at_terminal(proxy, "upgrade", "--binary", str(proxy.folder / "bad"))
    code = command.wait()
    assert code != EX_OK
    lines = command.picture.splitlines()
    assert any(line.startswith(" ✘ ") for line in lines), command.picture
    assert lines[-1].strip() == "generation 1 keeps running, nothing changed"
    assert proxy.get("/").status == 200


def test_a_refused_configuration_is_drawn_with_its_first_mistakes(proxied, at_terminal):
    proxy, _ = proxied()
    text = proxy.config_file.read_text()
    proxy.write_config(text.replace('"workers": 2', '"workers": "many"'))
    command = at_terminal(proxy, "reload")
    assert command.wait() == 78
    assert " ✘ preflight" in command.picture
    assert "E-" in command.picture
    assert "generation 1 keeps running, nothing changed" in command.picture


def test_a_narrow_and_low_window_cuts_the_picture_and_nothing_wraps(proxied, at_terminal):
    proxy, _ = proxied(script=echo, **KEPT)
    client = open_websocket(proxy)
    command = at_terminal(proxy, "upgrade", rows=6, columns=30)
    command.wait_shown("[q]")
    command.wait_shown("moved 0 · drained 0")
    assert len(command.picture.splitlines()) <= 5
    assert all(len(line) <= 30 for picture in command.pictures for line in picture)
    command.resize(30, 90)
    command.wait_shown("[f] finish now   [r] roll back")
    close_websocket(client)
    assert command.wait() == EX_OK


@pytest.mark.parametrize("flags, environment", [(["--no-color"], {}), ([], {"NO_COLOR": "1"})])
def test_without_colours_nothing_is_coloured(proxied, at_terminal, flags, environment):
    proxy, _ = proxied()
    command = at_terminal(proxy, *flags, "upgrade", environment=environment)
    assert command.wait() == EX_OK
    assert "✔" in command.text
    assert not any(f"\x1b[{code}m" in command.text for code in (0, 2, 31, 32, 33))


@pytest.mark.parametrize("flags, environment", [(["--quiet"], {}), (["--json"], {}), ([], {"TERM": "dumb"})])
def test_who_wants_no_picture_gets_no_escape_sequence(proxied, at_terminal, flags, environment):
    proxy, _ = proxied()
    command = at_terminal(proxy, *flags, "upgrade", environment=environment)
    assert command.wait() == EX_OK
    assert "\x1b" not in command.text


def test_when_everybody_dies_the_command_ends(proxied, at_terminal):
    proxy, _ = proxied(script=echo, **KEPT)
    proxy.expects_crashes = True
    client = open_websocket(proxy)
    command = at_terminal(proxy, "upgrade")
    command.wait_shown("1 → 1 open")
    os.kill(proxy.master_pid, signal.SIGKILL)
    assert command.wait() == EX_UNAVAILABLE
    assert "the instance has ended" in command.text
    client.close()


# ---- without one --------------------------------------------------------------------------------------------------


def test_without_a_terminal_there_is_a_line_a_step_and_the_verdict(proxied):
    proxy, _ = proxied(script=echo, **KEPT)
    client = open_websocket(proxy)
    answer = proxy.command("upgrade")
    assert answer.returncode == EX_OK
    lines = answer.stdout.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["preflight", "spawning", "awaiting_hello", "awaiting_ready", "switching"]
    assert lines[-1].endswith("generation 1 drains")
    assert "\x1b" not in answer.stdout
    assert states(proxy)[1] == "draining"
    close_websocket(client)


@pytest.mark.parametrize("order", ["upgrade", "reload", "rollback"])
def test_wait_returns_when_the_old_generation_is_gone(proxied, ordering, order):
    proxy, _ = proxied(script=echo, **KEPT)
    if order == "rollback":
        assert proxy.command("upgrade", "--wait").returncode == EX_OK
    before = max(states(proxy))
    client = open_websocket(proxy)
    waiting = ordering(proxy, order, "--wait")
    wait_until(lambda: states(proxy).get(before) == "draining", "the old generation drains")
    assert not waiting.done()
    close_websocket(client)
    answer = waiting.result()
    assert answer.returncode == EX_OK, answer.stderr
    assert answer.stdout.splitlines()[-1] == f"generation {before} is gone: moved 0, drained 1, closed 0"
    assert before not in states(proxy)


def test_events_tell_the_trial_and_the_drain(proxied, ordering):
    proxy, _ = proxied(script=echo, upgrade={"confirm_window": "1h"})
    client = open_websocket(proxy)
    upgrade = ordering(proxy, "upgrade", "--json", "--wait")
    wait_until(lambda: states(proxy) == {1: "standing_by", 2: "serving"}, "the successor is on probation")
    wait_until(lambda: proxy.status().get("trial", {}).get("ends_in_ms", 3_600_000) < 3_597_000, "two looks have been made")
    assert proxy.command("upgrade", "--commit").returncode == EX_OK
    answer = upgrade.result()
    assert answer.returncode == EX_OK, answer.stderr
    events = events_of(answer.stdout)
    names = [event["event"] for event in events]
    assert names[:5] == ["upgrade.phase"] * 5
    trials = [event for event in events if event["event"] == "trial.progress"]
    assert trials and trials[0]["phase"] == "probation" and trials[0]["successor"]["generation"] == 2
    assert names[-1] == "generation.exited" and names.index("upgrade.done") < len(names) - 1
    assert (events[-1]["generation"], events[-1]["moved"], events[-1]["closed"]) == (1, 1, 0)
    close_websocket(client)


def test_detach_returns_when_the_successor_serves_and_its_trial_goes_on(proxied):
    proxy, _ = proxied(upgrade={"confirm_window": "1h"})
    answer = proxy.command("upgrade", "--detach")
    assert answer.returncode == EX_OK, answer.stderr
    assert proxy.status()["trial"]["phase"] == "probation"
    assert 2 in states(proxy)
    failed = proxy.command("upgrade", "--detach")
    assert failed.returncode == EX_TRY_AGAIN


def test_a_detached_upgrade_that_fails_says_so(proxied):
    proxy, _ = proxied()
    answer = proxy.command("upgrade", "--detach", "--binary", str(proxy.folder / "none"))
    assert answer.returncode == EX_FAILED
    assert "keeps running, nothing changed" in answer.stderr


def test_without_rollback_a_successor_whose_workers_die_stays(proxied, ordering):
    proxy, _ = proxied(upgrade={"confirm_window": "1h"})
    proxy.expects_crashes = True
    upgrade = ordering(proxy, "upgrade", "--no-rollback")
    wait_until(lambda: states(proxy) == {1: "standing_by", 2: "serving"}, "the successor is on probation")
    for deaths in (1, 2):
        worker = proxy.worker_pids()[0]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: proxy.error_text().count("worker.died") == deaths and len(proxy.worker_pids()) == 2,
                   "it is replaced")
    wait_until(lambda: all(process_facts.is_alive(pid) for pid in proxy.worker_pids()), "the workers live")
    assert proxy.get("/").status == 200
    assert states(proxy) == {1: "standing_by", 2: "serving"}
    assert proxy.command("upgrade", "--commit").returncode == EX_OK
    assert upgrade.result().returncode == EX_OK


def test_the_drain_timeout_may_be_another_one_for_one_upgrade(proxied):
    proxy, _ = proxied(script=echo, **KEPT)
    client = open_websocket(proxy)
    answer = proxy.command("upgrade", "--drain-timeout", "2h")
    assert answer.returncode == EX_OK, answer.stderr
    old = next(one for one in proxy.status()["generations"] if one["state"] == "draining")
    assert 3_600_000 < old["closes_in_ms"] <= 7_200_000
    close_websocket(client)
    assert proxy.command("upgrade", "--drain-timeout", "2").returncode == EX_USAGE
