"""Binary WebSocket frames of pseudo-random bytes: who knows the seed can check every byte and their order."""

import random

from support import websocket

# Of a byte, of no more than a TLS record, of many records and of more than the buffers on the way.
SIZES = (1, 125, 1_000, 16_384, 70_000, 300_000)


class WrongBytes(Exception):
    pass


class FrameSource:
    """Says what the generator of `seed` gives, in frames of random sizes."""

    def __init__(self, seed):
        self.generator = random.Random(seed)
        self.bytes = 0

    def next_frame(self, mask):
        payload = self.generator.randbytes(random.choice(SIZES))
        self.bytes += len(payload)
        return websocket.frame(websocket.BINARY, payload, mask=mask)


class FrameCheck:
    """Compares what arrives with what the generator of `seed` gives for frames of the same sizes."""

    def __init__(self, seed):
        self.generator = random.Random(seed)
        self.bytes = 0

    def take(self, payload):
        if payload != self.generator.randbytes(len(payload)):
            raise WrongBytes(f"in a frame of {len(payload)} bytes behind {self.bytes} right ones")
        self.bytes += len(payload)
