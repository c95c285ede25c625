"""A small origin server on asyncio, run as a process of its own: `python3 -m support.backend`.

Prints its port, then serves until its standard input ends. With `--tls=CERTIFICATE,KEY` it speaks TLS.

    /bytes/N        N known bytes with Content-Length (the default is 128)
    /chunked/N      the same in chunks of 1 000 bytes
    /echo           the request body again
    /random/N       N bytes of Python's generator; ?seed=NUMBER
    /digest         JSON {"bytes", "sha256"} of the request body
    /headers        JSON of the request as it arrived
    /status/CODE    an empty answer with that status
    /sse            events `data: 1`, `data: 2`, … ; ?count=N&interval=MILLISECONDS
    /end            ends every event stream after the event that it sends next
    /ws             echoes WebSocket messages, answers pings
     /duplex         a WebSocket with `support.seeded_frames` both ways at once, until a text; ?up=SEED&down=SEED
    /result         GET: what was POSTed there last, or 404; /result/NAME is another place
    /counts         JSON of how many requests came for each of these
"""

import asyncio
import hashlib
import json
import os
import random
import socket
import ssl
import sys
from collections import Counter
from urllib.parse import parse_qs, urlsplit

from support import websocket
from support.seeded_frames import FrameCheck, FrameSource, WrongBytes

PATTERN = bytes(range(33, 127)) * 11000  # about 1 MB, printable


def known_bytes(count):
    """The body that /bytes/N answers with."""
    whole, rest = divmod(count, len(PATTERN))
    return PATTERN * whole + PATTERN[:rest]


class Request:
    def __init__(self, head, reader):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
        self.lower = {name.lower(): value for name, value in self.fields}
        self.reader = reader

    async def pieces(self):
        """The body as it arrives."""
        if "chunked" in self.lower.get("transfer-encoding", "").lower():
            while True:
                size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
                if size:
                    yield await self.reader.readexactly(size)
                    await self.reader.readexactly(2)
                    continue
                while await self.reader.readuntil(b"\r\n") != b"\r\n":
                    pass
                return
        left = int(self.lower.get("content-length", 0))
        while left:
            piece = await self.reader.read(min(left, 256 * 1024))
            if not piece:
                raise ConnectionResetError("the body ended early")
            left -= len(piece)
            yield piece


