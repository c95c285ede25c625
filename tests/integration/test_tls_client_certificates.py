"""Certificates that clients show (mTLS): asked for, insisted on, told to the upstream (RFC 9440), never forged."""

import base64
import ssl
import subprocess

import pytest

from support import certificates as making
from support.tls_client import client_context

FIELDS = ["Client-Cert", "X-Client-Cert-Subject", "X-Client-Cert-Issuer", "X-Client-Cert-Serial",
          "X-Client-Cert-Fingerprint", "X-Client-Cert-Not-After"]
FORGED = [(name, "forged") for name in [*FIELDS, "Client-Cert-Chain", "x-client-cert-SUBJECT", "X-Client-Cert-Else"]]


@pytest.fixture(scope="session")
def me(pki):
    return pki.certificate("me", client=True)


@pytest.fixture
def asking(secured, pki):
    """A proxy whose only host asks for certificates of the tests' CA."""

    def make(mode, forward=True, ca=None, crl=None, **keywords):
        auth = {"mode": mode, "ca": str(ca or pki.ca), "forward": forward, **({"crl": str(crl)} if crl else {})}
        hosts = [{"names": ["example.test"], "tls": {"client_auth": auth}, "routes": [{"to": "app"}]}]
        return secured(hosts=hosts, **keywords)

    return make


def refused(proxy, certificate=None, version="1.3"):
    """Whether the proxy ends the handshake with an alert. In TLS 1.3 that comes behind the client's Finished."""
    try:
        with proxy.client(certificate=certificate, version=version) as client:
            client.get("/")
    except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
        return True
    return False


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_who_must_show_a_certificate_and_has_none_is_refused(asking, me, version):
    proxy, app = asking("require")
    assert refused(proxy, version=version)
    assert not refused(proxy, certificate=me, version=version)
    assert len(app.requests) == 1


@pytest.mark.parametrize("mode", ["request", "require"])
def test_a_certificate_of_a_stranger_is_refused(asking, tmp_path, mode):
    strange = making.make_ca(tmp_path, name="strange")
    proxy, _ = asking(mode)
    assert refused(proxy, certificate=making.make_certificate(tmp_path, ["stranger"], ca=strange, client=True))


def test_a_revoked_certificate_is_refused(asking, pki, tmp_path, me):
    gone = pki.certificate("gone", client=True)
    proxy, _ = asking("require", crl=making.make_crl(tmp_path, pki.authority, [gone]))
    assert refused(proxy, certificate=gone)
    assert not refused(proxy, certificate=me)


