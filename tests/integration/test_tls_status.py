"""What `baton status` tells about TLS: certificates with their ends, and how handshakes went."""

from support import certificates as making
from support.tls_client import client_context
from support.waiting import wait_until


def of_name(proxy, name):
    (found,) = [one for one in proxy.status()["certificates"] if one["name"] == name]
    return found


def test_certificates_are_listed_with_their_end(secured, pki, tmp_path):
    days = {"example.test": 60, "soon.test": 5, "gone.test": -3}
    certificates = [making.make_certificate(tmp_path, [name], ca=pki.authority, days=left)
                    for name, left in days.items()]
    proxy, _ = secured(certificates=certificates)
    states = [of_name(proxy, f"certificate-{number}")["state"] for number in range(3)]
    assert states == ["ok", "expiring", "expired"]
    for number, (name, left) in enumerate(days.items()):
        told = of_name(proxy, f"certificate-{number}")
        assert told["names"] == [name] and told["key_type"] == "ecdsa"
        assert told["file"] == str(certificates[number].cert)
        assert left - 1 <= told["days_left"] <= left
        serial = making.openssl("x509", "-in", certificates[number].cert, "-noout", "-serial").decode().strip()
        assert told["serial"].upper() == serial.split("=")[1]
        end = making.openssl("x509", "-in", certificates[number].cert, "-noout", "-enddate", "-dateopt", "iso_8601")
        assert told["not_after"] == end.decode().strip().split("=")[1].replace(" ", "T")
        row = [line for line in proxy.command("status").stdout.splitlines() if f"certificate-{number} " in line]
        assert states[number] in row[0] and told["not_after"][:10] in row[0] and name in row[0]


def test_a_certificate_that_could_not_be_renewed_says_so_until_it_can(secured, pki, tmp_path):
    own = making.make_certificate(tmp_path, ["example.test"], ca=pki.authority)
    proxy, _ = secured(certificates=[own])
    good = own.cert.read_bytes()
    own.cert.write_text("this is no certificate\n")
    wait_until(lambda: of_name(proxy, "certificate-0")["state"] == "failed", "the failure is told", 20)
    told = of_name(proxy, "certificate-0")
    assert str(own.cert) in told["reason"] and told["names"] == ["example.test"]
    assert told["reason"] in proxy.command("status").stdout
    own.cert.write_bytes(good)
    wait_until(lambda: of_name(proxy, "certificate-0")["state"] == "ok", "all is well again", 20)


def test_handshakes_are_counted_by_their_end(secured, pki):
    proxy, _ = secured()
    context, session = client_context(pki.ca, "1.2"), None
    for _ in range(3):
        with proxy.client(context=context, session=session) as client:
            assert client.get("/").status == 200
            session = client.sock.session
    with proxy.client(version="1.3") as client:
        assert client.get("/").status == 200
    with proxy.plain_client() as client:
        client.send(bytes(10))
        assert client.is_ended()
    expected = {"tls_handshakes": 4, "tls_handshakes_resumed": 2, "tls_handshakes_tls12": 3,
                "tls_handshake_failures": 1, "tls_takeover_failures": 0}

    def counted():
        return {name: proxy.status()["totals"][name] for name in expected} == expected

    wait_until(counted, "all five have been counted")
    assert "tls handshakes 4   resumed 2   failed 1" in proxy.command("status").stdout


def test_who_speaks_no_tls_is_told_nothing_of_it(proxied):
    proxy, _ = proxied()
    assert proxy.get("/").status == 200
    assert "tls" not in proxy.command("status").stdout
