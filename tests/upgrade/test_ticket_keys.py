"""The keys of session tickets belong to the lineage: made once, kept over every replacement, changed by one master."""

import os
import re

from support.baton import EX_CONFIG, EX_OK
from support.certificates import make_certificate
from support.waiting import wait_until

CHANGED = re.compile(r"(?P<origin>g\d+/master)\b.*tls\.ticket_keys_changed.*version=(?P<version>\d+)")


def changes(proxy):
    """(generation that changed them, version of the ring) of every change so far."""
    return [(match["origin"], int(match["version"])) for match in CHANGED.finditer(proxy.error_text())]


def test_a_reload_and_an_upgrade_keep_the_keys(proxied):
    proxy, _ = proxied()
    assert changes(proxy) == [("g1/master", 1)]
    assert proxy.command("reload").returncode == EX_OK
    assert proxy.command("upgrade").returncode == EX_OK
    assert proxy.command("reload").returncode == EX_OK
    assert changes(proxy) == [("g1/master", 1)]


def test_only_the_master_that_serves_changes_them(proxied):
    proxy, _ = proxied(tls={"session_tickets": {"rotate": "1s"}})
    wait_until(lambda: len(changes(proxy)) >= 3, "a key is due twice")
    assert proxy.command("upgrade").returncode == EX_OK
    before = len(changes(proxy))
    wait_until(lambda: len(changes(proxy)) >= before + 2, "a key is due twice in the successor")
    assert {origin for origin, _ in changes(proxy)[before:]} == {"g2/master"}
    versions = [version for _, version in changes(proxy)]
    assert versions == list(range(1, len(versions) + 1))


def test_keys_of_files_take_the_place_of_made_ones(proxied, tmp_path):
    files = [tmp_path / "first.key", tmp_path / "second.key"]
    for file in files:
        file.write_bytes(os.urandom(80))
        file.chmod(0o600)
    certificate = make_certificate(tmp_path, ["a.test"])
    tls = {"certificates": [{"cert": str(certificate.cert), "key": str(certificate.key)}]}
    proxy, _ = proxied(tls={**tls, "session_tickets": {"key_files": [str(file) for file in files]}})
    assert len(changes(proxy)) == 1
    assert proxy.command("reload").returncode == EX_OK
    assert len(changes(proxy)) == 1  # the same files

    proxy.sections["tls"]["session_tickets"]["key_files"].reverse()
    proxy.write_config()
    assert proxy.command("reload").returncode == EX_OK
    assert len(changes(proxy)) == 2

    proxy.sections["tls"] = tls
    proxy.write_config()
    assert proxy.command("reload").returncode == EX_OK
    assert len(changes(proxy)) == 3


def test_a_key_file_of_another_length_is_refused(proxied, tmp_path):
    file = tmp_path / "short.key"
    file.write_bytes(os.urandom(79))
    certificate = make_certificate(tmp_path, ["a.test"])
    proxy, _ = proxied()
    proxy.sections["tls"] = {"certificates": [{"cert": str(certificate.cert), "key": str(certificate.key)}],
                             "session_tickets": {"key_files": [str(file)]}}
    proxy.write_config()
    answer = proxy.command("check")
    assert answer.returncode == EX_CONFIG
    assert str(file) in answer.stdout + answer.stderr
    assert proxy.command("reload").returncode != EX_OK
    assert len(changes(proxy)) == 1
