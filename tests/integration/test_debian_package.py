"""The Debian package installs, upgrades a running Baton without losing anything, and is removed: really, by dpkg."""

import json
import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from support.background import BackendProcess, MixedLoad
from support.baton import BUILD, EX_OK, EX_UNAVAILABLE, is_sanitized
from support.free_port import free_port
from support.machine import PLAIN, WITH_SYSTEMD, CannotBeMade, Machine
from support.raw_client import RawClient
from support.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.skipif(is_sanitized(), reason="a build with a sanitizer is not what is packed"),
              pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="not a Debian system")]
BROKEN_PROGRAM = "#!/bin/sh\necho 'this program is broken' >&2\nexit 1\n"


def repack(package, folder, version, program=None):
    """The same package with another version number, and perhaps another text as its program."""
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    control = folder / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", control.read_text()))
    if program is not None:
        (folder / "usr/sbin/baton").write_text(program)
    built = folder.with_suffix(".deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", folder, built], check=True,
                   stdout=subprocess.DEVNULL)
    return built


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """`first` as CPack makes it, `second` with a higher version, `third`, and `broken`, whose program does not run."""
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run(["cpack", "-G", "DEB", "-B", folder, "-D", "CPACK_PACKAGE_VERSION=1.0"], cwd=BUILD, check=True,
                   stdout=subprocess.DEVNULL)
    (first,) = folder.glob("*.deb")
    return SimpleNamespace(folder=folder, first=first, second=repack(first, folder / "second", "2.0"),
                           broken=repack(first, folder / "broken", "3.0", BROKEN_PROGRAM),
                           third=repack(first, folder / "third", "4.0"))


@pytest.fixture
def make_machine(tmp_path, packages):
    made = []

    def make(kind):
        try:
            made.append(Machine(tmp_path, packages.folder, kind))
        except CannotBeMade as error:
            pytest.skip(f"this machine allows no other one on top of it: {error}")
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def machine(make_machine):
    return make_machine(PLAIN)


class Installed:
    """A Baton from the package, before a backend of this machine, with a configuration that was there before it."""

    def __init__(self, machine, package):
        self.machine = machine
        self.backend = BackendProcess()
        self.address = ("127.0.0.1", free_port())
        self.configuration = {"listeners": [f"127.0.0.1:{self.address[1]}"], "hosts": [{"routes": [{"to": "app"}]}],
                              "upstreams": {"app": [self.backend.endpoint]}, "upgrade": {"confirm_window": "1s"}}
        machine.run("mkdir", "/etc/baton")
        self.configure()
        self.install(package)

    def run(self):
        """What nobody does where there is no systemd."""
        self.process = self.machine.start("/usr/sbin/baton", "run")
        wait_until(self.is_served, "the program of the package serves")

    def is_served(self):
        try:
            with RawClient(self.address) as client:
                return client.get("/bytes/1").status == 200
        except ConnectionRefusedError:
            return False

    def end(self):
        self.machine.run("baton", "stop", "--now", "--wait")
        self.backend.end()

    def install(self, package):
        """What dpkg says; it must be content."""
        answer = self.machine.run("dpkg", "--force-confold", "-i", package)
        assert answer.returncode == 0, answer.stdout
        return answer.stdout

    def configure(self, **more):
        self.machine.write("/etc/baton/baton.yaml", json.dumps({**self.configuration, **more}))

    def load(self):
        return MixedLoad(self.address, keepalive=4, fresh=2, post=2, sse=2, websocket=20)

    def version(self):
        return self.machine.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", "baton").stdout

    def serving(self):
        """The number of the generation that serves, and its master."""
        generations = json.loads(self.machine.run("baton", "status", "--json").stdout)["generations"]
        return next((one["generation"], one["master_pid"]) for one in generations if one["state"] == "serving")

    def runs_what_is_installed(self):
        running = self.machine.run("stat", "-L", "-c", "%d:%i", f"/proc/{self.serving()[1]}/exe", "/usr/sbin/baton")
        return len(set(running.stdout.split())) == 1


@pytest.fixture
def installed(machine, packages):
    made = Installed(machine, packages.first)
    made.run()
    yield made
    made.end()


def test_a_second_version_takes_everything_over_from_the_first(installed, packages):
    load = installed.load()
    assert installed.version() == "1.0 installed"
    generation, _ = installed.serving()
    told = installed.install(packages.second)
    assert installed.version() == "2.0 installed", told
    assert installed.serving()[0] == generation + 1, told
    assert installed.runs_what_is_installed()
    assert load.so_far()["websockets_alive"] == 20
    assert load.result()["failed"] == {}


