"""Each bad successor is refused with a reason, costs no client anything, and the next upgrade works."""

import json
import shutil
import signal

import pytest

from support.background import MixedLoad
from support.baton import BINARY, EX_CONFIG, EX_FAILED, EX_OK, Baton
from support.waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def loaded(backend):
    """One proxy under load for the whole table; the load must not notice any of it."""
    proxy = Baton(upstreams={"app": [backend.endpoint]}, upgrade={"ready_timeout": f"{min(2 * PATIENCE, 8):g}s"},
                  drain={"max_generations": 30}).start()
    load = MixedLoad(proxy.address, keepalive=8, fresh=2, post=2, sse=2, websocket=20)
    yield proxy, load
    result = load.result()
    proxy.stop()
    assert result["failed"] == {}, result


def missing(binary, _):
    binary.unlink()


def not_executable(binary, _):
    binary.chmod(0o644)


def wrong_architecture(binary, _):
    replace_bytes(binary, 18, b"\xb7\x00")  # e_machine: AArch64


def truncated(binary, _):
    content = binary.read_bytes()[:4096]
    fresh = binary.with_suffix(".fresh")
    fresh.write_bytes(content)
    fresh.chmod(0o755)
    fresh.replace(binary)


def empty(binary, _):
    fresh = binary.with_suffix(".fresh")
    fresh.write_bytes(b"")
    fresh.chmod(0o755)
    fresh.replace(binary)


def script_without_interpreter(binary, _):
    fresh = binary.with_suffix(".fresh")
    fresh.write_text("echo hello\n")
    fresh.chmod(0o755)
    fresh.replace(binary)


def behaving(check, run):
    def put(binary, build):
        fresh = binary.with_suffix(".fresh")
        shutil.copy2(build(check, run), fresh)
        fresh.replace(binary)

    return put


def replace_bytes(binary, offset, data):
    content = bytearray(binary.read_bytes())
    content[offset:offset + len(data)] = data
    fresh = binary.with_suffix(".fresh")
    fresh.write_bytes(content)
    fresh.chmod(0o755)
    fresh.replace(binary)


# name: (how the binary is spoiled, exit codes of `baton upgrade`, a word of the reason)
CASES = {
    "missing": (missing, {EX_FAILED}, "no such file"),
    "not executable": (not_executable, {EX_FAILED}, "permission denied"),
    "wrong architecture": (wrong_architecture, {EX_FAILED}, "exec format"),
    "truncated": (truncated, {EX_FAILED}, ""),
    "empty": (empty, {EX_FAILED}, "exec format"),
    "script without interpreter": (script_without_interpreter, {EX_FAILED}, "exec format"),
    "configuration invalid for it": (behaving("exit_78", "exit_78"), {EX_FAILED, EX_CONFIG}, "a key that only this binary refuses"),
    "check exits 1": (behaving("exit_1", "exit_1"), {EX_FAILED, EX_CONFIG}, "something is wrong here"),
    "check crashes": (behaving("crash", "crash"), {EX_FAILED}, "signal"),
    "check hangs": (behaving("hang", "hang"), {EX_FAILED}, ""),
    "exits 0": (behaving("exit_0", "exit_0"), {EX_FAILED}, "exited"),
    "exits 1": (behaving("exit_0", "exit_1"), {EX_FAILED}, "exited"),
    "SIGSEGV before ready": (behaving("exit_0", "crash"), {EX_FAILED}, "signal"),
    "hangs": (behaving("exit_0", "hang"), {EX_FAILED}, "ready"),
}


@pytest.mark.parametrize("spoil, codes, word", CASES.values(), ids=CASES.keys())
def test_a_bad_successor_changes_nothing(loaded, bad_successor, spoil, codes, word):
    proxy, load = loaded
    master, workers = proxy.master_pid, proxy.worker_pids()
    spoil(proxy.binary, bad_successor)
    answer = proxy.command("upgrade")
    text = (answer.stdout + answer.stderr).lower()
    assert answer.returncode in codes, text
    assert word in text, text
    # A successor that was killed may still be ending when the verdict is told.
    wait_until(lambda: (proxy.master_pid, proxy.worker_pids(master)) == (master, workers), "the generation is as it was")
    by_signal = len(proxy.error_text())
    proxy.signal(signal.SIGUSR2)
    wait_until(lambda: "upgrade" in proxy.error_text()[by_signal:] and "failed" in proxy.error_text()[by_signal:],
               "the refusal is logged", 30)
    wait_until(lambda: (proxy.master_pid, proxy.worker_pids(master)) == (master, workers), "the generation is as it was")
    assert load.so_far()["failed"] == {}, load.so_far()
    proxy.replace_binary(BINARY)
    answer = proxy.command("upgrade")
    assert answer.returncode == EX_OK, answer.stdout + answer.stderr
    assert proxy.master_pid != master
    assert load.so_far()["failed"] == {}, load.so_far()


def test_the_result_can_be_read_by_a_program(backend):
    proxy = Baton(upstreams={"app": [backend.endpoint]}).start()
    try:
        good = proxy.command("upgrade", "--json")
        events = [json.loads(line) for line in good.stdout.splitlines() if line]
        assert good.returncode == EX_OK and events
        proxy.binary.unlink()
        bad = proxy.command("upgrade", "--json")
        events = [json.loads(line) for line in bad.stdout.splitlines() if line]
        assert bad.returncode == EX_FAILED and events
    finally:
        proxy.stop()
