"""What is in packaging/ works: its commands are those of this binary, and the programs that read it accept it."""

import grp
import gzip
import pwd
import re
import shutil
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import process_facts
from support.background import BackendProcess, MixedLoad
from support.baton import EX_OK, SOURCE
from support.waiting import PATIENCE, wait_until

PROGRAM = re.compile(r"/usr/sbin/baton ([^|\n]*)")


def commands(file):
    """Every `/usr/sbin/baton …` in a file of packaging/, as arguments."""
    return [match[1].split() for match in PROGRAM.finditer((SOURCE / "packaging" / file).read_text())]


def without_config(arguments):
    if "-c" in arguments:
        place = arguments.index("-c")
        return arguments[:place] + arguments[place + 2:]
    return arguments


def test_the_unit_and_the_log_rotation_run_commands_that_work(proxied):
    proxy, _ = proxied()
    found = commands("baton.service") + commands("baton.logrotate")
    assert [arguments[0] for arguments in found] == ["check", "run", "reload", "reopen"]
    for arguments in found:
        if arguments[0] == "run":
            continue
        answer = proxy.command(*without_config(arguments))
        assert answer.returncode == EX_OK, (arguments, answer.stderr)


def test_the_health_check_of_the_image_works(proxied):
    proxy, _ = proxied()
    text = (SOURCE / "docker" / "Dockerfile").read_text()
    arguments = re.search(r"HEALTHCHECK .* CMD \[(.*)\]", text)[1].replace('"', "").split(", ")
    assert arguments[0] == "/usr/sbin/baton"
    assert proxy.command(*arguments[1:]).returncode == EX_OK


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def for_this_test(file, proxy, replacements=()):
    """The text of a file of packaging/ with the paths, and what else is given, of this test."""
    text = (SOURCE / "packaging" / file).read_text()
    text = text.replace("/usr/sbin/baton", str(proxy.binary)).replace("/etc/baton/baton.yaml", str(proxy.config_file))
    for old, new in dict(replacements).items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@needs("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_units(baton):
    proxy = baton(start=False)
    units = [proxy.folder / name for name in ("baton.service", "baton.socket")]
    for unit in units:
        unit.write_text(for_this_test(unit.name, proxy))
    answer = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@needs("systemd-analyze")
def test_the_exposure_of_the_service_is_at_most_2():
    answer = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager",
                             SOURCE / "packaging" / "baton.service"], capture_output=True, text=True)
    exposure = re.search(r"Overall exposure level for baton.service: ([0-9.]+)", answer.stdout)
    assert exposure, answer.stdout + answer.stderr
    assert answer.returncode == 0 and float(exposure[1]) <= 2.0, exposure[0]


def ask(proxy, number, asked, done):
    """One request after the other over one connection, each with a path of its own, until `done`."""
    with proxy.client() as client:
        while not done.is_set():
            path = f"/{number}/{len(asked)}"
            assert client.get(path).status == 200
            asked.append(path)


def rotated_lines(proxy):
    for file in proxy.logs.glob("access.log*"):
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt") as lines:
            yield from lines


