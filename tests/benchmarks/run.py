#!/usr/bin/python3
"""Measures what a request and an idle connection cost in Baton, nginx and HAProxy, in one run.

    tests/benchmarks/run.py                    everything
    tests/benchmarks/run.py "system calls"     one line of it: see BUDGETS in measurements.py and measurements_tls.py

Uses the release build, or the one in $BATON_BUILD. Exits with 1 when Baton costs more than its budget, which is for
some lines what the better of the others costs in the same run.
"""

import sys

from proxies import KINDS
from measurements import BUDGETS
from measurements_tls import BUDGETS as TLS_BUDGETS

ROUNDS = 5


def main():
    budgets = {**BUDGETS, **TLS_BUDGETS}
    wanted = sys.argv[1:] or list(budgets)
    print(f"{'':18} {'baton':>10} {'budget':>10} {'nginx':>10} {'haproxy':>10}")
    over = False
    for name in wanted:
        measure, unit, budget = budgets[name]
        # Times depend on what else the machine does: the least of some rounds, taken in turns, counts.
        rounds = [{kind: measure(kind) for kind in KINDS} for _ in range(ROUNDS if budget is None else 1)]
        cost = {kind: min(each[kind] for each in rounds) for kind in KINDS}
        if budget is None:
            budget = min(cost[kind] for kind in KINDS[1:])
        over |= cost["baton"] > budget
        ratios = "  ".join(f"{kind} ×{cost[kind] / cost['baton']:.1f}" for kind in KINDS[1:] if cost["baton"] >= 0.01)
        print(f"{name:18} {cost['baton']:10.2f} {budget:10.2f} {cost['nginx']:10.2f} {cost['haproxy']:10.2f}"
              f"   {unit}   {ratios}", flush=True)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
