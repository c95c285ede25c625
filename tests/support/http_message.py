"""Reads HTTP/1.1 responses and requests from a blocking socket, byte by byte as strict as a test wants it."""

from dataclasses import dataclass, field


class EarlyEnd(Exception):
    """The peer closed before the message was complete. `received` is what had come."""

    def __init__(self, received=b""):
        super().__init__(f"connection ended early after {received!r}")
        self.received = received


@dataclass
class Head:
    start_line: str
    fields: list  # (name, value) in their order, names as sent
    raw: bytes

    def get(self, name, default=None):
        """The value of the only field called `name`; several are joined with a comma."""
        values = self.all(name)
        return ", ".join(values) if values else default

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def has(self, name):
        return bool(self.all(name))

    @property
    def method(self):
        return self.start_line.split(" ")[0]

    @property
    def target(self):
        return self.start_line.split(" ")[1]

    @property
    def status(self):
        return int(self.start_line.split(" ")[1])


@dataclass
class Message:
    head: Head
    body: bytes = b""
    trailers: list = field(default_factory=list)
    interim: list = field(default_factory=list)  # heads of the 1xx answers before this one
    framing: str = "none"  # none, length, chunked, until_close

    @property
    def status(self):
        return self.head.status

    def get(self, name, default=None):
        return self.head.get(name, default)


class Reader:
    """Buffers what a socket delivers and cuts messages from it."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()

    def fill(self):
        """Reads once; False at the end of the stream."""
        data = self.sock.recv(256 * 1024)
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while True:
            position = self.buffer.find(mark)
            if position >= 0:
                return self.take(position + len(mark))
            if not self.fill():
                raise EarlyEnd(bytes(self.buffer))

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise EarlyEnd(bytes(self.buffer))
        return self.take(count)

    def to_end(self):
        while self.fill():
            pass
        return self.take(len(self.buffer))

    def take(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def head(self):
        raw = self.until(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")[:-2]
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon, f"not a field line: {line!r}"
            fields.append((name, value.strip(" \t")))
        return Head(lines[0], fields, raw)

    def chunked(self):
        body = bytearray()
        while True:
            size = int(self.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body += self.exactly(size)
            assert self.exactly(2) == b"\r\n", "a chunk does not end with CRLF"
        trailers = []
        while (line := self.until(b"\r\n")) != b"\r\n":
            name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
            trailers.append((name, value.strip()))
        return bytes(body), trailers

    def body(self, head, until_close):
        """(body, trailers, framing) after `head` (RFC 9112 §6.3)."""
        if "chunked" in (head.get("Transfer-Encoding") or "").lower():
            body, trailers = self.chunked()
            return body, trailers, "chunked"
        if head.has("Content-Length"):
            return self.exactly(int(head.get("Content-Length"))), [], "length"
        if until_close:
            return self.to_end(), [], "until_close"
        return b"", [], "none"

    def request(self):
        head = self.head()
        body, trailers, framing = self.body(head, until_close=False)
        return Message(head, body, trailers, [], framing)

    def response(self, method="GET"):
        interim = []
        while True:
            head = self.head()
            if head.status == 101 or head.status >= 200:
                break
            interim.append(head)
        if method == "HEAD" or head.status in (101, 204, 304):
            return Message(head, interim=interim)
        body, trailers, framing = self.body(head, until_close=True)
        return Message(head, body, trailers, interim, framing)
