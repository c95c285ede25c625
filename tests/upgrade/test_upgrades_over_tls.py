"""Upgrades and reloads under mixed load over TLS: nothing lost, from the handshake on."""

from support.background import MixedLoad
from support.baton import EX_OK


def test_upgrades_and_reloads_lose_nothing_over_tls(baton, backend, pki, quick):
    proxy = baton(upstreams={"app": {"endpoints": [backend.endpoint], "keepalive": {"idle_timeout": "500ms"}}},
                  certificates=[pki.default()], drain={"max_generations": 30, "idle_grace": "1s"})
    load = MixedLoad(proxy.address, ca=pki.ca, keepalive=16, fresh=4, post=4, sse=8, websocket=50)
    for _ in range(3 if quick else 15):
        for order in ("upgrade", "reload"):
            assert proxy.command(order).returncode == EX_OK
    so_far = load.so_far()
    assert so_far["websockets_alive"] == 50
    result = load.result()
    assert result["failed"] == {}, result
    assert all(result["done"][kind] > 0 for kind in ("keepalive", "fresh", "post", "sse", "websocket")), result