def test_a_program_that_does_not_run_leaves_the_one_that_runs_alone(installed, packages):
    load = installed.load()
    before = installed.serving()
    told = installed.install(packages.broken)
    assert installed.version() == "3.0 installed"
    assert "this program is broken" in told and "goes on with the program that was installed before" in told
    told = installed.install(packages.third)
    assert installed.serving()[0] == before[0] + 1, told
    assert installed.runs_what_is_installed()
    assert load.so_far()["websockets_alive"] == 20
    assert load.result()["failed"] == {}


def test_a_configuration_with_mistakes_keeps_the_program_that_runs(installed, packages):
    before = installed.serving()
    installed.configure(listners=[])
    told = installed.install(packages.second)
    assert "listners" in told and "goes on with the program that was installed before" in told
    assert installed.version() == "2.0 installed"
    installed.configure()
    assert installed.serving() == before
    assert installed.machine.run("baton", "upgrade").returncode == EX_OK
    assert installed.runs_what_is_installed()


@pytest.mark.parametrize("last", ["second", "broken"])
def test_removing_ends_what_runs_and_purging_leaves_no_file(installed, packages, last):
    installed.install(getattr(packages, last))
    configuration = installed.machine.path("/etc/baton/baton.yaml")
    with open(configuration) as file:
        kept = file.read()
    answer = installed.machine.run("dpkg", "-r", "baton")
    assert answer.returncode == 0, answer.stdout
    assert installed.process.wait(30 * PATIENCE) == 0
    assert installed.machine.run("pgrep", "-x", "baton").stdout == ""
    with open(configuration) as file:
        assert file.read() == kept
    assert "/etc/baton/baton.yaml" in installed.machine.changed_files()
    answer = installed.machine.run("dpkg", "-P", "baton")
    assert answer.returncode == 0, answer.stdout
    # The user stays, and dpkg's own books.
    left = {path for path in installed.machine.changed_files() if "baton" in path}
    assert left == set(), left


def test_what_the_package_brings_works_as_it_is(machine, packages):
    assert machine.run("dpkg", "-i", packages.first).returncode == 0
    assert machine.run("baton", "status").returncode == EX_UNAVAILABLE, "nothing is started without systemd"
    answer = machine.run("baton", "check", "--strict")
    assert answer.returncode == EX_OK, answer.stdout
    assert machine.run("stat", "-c", "%U", "/var/log/baton").stdout == "baton\n"
    schema = machine.run("cat", "/usr/share/baton/baton.schema.json").stdout
    assert schema == machine.run("baton", "config", "schema").stdout
    settings = machine.run("logrotate", "--debug", "/etc/logrotate.d/baton")
    assert settings.returncode == 0 and "error" not in settings.stdout, settings.stdout
    assert machine.run("dpkg", "--verify", "baton").stdout == ""
    assert machine.run("systemctl", "is-enabled", "baton.service").stdout == "enabled\n"
    assert machine.run("systemctl", "is-enabled", "baton.socket").stdout == "disabled\n"


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemd is not installed")
def test_systemd_follows_the_upgrade_and_keeps_the_listener(make_machine, packages, long):
    """With control groups that it mounts and makes: not on every machine that only wants to know whether tests pass."""
    if not long:
        pytest.skip("of a release: --long")
    machine = make_machine(WITH_SYSTEMD)
    wait_until(lambda: machine.run("systemctl", "is-active", "basic.target").returncode == 0, "systemd has come up", 30)
    unit = Installed(machine, packages.first)
    assert unit.is_served(), "installing the package starts it"

    def shown(name):
        return machine.run("systemctl", "show", "--value", "-p", name, "baton.service").stdout.strip()

    def settled():
        state = shown("MainPID"), shown("ActiveState"), shown("NFileDescriptorStore")
        return state == (str(unit.serving()[1]), "active", "1")

    load = unit.load()
    told = unit.install(packages.second)
    assert unit.runs_what_is_installed(), told
    wait_until(settled, "systemd follows the successor, and keeps the listener once")
    successor = shown("MainPID")
    unit.install(packages.broken)
    assert (shown("MainPID"), shown("ActiveState")) == (successor, "active")
    unit.install(packages.third)
    wait_until(settled, "the next one is followed too")
    assert shown("NRestarts") == "0"
    assert load.result()["failed"] == {}
    load = MixedLoad(unit.address, fresh=4, keepalive=0, post=0, sse=0, websocket=0)
    assert machine.run("systemctl", "restart", "baton.service").returncode == 0
    assert settled()
    assert load.result()["failed"] == {}, "who comes meanwhile waits in the queue"
    load = unit.load()
    machine.run("kill", "-KILL", shown("MainPID"))
    wait_until(lambda: (shown("NRestarts"), shown("ActiveState")) == ("1", "active") and settled(), "systemd has started the next one", 30)
    so_far = load.so_far()
    assert so_far["websockets_alive"] == 20, "its workers were adopted"
    assert load.result()["failed"] == {}
    assert machine.run("dpkg", "-P", "baton").returncode == 0
    assert machine.run("pgrep", "-x", "baton").stdout == ""
    unit.backend.end()
