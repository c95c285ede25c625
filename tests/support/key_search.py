"""Knows the secrets of a server and its connections, and searches for them in files and processes."""

import base64
import errno
import re
from dataclasses import dataclass
from pathlib import Path

PIECE = 20  # bytes of a secret that are searched for: nobody guesses the rest, and no chance brings them together


@dataclass(frozen=True)
class Secret:
    name: str
    value: bytes

    def spellings(self):
        """Everything that would give a piece of it away: raw, as a number in memory, in hex and in base64."""
        piece = self.value[:PIECE]
        spelt = {piece, piece[::-1], piece.hex().encode(), piece.hex().upper().encode()}
        # In base64 it depends on what stands before; ends that depend on neighbours are left out.
        spelt.update(base64.b64encode(bytes(shift) + piece)[4:-4] for shift in range(3))
        return spelt


def secrets_of_key(path):
    """Pieces of the private numbers in a PEM file (PKCS #8)."""
    body = "".join(line for line in Path(path).read_text().splitlines() if not line.startswith("-----"))
    der = base64.b64decode(body)
    scalar = der.find(bytes.fromhex("0201010420"))  # RFC 5915 section 3
    if 0 <= scalar < 64:
        return [Secret(f"private key of {Path(path).name}", der[scalar + 5:scalar + 37])]
    # RSA: behind the public modulus come the secret exponent, the primes and what is made of them.
    return [Secret(f"private key of {Path(path).name} at {at}", der[at:at + 64])
            for at in range(len(der) // 3, len(der) - 64, 64)]


def secrets_of_connections(keylog):
    """Of what a client has written where SSLKEYLOGFILE says."""
    found = []
    for line in Path(keylog).read_text().splitlines():
        if line and not line.startswith("#"):
            label, random, value = line.split()
            found.append(Secret(f"{label} of {random[:8]}", bytes.fromhex(value)))
    return found


def found_in(data, secrets):
    return [secret.name for secret in secrets if any(spelling in data for spelling in secret.spellings())]


@dataclass(frozen=True)
class Mapping:
    begin: int
    end: int
    name: str
    flags: frozenset  # as /proc/PID/smaps abbreviates them

    @property
    def is_locked_and_not_dumped(self):
        return {"lo", "dd"} <= self.flags


def writable_mappings(pid):
    found = []
    head = None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line)
        if match:
            head = match
        elif line.startswith("VmFlags:") and head[3].startswith("rw"):
            found.append(Mapping(int(head[1], 16), int(head[2], 16), head[4], frozenset(line.split()[1:])))
    return found


def found_in_memory(pid, secrets):
    """Every secret that lies in memory which the process may write to, with the mapping: (name, Mapping).

    Nothing of a process that ends meanwhile, or of a mapping that it gives up: that memory is gone.
    """
    found = []
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for mapping in writable_mappings(pid):
                memory.seek(mapping.begin)
                try:
                    data = memory.read(mapping.end - mapping.begin)
                except OSError as error:
                    if error.errno != errno.EIO:
                        raise
                    continue
                found += [(name, mapping) for name in found_in(data, secrets)]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return found
