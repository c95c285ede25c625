"""Long connections of which every byte is checked, as a process: `python3 -m support.checked_streams --tls-port=N …`.

Each opens one connection and never another. They talk to `support.backend` and, for `deflate`, to
`support.deflating_server`. Prints `running` when each has begun, a line of JSON for every line `report` on
standard input, and the final one when the input ends and every stream has come to its end.

    duplex     binary frames of seeded bytes, both ways at once; both ends check them, slowly: the pipes are full
    upload     one request body of some MB after the other; the backend's digest is compared
    download   one response body of some MB after the other; the digests are compared
    events     one event stream whose numbers must have neither gap nor repetition
    deflate    messages that compress well only with the window of those before

over plain TCP, TLS 1.2 and TLS 1.3: `duplex` with each suite, and once more with TLS towards the backend too. A line
`update keys` renews the keys of those on TLS 1.3 before their next frame, every second time on both sides.
"""

import argparse
import asyncio
import hashlib
import json
import random
import socket
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from support import websocket
from support.seeded_frames import FrameCheck, FrameSource, WrongBytes
from support.tls_client import SUITES, client_context, update_keys
from support.waiting import PATIENCE

SILENCE = 30 * PATIENCE  # nobody is silent for so long
SOCKET_BUFFER = 32 * 1024
BODY = 4_000_000
PIECE = 64 * 1024
WORDS = [random.randbytes(600).hex() for _ in range(8)]


class Stream:
    """One connection. `up` and `down` count what was sent and what has been checked, `keys` its KeyUpdates."""

    kind = ""

    def __init__(self, streams, protocol, context, port, host="example.test"):
        self.streams, self.context, self.port, self.host = streams, context, port, host
        self.name = f"{self.kind} {protocol}"
        self.up = self.down = self.keys = self.keys_wanted = 0
        self.sock = None
        self.fault = None

    async def connect(self):
        self.sock = socket.socket()
        # Small, so that there is always something on the way, in buffers of the proxy too.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        self.sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self.sock, ("127.0.0.1", self.port))

    async def open(self):
        await self.connect()
        secure = {"ssl": self.context, "server_hostname": "example.test"} if self.context else {}
        self.reader, self.writer = await asyncio.open_connection(sock=self.sock, **secure)

    async def run(self):
        try:
            await self.open()
            await self.talk()
        except Exception as error:  # shown by the test: whatever it is, the stream has failed
            self.fault = f"{type(error).__name__}: {error} after {self.up} up and {self.down} down"

    def local_port(self):
        try:
            return self.sock.getsockname()[1]
        except OSError as error:
            return str(error)

    @property
    def stopping(self):
        return self.streams.stopping

    async def heard(self, awaitable):
        return await asyncio.wait_for(awaitable, SILENCE)

    async def head(self, status):
        raw = (await self.heard(self.reader.readuntil(b"\r\n\r\n"))).decode("latin-1")
        if int(raw.split(" ")[1]) != status:
            raise WrongBytes(raw)
        return dict(line.lower().split(": ", 1) for line in raw.split("\r\n")[1:-2])

    async def lasting_head(self):
        fields = await self.head(200)
        if fields.get("connection") == "close":
            raise WrongBytes(f"told to close: {fields}")
        return fields


class Duplex(Stream):
    kind = "duplex"

    async def talk(self):
        seeds = random.getrandbits(32), random.getrandbits(32)
        self.source, self.check = FrameSource(seeds[0]), FrameCheck(seeds[1])
        self.writer.write(websocket.upgrade_request(f"/duplex?up={seeds[0]}&down={seeds[1]}", host=self.host))
        await self.head(101)
        sending = asyncio.create_task(self.send())
        try:
            while True:
                opcode, payload, _ = await self.heard(websocket.read_frame_async(self.reader))
                if opcode != websocket.BINARY:
                    break
                self.check.take(payload)
                self.down = self.check.bytes
                if not self.stopping:
                    await asyncio.sleep(random.uniform(0, 0.05))
        finally:
            if not self.stopping:
                sending.cancel()
        if opcode != websocket.TEXT:
            raise WrongBytes(f"opcode {opcode}: {payload!r}")
        await sending
        there = json.loads(payload)
        here = {"sent": self.check.bytes, "checked": self.source.bytes}
        if there != here:
            raise WrongBytes(f"{there} there, {here} here")
        self.writer.write(websocket.close_frame(1000, mask=True))
        if (await self.heard(websocket.read_frame_async(self.reader)))[0] != websocket.CLOSE:
            raise WrongBytes("no Close frame")
        if await self.heard(self.reader.read()) != b"":
            raise WrongBytes("something behind the Close frame")

    async def send(self):
        tls = self.writer.get_extra_info("ssl_object")
        while not self.stopping:
            if self.keys < self.keys_wanted and tls and tls.version() == "TLSv1.3":
                self.keys += 1
                update_keys(tls, asking=self.keys % 2)
            self.writer.write(self.source.next_frame(mask=True))
            await self.heard(self.writer.drain())
            self.up = self.source.bytes
        self.writer.write(websocket.frame(websocket.TEXT, b"finish", mask=True))
        await self.heard(self.writer.drain())


