"""A TCP relay that keeps every byte of both directions."""

import socket
import threading

from support.free_port import listening_socket


class Recording:
    """What has crossed one connection so far."""

    def __init__(self):
        self.from_client = bytearray()
        self.from_server = bytearray()


class RecordingRelay:
    """Connects whoever comes to `address` with the server at `to`; `recordings` are in the order of the connections."""

    def __init__(self, to):
        self.to = to
        self.recordings = []
        self.sockets = []
        self.listener = listening_socket()
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept_all, daemon=True).start()

    def accept_all(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.to)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [client, server]
            recording = Recording()
            self.recordings.append(recording)
            for way in ((client, server, recording.from_client), (server, client, recording.from_server)):
                threading.Thread(target=self.relay, args=way, daemon=True).start()

    def relay(self, source, target, kept):
        try:
            while data := source.recv(256 * 1024):
                kept += data  # before anybody can have received it
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for one in (self.listener, *self.sockets):
            one.close()
