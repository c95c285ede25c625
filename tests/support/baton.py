"""Runs a Baton of its own in a folder of its own, and asks and stops it."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from support import process_facts
from support.free_port import free_port
from support.growing_file import complete_text, parsed_lines
from support.raw_client import RawClient
from support.tls_client import TlsClient
from support.waiting import PATIENCE, wait_until

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BATON_BUILD", SOURCE / "build" / "release")).resolve()
BINARY = BUILD / "baton"

EX_OK, EX_FAILED, EX_USAGE, EX_UNAVAILABLE, EX_TRY_AGAIN, EX_CONFIG = 0, 1, 64, 69, 75, 78

# What a sanitizer prints, and what the master says when a process of ours broke.
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def is_sanitized():
    """Whether the binary under test was built with a sanitizer."""
    return "sanitizer none" not in subprocess.run([BINARY, "version"], capture_output=True, text=True).stdout


class Baton:
    """One lineage: the first master, its workers and every successor.

    `listeners`, `hosts` and `upstreams` are as in the configuration; further sections come as keywords. Without
    `listeners` it listens on one port of the kernel's choice, without `hosts` everything goes to the upstream `app`.

    With `certificates` (see support.certificates) that port speaks TLS and shows the first of them to who asks for no
    known name; clients trust its CA.
    """

    def __init__(self, upstreams=None, hosts=None, listeners=None, routes=None, workers=2, binary=None, environment=None,
                 text=None, certificates=(), **sections):
        self.folder = Path(tempfile.mkdtemp(prefix="baton-test-"))
        self.folder.chmod(0o755)
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.logs.chmod(0o777)  # workers give up root before they open logs again
        self.config_file = self.folder / "baton.yaml"
        self.runtime = self.folder / "run"
        self.address = None
        if listeners is None:
            self.address = ("127.0.0.1", free_port())
            address = f"127.0.0.1:{self.address[1]}"
            listeners = [{"name": "main", "address": address, "tls": True} if certificates else address]
        self.client_options = {"ca": certificates[0].ca} if certificates else None
        if certificates:
            files = [{"name": f"certificate-{number}", "cert": str(one.cert), "key": str(one.key)}
                     for number, one in enumerate(certificates)]
            tls = {"certificates": files, "default_certificate": "certificate-0", **sections.get("tls", {})}
            sections["tls"] = {key: value for key, value in tls.items() if value is not None}
        if hosts is None:
            hosts = [{"routes": routes or [{"to": "app"}]}]
        self.sections = {"listeners": listeners, "hosts": hosts, "upstreams": upstreams or {}, **sections}
        # Most tests look at what is left when an upgrade is over.
        self.sections["upgrade"] = {"confirm_window": "0s", **sections.get("upgrade", {})}
        # A WebSocket client that is silent while a test does other things answers no Ping either.
        defaults = sections.get("defaults", {})
        self.sections["defaults"] = {**defaults, "websocket": {"ping_interval": "off", **defaults.get("websocket", {})}}
        process = {"runtime_dir": str(self.runtime), "workers": workers}
        if "BATON_TEST_SANDBOX" in os.environ:
            process["sandbox"] = os.environ["BATON_TEST_SANDBOX"]
        self.sections["process"] = {**process, **sections.get("process", {})}
        logging = sections.get("logging", {})
        access = {"output": str(self.logs / "access.log"), "flush": "10ms", **logging.get("access", {})}
        self.sections["logging"] = {**logging, "access": access}
        self.write_config(text)
        # A copy of its own can be replaced by a test.
        self.binary = self.folder / "baton"
        shutil.copy2(binary or BINARY, self.binary)
        self.environment = {**os.environ, **(environment or {})}
        for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                     "BATON_CONFIG", "BATON_SOCKET"):
            self.environment.pop(name, None)
        self.process = None
        self.expects_crashes = False

    # ---- configuration ----------------------------------------------------------------------------------------

    def write_config(self, text=None):
        """Writes the sections as they are now (JSON is YAML too), or `text` as it is."""
        self.config_file.write_text(text if text is not None else json.dumps(self.sections, indent=1))

    # ---- life -------------------------------------------------------------------------------------------------

    def start(self, arguments=("run",), activate=(), wait=True, inside=(), **popen):
        """Starts the first master and waits until it serves.

        `inside`: the command and arguments of a program that starts it, as `unshare`.
        `activate`: (socket, name) pairs that become descriptors 3, 4, … as systemd passes them (sd_listen_fds(3)).
        """
        self.output = open(self.folder / "stdout", "ab")
        self.errors = open(self.folder / "stderr", "ab")
        command = [*inside, str(self.binary), *arguments, "-c", str(self.config_file)]
        passed = [fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for sock, _ in activate]
        if activate:
            self.environment["LISTEN_FDS"] = str(len(activate))
            self.environment["LISTEN_FDNAMES"] = ":".join(name for _, name in activate)
            moves = " ".join(f"{3 + index}<&{number} {number}<&-" for index, number in enumerate(passed))
            # LISTEN_PID must name the process itself: the shell knows its own pid and becomes the program.
            command = ["/bin/bash", "-c", f'export LISTEN_PID=$$; exec "$@" {moves}', "bash", *command]
        self.process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.errors, pass_fds=passed, **popen)
        for number in passed:
            os.close(number)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"baton exited with {self.process.returncode}:\n{self.error_text()}")
            if not (self.runtime / "admin.sock").exists():
                return False
            answer = self.command("status", "--json")
            if answer.returncode != EX_OK:
                return False
            # The orphans of a master that died are told of as well.
            return any(one["state"] == "serving" and one["master_pid"] == self.master_pid
                       for one in json.loads(answer.stdout)["generations"])

        wait_until(ready, "baton serves", 20)

    def stop(self):
        """Ends the whole lineage and shows what a sanitizer found."""
        if self.process is None:
            self.remove()
            return
        # A draining predecessor has no pid file any more: every process of the lineage is told.
        for pid in self.lineage():
            send_signal(pid, signal.SIGINT)
        try:
            wait_until(lambda: self.reap() and not self.lineage(), "every process ends after INT", 15)
        except AssertionError:
            left = self.lineage()
            for pid in left:
                send_signal(pid, signal.SIGKILL)
            self.process.wait(10)
            raise AssertionError(f"processes {left} did not end after INT:\n{self.error_text()[-4000:]}") from None
        finally:
            self.output.close()
            self.errors.close()
        text = self.error_text()
        assert not SANITIZER_REPORT.search(text), text[-20000:]
        if not self.expects_crashes:
            assert "worker.died" not in text and "ASSERT" not in text, text[-4000:]
        self.remove()

    def remove(self):
        if not os.environ.get("BATON_TEST_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def reap(self):
        """Takes the exit status of the first master if it has ended; always true."""
        self.process.poll()
        return True

    # ---- questions --------------------------------------------------------------------------------------------

    @property
    def master_pid(self):
        """Of the serving generation, as the pid file says."""
        return int((self.runtime / "baton.pid").read_text())

    def worker_pids(self, master=None):
        return [pid for pid in process_facts.children(master or self.master_pid) if process_facts.is_alive(pid)]

    def lineage(self):
        """Every living process that runs with this configuration file."""
        found = []
        for pid in process_facts.all_pids():
            arguments = process_facts.arguments(pid)
            if str(self.config_file) in arguments and "run" in arguments and process_facts.is_alive(pid):
                found.append(pid)
        return found

    def command(self, *arguments, timeout=60):
        """Runs a command of the binary against this lineage; the completed process with text output."""
        return subprocess.run([str(BINARY), *arguments, "-c", str(self.config_file)], env=self.environment,
                              cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout * PATIENCE)

    def status(self):
        answer = self.command("status", "--json")
        assert answer.returncode == EX_OK, answer.stderr
        return json.loads(answer.stdout)

    def error_text(self):
        return complete_text(self.folder / "stderr")

    def access_lines(self):
        """Every access-log line so far, parsed."""
        return parsed_lines(self.logs / "access.log")

    def wait_access_lines(self, count):
        wait_until(lambda: len(self.access_lines()) >= count, f"{count} access-log lines")
        lines = self.access_lines()
        assert len(lines) == count, lines
        return lines

    def client(self, **options):
        """A client of the port that was chosen here, over TLS if it speaks that."""
        if self.client_options is None:
            return RawClient(self.address, **options)
        return TlsClient(self.address, **{**self.client_options, **options})

    def plain_client(self, **options):
        """One that knows nothing of TLS."""
        return RawClient(self.address, **options)

    def get(self, target="/", headers=(), host="example.test"):
        """One GET on a connection of its own."""
        with self.client() as client:
            return client.get(target, headers, host)

    # ---- orders -----------------------------------------------------------------------------------------------

    def signal(self, number):
        os.kill(self.master_pid, number)

    def upgrade_by_signal(self, seconds=30):
        """Sends USR2 and waits until another master owns the pid file; its pid."""
        before = self.master_pid
        os.kill(before, signal.SIGUSR2)
        wait_until(lambda: self.master_pid_or_none() not in (None, before), "a successor takes over", seconds)
        return self.master_pid

    def master_pid_or_none(self):
        try:
            return self.master_pid
        except (FileNotFoundError, ValueError):
            return None

    def replace_binary(self, content_of):
        """Puts the file `content_of` in the binary's place by rename, as an installer does."""
        fresh = self.folder / "baton.fresh"
        shutil.copy2(content_of, fresh)
        os.replace(fresh, self.binary)


def send_signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

