"""CuPy loads whatever lies in its cache: one that others can change is not used."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from factors.backends.cuda import CupyDevice, guard_kernel_cache


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache of CuPy's is set, and none was looked at."""
    monkeypatch.setenv("CUPY_CACHE_IN_MEMORY", "0")
    monkeypatch.delenv("CUPY_CACHE_DIR", raising=False)
    guard_kernel_cache.cache_clear()


def told(caplog: pytest.LogCaptureFixture) -> int:
    for _ in range(2):
        guard_kernel_cache()
    return len(caplog.records)


@pytest.mark.skipif(os.name != "posix", reason="needs modes of files")
def test_a_folder_that_others_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    assert told(caplog) == 1
    assert f"{tmp_path}/cache is writable by other users" in caplog.text
    assert os.environ["CUPY_CACHE_IN_MEMORY"] == "1"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give folders away")
def test_a_home_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    os.chown(tmp_path, 65534, 65534)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert told(caplog) == 1
    assert f"{tmp_path} belongs to user 65534" in caplog.text


def test_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert told(caplog) == 0
    assert os.environ["CUPY_CACHE_IN_MEMORY"] == "0"


def test_it_is_looked_at_before_anything_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    seen: list[str] = []

    class Module:
        def __init__(self, **_: object) -> None:
            seen.append(os.environ["CUPY_CACHE_IN_MEMORY"])

        def get_function(self, name: str) -> str:
            return name

    device = object.__new__(CupyDevice)
    device._device = nullcontext()
    device._modules = {}
    device._xp = SimpleNamespace(RawModule=Module)
    assert device.load("code", (), ["some"]) == ["some"]
    assert seen == ["1"]