class Upload(Stream):
    kind = "upload"

    async def talk(self):
        while not self.stopping:
            digest = hashlib.sha256()
            self.writer.write(f"POST /digest HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {BODY}\r\n\r\n".encode())
            for start in range(0, BODY, PIECE):
                piece = random.randbytes(min(PIECE, BODY - start))
                digest.update(piece)
                self.writer.write(piece)
                await self.heard(self.writer.drain())
                self.up += len(piece)
                await asyncio.sleep(random.uniform(0, 0.02))
            fields = await self.lasting_head()
            answer = json.loads(await self.heard(self.reader.readexactly(int(fields["content-length"]))))
            if answer != {"bytes": BODY, "sha256": digest.hexdigest()}:
                raise WrongBytes(f"the body of an upload: {answer}")
            self.down += 1


class Download(Stream):
    kind = "download"

    async def talk(self):
        while not self.stopping:
            seed = random.getrandbits(32)
            self.writer.write(f"GET /random/{BODY}?seed={seed} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
            if int((await self.lasting_head())["content-length"]) != BODY:
                raise WrongBytes("the length of a download")
            digest, left = hashlib.sha256(), BODY
            while left:
                piece = await self.heard(self.reader.readexactly(min(PIECE, left)))
                digest.update(piece)
                left -= len(piece)
                self.down += len(piece)
                await asyncio.sleep(random.uniform(0, 0.02))
            if digest.digest() != hashlib.sha256(random.Random(seed).randbytes(BODY)).digest():
                raise WrongBytes("the body of a download")
            self.up += 1


class Events(Stream):
    kind = "events"

    async def talk(self):
        self.writer.write(f"GET /sse?count=100000000&interval=10 HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        self.up = 1
        await self.head(200)
        rest = b""
        while not self.stopping:
            size = int(await self.heard(self.reader.readuntil(b"\r\n")), 16)
            rest += (await self.heard(self.reader.readexactly(size + 2)))[:-2]
            *events, rest = rest.split(b"\n\n")
            for event in events:
                self.down += 1
                if event != b"id: %d\ndata: %d" % (self.down, self.down):
                    raise WrongBytes(f"event {event!r} as number {self.down}")
        self.writer.close()


class Deflate(Stream):
    """The `websockets` library, which opens its WebSocket on a socket that is connected here."""

    kind = "deflate"

    async def open(self):
        await self.connect()
        secure = {"ssl": self.context, "server_hostname": "example.test"} if self.context else {}
        self.websocket = await websockets.connect(
            f"ws{'s' if self.context else ''}://example.test:{self.port}/deflate", sock=self.sock, compression=None,
            extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)], open_timeout=SILENCE,
            ping_interval=None, **secure)
        extension, = self.websocket.extensions
        if extension.remote_no_context_takeover or extension.local_no_context_takeover:
            raise WrongBytes(f"no context takeover: {extension}")

    async def talk(self):
        while not self.stopping:
            message = f"{self.up} {random.choice(WORDS)} {random.randbytes(random.choice((0, 10, 30_000))).hex()}"
            await self.heard(self.websocket.send(message))
            self.up += 1
            if await self.heard(self.websocket.recv()) != message:
                raise WrongBytes("a message of another text")
            self.down += 1
            await asyncio.sleep(random.uniform(0, 0.02))
        await self.heard(self.websocket.close())
        if self.websocket.close_code != 1000:
            raise WrongBytes(f"closed with {self.websocket.close_code}")


class Streams:
    def __init__(self, options):
        self.stopping = False
        plain, tls = options.plain_port, options.tls_port
        self.all = [Duplex(self, "plain", None, plain), Duplex(self, "plain, TLS upstream", None, plain, "tls.test")]
        for version, aead in SUITES:
            self.all.append(Duplex(self, f"{version} {aead}", client_context(options.ca, version, aead), tls))
        self.all.append(Duplex(self, "1.3, TLS upstream", client_context(options.ca, "1.3"), tls, "tls.test"))
        for kind in (Upload, Download, Events, Deflate):
            self.all.append(kind(self, "plain", None, plain))
            self.all += [kind(self, version, client_context(options.ca, version), tls) for version in ("1.2", "1.3")]

    def report(self):
        return json.dumps({
            "streams": {one.name: {"up": one.up, "down": one.down, "keys": one.keys, "port": one.local_port()}
                        for one in self.all},
            "failed": {one.name: one.fault for one in self.all if one.fault}})

    async def run(self):
        tasks = [asyncio.create_task(one.run()) for one in self.all]
        while not all(one.fault or one.up or one.down for one in self.all):
            await asyncio.sleep(0.01)
        print("running", flush=True)
        while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            if line == "update keys\n":
                for one in self.all:
                    one.keys_wanted += 1
            else:
                print(self.report(), flush=True)
        self.stopping = True
        _, late = await asyncio.wait(tasks, timeout=2 * SILENCE)
        for one, task in zip(self.all, tasks):
            if task in late:
                one.fault = one.fault or "has not come to its end"
        print(self.report(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain-port", type=int, required=True)
    parser.add_argument("--tls-port", type=int, required=True)
    parser.add_argument("--ca", required=True)
    asyncio.run(Streams(parser.parse_args()).run())


if __name__ == "__main__":
    main()
