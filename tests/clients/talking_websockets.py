"""Python websockets, compressing with one context for the whole connection, talks until its standard input ends.

`python3 talking_websockets.py URL [CA VERSION]`. Prints its counts for every line of input and at the end. Whatever
goes wrong ends it.
"""

import asyncio
import json
import random
import ssl
import sys

import websockets


def message(number):
    """Numbered, half of it compressible, and every 25th so long that it may be under way when a generation goes."""
    text = random.randbytes(60_000 if number % 25 == 24 else 200).hex()
    return f"message {number} {text} {'again and ' * 20}{text}"


def secure(ca, version):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[f"TLSv{version.replace('.', '_')}"]
    return context


async def main(url, *tls):
    counts = {"messages": 0, "opened": 0, "closed": 0}
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listen():
        while sys.stdin.readline():
            print(json.dumps(counts), flush=True)
        counts["closed"] += socket.closed
        print(json.dumps(counts), flush=True)
        loop.call_soon_threadsafe(ended.set)

    async with websockets.connect(url, ssl=secure(*tls) if tls else None, max_size=None) as socket:
        counts["opened"] += 1
        agreed = socket.response_headers["Sec-WebSocket-Extensions"]
        assert agreed.startswith("permessage-deflate") and "no_context_takeover" not in agreed, agreed
        listening = loop.run_in_executor(None, listen)
        while not ended.is_set():
            text = message(counts["messages"])
            await socket.send(text)
            assert await socket.recv() == text, counts
            counts["messages"] += 1
            await asyncio.sleep(0.01)
        await listening
    assert socket.close_code == 1000


asyncio.run(main(*sys.argv[1:]))
