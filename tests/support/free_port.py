"""Ports and sockets that the kernel chooses."""

import socket


def free_port(host="127.0.0.1", family=socket.AF_INET):
    """A port that was free a moment ago. Prefer `listening_socket` where the socket can be passed on."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind((host, 0))
        return probe.getsockname()[1]


def closed_port():
    """A port of the loopback that refuses connections (until somebody binds it)."""
    return free_port()


def listening_socket(host="127.0.0.1", backlog=128):
    """A bound and listening socket on a port of the kernel's choice."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, 0))
    listener.listen(backlog)
    return listener
