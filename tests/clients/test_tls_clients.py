"""Requests, WebSockets and event streams over TLS, with clients that people have: curl, GnuTLS, s_client, Node, Python."""

import asyncio
import hashlib
import re
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
import websockets

from support.backend import known_bytes

HERE = Path(__file__).resolve().parent

# What curl, GnuTLS and Node call a version with one of its three AEADs.
CONNECTIONS = {
    "1.3 aes-128-gcm": ("1.3", "TLS_AES_128_GCM_SHA256", "AES-128-GCM"),
    "1.3 aes-256-gcm": ("1.3", "TLS_AES_256_GCM_SHA384", "AES-256-GCM"),
    "1.3 chacha20": ("1.3", "TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
    "1.2 aes-128-gcm": ("1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "AES-128-GCM"),
    "1.2 aes-256-gcm": ("1.2", "ECDHE-RSA-AES256-GCM-SHA384", "AES-256-GCM"),
    "1.2 chacha20": ("1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", "CHACHA20-POLY1305"),
}


def run(*command, timeout=300, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=timeout, check=False, **options)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.fixture(params=CONNECTIONS.values(), ids=CONNECTIONS.keys())
def connection(request):
    return request.param


@pytest.fixture
def curl(tls_proxy):
    """The command with all that is needed to reach the proxy as https://www.example.com/."""
    host, port = tls_proxy.tls_address
    return ["curl", "-sS", "--fail", "--http1.1", "--cacert", tls_proxy.ca, "--connect-to", f"www.example.com:443:{host}:{port}"]


def only(version, suite):
    """curl's options for nothing but this version and suite."""
    kind = "--tls13-ciphers" if version == "1.3" else "--ciphers"
    return [f"--tlsv{version}", "--tls-max", version, kind, suite]


@pytest.fixture
def context(tls_proxy):
    return ssl.create_default_context(cafile=str(tls_proxy.ca))


def test_curl_gets_posts_and_hears_events(curl, connection, tmp_path):
    curl = [*curl, *only(*connection[:2])]
    assert run(*curl, "https://www.example.com/bytes/1000") == known_bytes(1000)
    assert run(*curl, "https://www.example.com/chunked/300000") == known_bytes(300_000)
    body = tmp_path / "body"
    body.write_bytes(known_bytes(300_000))
    assert run(*curl, "--data-binary", f"@{body}", "https://www.example.com/echo") == known_bytes(300_000)
    assert run(*curl, "-T", "-", "https://www.example.com/echo", input=known_bytes(50_000)) == known_bytes(50_000)
    events = run(*curl, "-N", "https://www.example.com/sse?count=10&interval=1").decode()
    assert re.findall(r"^data: (\d+)$", events, re.M) == [str(n) for n in range(1, 11)]
    counts = run(*curl, "-o", "/dev/null", "-w", "%{num_connects} ",
                 *[f"https://www.example.com/bytes/{n}" for n in range(1, 6)])
    assert counts.split()[0] == b"1"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_large_bodies_arrive_whole_in_both_directions(curl, version, quick, tmp_path):
    size = (64 if quick else 1024) * 1024 * 1024
    body = tmp_path / "body"
    subprocess.run(["openssl", "rand", "-out", body, str(size)], check=True)
    sent = hashlib.sha256()
    with open(body, "rb") as file:
        while piece := file.read(1 << 20):
            sent.update(piece)
    command = [*curl, f"--tlsv{version}", "--tls-max", version, "-T", body, "https://www.example.com/echo"]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as client:
        received = hashlib.sha256()
        while piece := client.stdout.read(1 << 20):
            received.update(piece)
    assert client.returncode == 0
    assert received.hexdigest() == sent.hexdigest()


@pytest.mark.skipif(not shutil.which("gnutls-cli"), reason="needs gnutls-cli")
def test_gnutls_is_answered(tls_proxy, connection):
    version, _, cipher = connection
    host, port = tls_proxy.tls_address
    request = b"GET /bytes/40000 HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
    answer = run("gnutls-cli", f"--x509cafile={tls_proxy.ca}", "--sni-hostname=www.example.com",
                 "--verify-hostname=www.example.com", f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}:-CIPHER-ALL:+{cipher}",
                 "-p", port, host, input=request)
    assert b"HTTP/1.1 200 OK" in answer and known_bytes(40_000) in answer


@pytest.mark.parametrize("key", ["k", "K"])
def test_s_client_updates_its_keys_between_requests(tls_proxy, key):
    host, port = tls_proxy.tls_address
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", "www.example.com", "-CAfile",
                               tls_proxy.ca, "-tls1_3", "-verify_return_error"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(5):
            client.stdin.write(b"GET /bytes/20 HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
            client.stdin.flush()
            heard = b""
            while known_bytes(20) not in heard:
                piece = client.stdout.read1(65536)
                assert piece, heard
                heard += piece
            # A line of its own with this letter is a command to s_client.
            client.stdin.write(key.encode() + b"\n")
            client.stdin.flush()
            while b"KEYUPDATE" not in heard:
                piece = client.stdout.read1(65536)
                assert piece, heard
                heard += piece
    finally:
        client.kill()
        client.communicate()


def test_node_requests_streams_and_talks(tls_proxy, node_modules, connection):
    version, suite, _ = connection
    host, port = tls_proxy.tls_address
    answer = subprocess.run(["node", "tls_client.mjs", host, str(port), f"TLSv{version}", suite], cwd=HERE,
                            capture_output=True, text=True, timeout=120, check=False,
                            env={"NODE_EXTRA_CA_CERTS": str(tls_proxy.ca), "PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert answer.stdout.strip() == "ok", answer.stdout + answer.stderr


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_python_websockets(tls_proxy, context, version, compression):
    context.minimum_version = context.maximum_version = version

    async def talk():
        host, port = tls_proxy.tls_address
        async with websockets.connect(f"wss://localhost:{port}/ws", host=host, port=port, server_hostname="localhost",
                                      ssl=context, max_size=None, compression=compression) as socket:
            for message in ("hello", "ä" * 70_000, b"\0" * 1_000_000):
                await socket.send(message)
                assert await socket.recv() == message
        assert socket.close_code == 1000

    asyncio.run(talk())


def test_h2load_over_tls(tls_proxy):
    host, port = tls_proxy.tls_address
    text = run("h2load", "--h1", "-n", "5000", "-c", "32", "-t", "1", f"--connect-to={host}:{port}",
               "https://www.example.com/bytes/128").decode()
    assert "5000 succeeded, 0 failed, 0 errored" in text, text
    assert re.search(r"status codes: 5000 2xx", text), text
