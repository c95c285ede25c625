"""A thousand WebSockets and many reloads: nobody is disconnected, and no old generation stays."""

from support.background import MixedLoad
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
