"""A backend of its own process."""

import pytest

from support.background import BackendProcess


@pytest.fixture(scope="module")
def backend():
    process = BackendProcess()
    yield process
    process.end()
