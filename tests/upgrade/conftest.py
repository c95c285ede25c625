"""A backend of its own process, and successors that misbehave."""

import subprocess
from pathlib import Path

import pytest

from support.background import BackendProcess

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def backend():
    process = BackendProcess()
    yield process
    process.end()


@pytest.fixture(scope="session")
def bad_successor(tmp_path_factory):
    """Compiles `bad_successor.cpp` for a behaviour of `check` and one of `run`; the path of the program."""
    folder = tmp_path_factory.mktemp("successors")

    def build(check, run):
        program = folder / f"{check}-{run}"
        if not program.exists():
            subprocess.run(["g++", "-O1", f"-DON_CHECK={check}", f"-DON_RUN={run}", HERE / "bad_successor.cpp", "-o",
                            program], check=True)
        return program

    return build
