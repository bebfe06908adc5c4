"""Importing the library in a new process, in the time that importing NumPy, its one dependency then, takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.benchmark(group="import")


def importing(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


def bench_import(measure) -> None:
    measure(lambda: importing("factors"), "import factors", "a new process", against=lambda: importing("numpy"))
