"""A TLS client that decides itself which bytes travel: between records, instead of records, before the handshake."""

import ssl

from support.tls_client import client_context, update_keys


class MemoryTls:
    """A connection of `client` (a RawClient) that shakes hands over memory; `fault` is what ended it."""

    def __init__(self, client, version=None, server_name="example.test", aead=None):
        self.client = client
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = client_context(None, version, aead)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=server_name)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                client.send(self.outgoing.read())
                self.take_in()
        client.send(self.outgoing.read())

    def seal(self, data):
        """The records that say `data`, unsent."""
        self.tls.write(data)
        return self.outgoing.read()

    def seal_key_update(self, asking=False):
        update_keys(self.tls, asking)
        return self.outgoing.read()

    def take_in(self):
        """Gives OpenSSL, which has used up what it had, something that has arrived."""
        arrived = self.client.sock.recv(65536)
        self.incoming.write(arrived) if arrived else self.incoming.write_eof()

    def read(self):
        """What the other side says next; an alert is an `ssl.SSLError` with its name."""
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.take_in()