@needs("logrotate")
def test_no_line_is_lost_while_logrotate_rotates_under_load(baton):
    proxy = baton(routes=[{"respond": {"status": 200}}], defaults={"limits": {"requests_per_connection": 0}})
    proxy.logs.chmod(0o755)  # logrotate refuses a folder that everybody may write to
    owner = (proxy.logs / "access.log").stat()
    owner = f"{pwd.getpwuid(owner.st_uid).pw_name} {grp.getgrgid(owner.st_gid).gr_name}"
    settings = proxy.folder / "logrotate.conf"
    replacements = {"/var/log/baton/*.log": f"{proxy.logs}/*.log", "baton adm": owner,
                    " --quiet": f" --quiet -c {proxy.config_file}"}
    settings.write_text(for_this_test("baton.logrotate", proxy, replacements))
    done, asked = threading.Event(), [[] for _ in range(4)]
    with ThreadPoolExecutor(len(asked)) as pool:
        clients = [pool.submit(ask, proxy, number, paths, done) for number, paths in enumerate(asked)]

        def all_go_on(before):
            for client in clients:
                if client.done():
                    client.result()  # raises what it met
            return all(len(paths) > count + 50 for paths, count in zip(asked, before))

        try:
            for rotation in range(4):
                before = [len(paths) for paths in asked]
                wait_until(lambda: all_go_on(before), "requests go on", 30)
                subprocess.run(["logrotate", "--force", "--state", proxy.folder / "logrotate.state", settings], check=True)
                if rotation == 1:
                    assert proxy.command("upgrade").returncode == EX_OK
        finally:
            done.set()
        for client in clients:
            client.result()
    expected = {path for paths in asked for path in paths}
    found = "".join(rotated_lines(proxy))

    def all_are_there():
        nonlocal found
        found = "".join(rotated_lines(proxy))
        return expected <= set(re.findall(r'"path":"([^"]*)"', found))

    wait_until(all_are_there, f"{len(expected)} requests are in the logs")
    assert len(re.findall(r'"event":"request"', found)) == len(expected)
    assert len(list(proxy.logs.glob("access.log.*"))) == 4


@pytest.fixture
def supervisord(baton):
    """A supervisord that runs Baton as packaging/supervisord.conf says, and the way to talk to it."""
    backend = BackendProcess()
    proxy = baton(upstreams={"app": [backend.endpoint]}, start=False)
    settings = proxy.folder / "supervisord.conf"
    settings.write_text(
        f"[supervisord]\nnodaemon=true\nuser={pwd.getpwuid(proxy.folder.stat().st_uid).pw_name}\n"
        f"logfile={proxy.folder}/supervisord.log\npidfile={proxy.folder}/supervisord.pid\nchildlogdir={proxy.folder}\n"
        f"[unix_http_server]\nfile={proxy.folder}/supervisord.sock\n"
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[supervisorctl]\nserverurl=unix://{proxy.folder}/supervisord.sock\n"
        + for_this_test("supervisord.conf", proxy))
    daemon = subprocess.Popen(["supervisord", "-c", settings], cwd=proxy.folder, env=proxy.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def control(*arguments):
        return subprocess.run(["supervisorctl", "-c", settings, *arguments], capture_output=True, text=True).stdout

    yield proxy, control
    daemon.send_signal(signal.SIGTERM)
    daemon.wait(60 * PATIENCE)
    backend.end()


@needs("supervisord")
def test_supervisord_sees_one_process_through_upgrades(supervisord):
    proxy, control = supervisord
    wait_until(lambda: "RUNNING" in control("status", "baton"), "supervisord runs Baton", 60)
    wait_until(lambda: proxy.command("status").returncode == EX_OK, "it serves", 30)
    pid = control("pid", "baton")
    load = MixedLoad(proxy.address, keepalive=4, fresh=2, post=2, sse=2, websocket=10)
    first = proxy.master_pid
    for _ in range(2):
        assert proxy.command("upgrade").returncode == EX_OK
    control("signal", "HUP", "baton")
    wait_until(lambda: proxy.status()["generations"][-1]["generation"] == 4, "a reload by supervisord")
    assert load.result()["failed"] == {}
    assert proxy.master_pid != first
    wait_until(lambda: not process_facts.is_alive(first), "the first master has ended")
    assert "RUNNING" in control("status", "baton") and control("pid", "baton") == pid
    assert "stopped" in control("stop", "baton")
    assert proxy.lineage() == []
    assert "STOPPED" in control("status", "baton")
    control("start", "baton")
    wait_until(lambda: proxy.command("status").returncode == EX_OK, "it serves again", 30)
    assert proxy.get("/bytes/128").status == 200
