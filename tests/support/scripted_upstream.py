"""A server behind the proxy that speaks exact bytes and remembers what it was sent."""

import socket
import struct
import threading

from support.http_message import EarlyEnd, Reader
from support.waiting import PATIENCE, wait_until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """One accepted connection, as a script sees it."""

    def __init__(self, sock, number):
        self.sock = sock
        self.number = number  # counts connections from 1
        self.reader = Reader(sock)

    def request(self):
        return self.reader.request()

    def send(self, data):
        self.sock.sendall(data)

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait_for_end(self):
        """Returns what the proxy still sends until it closes."""
        try:
            return self.reader.to_end()
        except ConnectionResetError:
            return b""


class ScriptedUpstream:
    """Runs `script(peer)` in a thread for every connection. Without a script it answers `reply` to every request.

    `requests` holds every request that `answer` or the default script has read, `connections` counts accepts. With
    `tls`, an ssl.SSLContext, it shakes hands first; `handshake_errors` holds those that failed.
    """

    def __init__(self, script=None, reply=OK, path=None, tls=None):
        self.script = script or self.answer_always
        self.reply = reply
        self.requests = []
        self.errors = []
        self.connections = 0
        self.peers = []
        self.path = path
        self.tls = tls
        self.handshake_errors = []
        if path:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(path)
        else:
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1024)
        self.thread = threading.Thread(target=self.accept_all, daemon=True)
        self.thread.start()

    @property
    def endpoint(self):
        """As the configuration wants it."""
        if self.path:
            return f"unix:{self.path}"
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    def accept_all(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(30 * PATIENCE)
            self.connections += 1
            peer = Peer(sock, self.connections)
            self.peers.append(peer)
            threading.Thread(target=self.run, args=(peer,), daemon=True).start()

    def run(self, peer):
        try:
            if self.tls and not self.shake_hands(peer):
                return
            self.script(peer)
        except (EarlyEnd, OSError):
            pass
        except Exception as error:  # shown by `close`, so that a wrong script fails its test
            self.errors.append(error)
        finally:
            peer.sock.close()

    def shake_hands(self, peer):
        try:
            peer.sock = self.tls.wrap_socket(peer.sock, server_side=True)
        except OSError as error:
            self.handshake_errors.append(error)
            return False
        peer.reader.sock = peer.sock
        return True

    def answer(self, peer, reply=None):
        """Reads one request, remembers it, answers it."""
        request = peer.request()
        self.requests.append(request)
        peer.send(self.reply if reply is None else reply)
        return request

    def answer_always(self, peer):
        while True:
            self.answer(peer)

    def only_request(self):
        """The one request that came; waits for it."""
        wait_until(lambda: self.requests, "a request reaches the upstream")
        assert len(self.requests) == 1, [request.head.start_line for request in self.requests]
        return self.requests[0]

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for peer in self.peers:
            try:
                peer.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if self.errors:
            raise self.errors[0]
