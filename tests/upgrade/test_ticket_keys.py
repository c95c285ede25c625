"""The keys of session tickets belong to the lineage: made once, kept over every replacement, changed by one master."""

import re

from support.baton import EX_OK
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
