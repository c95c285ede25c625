"""Stands in for systemd: hears what is said on NOTIFY_SOCKET, and by whom."""

import socket

from support.waiting import wait_until


class ServiceManager:
    """`heard` holds (process id, text) of every notification that has come."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(4096, 1024)
            except BlockingIOError:
                return self.heard
            pid = int.from_bytes(ancillary[0][2][:4], "little")
            self.heard.append((pid, data.decode()))

    def wait_for(self, start):
        return wait_until(lambda: next((pid for pid, text in self.listen() if text.startswith(start)), None), start)
