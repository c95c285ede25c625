"""What openssl s_client, sslscan and testssl.sh find out about a TLS listener: protocols, ciphers, ALPN, renegotiation,
resumption. Each check is one that nginx and HAProxy pass too when they are set up for Mozilla's `intermediate`."""

import json
import subprocess
import xml.etree.ElementTree as xml

import pytest

from support.tls_probe import Probe, session_file

PROTOCOL_VERSION, HANDSHAKE_FAILURE, INAPPROPRIATE_FALLBACK = 70, 40, 86
UNRECOGNIZED_NAME, NO_APPLICATION_PROTOCOL = 112, 120


@pytest.fixture
def probe(tls_proxy):
    return Probe(tls_proxy.tls_address, "www.example.com", tls_proxy.ca)


@pytest.fixture(scope="module")
def scan(tls_proxy, tmp_path_factory):
    """sslscan's report."""
    file = tmp_path_factory.mktemp("scan") / "report.xml"
    host, port = tls_proxy.tls_address
    subprocess.run(["sslscan", "--no-colour", "--sni-name=www.example.com", f"--xml={file}", f"{host}:{port}"],
                   check=True, capture_output=True, timeout=300)
    return xml.parse(file).getroot().find("ssltest")


# ---- protocols ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", [0x0301, 0x0302], ids=["TLS 1.0", "TLS 1.1"])
def test_an_old_version_is_refused_by_an_alert(probe, version):
    assert probe.alert_for_version(version) == PROTOCOL_VERSION


def test_ssl_3_is_refused(probe):
    assert probe.alert_for_version(0x0300) in (PROTOCOL_VERSION, HANDSHAKE_FAILURE, UNRECOGNIZED_NAME)


def test_sslscan_finds_tls_1_2_and_1_3_and_nothing_else(scan):
    enabled = {(one.get("type"), one.get("version")) for one in scan.findall("protocol") if one.get("enabled") == "1"}
    assert enabled == {("tls", "1.2"), ("tls", "1.3")}


@pytest.mark.parametrize("option,version", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_a_current_version_is_spoken_with_a_verified_certificate(probe, option, version):
    answer = probe.ask(option)
    assert (answer.version, answer.verified) == (version, True), answer.text
    assert "HTTP/1.1 200" in answer.text


def test_the_newest_version_is_preferred(probe):
    assert probe.ask().version == "TLSv1.3"


def test_a_needless_fallback_is_noticed(probe):
    answer = probe.ask("-tls1_2", "-fallback_scsv")
    assert (answer.established, answer.alert) == (False, INAPPROPRIATE_FALLBACK)


# ---- ciphers ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
def test_every_suite_of_tls_1_3_is_spoken(probe, suite):
    answer = probe.ask("-tls1_3", "-ciphersuites", suite)
    assert answer.cipher == suite and "HTTP/1.1 200" in answer.text


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                   "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256",
                                   "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"])
def test_every_aead_suite_of_tls_1_2_is_spoken(probe, suite):
    answer = probe.ask("-tls1_2", "-cipher", suite)
    assert answer.cipher == suite and "HTTP/1.1 200" in answer.text


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES128-GCM-SHA256", "AES256-SHA256",
                                   "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM", "AECDH-AES128-SHA", "NULL-SHA256"])
