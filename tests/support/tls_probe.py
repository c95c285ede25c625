"""Asks a TLS server questions with the `openssl s_client` command, and with ClientHellos of our own making."""

import re
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.waiting import PATIENCE

ALERT = 21


@dataclass
class Answer:
    """What s_client printed."""

    text: str
    status: int

    @property
    def established(self):
        return self.version is not None and self.cipher not in (None, "0000", "(NONE)")

    @property
    def version(self):
        return self._first(r"^\s*Protocol\s*: (\S+)$") or self._first(r"^New, (TLSv1\.[23]), Cipher is \w")

    @property
    def cipher(self):
        return self._first(r"^New, .*, Cipher is (\S+)$") or self._first(r"^Reused, .*, Cipher is (\S+)$")

    @property
    def reused(self):
        return re.search(r"^Reused, ", self.text, re.M) is not None

    @property
    def alpn(self):
        return self._first(r"^ALPN protocol: (.+)$")

    @property
    def verified(self):
        return "Verify return code: 0 (ok)" in self.text

    @property
    def alert(self):
        number = self._first(r"SSL alert number (\d+)")
        return int(number) if number else None

    def _first(self, pattern):
        match = re.search(pattern, self.text, re.M)
        return match.group(1) if match else None


class Probe:
    """A server at `address`, asked as `name`, whose certificates lead to `ca`."""

    def __init__(self, address, name, ca):
        self.address, self.name, self.ca = address, name, ca

    def ask(self, *options, send=b"", name=None):
        """One connection of `openssl s_client`; `send` is what it reads from its standard input.

        It asks for a page and waits until the server ends the connection, so that session tickets have arrived.
        """
        name = self.name if name is None else name
        request = f"GET / HTTP/1.1\r\nHost: {name or self.name}\r\nConnection: close\r\n\r\n".encode()
        server_name = ["-servername", name] if name else ["-noservername"]
        host, port = self.address
        done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", *server_name, "-CAfile", self.ca,
                               "-ign_eof" if not send else "-no_ign_eof", *map(str, options)],
                              input=send or request, capture_output=True, timeout=20 * PATIENCE, check=False)
        return Answer((done.stdout + done.stderr).decode("utf-8", "replace"), done.returncode)

    def alert_for_version(self, version):
        """The alert that answers a ClientHello for at most `version` (0x0301 = TLS 1.0); None without one."""
        with socket.create_connection(self.address, timeout=10 * PATIENCE) as sock:
            sock.sendall(client_hello(version, self.name))
            head = receive(sock, 5)
            if len(head) < 5 or head[0] != ALERT:
                return None
            return receive(sock, struct.unpack(">H", head[3:])[0])[1]

    def answer_to(self, data):
        """Everything that the server says to `data` until it ends the connection."""
        with socket.create_connection(self.address, timeout=10 * PATIENCE) as sock:
            sock.sendall(data)
            said = b""
            try:
                while piece := sock.recv(65536):
                    said += piece
            except ConnectionResetError:
                pass
            return said


def receive(sock, count):
    said = b""
    while len(said) < count and (piece := sock.recv(count - len(said))):
        said += piece
    return said


def client_hello(version, name, suites=(0xC02B, 0xC02F, 0xC009, 0xC013, 0x002F, 0x000A)):
    """A ClientHello record that knows nothing newer than `version`."""
    server_name = name.encode()
    extensions = b""
    if version > 0x0300:
        listed = struct.pack(">BH", 0, len(server_name)) + server_name
        groups = struct.pack(">HHH", 4, 29, 23)
        extensions = extension(0, struct.pack(">H", len(listed)) + listed) + extension(10, groups) + extension(11, b"\1\0")
        if version >= 0x0303:
            extensions += extension(13, struct.pack(">HHH", 4, 0x0403, 0x0804))
    body = struct.pack(">H", version) + bytes(range(32)) + b"\0" + struct.pack(">H", 2 * len(suites))
    body += b"".join(struct.pack(">H", suite) for suite in suites) + b"\1\0"
    if extensions:
        body += struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16" + struct.pack(">HH", min(version, 0x0301), len(message)) + message


def extension(number, content):
    return struct.pack(">HH", number, len(content)) + content


def session_file(folder, name="session"):
    return Path(folder) / f"{name}.pem"
