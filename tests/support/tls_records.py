"""The records of a TLS stream as it is on the wire (RFC 5246 §6.2, RFC 8446 §5.1)."""

import struct

HEADER = 5
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23


def body_length(header):
    return struct.unpack(">H", header[3:])[0]


def records(stream):
    """(content type, body) of each record; the stream must end with a whole one."""
    found, at = [], 0
    while at < len(stream):
        header = bytes(stream[at:at + HEADER])
        assert header[0] in (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA), (at, header)
        end = at + HEADER + body_length(header)
        assert end <= len(stream), "the last record is not whole"
        found.append((header[0], bytes(stream[at + HEADER:end])))
        at = end
    return found


def explicit_nonces(stream):
    """The explicit part of the nonce of every AES-GCM record of TLS 1.2 (RFC 5288 §3); the rest comes with the key."""
    found = records(stream)
    types = [kind for kind, _ in found]
    assert types.count(CHANGE_CIPHER_SPEC) == 1, "more than one key"
    return [struct.unpack(">Q", body[:8])[0] for _, body in found[types.index(CHANGE_CIPHER_SPEC) + 1:]]