def test_a_suite_without_forward_secrecy_authentication_or_aead_is_refused(probe, suite):
    answer = probe.ask("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
    assert (answer.established, answer.alert) == (False, HANDSHAKE_FAILURE)


def test_sslscan_finds_only_aead_suites(scan):
    suites = [one.get("cipher") for one in scan.findall("cipher")]
    assert len(suites) >= 9
    assert [one for one in suites if "GCM" not in one and "CHACHA20" not in one] == []


@pytest.mark.parametrize("first,chosen", [("TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
                                          ("TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256")])
def test_the_servers_order_counts_unless_the_client_wants_chacha_most(probe, first, chosen):
    assert probe.ask("-tls1_3", "-ciphersuites", first).cipher == chosen


@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384"])
def test_a_common_group_is_agreed_on(probe, group):
    assert probe.ask("-tls1_3", "-groups", group).established


@pytest.mark.parametrize("algorithm,kind", [("ecdsa_secp256r1_sha256", "id-ecPublicKey"), ("rsa_pss_rsae_sha256", "RSA")])
def test_the_certificate_fits_what_the_client_can_verify(probe, algorithm, kind):
    answer = probe.ask("-tls1_3", "-sigalgs", algorithm)
    assert answer.established and answer.verified
    assert f"{kind}" in answer.text or f"Peer signature type: {'ECDSA' if 'ec' in algorithm else 'RSA-PSS'}" in answer.text


def test_sha_1_signatures_are_not_made(probe):
    answer = probe.ask("-tls1_2", "-sigalgs", "RSA+SHA1:ECDSA+SHA1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert not answer.established


# ---- names and ALPN -----------------------------------------------------------------------------------------------

def test_another_name_has_another_certificate(probe):
    answer = probe.ask("-verify_hostname", "other.example.com", name="other.example.com")
    assert answer.verified


def test_an_unknown_name_is_refused(probe):
    answer = probe.ask(name="unknown.example.com")
    assert (answer.established, answer.alert) == (False, UNRECOGNIZED_NAME)


def test_alpn_chooses_http_1_1(probe):
    assert probe.ask("-alpn", "spdy/3,http/1.1").alpn == "http/1.1"


def test_a_client_without_alpn_is_served(probe):
    answer = probe.ask()
    assert answer.alpn is None and "HTTP/1.1 200" in answer.text


def test_alpn_without_a_common_protocol_is_refused(probe):
    answer = probe.ask("-alpn", "spdy/3")
    assert (answer.established, answer.alert) == (False, NO_APPLICATION_PROTOCOL)


# ---- renegotiation, compression, key updates ----------------------------------------------------------------------

def test_renegotiation_is_secure_and_not_done(probe):
    answer = probe.ask("-tls1_2", send=b"R\n")
    assert "Secure Renegotiation IS supported" in answer.text
    assert "RENEGOTIATING" in answer.text and "no renegotiation" in answer.text.lower()


def test_sslscan_finds_no_compression_and_no_heartbeat(scan):
    assert [one.get("supported") for one in scan.findall("compression")] in (["0"], [])
    assert {one.get("vulnerable") for one in scan.findall("heartbleed")} <= {"0"}


def test_nothing_is_compressed(probe):
    assert "Compression: NONE" in probe.ask("-tls1_2").text


@pytest.mark.parametrize("key", ["k", "K"], ids=["key update", "key update with a request"])
def test_a_key_update_of_the_client_is_followed(probe, key):
    # A line that begins with the letter is the command; the rest of the input is the request.
    request = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
    answer = probe.ask("-tls1_3", "-state", send=key.encode() + b"\n" + request)
    assert "KEYUPDATE" in answer.text and "SSL alert" not in answer.text


def test_the_extended_master_secret_is_used(probe):
    assert "Extended master secret: yes" in probe.ask("-tls1_2").text


# ---- resumption ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_a_session_ticket_resumes(probe, tmp_path, option):
    file = session_file(tmp_path)
    assert not probe.ask(option, "-sess_out", file).reused
    assert probe.ask(option, "-sess_in", file).reused


@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_a_session_of_one_name_is_not_resumed_under_another(probe, tmp_path, option):
    file = session_file(tmp_path)
    probe.ask(option, "-sess_out", file)
    answer = probe.ask(option, "-sess_in", file, name="other.example.com")
    assert not answer.reused and answer.established


def test_early_data_is_not_offered(probe):
    assert "Max Early Data: 0" in probe.ask("-tls1_3").text


# ---- the whole picture --------------------------------------------------------------------------------------------

def test_testssl_has_nothing_to_say_above_low(tls_proxy, tmp_path):
    """Self-made certificates cannot have what public ones have; everything else counts."""
    report = tmp_path / "report.json"
    host, port = tls_proxy.tls_address
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", host, "--add-ca", str(tls_proxy.ca),
                    "--jsonfile", str(report), "--sneaky", "-p", "-s", "-f", "-P", "-S", "-U",
                    f"https://www.example.com:{port}/"], capture_output=True, timeout=900, check=False)
    findings = json.loads(report.read_text())
    assert len(findings) > 50
    of_private_certificates = ("cert_revocation", "cert_crlDistributionPoints", "cert_ocspURL", "cert_caIssuers",
                               "DNS_CAArecord", "OCSP_stapling", "cert_chain_of_trust", "certificate_transparency",
                               "cert_trust")
    serious = [one for one in findings if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL")
               and not one["id"].startswith(of_private_certificates)]
    assert serious == []
