"""A raw client over TLS, on Python's ssl module, with a say in every part of the handshake."""

import ctypes
import socket
import ssl

from support.http_message import Reader
from support.raw_client import RawClient

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# Every suite that Baton speaks with a certificate of an elliptic curve, by version and AEAD.
SUITES = {
    ("1.2", "aes128"): "ECDHE-ECDSA-AES128-GCM-SHA256",
    ("1.2", "aes256"): "ECDHE-ECDSA-AES256-GCM-SHA384",
    ("1.2", "chacha20"): "ECDHE-ECDSA-CHACHA20-POLY1305",
    ("1.3", "aes128"): "TLS_AES_128_GCM_SHA256",
    ("1.3", "aes256"): "TLS_AES_256_GCM_SHA384",
    ("1.3", "chacha20"): "TLS_CHACHA20_POLY1305_SHA256",
}


class _ContextObject(ctypes.Structure):
    """The beginning of CPython's PySSLContext."""

    _fields_ = [("references", ctypes.c_ssize_t), ("type", ctypes.c_void_p), ("context", ctypes.c_void_p)]


class _SocketObject(ctypes.Structure):
    """The beginning of CPython's PySSLSocket."""

    _fields_ = [("references", ctypes.c_ssize_t), ("type", ctypes.c_void_p), ("socket", ctypes.c_void_p),
                ("ssl", ctypes.c_void_p)]


def _call(name, sock, *arguments):
    """Calls what the ssl module has no word for: the function `name` of OpenSSL, with the SSL of `sock`."""
    function = getattr(ctypes.CDLL("libssl.so.3"), name)
    function.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * len(arguments)
    held = sock._sslobj  # another thread may close the socket meanwhile
    if held is None:
        raise OSError("the connection is closed")
    return function(_SocketObject.from_address(id(held)).ssl, *arguments)


def update_keys(sock, asking=True):
    """Updates our keys on a TLS 1.3 connection and, when `asking`, has the peer update its own."""
    if _call("SSL_key_update", sock, 1 if asking else 0) != 1 or _call("SSL_do_handshake", sock) != 1:
        raise OSError("the keys cannot be updated")


def _set_tls13_suite(context, suite):
    """What `set_ciphers` is for TLS 1.2; the ssl module has no way to choose a suite of TLS 1.3."""
    library = ctypes.CDLL("libssl.so.3")
    library.SSL_CTX_set_ciphersuites.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    pointer = _ContextObject.from_address(id(context)).context
    assert library.SSL_CTX_set_ciphersuites(pointer, suite.encode()) == 1, suite


def client_context(ca, version=None, aead=None, certificate=None):
    """A context that trusts `ca` (a path; None trusts everybody) and speaks only what is asked for.

    `aead` is one of aes128, aes256 and chacha20 and needs a version; `certificate` is shown when the server asks.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(str(ca))
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    if aead and version == "1.2":
        context.set_ciphers(SUITES[version, aead])
    elif aead:
        _set_tls13_suite(context, SUITES[version, aead])
    if certificate:
        context.load_cert_chain(str(certificate.cert), str(certificate.key))
    return context


class TlsReader(Reader):
    def fill(self):
        try:
            return super().fill()
        except ssl.SSLZeroReturnError:  # a close_notify behind our own
            return False


class TlsClient(RawClient):
    """A `RawClient` whose bytes go through TLS. The end of the stream counts only with a close_notify."""

    def __init__(self, address, ca=None, server_name="example.test", version=None, aead=None, certificate=None,
                 context=None, session=None, **options):
        super().__init__(address, **options)
        context = context or client_context(ca, version, aead, certificate)
        if server_name is None:
            context.check_hostname = False
        try:
            self.sock = context.wrap_socket(self.sock, server_hostname=server_name, session=session,
                                            suppress_ragged_eofs=False)
        except BaseException:
            self.sock.close()
            raise
        self.reader = TlsReader(self.sock)
        if aead:
            assert self.sock.cipher()[0] == SUITES[version, aead]

    @property
    def is_resumed(self):
        return self.sock.session_reused

    def finish_sending(self):
        """Sends close_notify and FIN; what the other side says can still be read."""
        # The ssl module would look for the other side's close_notify at once, and fail if an answer came first.
        if _call("SSL_shutdown", self.sock) < 0:
            raise OSError("the connection is broken")
        socket.socket.shutdown(self.sock, socket.SHUT_WR)

    def ends(self):
        try:
            return super().ends()
        except ssl.SSLEOFError:
            return False

    def is_ended(self):
        try:
            return super().is_ended()
        except ssl.SSLError:
            return True

    def server_certificate(self):
        """The DER that the server has shown."""
        return self.sock.getpeercert(binary_form=True)


def server_context(certificate, ca=None, version=None):
    """What a server behind the proxy needs: its certificate, and the `ca` of clients if it insists on one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificate.cert), str(certificate.key))
    if ca:
        context.load_verify_locations(str(ca))
        context.verify_mode = ssl.CERT_REQUIRED
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context
