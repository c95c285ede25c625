#!/usr/bin/env python3
"""Says what `process.sandbox: strict` costs a request: the worker's time on the processor, with basic and strict in turns.

    tests/benchmarks/sandbox.py

Uses the release build, or the one in $BATON_BUILD. Wants a machine that does nothing else. User instructions and system
calls are the same for both: what strict adds is the filter that the kernel runs for each call.
"""

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from proxies import Origin, load  # noqa: E402

from support import process_facts  # noqa: E402
from support.baton import Baton  # noqa: E402

ROUNDS, REQUESTS = 21, 100_000


def microseconds_per_request(proxy):
    worker, = proxy.worker_pids()
    before = process_facts.cpu_seconds(worker)
    load(proxy.address, REQUESTS)
    return (process_facts.cpu_seconds(worker) - before) / REQUESTS * 1e6


def main():
    with Origin() as origin:
        proxies = {sandbox: Baton(upstreams={"app": [origin.endpoint]}, workers=1, process={"sandbox": sandbox},
                                  defaults={"limits": {"requests_per_connection": 0}}).start()
                   for sandbox in ("basic", "strict")}
        for proxy in proxies.values():
            load(proxy.address, REQUESTS)
        rounds = [{sandbox: microseconds_per_request(proxy) for sandbox, proxy in proxies.items()} for _ in range(ROUNDS)]
        for proxy in proxies.values():
            proxy.stop()
    for sandbox in proxies:
        times = [one[sandbox] for one in rounds]
        print(f"{sandbox:8} {statistics.median(times):6.2f} µs of processor time per request ({min(times):.2f} to {max(times):.2f})")


if __name__ == "__main__":
    main()
