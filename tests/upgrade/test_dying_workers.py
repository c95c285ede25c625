"""Workers that are killed in the middle of a hand-over, at full speed: no byte is lost, and nobody connects twice."""

from support.baton import BUILD
from support.moving import echo, open_websocket, replace, says_back, wait_gone
from support.waiting import wait_until

# Its workers die as $BATON_DYING_WORKERS says: dying_workers.cpp.
WITH_DYING_WORKERS = BUILD / "tests" / "baton_with_dying_workers"
# A worker that takes the place of a dead one is invited within a few seconds, and may die as well.
IN_THE_END = 60


def deaths(proxy):
    return proxy.error_text().count("worker.died")


def test_successors_killed_in_four_of_ten_windows_cost_no_byte(streams, tmp_path, long):
    """In the first window of each, before COMMIT is read: what was offered goes on in the predecessor, and moves later."""
    proxy, load = streams(binary=WITH_DYING_WORKERS, environment={"BATON_DYING_WORKERS": f"takers:{tmp_path}/first"})
    proxy.expects_crashes = True
    ports = load.ports()
    for number in range(40 if long else 4):
        gone = replace(proxy, "upgrade")
        load.wait_until_all_go_on()
        wait_gone(proxy, gone, IN_THE_END)
        assert load.ports() == ports, number
    assert deaths(proxy) > 0
    result = load.result()
    assert result["failed"] == {}, result["failed"]


def test_a_predecessor_killed_after_commit_loses_nothing(proxied):
    """What it has let go of lives in the successor; here that is all it had."""
    proxy, _ = proxied(script=echo, workers=1, binary=WITH_DYING_WORKERS,
                       environment={"BATON_DYING_WORKERS": "givers"})
    proxy.expects_crashes = True
    clients = [open_websocket(proxy) for _ in range(40)]
    for number in range(5):
        dead = deaths(proxy)
        gone = replace(proxy, "upgrade")
        wait_until(lambda: deaths(proxy) > dead, "the worker that gave is dead")
        wait_gone(proxy, gone)
        assert all(says_back(client, b"moved %d" % number) for client in clients)
