"""Back to the program that an upgrade replaced: `baton rollback`, with everything that is connected."""

import os

from support import process_facts
from support.baton import BINARY, EX_CONFIG, EX_FAILED
from support.moving import close_websocket, echo, open_websocket, replace, says_back, wait_gone
from support.waiting import wait_until


def program(proxy):
    """The file that the serving master runs, by its inode: its path may mean another by now."""
    return os.stat(f"/proc/{proxy.master_pid}/exe").st_ino


def install_another(proxy):
    """Puts another file with the same content in the binary's place, as a package manager does."""
    proxy.replace_binary(BINARY)


def test_what_has_not_been_upgraded_has_nothing_to_go_back_to(proxied):
    proxy, _ = proxied()
    master = proxy.master_pid
    answer = proxy.command("rollback")
    assert answer.returncode == EX_FAILED
    assert "no upgrade has been made" in answer.stderr
    assert proxy.master_pid == master
    assert proxy.get("/").status == 200


def test_the_file_that_ran_before_runs_again_though_it_has_been_deleted(proxied):
    proxy, _ = proxied(script=echo)
    first = program(proxy)
    client = open_websocket(proxy)
    install_another(proxy)
    wait_gone(proxy, replace(proxy, "upgrade"))
    assert program(proxy) != first
    wait_gone(proxy, replace(proxy, "rollback"))
    assert program(proxy) == first
    assert says_back(client, b"back again")
    close_websocket(client)


def test_a_second_rollback_goes_forward_again(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    before = program(proxy)
    install_another(proxy)
    replace(proxy, "upgrade")
    after = program(proxy)
    for expected in (before, after, before):
        wait_gone(proxy, replace(proxy, "rollback"))
        assert program(proxy) == expected
        assert says_back(client, b"still here")


def test_the_next_upgrade_takes_what_is_installed_by_then(proxied):
    proxy, _ = proxied()
    install_another(proxy)
    replace(proxy, "upgrade")
    replace(proxy, "rollback")
    install_another(proxy)
    installed = os.stat(proxy.binary).st_ino
    replace(proxy, "upgrade")
    assert program(proxy) == installed


def test_a_configuration_that_the_old_program_refuses_changes_nothing(proxied):
    proxy, _ = proxied()
    install_another(proxy)
    replace(proxy, "upgrade")
    master = proxy.master_pid
    proxy.sections["listners"] = []
    proxy.write_config()
    answer = proxy.command("rollback")
    assert answer.returncode == EX_CONFIG
    assert "rollback failed (preflight)" in answer.stderr and "listners" in answer.stderr
    assert proxy.master_pid == master
    assert proxy.get("/").status == 200


def test_descriptors_do_not_pile_up_from_one_rollback_to_the_next(proxied):
    proxy, _ = proxied()
    replace(proxy, "upgrade")

    def serving():
        wait_until(lambda: len(proxy.lineage()) == 3, "only the serving generation lives")
        return proxy.master_pid, *proxy.worker_pids()

    before = [process_facts.descriptor_kinds(pid) for pid in serving()]
    for _ in range(5):
        replace(proxy, "rollback")
    wait_until(lambda: process_facts.hold_no_more(serving(), before), "descriptors are as they were")
