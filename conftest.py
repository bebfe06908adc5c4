"""What tests and benchmarks share: where compiled code is kept, and when a GPU is needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("FACTORS_CACHE", str(Path(__file__).resolve().parent / ".cache"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `gpu` where no device can be used, with the backend's own reason."""
    marked = [item for item in items if item.get_closest_marker("gpu")]  # keywords have the names of the folders too
    if marked:
        from factors.backends import available

        reason = available()["gpu"]
        if reason.startswith("unavailable"):
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))
