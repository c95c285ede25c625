"""What /proc says of processes: descriptors, arguments, environment, memory, parents."""

import os
import re


TCP_LISTEN = "0A"


def read_proc(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def stat_fields(pid):
    """(state, parent) or None when the process does not exist."""
    text = read_proc(pid, "stat").decode("latin-1")
    if not text:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return fields[0], int(fields[1])


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children(pid):
    found = []
    for candidate in all_pids():
        fields = stat_fields(candidate)
        if fields and fields[1] == pid:
            found.append(candidate)
    return sorted(found)


def zombie_children(pid):
    return [child for child in children(pid) if (stat_fields(child) or ("?",))[0] == "Z"]


def is_alive(pid):
    fields = stat_fields(pid)
    return fields is not None and fields[0] not in "ZX"


def arguments(pid):
    return [os.fsdecode(part) for part in read_proc(pid, "cmdline").split(b"\0")[:-1]]


def environment(pid):
    """The environment as (name, value) in its order; LISTEN_PID names the process itself and is set to `self`."""
    pairs = []
    for part in read_proc(pid, "environ").split(b"\0"):
        if not part:
            continue
        name, _, value = part.decode("utf-8", "replace").partition("=")
        pairs.append((name, "self" if name == "LISTEN_PID" and value == str(pid) else value))
    return pairs


def status(pid):
    """The fields of /proc/PID/status as text."""
    lines = read_proc(pid, "status").decode().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def descriptors(pid):
    """number -> kind of every open descriptor, with inode numbers and the like removed. One that has ended has none."""
    found = {}
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return found
    for name in names:
        try:
            target = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
        found[int(name)] = re.sub(r"\[\d+\]", "", target.replace(f"/proc/{pid}/", "/proc/self/"))
    return found


def socket_inodes(pid):
    """The inode numbers of its open sockets."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(int(target[len("socket:["):-1]))
    return found


def inodes_of_lines_and_listeners():
    """Of every UNIX socket and every listening TCP socket."""
    with open("/proc/net/unix") as lines:
        found = {int(line.split()[6]) for line in list(lines)[1:]}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            rows = [line.split() for line in list(lines)[1:]]
        found |= {int(row[9]) for row in rows if row[3] == TCP_LISTEN}
    return found


def descriptor_kinds(pid):
    """How many descriptors of each kind are open, whatever their numbers."""
    counts = {}
    for kind in descriptors(pid).values():
        counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))


def hold_no_more(pids, before):
    """Whether none of `pids` has more descriptors of a kind than its place in `before` (see descriptor_kinds).

    Not whether they are the same: what ends has its connections closed a moment later, so one look may see them still.
    """
    return all(count <= then.get(kind, 0) for pid, then in zip(pids, before, strict=True)
               for kind, count in descriptor_kinds(pid).items())


def memory(pid):
    """Bytes: {'rss': …, 'pss': …, 'private_dirty': …} over all mappings."""
    text = read_proc(pid, "smaps_rollup").decode()

    def field(name):
        match = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
        return int(match.group(1)) * 1024 if match else 0

    return {"rss": field("Rss"), "pss": field("Pss"), "private_dirty": field("Private_Dirty")}


def cpu_seconds(pid):
    """Time that the process has spent on a processor, user and system together."""
    return int(read_proc(pid, "schedstat").split()[0]) / 1e9
