"""Node `ws`, python3-websockets and socket.io through the proxy."""

import asyncio
import subprocess
from pathlib import Path

import pytest
import websockets

from support.baton import Baton

HERE = Path(__file__).resolve().parent


class NodeServer:
    """A server script that prints its port and ends with its standard input."""

    def __init__(self, script):
        self.process = subprocess.Popen(["node", script], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.endpoint = f"127.0.0.1:{int(self.process.stdout.readline())}"

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def before(node_modules):
    """A proxy before a Node.js server: `before("ws_server.mjs")`."""
    made = []

    def make(script):
        server = NodeServer(script)
        made.append(server.end)
        proxy = Baton(upstreams={"app": [server.endpoint]}).start()
        made.append(proxy.stop)
        return f"127.0.0.1:{proxy.address[1]}"

    yield make
    for end in reversed(made):
        end()


def node(*arguments):
    answer = subprocess.run(["node", *arguments], cwd=HERE, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0 and answer.stdout.strip() == "ok", answer.stdout + answer.stderr


def test_node_ws_with_and_without_compression(before):
    node("ws_client.mjs", f"ws://{before('ws_server.mjs')}/")


@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
def test_socket_io(before, transports):
    node("socket_io_client.mjs", f"http://{before('socket_io_server.mjs')}", transports)


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_python_websockets(before, compression):
    async def talk(url):
        async with websockets.connect(url, compression=compression, max_size=None) as socket:
            for message in ("hello", "", "ä" * 70_000, b"\0" * 1_000_000):
                await socket.send(message)
                assert await socket.recv() == message
            # Fragments of one message.
            await socket.send(["frag", "men", "ted"])
            assert await socket.recv() == "fragmented"
            await asyncio.wait_for(await socket.ping(), 10)
        assert socket.close_code == 1000

    asyncio.run(talk(f"ws://{before('ws_server.mjs')}/"))


def test_a_hundred_websockets_at_once(proxy):
    async def one(number):
        async with websockets.connect(f"ws://127.0.0.1:{proxy.address[1]}/ws", compression=None) as socket:
            for round in range(5):
                await socket.send(f"{number}.{round}")
                assert await socket.recv() == f"{number}.{round}"

    async def all_of_them():
        await asyncio.gather(*(one(number) for number in range(100)))

    asyncio.run(all_of_them())