class Backend:
    def __init__(self):
        self.results = {}
        self.counts = Counter()
        self.ends = 0

    async def serve(self, reader, writer):
        try:
            while True:
                request = Request((await reader.readuntil(b"\r\n\r\n"))[:-4], reader)
                if not await self.answer(request, writer) or request.lower.get("connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, request, writer):
        """Answers one request; False ends the connection."""
        url = urlsplit(request.target)
        parts = url.path.split("/")[1:]
        kind = parts[0]
        self.counts[kind] += 1
        if kind == "ws":
            await self.echo_websocket(request, writer)
            return False
        if kind == "duplex":
            await self.check_duplex(request, writer, parse_qs(url.query))
            return False
        if kind == "sse":
            await self.send_events(writer, parse_qs(url.query))
            return False
        if kind == "chunked":
            await self.send_chunked(writer, known_bytes(int(parts[1])))
            return True
        if kind == "bytes":
            return await self.send_bytes(writer, int(parts[1]))
        if kind == "random":
            generator = random.Random(int(parse_qs(url.query)["seed"][0]))
            return await self.send(writer, generator.randbytes(int(parts[1])))
        if kind == "digest":
            digest, count = hashlib.sha256(), 0
            async for piece in request.pieces():
                digest.update(piece)
                count += len(piece)
            return await self.send(writer, json.dumps({"bytes": count, "sha256": digest.hexdigest()}).encode())
        body = b"".join([piece async for piece in request.pieces()])
        if kind == "echo":
            return await self.send(writer, body)
        if kind == "headers":
            return await self.send(writer, json.dumps({"method": request.method, "target": request.target,
                                                       "fields": request.fields}).encode())
        if kind == "status":
            return await self.send(writer, b"", parts[1])
        if kind == "page":
            return await self.send(writer, PAGES.get(parts[1], b""), content_type="text/html")
        if kind == "result":
            if request.method == "POST":
                self.results[url.path] = body
                return await self.send(writer, b"")
            return await self.send(writer, self.results.get(url.path, b""),
                                   "200 OK" if url.path in self.results else "404 None Yet")
        if kind == "end":
            self.ends += 1
            return await self.send(writer, b"")
        if kind == "counts":
            return await self.send(writer, json.dumps(self.counts).encode())
        return await self.send_bytes(writer, 128)

    async def send(self, writer, body, status="200 OK", content_type="application/octet-stream"):
        status = status if " " in status else f"{status} Status"
        writer.write((f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
        await writer.drain()
        return True

    async def send_bytes(self, writer, count):
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {count}\r\n\r\n".encode())
        while count:
            piece = PATTERN[:min(count, len(PATTERN))]
            writer.write(piece)
            count -= len(piece)
            await writer.drain()
        return True

    async def send_chunked(self, writer, body):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 1000):
            piece = body[start:start + 1000]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    async def send_events(self, writer, query):
        count = int(query.get("count", ["100"])[0])
        interval = float(query.get("interval", ["10"])[0]) / 1000
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                     b"Connection: close\r\n\r\n")
        ends = self.ends
        for number in range(1, count + 1):
            writer.write(b"id: %d\ndata: %d\n\n" % (number, number))
            await writer.drain()
            if self.ends != ends:
                break
            await asyncio.sleep(interval)
        writer.write(b"event: end\ndata: end\n\n")
        await writer.drain()

    async def echo_websocket(self, request, writer):
        writer.write(websocket.switching_protocols(request.lower["sec-websocket-key"]))
        while True:
            opcode, payload, final = await websocket.read_frame_async(request.reader)
            if opcode == websocket.PING:
                opcode = websocket.PONG
            elif opcode == websocket.PONG:
                continue
            writer.write(websocket.frame(opcode, payload, final=final))
            await writer.drain()
            if opcode == websocket.CLOSE:
                return

    async def check_duplex(self, request, writer, query):
        writer.write(websocket.switching_protocols(request.lower["sec-websocket-key"]))
        # Small, so that there is always something on the way.
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, buffer, 32 * 1024)
        source, check = FrameSource(int(query["down"][0])), FrameCheck(int(query["up"][0]))
        finished = asyncio.Event()
        sending = asyncio.create_task(self.send_frames(writer, source, finished))
        try:
            while True:
                opcode, payload, _ = await websocket.read_frame_async(request.reader)
                if opcode == websocket.TEXT:
                    break
                check.take(payload)
                await asyncio.sleep(random.uniform(0, 0.05))
            finished.set()
            await sending
        except WrongBytes as error:
            writer.write(websocket.close_frame(1008, str(error).encode()))
            return
        finally:
            sending.cancel()
        answer = json.dumps({"sent": source.bytes, "checked": check.bytes}).encode()
        writer.write(websocket.frame(websocket.TEXT, answer))
        if (await websocket.read_frame_async(request.reader))[0] == websocket.CLOSE:
            writer.write(websocket.close_frame(1000))

    async def send_frames(self, writer, source, finished):
        while not finished.is_set():
            writer.write(source.next_frame(mask=False))
            await writer.drain()


PAGES = {}


async def main():
    context = None
    pages = [argument for argument in sys.argv[1:] if not argument.startswith("--tls=")]
    for argument in set(sys.argv[1:]) - set(pages):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*argument.removeprefix("--tls=").split(","))
    server = await asyncio.start_server(Backend().serve, "127.0.0.1", 0, limit=1024 * 1024, backlog=4096, ssl=context)
    for name in pages:
        with open(name, "rb") as file:
            PAGES[name.rsplit("/", 1)[-1]] = file.read()
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    # Streams in progress would keep the server waiting: the process ends with them.
    server.close()


if __name__ == "__main__":
    asyncio.new_event_loop().run_until_complete(main())
    os._exit(0)
