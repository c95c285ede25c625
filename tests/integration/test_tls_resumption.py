"""Tickets (RFC 8446 §4.6.1, RFC 5077): of one worker, one generation, one binary, good for all others."""

import signal
import subprocess

import pytest

from support.tls_client import client_context
from support.waiting import wait_until

every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])


class Resuming:
    """A client that shows the ticket of its last connection in every new one."""

    def __init__(self, proxy, pki, version):
        self.proxy = proxy
        self.context = client_context(pki.ca, version)
        self.session = None
        self.offered = self.accepted = 0

    def visit(self):
        with self.proxy.client(context=self.context, session=self.session) as client:
            assert client.get("/").status == 200
            if self.session is not None:
                self.offered += 1
                self.accepted += client.is_resumed
            if client.sock.session is not None:
                self.session = client.sock.session

    def visits(self, count):
        for _ in range(count):
            self.visit()
        return self

    def rate(self):
        assert self.offered > 0
        return self.accepted / self.offered


@every_version
def test_tickets_of_one_worker_are_good_for_the_others(secured, pki, version):
    proxy, _ = secured(workers=4)
    assert Resuming(proxy, pki, version).visits(60).rate() >= 0.99


@every_version
def test_tickets_survive_a_reload(secured, pki, version):
    proxy, _ = secured()
    client = Resuming(proxy, pki, version).visits(2)
    for number in range(1, 4):
        proxy.signal(signal.SIGHUP)
        wait_until(lambda: proxy.error_text().count("reload.done") == number, "another generation serves")
        client.visits(20)
    assert client.rate() >= 0.99


@every_version
def test_tickets_survive_an_upgrade_of_the_binary(secured, pki, version):
    proxy, _ = secured()
    client = Resuming(proxy, pki, version).visits(2)
    for _ in range(2):
        proxy.upgrade_by_signal()
        client.visits(20)
    assert client.rate() >= 0.99


def test_tickets_do_not_survive_a_cold_start(secured, pki):
    """Keys live in memory only: who starts anew knows nothing of them, and a full handshake follows."""
    proxy, _ = secured()
    client = Resuming(proxy, pki, "1.3").visits(2)
    assert proxy.command("stop").returncode == 0
    wait_until(lambda: not proxy.lineage() and proxy.process.poll() is not None, "everything has ended")
    proxy.start()
    assert client.accepted == 1
    client.visit()
    assert client.accepted == 1


def test_tickets_can_be_off(secured, pki):
    proxy, _ = secured(tls={"session_tickets": {"enabled": False}})
    for version in ("1.2", "1.3"):
        client = Resuming(proxy, pki, version).visits(3)
        assert client.accepted == 0


def test_a_fleet_with_the_same_key_file_takes_each_others_tickets(secured, pki, tmp_path):
    key = tmp_path / "ticket.key"
    key.write_bytes(bytes(range(80)))
    key.chmod(0o600)
    first, second = (secured(tls={"session_tickets": {"key_files": [str(key)]}})[0] for _ in range(2))
    client = Resuming(first, pki, "1.3").visits(1)
    client.proxy = second
    client.visit()
    assert client.accepted == 1


def test_a_ticket_is_not_good_for_the_name_of_another_certificate(secured, pki):
    certificates = [pki.certificate("a.test"), pki.certificate("b.test")]
    proxy, _ = secured(certificates=certificates, hosts=[{"routes": [{"respond": {"body": "x"}}]}])
    context = client_context(pki.ca, "1.2")
    with proxy.client(context=context, server_name="a.test") as client:
        client.get("/", host="a.test")
        session = client.sock.session
    with proxy.client(context=context, server_name="b.test", session=session) as client:
        assert not client.is_resumed
        assert client.get("/", host="b.test").status == 200


def test_s_client_resumes(secured, pki, tmp_path):
    proxy, _ = secured()
    ticket = tmp_path / "ticket"

    def visit(*options):
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.address[1]}", "-CAfile", pki.ca,
                               "-servername", "example.test", "-ign_eof", *options], capture_output=True, timeout=60,
                              input=b"GET / HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n").stdout

    for version in ("-tls1_2", "-tls1_3"):
        first = visit(version, "-sess_out", ticket)
        assert b"\nNew, " in first and b"200 OK" in first
        again = visit(version, "-sess_in", ticket)
        assert b"\nReused, " in again and b"200 OK" in again


def test_the_access_log_tells_who_was_resumed(secured, pki):
    proxy, _ = secured(workers=1)
    Resuming(proxy, pki, "1.3").visits(2)
    assert [line["tls_resumed"] for line in proxy.wait_access_lines(2)] == [False, True]
