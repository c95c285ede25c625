"""Programs of other people, held on their first connection while a test wants; each says how far it has come."""

import json
import re
import subprocess
import threading
from http.client import HTTPResponse

from support.background import Program
from support.waiting import PATIENCE, wait_until

EVENTS = "/sse?count=1000000&interval=20"
HOST = "www.example.com"


class Talker(Program):
    """A script that talks over one connection, prints its counts for a line of input, and leaves when that ends."""

    def progress(self):
        self.say("counts")
        return json.loads(self.line())["messages"]

    def finish(self):
        """Lets it leave; what it counted."""
        counts = json.loads(super().end().splitlines()[-1])
        assert self.process.returncode == 0
        return counts

    def end(self):
        self.process.kill()
        super().end()


class Lasting:
    """A program whose output a thread reads; what goes wrong there shows when the test asks."""

    def __init__(self, *command, errors=None):
        self.count = 0
        self.wrong = None
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=errors, bufsize=0)
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        try:
            self.run()
        except Exception as error:
            self.wrong = repr(error)

    def progress(self):
        assert self.wrong is None, (self.process.args, self.wrong)
        assert self.thread.is_alive() and self.process.poll() is None, (self.process.args, self.count)
        return self.count

    def join(self):
        self.thread.join(20 * PATIENCE)
        assert not self.thread.is_alive(), (self.process.args, self.count)
        assert self.wrong is None, (self.process.args, self.wrong)

    def send(self, request):
        self.process.stdin.write(request)

    def makefile(self, mode):
        """The output as http.client wants a socket's; it closes what it gets after each response."""
        return open(self.process.stdout.fileno(), mode, closefd=False)

    def end(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()


class EventReader(Lasting):
    """An event stream whose numbers must have neither gap nor repetition."""

    def read_events(self, lines):
        for line in lines:
            if line == b"data: end\n":
                return
            if line.startswith(b"data: "):
                assert line == b"data: %d\n" % (self.count + 1), f"{line} after {self.count}"
                self.count += 1
        raise AssertionError(f"the stream ended after {self.count}")


class CurlEvents(EventReader):
    """curl, which says at its end how many connections it needed."""

    def __init__(self, *options):
        super().__init__("curl", "-sSN", "-w", "connections=%{num_connects}", *options)

    def run(self):
        output = self.makefile("rb")
        self.read_events(output)
        self.said_last = output.read()

    def finish(self):
        self.join()
        assert self.process.wait(10) == 0
        assert self.said_last == b"\nconnections=1"


class RawEvents(EventReader):
    """A program that passes bytes on: it asks for the stream, and after it for more on the same connection."""

    def run(self):
        self.send(f"GET {EVENTS} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        response = self.response()
        self.read_events(response)
        assert response.read() == b"\n"

    def response(self):
        response = HTTPResponse(self)
        response.begin()
        assert response.status == 200, response.status
        return response

    def finish(self):
        self.join()
        self.send(f"POST /echo HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5\r\n\r\nafter".encode())
        assert self.response().read() == b"after"
        assert self.process.poll() is None


class RawRequests(Lasting):
    """A program that passes bytes on: one request after the other on one connection.

    `order` is a command to the program itself, given as often as the test says `obey()`; it says `heard` when it has
    followed it.
    """

    def __init__(self, path, *command, order=None, heard=None):
        self.path, self.order, self.heard = path, order, heard
        self.stopping = threading.Event()
        self.orders, self.followed = 0, 0
        super().__init__(*command, errors=subprocess.STDOUT)

    def obey(self):
        self.orders += 1

    def run(self):
        while not self.stopping.wait(0.01):
            self.exchange()
            if self.order and self.followed < self.orders:
                self.send(self.order)
                self.read_until(self.heard)
                self.followed += 1

    def exchange(self):
        body = f"request {self.count} ".encode() * 50 + b"ends."
        self.send(f"POST {self.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = self.read_until(body)
        assert len(re.findall(rb"^HTTP/1\.1 200 ", answer, re.M)) == 1, answer
        self.count += 1

    def read_until(self, expected):
        heard = b""
        while expected not in heard:
            piece = self.process.stdout.read(65536)
            assert piece, heard
            heard += piece
        return heard

    def finish(self):
        if self.order:
            wait_until(lambda: self.wrong or self.followed == self.orders, "the last order is obeyed")
        self.stopping.set()
        self.join()
        assert self.process.poll() is None
