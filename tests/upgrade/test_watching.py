"""Watch mode: a configuration or a binary that is put in the place of the served one is taken, a bad one waits."""

import json
import os
import re
import shutil
from dataclasses import replace

import pytest

from support import process_facts
from support.baton import BINARY, EX_OK
from support.moving import echo, open_websocket, says_back
from support.waiting import PATIENCE, wait_until

LOOKED = re.compile(r"watch\.looked .*what=(\w+) found=(\w+)")


@pytest.fixture
def watched(proxied):
    """A proxy that watches `what` ("config", "binary" or both), and five WebSockets through it that must live on."""
    clients = []

    def make(*what, **options):
        process = {**options.pop("process", {}), "watch_config": "config" in what}
        upgrade = {**options.pop("upgrade", {}), "watch_binary": "binary" in what}
        proxy, _ = proxied(script=echo, process=process, upgrade=upgrade, logging={"level": "debug"}, **options)
        clients.extend(open_websocket(proxy) for _ in range(5))
        return proxy

    yield make
    assert clients
    assert all(says_back(client, b"still here") for client in clients)


def serving(proxy):
    return next(one for one in proxy.status()["generations"] if one["state"] == "serving")


def wait_generation(proxy, number):
    """Waits until that generation serves, and shows that none was skipped on the way to it."""
    wait_until(lambda: serving(proxy)["generation"] >= number, f"generation {number} serves", 20)
    assert serving(proxy)["generation"] == number


def looks(proxy, what, found):
    return LOOKED.findall(proxy.error_text()).count((what, found))


def after_a_look(proxy, what, found, change):
    """Makes `change` and waits until a look has found so."""
    before = looks(proxy, what, found)
    change()
    wait_until(lambda: looks(proxy, what, found) > before, f"a look at the {what} finds it {found}", 20)


def count(proxy, event):
    return len(re.findall(rf" {re.escape(event)} ", proxy.error_text()))


def set_workers(proxy, number):
    proxy.sections["process"]["workers"] = number


def edit(proxy, workers):
    set_workers(proxy, workers)
    proxy.write_config()


def put_configuration_by_rename(proxy):
    fresh = proxy.folder / "baton.yaml.fresh"
    fresh.write_text(json.dumps(proxy.sections))
    fresh.replace(proxy.config_file)


def inotify_instances(pid):
    return process_facts.descriptor_kinds(pid).get("anon_inode:inotify", 0)


def touch_something_else(proxy):
    (proxy.folder / "something else").write_text("x")


# ---- the configuration --------------------------------------------------------------------------------------------


def test_an_edit_in_place_is_taken(watched):
    proxy = watched("config")
    edit(proxy, workers=3)
    wait_generation(proxy, 2)
    assert len(serving(proxy)["worker_pids"]) == 3
    edit(proxy, workers=1)
    wait_generation(proxy, 3)
    assert len(serving(proxy)["worker_pids"]) == 1


def test_a_file_renamed_over_it_is_taken(watched):
    proxy = watched("config")
    set_workers(proxy, 3)
    put_configuration_by_rename(proxy)
    wait_generation(proxy, 2)
    assert len(serving(proxy)["worker_pids"]) == 3


def test_the_same_content_again_is_passed_over(watched):
    proxy = watched("config")
    after_a_look(proxy, "configuration", "served", lambda: os.utime(proxy.config_file))
    after_a_look(proxy, "configuration", "served", proxy.write_config)
    after_a_look(proxy, "configuration", "served", lambda: put_configuration_by_rename(proxy))
    edit(proxy, workers=3)
    wait_generation(proxy, 2)
    assert count(proxy, "reload.started") == 1


def test_a_configmap_is_taken_when_its_link_is_swapped(baton, upstream):
    proxy = baton(upstreams={"app": [upstream().endpoint]}, process={"watch_config": True}, start=False)
    mount = proxy.folder / "mount"
    mount.mkdir()

    def put(version):
        """As kubelet does: another folder, a link renamed over `..data`, the former folder removed."""
        (mount / version).mkdir()
        (mount / version / "baton.yaml").write_text(json.dumps(proxy.sections))
        former = (mount / "..data").resolve()
        (mount / "..data_tmp").symlink_to(version)
        (mount / "..data_tmp").replace(mount / "..data")
        if former.name != "..data":
            shutil.rmtree(former)

    put("..2026_01")
    (mount / "baton.yaml").symlink_to("..data/baton.yaml")
    proxy.config_file = mount / "baton.yaml"
    proxy.start()
    for workers, generation in ((3, 2), (1, 3)):
        set_workers(proxy, workers)
        put(f"..2026_{generation:02}")
        wait_generation(proxy, generation)
        assert len(serving(proxy)["worker_pids"]) == workers


