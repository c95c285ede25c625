"""WebSocket frames (RFC 6455 §5) as bytes, for scripted peers that want to decide each of them."""

import base64
import hashlib
import os
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def accept_value(key):
    """Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 §4.2.2)."""
    magic = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()


def new_key():
    return base64.b64encode(os.urandom(16)).decode()


def upgrade_request(target="/", key=None, host="example.test", extra=""):
    return (f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key or new_key()}\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n").encode()


def switching_protocols(key):
    return (f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_value(key)}\r\n\r\n").encode()


def frame(opcode, payload=b"", mask=False, final=True, reserved=0):
    """One frame; `mask` as a client must (RFC 6455 §5.3)."""
    head = bytes([(0x80 if final else 0) | reserved | opcode])
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 65536:
        head += bytes([flag | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([flag | 127]) + struct.pack("!Q", len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + apply_mask(payload, key)


def apply_mask(payload, key):
    if not payload:
        return b""
    repeated = (key * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


def close_frame(code, reason=b"", mask=False):
    return frame(CLOSE, struct.pack("!H", code) + reason, mask)


def parse_header(first_two):
    """(opcode, final, masked, bytes of the length that follow, length when it is short)."""
    length = first_two[1] & 0x7F
    return first_two[0] & 0x0F, bool(first_two[0] & 0x80), bool(first_two[1] & 0x80), {126: 2, 127: 8}.get(length, 0), length


def read_frame(reader):
    """(opcode, payload, final) from a `http_message.Reader`."""
    opcode, final, masked, more, length = parse_header(reader.exactly(2))
    if more:
        length = int.from_bytes(reader.exactly(more), "big")
    key = reader.exactly(4) if masked else None
    payload = reader.exactly(length)
    return opcode, apply_mask(payload, key) if key else payload, final


async def read_frame_async(stream):
    """The same from an asyncio.StreamReader."""
    opcode, final, masked, more, length = parse_header(await stream.readexactly(2))
    if more:
        length = int.from_bytes(await stream.readexactly(more), "big")
    key = await stream.readexactly(4) if masked else None
    payload = await stream.readexactly(length)
    return opcode, apply_mask(payload, key) if key else payload, final
