"""What a request and an idle connection may cost. `run.py` prints the figures beside those of nginx and HAProxy.

The counts hardly depend on the machine, and the budgets leave a few per cent for how the kernel batches events.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from measurements import BUDGETS  # noqa: E402


@pytest.mark.parametrize("name", BUDGETS)
def test_the_cost_stays_within_its_budget(name):
    measure, unit, budget = BUDGETS[name]
    assert measure("baton") <= budget, unit
