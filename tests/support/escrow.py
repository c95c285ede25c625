"""What lies in escrow, as the workers' shared memory, the master's descriptors and the log say."""

import re

from support import process_facts
from support.waiting import wait_until

CELL = 4096  # bytes of the memory; the first 8 are 0 unless a connection rests there
SOCKETS_OF_CONNECTION = 2


def held_sockets(proxy):
    """How many sockets of clients and endpoints the serving master has open."""
    own = process_facts.socket_inodes(proxy.master_pid)
    return len(own - process_facts.inodes_of_lines_and_listeners())


def resting(proxy):
    """How many connections of the serving workers would be adopted now."""
    count = 0
    for pid in proxy.worker_pids():
        for number, kind in process_facts.descriptors(pid).items():
            if "memfd:baton-escrow" in kind:
                count += valid_cells(f"/proc/{pid}/fd/{number}")
    return count


def valid_cells(path):
    """Cells are taken from the first on; behind a thousand that were never used there are no others."""
    count = unused = 0
    with open(path, "rb") as memory:
        while unused < 1000 and (cell := memory.read(CELL)):
            count += cell[:8] != bytes(8)
            unused = unused + 1 if cell == bytes(CELL) else 0
    return count


def wait_in_escrow(proxy, connections, seconds=30):
    """Until exactly so many rest there, and the master holds the sockets of no others."""
    def as_expected():
        return held_sockets(proxy) == SOCKETS_OF_CONNECTION * connections and resting(proxy) == connections

    wait_until(as_expected, f"{connections} connections lie in escrow", seconds)


def settled(proxy):
    """(adopted, lost) of each worker that has died."""
    lines = re.findall(r"escrow\.adopted worker=\d+ adopted=(\d+) lost=(\d+)", proxy.error_text())
    return [(int(adopted), int(lost)) for adopted, lost in lines]
