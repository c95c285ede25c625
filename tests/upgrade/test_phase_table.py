"""docs/phase_table.md, cell by cell: what happens to a replacement under load in each phase, and what clients notice."""

import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import process_facts
from support.background import MixedLoad
from support.baton import BUILD, EX_FAILED, EX_OK, EX_TRY_AGAIN, SOURCE
from support.waiting import PATIENCE, wait_until

PAGE = (SOURCE / "docs" / "phase_table.md").read_text()
TRIALS = ("canary", "side_by_side", "probation")
# Where the test's build lets a successor's master stand still.
POINTS = {"awaiting_hello": None, "awaiting_ready": "workers_ready", "switching": "commit_heard"}
CLIENTS = {"keepalive": 4, "fresh": 2, "post": 2, "sse": 2, "websocket": 10}
# What this module can bring about; the rest is what a successor says, and the unit tests say it.
EVENTS = ("successor fails", "deadline", "fault found", "stand by", "keep", "cancel", "another order")
DEATHS = ("predecessor's master", "worker of the predecessor", "worker of the successor")


def cells(events):
    """(phase, event, reaction) of each cell of the page's tables that has a row for one of `events`."""
    found = []
    for line in PAGE.splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| |"):
            phases = row[1:]
        elif row[0] in events:
            found += [(phase, row[0], reaction) for phase, reaction in zip(phases, row[1:])]
    return [cell for cell in found if cell[0] not in ("idle", "spawning")]


def can_be_tried(cell):
    """Nothing can be found at fault that does not serve, and a WINCH means something else to who is not on trial."""
    phase, event, reaction = cell
    return reaction != "–" or event == "keep" and phase not in TRIALS


TRIED = [cell for cell in cells(EVENTS) if can_be_tried(cell)]
KILLED = [cell for cell in cells(DEATHS) if cell[2] != "–"]


def test_every_reaction_that_the_page_explains_is_tried():
    explained = {line.split("**")[1] for line in PAGE.splitlines() if line.startswith("- **")}
    assert {reaction for _, _, reaction in TRIED + KILLED} == explained


