"""A command at a terminal of its own: what it draws, and the keys that a person presses."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios

from support.baton import BINARY
from support.waiting import wait_until

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class CommandAtTerminal:
    """Runs `baton ARGUMENTS` against `proxy`, with a pseudo-terminal as its standard streams."""

    def __init__(self, proxy, *arguments, rows=30, columns=100, environment=None):
        self.text, self.ended = "", None
        command = [str(BINARY), *arguments, "-c", str(proxy.config_file)]
        variables = {**proxy.environment, "TERM": "xterm", **(environment or {})}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests run in the background of a shell
            os.execve(command[0], command, variables)

    def press(self, keys):
        os.write(self.terminal, keys.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        """Takes what has been drawn so far."""
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                drawn = os.read(self.terminal, 65536)
            except OSError:  # EIO: the command has closed its side
                return
            self.text += drawn.decode(errors="replace")

    @property
    def pictures(self):
        """Each picture in the order they were drawn, as its lines without escape sequences."""
        return [[line.rstrip() for line in ESCAPE.sub("", picture).replace("\r", "").splitlines()]
                for picture in re.split(r"\x1b\[J", self.text)]

    @property
    def picture(self):
        """The last one that was drawn to its end."""
        whole = self.pictures[:-1]
        return "\n".join(whole[-1]) if whole else ""

    def wait_shown(self, part, seconds=15):
        def is_shown():
            self.read()
            return part in self.picture

        wait_until(is_shown, f"`{part}` is drawn", seconds)

    def wait(self, seconds=15):
        """Until the command has ended; its status as subprocess has it (negative after a signal)."""

        def ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return pid and [os.waitstatus_to_exitcode(status)]

        if self.ended is None:
            self.ended = wait_until(ended, "the command ends", seconds)[0]
            self.read()
        return self.ended

    def keys_are_as_before(self):
        """Whether lines are put together and echoed again, as a shell expects."""
        flags = termios.tcgetattr(self.terminal)[3]
        return bool(flags & termios.ICANON) and bool(flags & termios.ECHO)

    def close(self):
        if self.ended is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.terminal)
