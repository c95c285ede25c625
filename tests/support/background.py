"""Helper programs of the tests as processes of their own, so that they take no turn from each other."""

import json
import os
import subprocess
import sys
from pathlib import Path

from support.waiting import PATIENCE, wait_until

TESTS = Path(__file__).resolve().parents[1]


class Program:
    """A command that speaks in lines, ended by closing its standard input."""

    def __init__(self, *command, cwd=TESTS, environment=None):
        self.process = subprocess.Popen([str(part) for part in command], cwd=cwd, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})

    def line(self):
        """The next line it prints."""
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} ended with {self.process.wait(10)}"
        return line.rstrip("\n")

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end(self, seconds=60):
        """Closes its input and returns what it printed last."""
        if self.process.poll() is None and not self.process.stdin.closed:
            self.process.stdin.close()
        rest = self.process.stdout.read()
        try:
            self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return rest


class Background(Program):
    """`python3 -m MODULE ARGUMENTS…`."""

    def __init__(self, module, *arguments):
        super().__init__(sys.executable, "-m", module, *arguments)


class BackendProcess(Background):
    """`support.backend`; `endpoint` is for the configuration."""

    def __init__(self, *pages):
        super().__init__("support.backend", *pages)
        self.endpoint = f"127.0.0.1:{self.line()}"


class DeflatingServer(Background):
    """`support.deflating_server`; `endpoint` is for the configuration."""

    def __init__(self):
        super().__init__("support.deflating_server")
        self.endpoint = f"127.0.0.1:{self.line()}"


class Load(Background):
    """A program that puts load on a proxy; made, it has had its first success of every kind."""

    def __init__(self, module, **options):
        super().__init__(module, *[f"--{name.replace('_', '-')}={value}" for name, value in options.items()])
        assert self.line() == "running"

    def so_far(self):
        """What it reports at this moment."""
        self.say("report")
        return json.loads(self.line())

    def result(self):
        """Lets everything finish what it does and returns the final counts."""
        return json.loads(self.end().splitlines()[-1])


class MixedLoad(Load):
    """`support.mixed_load` on a proxy before a `BackendProcess`.

    It reports {"done": {kind: n}, "failed": {reason: n}, "details": […], …}.
    """

    def __init__(self, address, **amounts):
        super().__init__("support.mixed_load", host=address[0], port=address[1], **amounts)


class CheckedStreams(Load):
    """`support.checked_streams` on a proxy before a `BackendProcess` and a `DeflatingServer`.

    It reports {"streams": {name: {"up": n, "down": n, "keys": n, "port": n}}, "failed": {name: reason}}.
    """

    def __init__(self, plain_port, tls_port, ca):
        super().__init__("support.checked_streams", plain_port=plain_port, tls_port=tls_port, ca=ca)

    def update_keys(self):
        """Has the streams on TLS 1.3 renew their keys at their next opportunity."""
        self.say("update keys")

    def ports(self):
        """The local port of every stream."""
        return {name: one["port"] for name, one in self.so_far()["streams"].items()}

    def wait_until_all_go_on(self):
        """Until every stream has moved bytes since the call, each way."""
        before = self.so_far()
        assert before["failed"] == {}, before["failed"]

        def all_go_on():
            now = self.so_far()
            assert now["failed"] == {}, now["failed"]
            return all(one[way] > before["streams"][name][way] for name, one in now["streams"].items()
                       for way in self.directions(name))

        wait_until(all_go_on, "every stream goes on", 30)

    @staticmethod
    def directions(name):
        """What grows while a stream lives; an upload's or a download's other direction only with each body."""
        return {"upload": ["up"], "download": ["down"], "events": ["down"]}.get(name.split(" ")[0], ["up", "down"])
