"""A thousand WebSockets and many reloads: nobody is disconnected, and no old generation stays."""

from support import process_facts
from support.background import MixedLoad
from support.baton import is_sanitized
from support.moving import replace, wait_gone
from support.waiting import wait_until


def test_reloads_that_add_a_route_each_disconnect_nobody(baton, backend, quick):
    websockets, reloads = (200, 5) if quick else (1000, 20)
    proxy = baton(upstreams={"app": [backend.endpoint]})
    load = MixedLoad(proxy.address, websocket=websockets)
    for number in range(reloads):
        route = {"name": f"added-{number}", "match": {"path": f"/added/{number}"}, "respond": {"status": 204}}
        proxy.sections["hosts"][0]["routes"].insert(0, route)
        proxy.write_config()
        wait_gone(proxy, replace(proxy, "reload"))
        wait_until(lambda: len(proxy.status()["generations"]) == 1, "the master has noticed")
        assert proxy.get(f"/added/{number}").status == 204
    so_far = load.so_far()
    assert so_far["websockets_alive"] == websockets, so_far
    assert load.result()["failed"] == {}


def test_reloads_in_a_row_leave_nothing_behind(baton, backend, quick, long):
    count = 1000 if long else 20 if quick else 100
    proxy = baton(upstreams={"app": [backend.endpoint]}, drain={"max_generations": 30})
    load = MixedLoad(proxy.address, keepalive=4, fresh=1, websocket=20)
    wait_gone(proxy, replace(proxy, "reload"))
    master = proxy.master_pid
    first, memory = [process_facts.descriptor_kinds(master)], process_facts.memory(master)["private_dirty"]
    for _ in range(count):
        replace(proxy, "reload")
    wait_until(lambda: len(proxy.status()["generations"]) == 1, "the last one serves alone", 20)
    wait_until(lambda: len(proxy.worker_pids()) == 2, "no worker of another is left", 20)
    wait_until(lambda: process_facts.hold_no_more([master], first), "descriptors are as after the first", 20)
    assert process_facts.zombie_children(proxy.master_pid) == []
    if not is_sanitized():
        assert process_facts.memory(proxy.master_pid)["private_dirty"] < memory + 1024 * 1024
    result = load.result()
    assert result["failed"] == {} and result["reconnects"] == 0, result
