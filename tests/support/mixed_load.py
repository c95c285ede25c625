"""A mixed load on a proxy before `support.backend`, as a process: `python3 -m support.mixed_load --port N`.

Every answer is compared with what it must be. Prints `running` when every kind of client has had its first success,
a line of JSON for every line on standard input, and the final one when the input ends.

    keepalive    clients that think 0–5 ms between requests and do not look whether the connection still lives
    fresh        a new connection for every request
    post         request bodies of 1 B … 200 KB, with Content-Length or chunked, compared with their echo
    sse          event streams whose numbers must have neither gap nor repetition
    websocket    messages that must come back; pings are answered
"""

import argparse
import asyncio
import json
import random
import ssl
import sys
from collections import Counter

from support import websocket
from support.backend import known_bytes
from support.waiting import PATIENCE

ANSWER_TIMEOUT = 30.0 * PATIENCE
EXPECTED = known_bytes(128)


class WrongBytes(Exception):
    pass


class BadStatus(Exception):
    pass


class ClosedByAgreement(Exception):
    """The server ended something in a way that the protocol allows (a Close frame)."""


def reason_of(error):
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "reset"
    if isinstance(error, asyncio.IncompleteReadError):
        return "early_eof"
    if isinstance(error, WrongBytes):
        return "wrong_bytes"
    if isinstance(error, BadStatus):
        return "bad_status"
    if isinstance(error, ClosedByAgreement):
        return "closed"
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return "timeout"
    return type(error).__name__


