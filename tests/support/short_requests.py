"""Requests on connections of their own, and endpoints that take a known time to answer."""

import ssl
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from support.scripted_upstream import OK

UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

class ShortRequests:
    """Clients that make a connection for every request, one after the other, until `end`, which counts the answers."""

    def __init__(self, proxy, clients):
        self.proxy, self.ended = proxy, threading.Event()
        self.pool = ThreadPoolExecutor(clients)
        self.runs = [self.pool.submit(self.run) for _ in range(clients)]

    def run(self):
        own = Counter()
        while not self.ended.is_set():
            try:
                own[self.proxy.get("/").status] += 1
            except ssl.SSLError as error:
                own[error.reason or repr(error)] += 1
        return own

    def end(self):
        self.ended.set()
        total = Counter()
        for run in self.runs:
            total += run.result()
        self.pool.shutdown()
        return total


def answering_after(seconds, reply=OK):
    """A script of an endpoint that takes its time."""

    def script(peer):
        while True:
            peer.request()
            threading.Event().wait(seconds)
            peer.send(reply)

    return script
