"""Which certificate is shown for which name, and which requests belong to it (RFC 6066 §3, RFC 9110 §15.5.20)."""

import ssl

import pytest

from support.free_port import free_port
from support.tls_client import TlsClient


def shown(proxy, name, **options):
    with proxy.client(server_name=name, **options) as client:
        names = client.sock.getpeercert()["subjectAltName"]
    return {value for _, value in names}


def two_hosts(**second):
    return [{"names": ["a.test"], "routes": [{"respond": {"body": "a"}}]},
            {"names": ["b.test"], "routes": [{"respond": {"body": "b"}}], **second}]


def test_a_name_gets_the_certificate_that_covers_it(baton, pki):
    certificates = [pki.default(), pki.certificate("a.test", "www.a.test"), pki.certificate("*.wild.test")]
    proxy = baton(routes=[{"respond": {"body": "x"}}], certificates=certificates)
    assert shown(proxy, "a.test") == {"a.test", "www.a.test"}
    assert shown(proxy, "WWW.a.test") == {"a.test", "www.a.test"}
    assert shown(proxy, "one.wild.test") == {"*.wild.test"}
    assert "example.test" in shown(proxy, "127.0.0.1")


def test_a_client_that_knows_only_rsa_gets_the_rsa_certificate_of_the_name(baton, pki):
    certificates = [pki.certificate("a.test"), pki.certificate("a.test", key_type="rsa")]
    proxy = baton(routes=[{"respond": {"body": "x"}}], certificates=certificates)
    for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(str(pki.ca))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        with proxy.client(context=context, server_name="a.test") as client:
            assert client.sock.cipher()[0] == suite
            assert client.get("/", host="a.test").status == 200


def test_a_name_nobody_serves_is_refused_with_an_alert(baton, pki):
    proxy = baton(routes=[{"respond": {"body": "x"}}], certificates=[pki.certificate("a.test")],
                  tls={"default_certificate": None})
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        proxy.client(server_name="other.test", ca=None)
    assert proxy.client(server_name="a.test").get("/", host="a.test").status == 200


def test_an_unknown_name_gets_the_default_certificate_if_there_is_one(baton, pki):
    proxy = baton(routes=[{"respond": {"body": "x"}}], certificates=[pki.default(), pki.certificate("a.test")])
    with proxy.client(server_name="other.test", ca=None) as client:
        assert client.get("/", host="other.test").status == 200
    with proxy.client(server_name=None) as client:
        assert client.get("/", host="example.test").status == 200


def test_a_request_for_a_host_of_another_certificate_is_misdirected(baton, pki):
    proxy = baton(hosts=two_hosts(), certificates=[pki.certificate("a.test"), pki.certificate("b.test")])
    with proxy.client(server_name="a.test") as client:
        assert client.get("/", host="a.test").body == b"a"
        answer = client.get("/", host="b.test")
        assert answer.status == 421
        # A mistake of the client, which costs it no connection.
        assert client.get("/", host="A.test:443").body == b"a"


def test_a_host_that_the_certificate_covers_too_is_served(baton, pki):
    proxy = baton(hosts=two_hosts(), certificates=[pki.certificate("a.test", "b.test")])
    with proxy.client(server_name="a.test") as client:
        assert client.get("/", host="b.test").body == b"b"


def test_a_host_with_a_higher_version_of_tls_is_not_reached_by_the_name_of_another(baton, pki):
    certificates = [pki.certificate("a.test", "b.test")]
    proxy = baton(hosts=two_hosts(tls={"min_version": "1.3"}), certificates=certificates)
    with proxy.client(server_name="a.test", version="1.2") as client:
        assert client.get("/", host="a.test").body == b"a"
        assert client.get("/", host="b.test").status == 421
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        proxy.client(server_name="b.test", version="1.2")
    with proxy.client(server_name="b.test", version="1.3") as client:
        assert client.get("/", host="b.test").body == b"b"


def test_a_pinned_certificate_is_shown_instead_of_the_one_that_fits(baton, pki):
    hosts = two_hosts(tls={"certificate": "certificate-1"})
    proxy = baton(hosts=hosts, certificates=[pki.certificate("a.test", "b.test"), pki.certificate("b.test", "c.test")])
    assert shown(proxy, "b.test") == {"b.test", "c.test"}
    assert shown(proxy, "a.test") == {"a.test", "b.test"}