class Load:
    def __init__(self, options):
        self.options = options
        self.tls = ssl.create_default_context(cafile=options.ca) if options.ca else None
        self.done = Counter()
        self.failed = Counter()
        self.details = []
        self.stopping = False
        self.reconnects = 0  # after `Connection: close`, which is no failure
        self.websockets_alive = 0

    def fail(self, kind, error, when):
        reason = reason_of(error)
        self.failed[f"{kind}.{reason}"] += 1
        if len(self.details) < 30:
            self.details.append(f"{kind}: {reason}: {error!r} {when}")

    def report(self):
        return json.dumps({"done": dict(self.done), "failed": dict(self.failed), "details": self.details,
                           "reconnects": self.reconnects, "websockets_alive": self.websockets_alive})

    async def connect(self):
        secure = {"ssl": self.tls, "server_hostname": self.options.server_name} if self.tls else {}
        return await asyncio.wait_for(
            asyncio.open_connection(self.options.host, self.options.port, limit=1024 * 1024, **secure), ANSWER_TIMEOUT)

    async def head(self, reader):
        raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_TIMEOUT)
        lines = raw.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return int(lines[0].split(" ")[1]), fields

    async def answer(self, reader, expected):
        """Reads a whole answer and compares it; True when the connection may carry another request."""
        status, fields = await self.head(reader)
        length = fields.get("content-length")
        body = await asyncio.wait_for(reader.readexactly(int(length or 0)), ANSWER_TIMEOUT)
        if status != 200:
            raise BadStatus(f"{status} {body[:200]!r}")
        if body != expected:
            raise WrongBytes(f"{len(body)} bytes instead of {len(expected)}: {body[:60]!r}")
        return "close" not in fields.get("connection", "").lower()

    async def repeat(self, kind, once):
        """Runs `once()` until the load stops; every failure is counted and the next round begins afresh."""
        while not self.stopping:
            try:
                await once()
            except (OSError, EOFError, asyncio.TimeoutError, WrongBytes, BadStatus, ClosedByAgreement) as error:
                self.fail(kind, error, "")
                await asyncio.sleep(0.01)

    async def keepalive(self):
        reader, writer = await self.connect()
        try:
            served = 0
            while not self.stopping:
                writer.write(b"GET /bytes/128 HTTP/1.1\r\nHost: load.test\r\n\r\n")
                try:
                    again = await self.answer(reader, EXPECTED)
                except Exception as error:
                    error.args = (*error.args, f"after {served} answers on this connection")
                    raise
                served += 1
                self.done["keepalive"] += 1
                if not again:
                    self.reconnects += 1
                    return
                await asyncio.sleep(random.uniform(0, 0.005))
        finally:
            writer.close()

    async def fresh(self):
        reader, writer = await self.connect()
        try:
            writer.write(b"GET /bytes/128 HTTP/1.1\r\nHost: load.test\r\nConnection: close\r\n\r\n")
            await self.answer(reader, EXPECTED)
            if await asyncio.wait_for(reader.read(), ANSWER_TIMEOUT) != b"":
                raise WrongBytes("more than one answer")
            self.done["fresh"] += 1
        finally:
            writer.close()
        await asyncio.sleep(random.uniform(0, 0.02))

    async def post(self):
        reader, writer = await self.connect()
        try:
            while not self.stopping:
                body = random.randbytes(random.choice((1, 100, 5_000, 70_000, 200_000)))
                head = b"POST /echo HTTP/1.1\r\nHost: load.test\r\n"
                if random.random() < 0.5:
                    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body))
                    # In two parts, so that bodies are under way when a generation is replaced.
                    writer.write(body[:len(body) // 2])
                    await asyncio.sleep(random.uniform(0, 0.01))
                    writer.write(body[len(body) // 2:])
                else:
                    writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
                    for start in range(0, len(body), 30_000):
                        piece = body[start:start + 30_000]
                        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                        await asyncio.sleep(0)
                    writer.write(b"0\r\n\r\n")
                again = await self.answer(reader, body)
                self.done["post"] += 1
                if not again:
                    self.reconnects += 1
                    return
                await asyncio.sleep(random.uniform(0, 0.01))
        finally:
            writer.close()

    async def sse(self):
        reader, writer = await self.connect()
        try:
            writer.write(b"GET /sse?count=40&interval=25 HTTP/1.1\r\nHost: load.test\r\n\r\n")
            status, fields = await self.head(reader)
            if status != 200:
                raise BadStatus(str(status))
            expected = 1
            async for line in self.lines(reader, fields):
                if not line.startswith(b"data: "):
                    continue
                if line == b"data: end":
                    self.done["sse"] += 1
                    return
                if line != b"data: %d" % expected:
                    raise WrongBytes(f"event {line!r} instead of {expected}")
                expected += 1
            raise asyncio.IncompleteReadError(b"", None)
        finally:
            writer.close()

    async def lines(self, reader, fields):
        """The lines of a body, chunked or until the connection closes."""
        chunked = "chunked" in fields.get("transfer-encoding", "")
        rest = b""
        while True:
            if chunked:
                size = int(await asyncio.wait_for(reader.readuntil(b"\r\n"), ANSWER_TIMEOUT), 16)
                piece = await asyncio.wait_for(reader.readexactly(size + 2), ANSWER_TIMEOUT)
                rest += piece[:-2]
                ended = size == 0
            else:
                piece = await asyncio.wait_for(reader.read(65536), ANSWER_TIMEOUT)
                rest += piece
                ended = not piece
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line
            if ended:
                return

    async def websocket(self):
        reader, writer = await self.connect()
        counted = False
        try:
            key = websocket.new_key()
            writer.write(websocket.upgrade_request("/ws", key, "load.test"))
            status, fields = await self.head(reader)
            if status != 101:
                raise BadStatus(str(status))
            if fields.get("sec-websocket-accept") != websocket.accept_value(key):
                raise WrongBytes("Sec-WebSocket-Accept")
            self.websockets_alive += 1
            counted = True
            while not self.stopping:
                message = random.randbytes(random.choice((0, 10, 125, 126, 3000)))
                writer.write(websocket.frame(websocket.BINARY, message, mask=True))
                if await self.message(reader, writer) != message:
                    raise WrongBytes("echo")
                self.done["websocket"] += 1
                await asyncio.sleep(random.uniform(0.1, 0.5))
            writer.write(websocket.close_frame(1000, mask=True))
            await asyncio.wait_for(reader.read(), ANSWER_TIMEOUT)
        finally:
            self.websockets_alive -= counted
            writer.close()

    async def message(self, reader, writer):
        """The next data message; pings on the way are answered."""
        while True:
            opcode, payload, _ = await asyncio.wait_for(websocket.read_frame_async(reader), ANSWER_TIMEOUT)
            if opcode == websocket.PING:
                writer.write(websocket.frame(websocket.PONG, payload, mask=True))
            elif opcode == websocket.CLOSE:
                raise ClosedByAgreement(f"Close {payload[:2].hex()}")
            elif opcode == websocket.BINARY:
                return payload

    async def run(self):
        amounts = {kind: getattr(self.options, kind) for kind in ("keepalive", "fresh", "post", "sse", "websocket")}
        tasks = [asyncio.create_task(self.repeat(kind, getattr(self, kind)))
                 for kind, amount in amounts.items() for _ in range(amount)]
        loop = asyncio.get_running_loop()
        until = loop.time() + ANSWER_TIMEOUT
        wanted = [kind for kind, amount in amounts.items() if amount]
        while not (all(self.done[kind] for kind in wanted) and self.websockets_alive == amounts["websocket"]):
            if loop.time() > until:
                sys.exit(f"not everybody was served in {ANSWER_TIMEOUT:g} s: {self.report()}")
            await asyncio.sleep(0.01)
        print("running", flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(self.report(), flush=True)
        self.stopping = True
        await asyncio.wait(tasks, timeout=2 * ANSWER_TIMEOUT)
        print(self.report(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca", help="speak TLS and trust this")
    parser.add_argument("--server-name", default="example.test")
    for kind, amount in (("keepalive", 16), ("fresh", 4), ("post", 4), ("sse", 8), ("websocket", 200)):
        parser.add_argument(f"--{kind}", type=int, default=amount)
    asyncio.run(Load(parser.parse_args()).run())


if __name__ == "__main__":
    main()
