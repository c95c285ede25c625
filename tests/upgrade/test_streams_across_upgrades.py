"""Streams that never pause, while upgrades follow each other: every byte is right, and nobody connects twice."""

from support.moving import replace, wait_gone


def test_no_byte_is_lost_or_changed_by_upgrades_in_a_row(streams, quick, long):
    proxy, load = streams()
    count = 100 if long else 10 if quick else 20
    ports = load.ports()
    for number in range(count):
        if number % 2:  # more would exceed what Baton grants a peer
            load.update_keys()
        gone = replace(proxy, "upgrade")
        assert len(gone) == 3
        wait_gone(proxy, gone)
        load.wait_until_all_go_on()
        assert load.ports() == ports, number
    result = load.result()
    assert result["failed"] == {}
    for name, stream in result["streams"].items():
        assert stream["keys"] == (count // 2 if name.startswith("duplex 1.3") else 0), name
