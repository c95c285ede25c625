"""Ports of the kernel's choice on the loopback."""

import socket

# Bound and not listening: the kernel gives their ports to nobody who asks for any port, neither bind() nor connect(),
# and a program that names one, with SO_REUSEADDR as servers do, gets it.
_held = []


def free_port(host="127.0.0.1", family=socket.AF_INET):
    """A port that nobody else gets until the test ends. Prefer `listening_socket` where the socket can be passed on."""
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    holder.bind((host, 0))
    _held.append(holder)
    return holder.getsockname()[1]


def held_ports():
    """How many are held now: what `give_back` wants."""
    return len(_held)


def give_back(count):
    """Gives back all but the first `count` ports."""
    while len(_held) > count:
        _held.pop().close()


def closed_port():
    """A port of the loopback that refuses connections until the test ends."""
    return free_port()


def listening_socket(host="127.0.0.1", backlog=128):
    """A bound and listening socket on a port of the kernel's choice."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, 0))
    listener.listen(backlog)
    return listener
