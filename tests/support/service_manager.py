"""Stands in for systemd: hears what is said on NOTIFY_SOCKET, and by whom, and keeps the descriptors it is given."""

import array
import socket

from support.waiting import wait_until


class ServiceManager:
    """`heard` holds (process id, text) of every notification that has come.

    `main` is the process that counts, as for `NotifyAccess=main`: the first that speaks, then whom it names. `stored`
    holds, by name, the sockets that it has given to be kept.
    """

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []
        self.main = None
        self.stored = {}

    def listen(self):
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(4096, 4096)
            except BlockingIOError:
                return self.heard
            pid = int.from_bytes(ancillary[0][2][:4], "little")
            given = [socket.socket(fileno=number) for _, kind, content in ancillary if kind == socket.SCM_RIGHTS
                     for number in array.array("i", content)]
            self.heard.append((pid, data.decode()))
            self.main = self.main or pid
            if pid == self.main:
                self.believe(dict(line.split("=", 1) for line in data.decode().splitlines()), given)

    def believe(self, said, given):
        self.main = int(said.get("MAINPID", self.main))
        if "FDSTORE" in said:
            self.stored.setdefault(said["FDNAME"], []).extend(given)
        if "FDSTOREREMOVE" in said:
            for one in self.stored.pop(said["FDNAME"], []):
                one.close()

    def wait_for(self, start):
        return wait_until(lambda: next((pid for pid, text in self.listen() if text.startswith(start)), None), start)

    def keeps(self):
        """The ports and paths of what is kept."""
        self.listen()
        names = [one.getsockname() for sockets in self.stored.values() for one in sockets]
        return sorted(str(name if isinstance(name, str) else name[1]) for name in names)

    def to_pass(self):
        """What the next process that it starts is given, for `Baton.start`."""
        self.listen()
        self.main = None
        return [(one, name) for name, sockets in self.stored.items() for one in sockets]
