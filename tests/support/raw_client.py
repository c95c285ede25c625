"""A client that sends exact bytes and reads what comes back."""

import socket
import struct

from support.http_message import EarlyEnd, Reader
from support.waiting import PATIENCE


class RawClient:
    """One connection to `address`: (host, port), or a path of a UNIX socket."""

    def __init__(self, address, timeout=10.0, receive_buffer=None):
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout * PATIENCE)
        self.sock.connect(address)
        if not isinstance(address, str):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def request(self, method="GET", target="/", headers=(), body=b"", host="example.test"):
        """Sends one request, framed by Content-Length when there is a body."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"] if host else [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def response(self, method="GET"):
        return self.reader.response(method)

    def get(self, target="/", headers=(), host="example.test"):
        self.request("GET", target, headers, host=host)
        return self.response()

    def finish_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    def ends(self):
        """Reads to the end of the stream. True when nothing more came and the peer closed in order."""
        try:
            return self.reader.to_end() == b""
        except ConnectionResetError:
            return False

    def is_ended(self):
        """The peer closed, in order or not, perhaps after more bytes."""
        try:
            self.reader.to_end()
        except ConnectionResetError:
            pass
        except socket.timeout:
            return False
        return True

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def exchange(address, data, method="GET"):
    """Sends `data` on a connection of its own. The response, or None when the peer closed without one."""
    with RawClient(address) as client:
        try:
            client.send(data)
            return client.response(method)
        except (EarlyEnd, ConnectionResetError, BrokenPipeError):
            return None
