"""An echo server of the `websockets` library that compresses: `python3 -m support.deflating_server`.

Prints its port, then serves until its standard input ends.
"""

import asyncio
import os
import sys

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    # Without a word on context takeover both sides keep their windows from message to message (RFC 7692 §7.1.1).
    extensions = [ServerPerMessageDeflateFactory()]
    async with websockets.serve(echo, "127.0.0.1", 0, compression=None, extensions=extensions,
                                ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
        os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
