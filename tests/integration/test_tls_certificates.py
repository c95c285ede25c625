"""Certificates on disk: renewed without a reload, and a bad one takes no other host with it."""

import pytest

from support import certificates as making
from support.baton import EX_CONFIG, EX_OK
from support.waiting import PATIENCE, wait_until


@pytest.fixture
def on_disk(tmp_path, pki):
    """A certificate at a path where a test can replace it."""

    def make(*names, stem="own"):
        paths = tmp_path / f"{stem}.crt", tmp_path / f"{stem}.key"
        pki.certificate(*names).copy_to(*paths)
        return making.Certificate(*paths, pki.ca, names)

    return make


def shown(proxy, name="example.test"):
    with proxy.client(server_name=name) as client:
        return client.server_certificate()


def fresh(pki, tmp_path, *names):
    folder = tmp_path / "fresh"
    folder.mkdir()
    return making.make_certificate(folder, list(names), ca=pki.authority)


def test_a_renewed_certificate_is_shown_without_a_reload(secured, pki, on_disk, tmp_path):
    own = on_disk("example.test")
    proxy, _ = secured(certificates=[own])
    before, workers = shown(proxy), proxy.worker_pids()
    with proxy.client() as old:
        fresh(pki, tmp_path, "example.test").copy_to(own.cert, own.key)
        wait_until(lambda: shown(proxy) != before, "the new certificate is shown", 20)
        assert old.get("/").status == 200  # established connections are not touched
    wait_until(lambda: all(shown(proxy) != before for _ in range(10)), "every worker shows it", 20)
    assert proxy.worker_pids() == workers
    assert proxy.status()["generations"][-1]["generation"] == 1


def test_garbage_in_a_renewal_leaves_the_certificate_as_it_was(secured, pki, on_disk, tmp_path):
    own = on_disk("example.test")
    proxy, _ = secured(certificates=[own])
    before = shown(proxy)
    own.cert.write_text("this is no certificate\n")
    wait_until(lambda: str(own.cert) in proxy.error_text(), "the log names the file", 20)
    assert shown(proxy) == before
    fresh(pki, tmp_path, "example.test").copy_to(own.cert, own.key)
    wait_until(lambda: shown(proxy) != before, "the good one is shown", 20)


def test_check_and_reload_refuse_a_bad_certificate(secured, pki, on_disk):
    good, bad = on_disk("example.test", stem="good"), on_disk("bad.test", stem="bad")
    proxy, _ = secured(certificates=[good, bad], tls={"watch": False})
    bad.cert.write_text("this is no certificate\n")
    for command in ("check", "reload"):
        answer = proxy.command(command)
        assert answer.returncode == EX_CONFIG
        assert str(bad.cert) in answer.stdout + answer.stderr
        assert "E-CERT" in answer.stdout + answer.stderr
    assert shown(proxy, "bad.test") and shown(proxy)


def test_a_key_of_another_certificate_is_refused(baton, pki, on_disk):
    own = on_disk("example.test")
    pki.certificate("other.test").copy_to(own.cert.with_name("x.crt"), own.key)
    proxy = baton(routes=[{"respond": {"body": "x"}}], certificates=[own], start=False)
    answer = proxy.command("check")
    assert answer.returncode == EX_CONFIG and "E-CERT" in answer.stdout + answer.stderr


def test_on_error_skip_leaves_the_bad_one_out(secured, on_disk):
    good, bad = on_disk("example.test", stem="good"), on_disk("bad.test", stem="bad")
    proxy, _ = secured(certificates=[good, bad], tls={"on_error": "skip", "watch": False})
    bad.cert.write_text("this is no certificate\n")
    assert proxy.command("check").returncode == EX_OK
    assert proxy.command("reload").returncode == EX_OK
    assert shown(proxy)


def test_a_cold_start_serves_the_other_hosts(secured, on_disk):
    good, bad = on_disk("example.test", stem="good"), on_disk("bad.test", stem="bad")
    bad.cert.write_text("this is no certificate\n")
    proxy, _ = secured(certificates=[good, bad])
    with proxy.client() as client:
        assert client.get("/").status == 200
    assert str(bad.cert) in proxy.error_text()


def test_a_ca_of_clients_that_cannot_be_read_stops_the_start(secured, tmp_path):
    auth = {"mode": "require", "ca": str(tmp_path / "nowhere.crt")}
    hosts = [{"names": ["example.test"], "tls": {"client_auth": auth}, "routes": [{"to": "app"}]}]
    proxy, _ = secured(hosts=hosts, start=False)
    proxy.start(wait=False)
    assert proxy.process.wait(30 * PATIENCE) == EX_CONFIG
    assert "nowhere.crt" in proxy.error_text()


def test_workers_need_no_file_after_the_start(secured, on_disk):
    """Keys come by inheritance: a generation goes on when its files are gone."""
    own = on_disk("example.test")
    proxy, _ = secured(certificates=[own], tls={"watch": False})
    before = shown(proxy)
    own.key.unlink()
    own.cert.unlink()
    assert shown(proxy) == before