def test_what_it_includes_counts_and_so_does_a_file_more(watched):
    proxy = watched("config", include=["parts/*.yaml"])
    parts = proxy.folder / "parts"
    parts.mkdir()
    (parts / "a.yaml").write_text("drain: { timeout: 10m }\n")
    proxy.write_config()
    touch_something_else(proxy)
    wait_generation(proxy, 2)
    (parts / "a.yaml").write_text("drain: { timeout: 11m }\n")
    wait_generation(proxy, 3)
    (parts / "b.yaml").write_text("drain: { stop_timeout: 11s }\n")
    wait_generation(proxy, 4)
    (parts / "b.yaml").unlink()
    wait_generation(proxy, 5)


def test_a_bad_one_is_told_once_and_the_next_good_one_is_taken(watched):
    proxy = watched("config")
    proxy.config_file.write_text("listeners: [\n")
    wait_until(lambda: count(proxy, "reload.failed") == 1, "it is told", 20)
    after_a_look(proxy, "configuration", "tried", lambda: os.utime(proxy.config_file))
    after_a_look(proxy, "configuration", "tried", lambda: touch_something_else(proxy))
    assert count(proxy, "reload.failed") == 1
    proxy.config_file.write_text("listeners: nowhere\n")
    wait_until(lambda: count(proxy, "reload.failed") == 2, "another one is told, too", 20)
    edit(proxy, workers=3)
    wait_generation(proxy, 2)
    assert count(proxy, "reload.failed") == 2