def test_who_may_show_a_certificate_may_leave_it(asking):
    proxy, app = asking("request")
    assert not refused(proxy)
    assert not any(app.only_request().head.has(name) for name in FIELDS)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_upstream_is_told_about_the_certificate(asking, me, version):
    proxy, app = asking("request")
    assert not refused(proxy, certificate=me, version=version)
    head = app.only_request().head
    der = ssl.PEM_cert_to_DER_cert(me.cert.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n")
    assert head.get("Client-Cert") == f":{base64.b64encode(der).decode()}:"
    text = subprocess.run(["openssl", "x509", "-in", me.cert, "-noout", "-serial", "-subject", "-issuer", "-nameopt",
                           "RFC2253", "-fingerprint", "-sha256"], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split("=", 1) for line in text.splitlines())
    assert head.get("X-Client-Cert-Serial") == facts["serial"]
    assert head.get("X-Client-Cert-Subject") == facts["subject"] == "CN=me"
    assert head.get("X-Client-Cert-Issuer") == facts["issuer"]
    assert head.get("X-Client-Cert-Fingerprint") == facts["sha256 Fingerprint"].replace(":", "").lower()
    assert head.get("X-Client-Cert-Not-After").endswith("Z")


def test_without_forward_nothing_is_told(asking, me):
    proxy, app = asking("request", forward=False)
    assert not refused(proxy, certificate=me)
    assert not any(app.only_request().head.has(name) for name in FIELDS)


def test_a_resumed_session_still_knows_the_certificate(asking, pki, me):
    proxy, app = asking("require", workers=1)
    context = client_context(pki.ca, "1.3", certificate=me)
    session = None
    for _ in range(2):
        with proxy.client(context=context, session=session) as client:
            assert client.get("/").status == 200
            was_resumed, session = client.is_resumed, client.sock.session
    assert was_resumed
    assert [request.head.get("X-Client-Cert-Subject") for request in app.requests] == ["CN=me", "CN=me"]


def test_nobody_forges_a_certificate(asking, proxied, me):
    """Over TLS or not, with a certificate of one's own or not."""
    proxy, app = asking("request")
    for certificate in (None, me):
        with proxy.client(certificate=certificate) as client:
            assert client.get("/", headers=FORGED).status == 200
    plain, behind = proxied()
    assert plain.get("/", headers=FORGED).status == 200
    for request in app.requests + behind.requests:
        assert b"forged" not in request.head.raw


def test_a_connection_field_does_not_take_the_certificate_away(asking, me):
    proxy, app = asking("request")
    with proxy.client(certificate=me) as client:
        client.get("/", headers=[("Connection", "Client-Cert, X-Client-Cert-Subject")])
    head = app.only_request().head
    assert head.get("X-Client-Cert-Subject") == "CN=me" and head.has("Client-Cert")


def test_a_trusted_proxy_may_tell_about_its_clients_certificate(asking, pki, me):
    listener = {"trusted_proxies": ["127.0.0.0/8"]}
    proxy, app = asking("request", start=False)
    proxy.sections["listeners"][0].update(listener)
    proxy.write_config()
    proxy.start()
    for certificate in (None, me):
        with proxy.client(certificate=certificate) as client:
            assert client.get("/", headers=[("X-Client-Cert-Subject", "CN=theirs")]).status == 200
    # Its own certificate would be taken for the client's, were both told.
    assert [request.head.get("X-Client-Cert-Subject") for request in app.requests] == ["CN=theirs", "CN=me"]


def test_a_subject_cannot_bring_a_line_of_its_own(asking, pki, tmp_path):
    odd = making.make_certificate(tmp_path, ["odd"], ca=pki.authority, client=True,
                                  subject="/CN=a\u00e4\u20acb")
    proxy, app = asking("request")
    assert not refused(proxy, certificate=odd)
    subject = app.only_request().head.get("X-Client-Cert-Subject")
    assert subject.isascii() and "\\" in subject


def test_a_host_that_insists_is_not_reached_by_the_name_of_one_that_does_not(secured, pki, me):
    auth = {"mode": "require", "ca": str(pki.ca)}
    hosts = [{"names": ["open.test"], "routes": [{"respond": {"body": "open"}}]},
             {"names": ["closed.test"], "tls": {"client_auth": auth}, "routes": [{"respond": {"body": "closed"}}]}]
    proxy, _ = secured(hosts=hosts, certificates=[pki.certificate("open.test", "closed.test")])
    with proxy.client(server_name="open.test") as client:
        assert client.get("/", host="open.test").body == b"open"
        assert client.get("/", host="closed.test").status == 421
    with proxy.client(server_name="closed.test", certificate=me) as client:
        assert client.get("/", host="closed.test").body == b"closed"


def test_a_session_of_an_open_host_does_not_open_a_closed_one(secured, pki):
    """The ticket of one policy is no ticket for another (nginx CVE-2025-23419)."""
    auth = {"mode": "require", "ca": str(pki.ca)}
    hosts = [{"names": ["open.test"], "routes": [{"respond": {"body": "open"}}]},
             {"names": ["closed.test"], "tls": {"client_auth": auth}, "routes": [{"respond": {"body": "closed"}}]}]
    proxy, _ = secured(hosts=hosts, certificates=[pki.certificate("open.test", "closed.test")])
    context = client_context(pki.ca, "1.2")
    with proxy.client(context=context, server_name="open.test") as client:
        assert client.get("/", host="open.test").body == b"open"
        session = client.sock.session
    with pytest.raises((ssl.SSLError, ConnectionResetError, BrokenPipeError)):
        with proxy.client(context=context, session=session, server_name="closed.test") as client:
            client.get("/", host="closed.test")
