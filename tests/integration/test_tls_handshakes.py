"""Handshakes that fail, drag on or come in floods: bounded, answered with the right alert, nobody else suffers."""

import ssl
import subprocess
import sys

import pytest

from support.tls_client import client_context
from support.waiting import wait_until

FAILED = "tls.handshake_failed"


def client_hello(version=None, server_name="example.test"):
    """The first flight of a client, without sending it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context(None, version).wrap_bio(incoming, outgoing, server_hostname=server_name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def hello_of_a_version_that_never_was():
    hello = bytearray(client_hello("1.2"))
    hello[9] = 2  # behind the headers of record and message
    return bytes(hello)


def fault_in_log(proxy, fault):
    def found():
        return [line for line in proxy.error_text().splitlines() if FAILED in line and f"fault={fault}" in line]

    lines = wait_until(found, f"{FAILED} with fault={fault} is in the log")
    assert "client=127.0.0.1" in lines[0] and "listener=main" in lines[0]
    return lines


def test_a_handshake_that_does_not_come_to_an_end_is_given_up(secured):
    proxy, _ = secured(defaults={"timeouts": {"tls_handshake": "300ms"}})
    hello = client_hello()
    silent, dripping = proxy.plain_client(), proxy.plain_client()
    dripping.send(hello[:20])
    assert silent.is_ended()
    assert dripping.is_ended()
    fault_in_log(proxy, "timeout")


def test_the_time_for_a_request_begins_behind_the_handshake(secured):
    proxy, _ = secured(defaults={"timeouts": {"tls_handshake": "10s", "client_header": "2s"}})
    with proxy.client() as client:
        client.send("GET / HTT")
        assert client.response().status == 408


def test_plain_http_on_a_tls_port_is_told_so(secured):
    proxy, app = secured()
    with proxy.plain_client() as client:
        client.send("GET / HTTP/1.1\r\nHost: example.test\r\n\r\n")
        answer = client.response()
        assert answer.status == 400
        assert b"https" in answer.body.lower()
        assert client.is_ended()
    assert not app.requests
    fault_in_log(proxy, "not_tls")


# What comes first, and the alert that answers it (RFC 8446 section 6).
GARBAGE = {"zeros": (bytes(100), 10), "text": (b"hello, is anybody there?\n" * 4, 10),
           "a record that is too long": (b"\x16\x03\x01\xff\xff" + bytes(100), 22),
           "application data first": (b"\x17\x03\x03\x00\x20" + bytes(32), 10),
           "a broken client hello": (b"\x16\x03\x01\x00\x10\x01\x00\x00\x0c" + b"\xff" * 12, 50),
           "part of a client hello and then none": (b"\x16\x03\x01\x00\x06\x01\x00\x00\x90\x03\x03" + bytes(40), 10),
           "a client hello of a version that never was": (hello_of_a_version_that_never_was(), 70),
           "an ssl 2 hello": (b"\x80\x2e\x01\x00\x02" + bytes(43), 70),
           "an alert": (b"\x15\x03\x03\x00\x02\x02\x28", 10)}


@pytest.mark.parametrize("bytes_sent, alert", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_answered_with_the_right_alert_and_ends_its_own_connection_only(secured, bytes_sent, alert):
    proxy, _ = secured(workers=1)
    with proxy.client() as established, proxy.plain_client() as garbage:
        garbage.send(bytes_sent)
        answer = garbage.reader.to_end()
        assert answer[:1] + answer[3:] == bytes([21, 0, 2, 2, alert])
        assert established.get("/").status == 200
    wait_until(lambda: FAILED in proxy.error_text(), "the failure is in the log")


def test_a_client_hello_in_pieces_and_late_is_understood(secured):
    proxy, _ = secured()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context(None).wrap_bio(incoming, outgoing, server_hostname="example.test")
    with proxy.plain_client() as client:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    client.send(bytes([byte]))
                incoming.write(client.sock.recv(65536))
        tls.write(b"GET / HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n")
        client.send(outgoing.read())
        incoming.write(client.reader.to_end())
        assert tls.read(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused_with_an_alert(secured, version):
    proxy, _ = secured()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        proxy.client(context=context)
    fault_in_log(proxy, "version")


def test_a_suite_without_an_aead_is_refused_with_an_alert(secured):
    proxy, _ = secured()
    context = client_context(None, "1.2")
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        proxy.client(context=context)
    fault_in_log(proxy, "cipher")


def test_a_client_that_does_not_trust_us_is_counted_as_that(secured, tmp_path):
    proxy, _ = secured()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        proxy.client(context=context)
    fault_in_log(proxy, "certificate")


def test_connections_in_their_handshake_count_against_the_limit_of_their_address(secured):
    proxy, _ = secured(workers=1, defaults={"limits": {"connections_per_ip": 3}})
    waiting = [proxy.plain_client() for _ in range(3)]
    with proxy.plain_client() as fourth:
        assert fourth.is_ended()
    for client in waiting:
        client.close()
    wait_until(lambda: answers(proxy), "there is room again")
    # What has become HTTP has its place once, not twice.
    clients = [proxy.client() for _ in range(3)]
    assert all(client.get("/").status == 200 for client in clients)
    with pytest.raises((OSError, ssl.SSLError)):
        proxy.client()


def answers(proxy):
    try:
        with proxy.client() as client:
            return client.get("/").status == 200
    except (OSError, ssl.SSLError):
        return False


def test_a_drain_ends_handshakes_that_hang(secured):
    proxy, _ = secured(drain={"timeout": "300ms", "close_spread": "0s"})
    workers = proxy.worker_pids()
    with proxy.plain_client() as hanging:
        hanging.send(client_hello()[:50])
        assert proxy.command("reload").returncode == 0
        wait_until(lambda: not set(workers) & set(proxy.worker_pids()), "the predecessor's workers end")
        assert hanging.is_ended()


FLOOD = """
import signal, socket, ssl, sys
done = 0
def end(*_):
    print(done)
    sys.exit()
signal.signal(signal.SIGTERM, end)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
while True:
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as sock, context.wrap_socket(sock):
            done += 1
            if done == 1:
                print("flooding", flush=True)
    except OSError:
        pass
"""


def test_a_flood_of_handshakes_does_not_keep_others_from_their_answers(secured, pki, quick):
    """The certificate is an RSA one, whose signatures cost a worker the most."""
    proxy, _ = secured(workers=1, certificates=[pki.certificate("example.test", key_type="rsa")])
    answers = 100 if quick else 400
    with proxy.client() as client:
        assert client.get("/").status == 200
        crowd = [subprocess.Popen([sys.executable, "-c", FLOOD, str(proxy.address[1])], stdout=subprocess.PIPE)
                 for _ in range(4)]
        for one in crowd:
            assert one.stdout.readline() == b"flooding\n"
        for _ in range(answers):
            assert client.get("/").status == 200
        for one in crowd:
            one.terminate()
        handshakes = sum(int(one.communicate()[0]) for one in crowd)
    # Four clients begin handshakes, so about four of them come between two answers.
    assert answers / 10 < handshakes < 100 * answers, f"{answers} answers during {handshakes} handshakes"


def test_handshakes_are_counted(secured):
    proxy, _ = secured()
    for version in ("1.2", "1.3"):
        with proxy.client(version=version) as client:
            assert client.get("/").status == 200
    with proxy.plain_client() as client:
        client.send(bytes(10))
        assert client.is_ended()

    def counted():
        text = str(proxy.status())
        return "'tls_handshakes': 2" in text and "'tls_handshake_failures': 1" in text

    wait_until(counted, "two handshakes and a failure are in status")
