"""The compiler and the cache of compiled code: what may go wrong, and what then happens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import factors
from factors import backends
from factors.catalogue import resolve
from factors.engine.codegen.cache import ProgramCache
from factors.engine.fused import libraries
from factors.engine.fused import run as fused
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.errors import CompilerError
from factors.toolchain import cache as caching
from factors.toolchain import compiler as compiling

pytestmark = pytest.mark.usefixtures("needs_compiler")

CPU = backends.get("cpu")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no library loaded before."""
    monkeypatch.setenv("FACTORS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    compiling._compiler.cache_clear()
    yield tmp_path / "cache"
    compiling._compiler.cache_clear()


@pytest.fixture(scope="module")
def cube() -> factors.MinuteCube:
    return factors.cube(factors.simulate_bars(stocks=30, days=1, seed=9))


PLAN = make_plan(list(resolve(["VP", "return_var"]).values()))


def works(cube: factors.MinuteCube) -> None:
    np.testing.assert_allclose(fused.run(PLAN, cube, CPU), matrix.run(PLAN, cube, CPU), rtol=1e-9)


def test_compiled_once_and_kept(cube, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    works(cube)
    (kept,) = cache.glob("*.so")
    assert cache.stat().st_mode & 0o77 == 0
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    monkeypatch.setattr(compiling, "_compiled", lambda *_: pytest.fail("compiled again"))
    works(cube)
    assert [kept] == list(cache.iterdir())  # nothing staged is left


@pytest.mark.parametrize("content", [b"", b"\x7fELF", None])
def test_a_damaged_file_is_made_again(
    cube, cache: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    works(cube)
    (kept,) = cache.glob("*.so")
    whole = kept.read_bytes()
    kept.unlink()  # the loaded file stays mapped
    kept.write_bytes(whole[:-100] if content is None else content)
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    works(cube)
    assert len(kept.read_bytes()) == len(whole)


def test_a_cache_that_cannot_be_written(cube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FACTORS_CACHE", str(tmp_path / "file" / "cache"))
    works(cube)


def test_old_files_make_room(cube, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "MOST", 2)
    cache.mkdir()
    for age, name in enumerate(("older", "oldest", "newer")):
        (cache / f"{name}.so").write_bytes(b"x")
        os.utime(cache / f"{name}.so", (1000 - 100 * (age % 2), 1000 - 100 * (age % 2) + age))
    works(cube)
    left = {file.name for file in cache.iterdir()}
    assert len(left) == 2
    assert "newer.so" in left
    assert "oldest.so" not in left


def test_warmup_leaves_nothing_to_compile(cube, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = factors.warmup(["VP", "return_var"])
    assert len(list(cache.glob("*.so"))) == 1
    assert factors.warmup(["VP", "return_var"]) < first
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    monkeypatch.setattr(compiling, "_compiled", lambda *_: pytest.fail("compiled again"))
    factors.compute(factors.simulate_bars(stocks=5), ["VP", "return_var"], engine="fused")


def test_auto_goes_on_without_a_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bars = factors.simulate_bars(stocks=5)
    expected = factors.compute(bars, "VP", engine="matrix")
    broken = tmp_path / "cxx"
    broken.write_text('#!/bin/sh\n[ "$1" = --version ] && echo broken 1.0 && exit 0\necho out of order >&2\nexit 3\n')
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    fails = factors.compute(bars, "VP")
    assert fails.attrs["engine"] == "matrix"
    assert "out of order" in fails.attrs["minute_factors"]["engine_why"]
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("CXX", "")
    monkeypatch.setitem(sys.modules, "ziglang", None)
    compiling._compiler.cache_clear()
    absent = factors.compute(bars, "VP")
    assert absent.attrs["engine"] == "matrix"
    assert "apt install g++" in absent.attrs["minute_factors"]["engine_why"]
    assert fails.equals(expected)
    assert absent.equals(expected)


def test_no_compiler(cube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("CXX", "")
    monkeypatch.setitem(sys.modules, "ziglang", None)
    with pytest.raises(
        CompilerError, match=r"no C\+\+ compiler was found .*apt install g\+\+.*minute-factors\[compiler\]"
    ):
        fused.run(PLAN, cube, CPU)


def test_a_compiler_that_fails(cube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "cxx"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CXX", str(broken))
    with pytest.raises(CompilerError, match=r"cxx failed with exit code 3:\nout of order"):
        fused.run(PLAN, cube, CPU)


def test_flags_and_processor_make_other_files(cube, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    works(cube)
    for flags in ("-march=x86-64", "-march=x86-64 -O1"):
        monkeypatch.setenv("FACTORS_CXXFLAGS", flags if sys.platform == "linux" else "-O1")
        monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
        works(cube)
    monkeypatch.setattr(compiling, "cpu_model", lambda: "another")
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    works(cube)
    assert len(list(cache.glob("*.so"))) == 4


def test_two_processes_at_once(cache: Path) -> None:
    code = (
        "import factors; from factors.engine.fused import run as fused;"
        "from factors.engine.planning.plan import make_plan;"
        "from factors.catalogue import resolve;"
        "cube = factors.cube(factors.simulate_bars(stocks=9));"
        "print(fused.run(make_plan(list(resolve('VP').values())), cube, factors.backends.get('cpu')).sum())"
    )
    root = Path(__file__).resolve().parents[3]
    running = [
        subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    outputs = {process.communicate(timeout=120)[0] for process in running}
    assert len(outputs) == 1
    assert all(process.returncode == 0 for process in running)
    assert len(list(cache.iterdir())) == 1


def test_a_long_text_is_compiled_in_parts(cube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "UNIT", 1000)
    monkeypatch.setattr(compiling, "cores", lambda: 3)
    plan = make_plan(list(resolve("core").values()))
    ran: list[list[str]] = []
    run = compiling._run

    def noted(command, given, made):
        ran.append([str(x) for x in given])
        run(command, given, made)

    monkeypatch.setattr(compiling, "_run", noted)
    np.testing.assert_allclose(fused.run(plan, cube, CPU), matrix.run(plan, cube, CPU), rtol=1e-7, atol=1e-12)
    assert len(ran) == 4
    assert len([given for given in ran if "-c" in given]) == 3
    assert len(ran[-1]) == 3  # which are linked


def test_where_compiled_files_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FACTORS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform == "linux":
        assert caching.cache_folder() == tmp_path / ".cache" / "minute-factors"
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        assert caching.cache_folder() == tmp_path / ".cache" / "minute-factors"
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
        assert caching.cache_folder() == tmp_path / "caches" / "minute-factors"
    monkeypatch.setenv("FACTORS_CACHE", str(tmp_path / "here"))
    assert caching.cache_folder() == tmp_path / "here"
    assert not list(tmp_path.iterdir())