def test_a_certificate_that_cannot_be_used_any_more_does_not_make_it_another_one(proxied, pki, tmp_path):
    certificate = replace(pki.default(), cert=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    pki.default().copy_to(certificate.cert, certificate.key)
    proxy, _ = proxied(certificates=[certificate], process={"watch_config": True}, logging={"level": "debug"})
    certificate.cert.unlink()
    after_a_look(proxy, "configuration", "served", lambda: os.utime(proxy.config_file))
    edit(proxy, workers=3)
    wait_until(lambda: count(proxy, "reload.failed") == 1, "a change is refused as `baton reload` would", 20)
    pki.default().copy_to(certificate.cert, certificate.key)
    assert proxy.command("reload").returncode == EX_OK
    assert serving(proxy)["generation"] == 2
    assert count(proxy, "reload.started") == 2


def test_half_a_file_is_left_alone(watched):
    proxy = watched("config")
    set_workers(proxy, 3)
    text = json.dumps(proxy.sections)
    with open(proxy.config_file, "w") as writer:
        writer.write(text[:len(text) // 2])
        writer.flush()
        after_a_look(proxy, "configuration", "unfinished", lambda: touch_something_else(proxy))
        writer.write(text[len(text) // 2:])
    wait_generation(proxy, 2)
    assert count(proxy, "reload.failed") == 0


def test_the_new_configuration_says_whether_the_next_is_taken(watched):
    proxy = watched("config")
    proxy.sections["process"]["watch_config"] = False
    edit(proxy, workers=3)
    wait_generation(proxy, 2)
    assert inotify_instances(proxy.master_pid) == 0
    proxy.sections["process"]["watch_config"] = True
    edit(proxy, workers=2)
    assert proxy.command("reload").returncode == EX_OK
    wait_generation(proxy, 3)
    assert inotify_instances(proxy.master_pid) == 1
    edit(proxy, workers=1)
    wait_generation(proxy, 4)
    assert count(proxy, "reload.started") == 3


# ---- the binary ---------------------------------------------------------------------------------------------------


def wait_another_master(proxy, before):
    wait_until(lambda: proxy.master_pid_or_none() not in (None, before), "another master serves", 30)
    return proxy.master_pid


def runs_what_is_installed(proxy):
    running = os.stat(f"/proc/{proxy.master_pid}/exe")
    installed = proxy.binary.stat()
    return (running.st_dev, running.st_ino) == (installed.st_dev, installed.st_ino)


def test_a_binary_renamed_over_it_is_taken_again_and_again(watched):
    proxy = watched("binary")
    for generation in (2, 3, 4):
        before = proxy.master_pid
        proxy.replace_binary(BINARY)
        wait_another_master(proxy, before)
        wait_generation(proxy, generation)
        assert runs_what_is_installed(proxy)
    assert count(proxy, "upgrade.started") == 3


def test_a_binary_written_in_place_is_taken_when_its_writer_has_closed_it(watched):
    proxy = watched("binary")
    before = proxy.master_pid
    content = BINARY.read_bytes()
    proxy.binary.unlink()  # what runs cannot be written to
    with open(proxy.binary, "wb") as linker:
        linker.write(content[:len(content) // 2])
        linker.flush()
        proxy.binary.chmod(0o755)
        after_a_look(proxy, "binary", "unfinished", lambda: touch_something_else(proxy))
        assert proxy.master_pid == before
        linker.write(content[len(content) // 2:])
    wait_another_master(proxy, before)
    assert runs_what_is_installed(proxy)
    assert count(proxy, "upgrade.failed") == 0


def test_a_bad_binary_is_told_once_and_the_next_good_one_is_taken(watched, bad_successor):
    proxy = watched("binary")
    before = proxy.master_pid
    proxy.replace_binary(bad_successor("exit_78", "exit_0"))
    wait_until(lambda: count(proxy, "upgrade.failed") == 1, "it is told", 20)
    after_a_look(proxy, "binary", "tried", lambda: touch_something_else(proxy))
    assert count(proxy, "upgrade.failed") == 1
    assert proxy.master_pid == before
    proxy.replace_binary(bad_successor("crash", "exit_0"))
    wait_until(lambda: count(proxy, "upgrade.failed") == 2, "another one is told, too", 20)
    proxy.replace_binary(BINARY)
    wait_another_master(proxy, before)
    wait_generation(proxy, 2)
    assert count(proxy, "upgrade.failed") == 2


def test_a_binary_that_is_gone_for_a_while_is_no_mistake(watched):
    proxy = watched("binary")
    before = proxy.master_pid
    after_a_look(proxy, "binary", "served", proxy.binary.unlink)
    proxy.replace_binary(BINARY)
    wait_another_master(proxy, before)
    assert count(proxy, "upgrade.failed") == 0


def test_what_is_put_there_during_a_replacement_is_taken_after_it(watched, bad_successor):
    proxy = watched("config", "binary", upgrade={"ready_timeout": f"{min(5 * PATIENCE, 15):g}s"})
    before = proxy.master_pid
    fresh = proxy.folder / "baton.next"
    shutil.copy2(BINARY, fresh)
    proxy.replace_binary(bad_successor("hang", "exit_0"))
    wait_until(lambda: count(proxy, "upgrade.started") == 1, "the upgrade has begun", 20)
    edit(proxy, workers=3)
    fresh.replace(proxy.binary)
    assert count(proxy, "upgrade.failed") == 0, "the replacement is over already: nothing has been shown"
    wait_another_master(proxy, before)
    wait_until(lambda: len(serving(proxy)["worker_pids"]) == 3, "the configuration is taken, too", 20)
    assert runs_what_is_installed(proxy)
    assert count(proxy, "upgrade.failed") == 1


def test_what_is_put_there_while_the_successor_starts_is_taken_by_it(watched, bad_successor):
    proxy = watched("binary", upgrade={"ready_timeout": "30s"})
    first = proxy.master_pid
    # A stand-in for the linker's next file: it comes before the successor has said that it serves.
    fresh = proxy.folder / "baton.next"
    shutil.copy2(BINARY, fresh)
    proxy.replace_binary(BINARY)
    wait_until(lambda: count(proxy, "upgrade.started") == 1, "the upgrade has begun", 20)
    fresh.replace(proxy.binary)
    wait_another_master(proxy, first)
    wait_until(lambda: runs_what_is_installed(proxy), "the last file runs", 30)


def test_what_has_been_rolled_back_is_not_taken_again(watched):
    proxy = watched("binary")
    first = os.stat(f"/proc/{proxy.master_pid}/exe").st_ino
    before = proxy.master_pid
    proxy.replace_binary(BINARY)
    before = wait_another_master(proxy, before)
    wait_until(lambda: proxy.command("rollback").returncode == EX_OK, "it is rolled back")
    before = wait_another_master(proxy, before)
    after_a_look(proxy, "binary", "served", lambda: touch_something_else(proxy))
    assert os.stat(f"/proc/{proxy.master_pid}/exe").st_ino == first
    proxy.replace_binary(BINARY)
    wait_another_master(proxy, before)
    assert runs_what_is_installed(proxy)


def test_another_path_in_the_configuration_is_watched_from_then_on(watched):
    proxy = watched("config", "binary")
    other = proxy.folder / "elsewhere" / "baton"
    other.parent.mkdir()
    shutil.copy2(BINARY, other)
    proxy.sections["upgrade"]["binary"] = str(other)
    edit(proxy, workers=3)
    wait_generation(proxy, 2)
    before = proxy.master_pid
    fresh = other.with_name("fresh")
    shutil.copy2(BINARY, fresh)
    fresh.replace(other)
    wait_another_master(proxy, before)
    wait_generation(proxy, 3)
    assert os.stat(f"/proc/{proxy.master_pid}/exe").st_ino == other.stat().st_ino


# ---- who watches --------------------------------------------------------------------------------------------------


def test_nothing_is_watched_without_being_asked(watched):
    proxy = watched()
    assert inotify_instances(proxy.master_pid) == 0
    proxy.replace_binary(BINARY)
    edit(proxy, workers=3)
    assert proxy.command("reload").returncode == EX_OK
    assert serving(proxy)["generation"] == 2
    assert count(proxy, "watch.looked") == 0


def test_only_the_serving_master_watches(watched):
    proxy = watched("config", "binary", upgrade={"handover": "off"})
    first = proxy.master_pid
    assert inotify_instances(first) == 2
    second = proxy.upgrade_by_signal()
    wait_until(lambda: inotify_instances(first) == 0, "the predecessor, which drains, watches no more")
    assert process_facts.is_alive(first)
    wait_until(lambda: inotify_instances(second) == 2, "the successor does")
    edit(proxy, workers=3)
    wait_generation(proxy, 3)
    assert count(proxy, "reload.started") == 1
