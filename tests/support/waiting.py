"""Waits for a condition instead of sleeping for a guess."""

import os
import time

# Sanitizers and valgrind make everything slower; a deadline is only there to end a test that would never end.
PATIENCE = float(os.environ.get("BATON_TEST_PATIENCE", "1"))
POLL_INTERVAL = 0.01


def wait_until(condition, what, seconds=10.0):
    """Returns the first true value of `condition()`; fails the test when none comes within `seconds`."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds * PATIENCE:g} s: {what}")
        time.sleep(POLL_INTERVAL)