# ---- plain listeners beside TLS ones ----------------------------------------------------------------------------


@pytest.fixture
def both(baton, pki):
    """A plain listener (`plain`) and a TLS one (`address`) for the same hosts."""

    def make(hosts, **keywords):
        plain, secure = free_port(), free_port()
        certificate = pki.certificate("example.test", "127.0.0.1")
        proxy = baton(hosts=hosts, listeners=[{"address": f"127.0.0.1:{plain}", **keywords.pop("plain_options", {})},
                                              {"address": f"127.0.0.1:{secure}", "tls": True}],
                      certificates=[certificate], **keywords)
        proxy.address = ("127.0.0.1", plain)
        proxy.tls_address = ("127.0.0.1", secure)
        return proxy

    return make


def over_tls(proxy, pki, target="/", **options):
    with TlsClient(proxy.tls_address, ca=pki.ca, **options) as client:
        return client.get(target)


def over_plain(proxy, target="/", **options):
    with proxy.plain_client() as client:
        return client.get(target, **options)


def test_plain_requests_are_sent_to_https(both, pki):
    proxy = both([{"names": ["example.test"], "routes": [{"respond": {"body": "secret"}}]}])
    answer = over_plain(proxy, "/a/b?c=d&e")
    assert answer.status == 308
    assert answer.get("Location") == f"https://example.test:{proxy.tls_address[1]}/a/b?c=d&e"
    assert over_plain(proxy, "/", host=f"EXAMPLE.test:{proxy.address[1]}").status == 308
    assert over_tls(proxy, pki, "/a/b?c=d&e").body == b"secret"


def test_challenges_of_certificate_authorities_are_answered_without_tls(both):
    proxy = both([{"names": ["example.test"], "routes": [{"respond": {"body": "token"}}]}])
    assert over_plain(proxy, "/.well-known/acme-challenge/abc").body == b"token"
    assert over_plain(proxy, "/.well-known/acme-challenge/../../secret").status == 308


def test_a_request_that_a_trusted_proxy_has_got_by_https_is_not_redirected(both):
    proxy = both([{"names": ["example.test"], "routes": [{"respond": {"body": "x"}}]}],
                 plain_options={"trusted_proxies": ["127.0.0.0/8"]})
    assert over_plain(proxy, "/", headers=[("X-Forwarded-Proto", "https")]).body == b"x"
    assert over_plain(proxy, "/", headers=[("X-Forwarded-Proto", "http")]).status == 308


def test_redirect_https_can_be_off(both):
    proxy = both([{"names": ["example.test"], "redirect_https": "off", "routes": [{"respond": {"body": "x"}}]}])
    assert over_plain(proxy).body == b"x"


def test_a_host_without_tls_is_not_redirected(proxied):
    proxy, _ = proxied()
    assert proxy.get("/").status == 200


HSTS = {"max_age": "365d", "include_subdomains": True}


def test_answers_over_tls_insist_on_tls_and_plain_ones_do_not(both, pki):
    proxy = both([{"names": ["example.test"], "hsts": HSTS,
                   "routes": [{"match": {"path": "/here"}, "respond": {"body": "x"}}]}])
    for target, status in (("/here", 200), ("/nowhere", 404)):
        answer = over_tls(proxy, pki, target)
        assert answer.status == status
        assert answer.head.all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]
    assert not over_plain(proxy, "/here").head.has("Strict-Transport-Security")


def test_the_host_speaks_for_its_upstreams_about_hsts(both, pki, upstream):
    app = upstream(reply=b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 2\r\n\r\nok")
    proxy = both([{"names": ["example.test"], "hsts": HSTS, "routes": [{"to": "app"}]}],
                 upstreams={"app": [app.endpoint]})
    answer = over_tls(proxy, pki)
    assert answer.head.all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]


def test_without_hsts_the_upstreams_own_passes(both, pki, upstream):
    app = upstream(reply=b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 2\r\n\r\nok")
    proxy = both([{"names": ["example.test"], "routes": [{"to": "app"}]}], upstreams={"app": [app.endpoint]})
    assert over_tls(proxy, pki).head.all("Strict-Transport-Security") == ["max-age=1"]
