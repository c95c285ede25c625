"""Reads a file that another process is still writing to."""

import json


def complete_text(path):
    """What `path` holds up to the end of its last whole line; nothing if there is no file.

    One write() may be seen in parts: the kernel copies a page at a time and lets readers in between.
    """
    if not path.exists():
        return ""
    content = path.read_bytes()
    return content[:content.rfind(b"\n") + 1].decode(errors="replace")


def parsed_lines(path):
    """The objects of a file of JSON lines, without one that is not whole yet."""
    return [json.loads(line) for line in complete_text(path).split("\n")[:-1]]