class Replacement:
    """A proxy under load, and an upgrade of it that stands still in a phase."""

    def __init__(self, make, backend, phase, pool):
        self.phase = phase
        self.pool = pool
        upgrade = {"confirm_window": "1h", "ready_timeout": "1h"}
        if phase == "canary":
            upgrade["canary"] = {"share": ["10%"], "for": "1h", "min_requests": 1}
        if phase == "side_by_side":
            upgrade["commit"] = "manual"
        if phase == "draining":
            upgrade |= {"confirm_window": "0s", "handover": "off"}
        self.proxy = make(upstreams={"app": {"endpoints": [backend.endpoint], "keepalive": {"idle_timeout": "500ms"}}},
                          upgrade=upgrade, binary=BUILD / "tests" / "baton_with_held_masters", start=False)
        self.proxy.expects_crashes = True
        self.hold, self.stands = self.proxy.folder / "hold", self.proxy.folder / "hold.reached"
        self.proxy.environment["BATON_HOLD"] = str(self.hold)
        self.load = None

    def begin(self, **upgrade):
        """Starts everything and waits for the phase; `upgrade` are settings in place of those above."""
        self.proxy.sections["upgrade"].update(upgrade)
        self.proxy.write_config()
        self.proxy.start()
        self.first = self.proxy.master_pid
        self.first_workers = self.proxy.worker_pids()
        self.load = MixedLoad(self.proxy.address, **CLIENTS)
        self.stand_in_the_way()
        before = process_facts.children(self.first)
        self.verdict = self.pool.submit(self.proxy.command, "upgrade")
        wait_until(self.is_there, f"the replacement is in {self.phase}", 20)
        started = [pid for pid in process_facts.children(self.first) if pid not in before and process_facts.is_alive(pid)]
        self.successor = started[0]
        return self

    def stand_in_the_way(self):
        if POINTS.get(self.phase):
            self.hold.write_text(POINTS[self.phase])
        if self.phase in ("preflight", "awaiting_hello"):
            real = self.proxy.folder / "real"
            shutil.copy2(self.proxy.binary, real)
            script = self.proxy.folder / "script"
            is_check = '[ "$1" = check ]' if self.phase == "preflight" else '[ "$1" != check ]'
            script.write_text(f"#!/bin/sh\nwhile {is_check} && [ -e {self.hold} ]; do sleep 0.02; done\nexec {real} \"$@\"\n")
            script.chmod(0o755)
            self.hold.touch()
            script.replace(self.proxy.binary)

    def is_there(self):
        if self.phase == "draining":
            return self.verdict.done() and self.states() == {1: "draining", 2: "serving"}
        assert not self.verdict.done(), self.verdict.result().stderr
        status = self.proxy.status()
        if self.phase not in TRIALS:
            return status["upgrade"] == self.phase and (not POINTS.get(self.phase) or self.stands.exists())
        expected = "standing_by" if self.phase == "probation" else "serving"
        return status["upgrade"] == self.phase and self.states() == {1: expected, 2: "serving"}

    def states(self):
        return {one["generation"]: one["state"] for one in self.proxy.status()["generations"]}

    def go_on(self):
        self.hold.unlink(missing_ok=True)

    def second_workers(self):
        return [pid for pid in process_facts.children(self.successor) if process_facts.is_alive(pid)]

    # ---- ends ---------------------------------------------------------------------------------------------------

    def wait_alone(self, is_its_master):
        """Until only one generation lives, under a master of which that is true."""

        def alone():
            self.proxy.reap()
            if self.proxy.command("status").returncode != EX_OK:
                return False  # the admin socket of the dead is still there, or nobody's yet
            states = self.states()
            return len(states) == 1 and "serving" in states.values() and is_its_master(self.proxy.master_pid)

        wait_until(alone, "one generation serves alone", 30)

    def wait_for_first_alone(self):
        self.wait_alone(lambda master: master == self.first)

    def wait_for_second_alone(self):
        # What runs in the preflight is no master yet.
        self.wait_alone(lambda master: master != self.first and (self.phase == "preflight" or master == self.successor))

    def ends_with_the_first(self):
        answer = self.verdict.result(60 * PATIENCE)
        assert answer.returncode not in (EX_OK, EX_TRY_AGAIN), answer.stdout
        self.wait_for_first_alone()
        wait_until(lambda: not process_facts.is_alive(self.successor), "the successor has gone")
        self.nobody_noticed()

    def ends_with_the_second(self):
        self.go_on()
        assert self.verdict.result(60 * PATIENCE).returncode == EX_OK
        self.wait_for_second_alone()
        self.nobody_noticed()

    def goes_on(self):
        """Lets the replacement come to its good end."""
        self.go_on()
        wait_until(lambda: self.verdict.done() or "serving" == self.states().get(2), "the successor serves", 20)
        if not self.verdict.done():
            assert self.proxy.command("upgrade", "--commit").returncode == EX_OK

    def nobody_noticed(self):
        wait_until(lambda: self.load.so_far()["websockets_alive"] == CLIENTS["websocket"], "the WebSockets live")
        result = self.load.result()
        assert result["failed"] == {}, result
        # Where nothing moves, idle clients are told to come again.
        assert result["reconnects"] == 0 or self.phase == "draining", result
        assert all(result["done"][kind] > 0 for kind in CLIENTS), result

    def only_those_in_the_worker_noticed(self, deaths=1):
        """At worst all clients were in the worker that died, each time."""
        result = self.load.result()
        assert not any(kind.endswith(".refused") for kind in result["failed"]), result
        assert sum(result["failed"].values()) <= deaths * sum(CLIENTS.values()), result


@pytest.fixture
def replacement(baton, backend):
    """Makes a `Replacement` that stands still in a phase."""
    with ThreadPoolExecutor(4) as pool:
        made = []

        def make(phase):
            made.append(Replacement(baton, backend, phase, pool))
            return made[-1]

        yield make
        for one in made:
            one.go_on()
            if one.proxy.process is not None:
                for pid in one.proxy.lineage():
                    os.kill(pid, signal.SIGKILL)


# ---- events -----------------------------------------------------------------------------------------------------


def successor_fails(stage):
    os.kill(stage.begin().successor, signal.SIGKILL)


def deadline(stage):
    time_to_begin = f"{min(2 * PATIENCE, 8):g}s"  # the phase must be reached and seen in it
    if stage.phase in ("canary", "probation"):
        stage.begin(confirm_window=time_to_begin, canary={"share": ["10%"], "for": time_to_begin, "min_requests": 1})
    else:
        stage.begin(ready_timeout=time_to_begin)


