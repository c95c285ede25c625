"""Baton, nginx and HAProxy doing the same job with one worker: GET and WebSocket before one origin, access log on.

(HAProxy logs only to syslog, so it writes no log here.)
"""

import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import process_facts  # noqa: E402
from support.baton import Baton  # noqa: E402
from support.free_port import free_port  # noqa: E402
from support.http_message import Reader  # noqa: E402
from support.raw_client import RawClient  # noqa: E402
from support.waiting import wait_until  # noqa: E402

KINDS = ("baton", "nginx", "haproxy")
BODY = "x" * 128

NGINX_ORIGIN = """
daemon off; worker_processes 1; pid {folder}/origin.pid; error_log {folder}/origin.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 1h;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{body}"; }} }}
}}
"""

NGINX_PROXY = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 8192; }}
http {{
  access_log {folder}/access.log combined buffer=64k flush=1s;
  keepalive_requests 100000000; keepalive_timeout 1h;
  upstream app {{ server {origin}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port}{listen_options};
    {server_options}
    location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
                  proxy_set_header X-Forwarded-For $remote_addr; }}
    location /ws {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection upgrade; proxy_read_timeout 1h; }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  option forwardfor
  option http-keep-alive
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend web
  bind 127.0.0.1:{port}{listen_options}
  default_backend app
backend app
  http-reuse always
  server one {origin}
"""


class TlsClient(RawClient):
    """A client of one version of TLS; `session` is one to resume."""

    def __init__(self, address, certificate, version=ssl.TLSVersion.TLSv1_3, session=None, context=None):
        super().__init__(address)
        self.sock = (context or client_context(certificate, version)).wrap_socket(
            self.sock, server_hostname=certificate.names[0], session=session)
        self.reader = Reader(self.sock)


def client_context(certificate, version):
    context = ssl.create_default_context(cafile=str(certificate.ca))
    context.minimum_version = context.maximum_version = version
    return context


class Running:
    """A proxy on `address`; `worker()` is the process that serves. With `tls`, a certificate, it speaks only that."""

    def __init__(self, kind, origin, prefix=(), environment=None, tls=None):
        self.kind = kind
        self.tls = tls
        self.folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        self.folder.chmod(0o777)
        self.baton = None
        if kind == "baton":
            self.address = ("127.0.0.1", free_port())
            settings = {"listeners": [f"127.0.0.1:{self.address[1]}"]}
            if tls:
                settings = {"listeners": [{"address": f"127.0.0.1:{self.address[1]}", "tls": True}],
                            "tls": {"certificates": [{"cert": str(tls.cert), "key": str(tls.key)}]}}
            self.baton = Baton(upstreams={"app": [origin]}, workers=1, environment=environment,
                               defaults={"limits": {"requests_per_connection": 0, "body_size": "off"},
                                         "timeouts": {"client_idle": "1h"}}, **settings)
            self.command = [*prefix, str(self.baton.binary), "run", "-c", str(self.baton.config_file)]
        else:
            self.address = ("127.0.0.1", free_port())
            text = NGINX_PROXY if kind == "nginx" else HAPROXY
            file = self.folder / f"{kind}.conf"
            file.write_text(text.format(folder=self.folder, port=self.address[1], origin=origin,
                                        **(self.tls_options() if tls else {"listen_options": "", "server_options": ""})))
            program = ["/usr/sbin/nginx", "-c", str(file)] if kind == "nginx" else ["/usr/sbin/haproxy", "-db", "-f", str(file)]
            self.command = [*prefix, *program]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.folder / "stderr", "wb"), env={**os.environ, **(environment or {})},
                                        cwd=self.folder)
        wait_until(self.answers, f"{kind} answers", 60)

    def tls_options(self):
        if self.kind == "nginx":
            return {"listen_options": " ssl", "server_options":
                    f"ssl_certificate {self.tls.cert}; ssl_certificate_key {self.tls.key}; "
                    "ssl_protocols TLSv1.2 TLSv1.3;"}
        both = self.folder / "both.pem"
        both.write_bytes(self.tls.cert.read_bytes() + self.tls.key.read_bytes())
        return {"listen_options": f" ssl crt {both} alpn http/1.1", "server_options": ""}

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.kind} ended: {(self.folder / 'stderr').read_text()}")
        try:
            with TlsClient(self.address, self.tls) if self.tls else RawClient(self.address) as client:
                return client.get("/").status == 200
        except (ConnectionError, OSError):
            return False

    def worker(self):
        """HAProxy serves in its only process, the others in a child."""
        if self.kind == "haproxy":
            return self.process.pid
        return wait_until(lambda: process_facts.children(self.process.pid), "a worker is there")[0]

    def stop(self):
        self.process.send_signal(signal.SIGTERM if self.kind == "nginx" else signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.baton:
            self.baton.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Origin:
    """nginx that answers every GET with 128 bytes."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        self.folder.chmod(0o755)
        port = free_port()
        self.endpoint = f"127.0.0.1:{port}"
        (self.folder / "origin.conf").write_text(NGINX_ORIGIN.format(folder=self.folder, port=port, body=BODY))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", str(self.folder / "origin.conf")],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def answers():
            try:
                with RawClient(("127.0.0.1", port)) as client:
                    return client.get("/").body == BODY.encode()
            except (ConnectionError, OSError):
                return False

        wait_until(answers, "the origin answers")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def load(address, requests, connections=64, scheme="http"):
    """`requests` GETs over `connections` keep-alive connections; every one must succeed."""
    place = f"{address[0]}:{address[1]}"
    # Over TLS it has to ask for a name that there is a certificate for.
    url = [f"http://{place}/"] if scheme == "http" else [f"--connect-to={place}", "https://example.test/"]
    answer = subprocess.run(["h2load", "--h1", "-t", "1", "-c", str(connections), "-n", str(requests), *url],
                            capture_output=True, text=True, timeout=600)
    assert f"{requests} succeeded, 0 failed" in answer.stdout, answer.stdout + answer.stderr

