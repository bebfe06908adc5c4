"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.profile import PROFILES, reproducible, thorough

for _name, _examples in PROFILES.items():
    hypothesis.settings.register_profile(_name, max_examples=_examples, derandomize=reproducible(), deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

REAL_BARS = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what is marked `thorough` to that profile."""
    if not thorough():
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="tried with --hypothesis-profile thorough"))


@pytest.fixture(scope="session", autouse=True)
def compiled_code_kept() -> Iterator[None]:
    """Keep the code of all tests for the next run; a user's cache forgets the files not used for longest."""
    from factors.toolchain import compiler

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "MOST", 5000)
        yield


@pytest.fixture(scope="session")
def real_bars() -> Path:
    """Folder of real minute bars beside the checkout, which is not part of the project."""
    if not REAL_BARS.is_dir():
        pytest.skip("no folder ../shared/data with real minute bars beside the checkout")
    return REAL_BARS


@pytest.fixture(scope="session")
def needs_compiler() -> None:
    """Skip what compiles where there is no C++ compiler."""
    from factors.errors import CompilerError
    from factors.toolchain.compiler import compiler

    try:
        compiler()
    except CompilerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def needs_nvrtc() -> None:
    """Skip what compiles for a GPU where its compiler is not installed."""
    pytest.importorskip("cuda.bindings.nvrtc", reason="cuda-bindings and nvidia-cuda-nvrtc are not installed")


@pytest.fixture(autouse=True)
def registry_kept():
    """Forget the definitions that a test made."""
    from factors.definitions.decorators import REGISTRY

    kept = [dict(part) for part in (REGISTRY.factors, REGISTRY.shared, REGISTRY.aliases)]
    yield
    for part, before in zip((REGISTRY.factors, REGISTRY.shared, REGISTRY.aliases), kept, strict=True):
        part.clear()
        part.update(before)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder of minute bars with one file per day."""
    from tests.support.batch_tools import DAYS, write

    for date in DAYS:
        write(tmp_path / "in", date)
    return tmp_path / "in"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "store"