def fault_found(stage):
    stage.begin()
    for _ in range(2):
        workers = wait_until(stage.second_workers, "the successor has workers")
        os.kill(workers[0], signal.SIGKILL)
        wait_until(lambda: not process_facts.is_alive(workers[0]), "it has died")


def stand_by(stage):
    os.kill(stage.begin().first, signal.SIGWINCH)
    wait_until(lambda: stage.states() == {1: "standing_by", 2: "serving"}, "the predecessor stands by")
    os.kill(stage.first, signal.SIGQUIT)


def keep(stage):
    answer = stage.begin().proxy.command("upgrade", "--commit")
    if stage.phase in TRIALS:
        assert answer.returncode == EX_OK
    else:
        assert answer.returncode == EX_FAILED and "no upgrade is on probation" in answer.stderr


def cancel(stage):
    stage.begin()
    if stage.phase in TRIALS:
        assert stage.proxy.command("rollback").returncode == EX_OK
        return
    # Only a stop cancels what is not on trial, and after it nobody serves: the load ends before.
    stage.nobody_noticed()
    stage.proxy.signal(signal.SIGTERM)


def another_order(stage):
    stage.begin()
    for order in ("upgrade", "reload"):
        answer = stage.proxy.command(order)
        assert answer.returncode == EX_TRY_AGAIN
        assert stage.phase in answer.stderr or "on probation" in answer.stderr


BRINGING = {"successor fails": successor_fails, "deadline": deadline, "fault found": fault_found, "stand by": stand_by,
            "keep": keep, "cancel": cancel, "another order": another_order}


def name_of(cell):
    return f"{cell[0]}-{cell[1].replace(' ', '_')}" if isinstance(cell, tuple) else None


@pytest.mark.parametrize("cell", TRIED, ids=name_of)
def test_the_machine_does_what_its_table_says(replacement, cell, quick):
    phase, event, reaction = cell
    if quick and phase not in ("awaiting_ready", "probation"):
        pytest.skip("only some phases")
    stage = replacement(phase)
    BRINGING[event](stage)
    if event == "cancel" and phase not in TRIALS:
        assert stage.verdict.result(60 * PATIENCE).returncode == EX_TRY_AGAIN
        assert stage.proxy.process.wait(20 * PATIENCE) == 0
        wait_until(lambda: not stage.proxy.lineage(), "everything has ended", 20)
    elif event == "fault found":
        assert stage.verdict.result(60 * PATIENCE).returncode == EX_FAILED
        stage.wait_for_first_alone()
        stage.only_those_in_the_worker_noticed(deaths=2)
    elif reaction in ("roll back", "take back", "abandon"):
        stage.ends_with_the_first()
    elif reaction in ("–", "refuse"):
        stage.goes_on()
        stage.ends_with_the_second()
    else:
        assert reaction in ("advance", "judge", "stay")
        stage.ends_with_the_second()


@pytest.mark.parametrize("cell", KILLED, ids=name_of)
def test_what_is_killed_costs_what_its_table_says(replacement, cell, quick):
    phase, who, reaction = cell
    if quick and phase not in ("awaiting_ready", "probation"):
        pytest.skip("only some phases")
    stage = replacement(phase).begin()
    if who == "worker of the predecessor":
        os.kill(stage.first_workers[0], signal.SIGKILL)
    elif who == "worker of the successor":
        os.kill(stage.second_workers()[0], signal.SIGKILL)
    else:
        os.kill(stage.first, signal.SIGKILL)
        stage.proxy.process.wait()
        stage.go_on()
    if reaction == "orphaned":
        wait_until(lambda: not process_facts.is_alive(stage.successor), "the successor leaves", 10)
        stage.proxy.start()
        stage.wait_alone(lambda master: master == stage.proxy.process.pid)
        return stage.nobody_noticed()
    if phase == "draining":
        # What drains ends with its clients.
        stage.nobody_noticed() if reaction == "stay" else stage.only_those_in_the_worker_noticed()
        assert stage.verdict.result().returncode == EX_OK
        return stage.wait_for_second_alone()
    if reaction == "stay":
        stage.wait_for_second_alone()
        return stage.nobody_noticed()
    assert reaction == "goes on"
    stage.goes_on()
    assert stage.verdict.result(60 * PATIENCE).returncode == EX_OK
    stage.wait_for_second_alone()
    if who == "worker of the successor" and phase in ("awaiting_ready", "switching"):
        return stage.nobody_noticed()
    stage.only_those_in_the_worker_noticed()
