"""OCSP responses beside the certificates: stapled for who asks, renewed like the certificates, left out when bad."""

import re
import subprocess

import pytest

from support import certificates as making
from support.waiting import wait_until


@pytest.fixture
def stapling(secured, pki, tmp_path):
    """A proxy with one certificate and the file of its OCSP response."""
    own = making.make_certificate(tmp_path, ["example.test"], ca=pki.authority)
    response = making.make_ocsp_response(tmp_path, own, pki.authority)

    def make(**tls):
        files = {"name": "own", "cert": str(own.cert), "key": str(own.key), "ocsp": str(response)}
        proxy, _ = secured(certificates=[own], tls={"certificates": [files], "default_certificate": "own", **tls})
        return proxy, own, response

    return make


def told(proxy, pki, version="-tls1_3", *options):
    """What s_client prints when it asks for the state of the certificate."""
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.address[1]}", "-CAfile", pki.ca,
                           "-servername", "example.test", version, "-status", *options], input=b"",
                          capture_output=True, timeout=60).stdout.decode()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_who_asks_gets_the_response_of_the_file(stapling, pki, version):
    proxy, _, _ = stapling()
    answer = told(proxy, pki, version)
    assert "OCSP Response Status: successful" in answer and "Cert Status: good" in answer
    assert "Verify return code: 0 (ok)" in answer


def test_a_renewed_response_is_stapled_without_a_reload(stapling, pki, tmp_path):
    proxy, own, response = stapling()
    making.make_ocsp_response(tmp_path, own, pki.authority, days=99, name="fresh").rename(response)
    text = making.openssl("ocsp", "-respin", response, "-noverify", "-resp_text").decode()
    (until,) = re.findall(r"Next Update: .*", text)
    wait_until(lambda: until in told(proxy, pki), "the new response is stapled", 20)


def test_a_response_that_says_nothing_good_is_left_out_and_the_certificate_is_served(stapling, pki, tmp_path):
    proxy, own, response = stapling()
    (tmp_path / "bad").write_bytes(b"no response")
    (tmp_path / "bad").rename(response)
    wait_until(lambda: "it is no OCSP response" in proxy.error_text(), "the log says why", 20)
    wait_until(lambda: "no response sent" in told(proxy, pki), "nothing is stapled", 20)
    making.make_ocsp_response(tmp_path, own, pki.authority, state="revoked", name="revoked").rename(response)
    wait_until(lambda: "the certificate is revoked" in proxy.error_text(), "the log says why", 20)
    wait_until(lambda: "no response sent" in told(proxy, pki), "nothing is stapled", 20)
    assert proxy.get("/").status == 200


def test_a_response_about_another_certificate_is_left_out(stapling, pki, tmp_path):
    other = making.make_certificate(tmp_path, ["other.test"], ca=pki.authority)
    proxy, _, response = stapling()
    making.make_ocsp_response(tmp_path, other, pki.authority, name="of-another").rename(response)
    wait_until(lambda: "no response sent" in told(proxy, pki), "nothing is stapled", 20)


def test_stapling_can_be_off(stapling, pki):
    proxy, _, _ = stapling(ocsp_stapling="off")
    assert "no response sent" in told(proxy, pki)
