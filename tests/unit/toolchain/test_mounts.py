"""Folders in which nothing can be written or loaded: mounted noexec, full, or with what killed compiles left."""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import factors
from factors.data.native import passes as native
from factors.engine import select
from factors.engine.codegen.cache import ProgramCache
from factors.engine.fused import libraries
from factors.errors import CompilerError
from factors.toolchain import cache as caching
from factors.toolchain import workspace as working
from factors.toolchain.compiler import build_text
from tests.support.users import ATTACKER, as_user, needs_root, public_folder

pytestmark = pytest.mark.usefixtures("needs_compiler")

ROOT = Path(__file__).resolve().parents[3]
TEXT = 'extern "C" int value() { return %d; }\n'
NIGHT = """
import logging, sys
logging.basicConfig(format="told: %(message)s")
import factors
bars = factors.simulate_bars(stocks=100)
for _ in range(2):
    frame = factors.compute(bars, "VP")
print(frame.attrs["engine"], round(frame["VP"].sum(), 9))
try:
    factors.compute(bars, "VP", engine="fused")
except factors.errors.CompilerError as error:
    print("CompilerError")
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and nothing loaded or told before."""
    monkeypatch.setenv("FACTORS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    monkeypatch.setattr(select, "_told", [])
    caching._told.clear()
    working.sweep.cache_clear()
    native.library.cache_clear()
    yield tmp_path / "cache"
    native.library.cache_clear()


def night(script: str, **environment: str) -> tuple[str, str, list[str]]:
    """Run a process in mounts of its own; return the engine, the sum and what was told."""
    command = ["unshare", "-m", "sh", "-ec", f'{script}\nexec "$0" -c "$1"', sys.executable, NIGHT]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300
    )
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this system makes no private mounts: {done.stderr}")
    assert done.returncode == 0, done.stderr
    engine, total, *failed = done.stdout.split()
    return f"{engine} {' '.join(failed)}".strip(), total, [x for x in done.stderr.splitlines() if x.startswith("told:")]


@needs_root
def test_a_cache_that_is_mounted_noexec(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    mount = f"mount --bind {cache} {cache}; mount -o remount,bind,noexec {cache}"
    first, again = night(mount), night(mount)
    assert first[:2] == again[:2]
    assert first[0] == again[0] == "fused"
    assert first[2] == []
    (told,) = again[2]
    assert f"cannot be loaded from {cache}, only copied" in told
    assert "noexec" in told


@needs_root
def test_temporary_files_that_are_mounted_noexec(tmp_path: Path) -> None:
    """The cache has what was compiled there."""
    (tmp_path / "tmp").mkdir(mode=0o700)
    mount = f"mount -t tmpfs -o noexec none {tmp_path}/tmp"
    for _ in range(2):
        assert night(mount, TMPDIR=f"{tmp_path}/tmp")[::2] == ("fused", [])


@needs_root
def test_both_mounted_noexec(tmp_path: Path) -> None:
    for name in ("tmp", "cache"):
        (tmp_path / name).mkdir(mode=0o700)
    mount = f"""
        mount -t tmpfs -o noexec none {tmp_path}/tmp
        mount --bind {tmp_path}/cache {tmp_path}/cache; mount -o remount,bind,noexec {tmp_path}/cache"""
    for _ in range(2):
        engine, _, told = night(mount, TMPDIR=f"{tmp_path}/tmp")
        assert engine == "matrix CompilerError"
        (warning,) = (x for x in told if "matrix" in x)
        assert "engine 'auto' takes the matrix engine" in warning
        assert "noexec" in warning


@needs_root
@pytest.mark.parametrize("limit", ["size=16k", "nr_inodes=3", "nr_inodes=4"])
def test_temporary_files_on_a_full_disk(tmp_path: Path, limit: str) -> None:
    (tmp_path / "tmp").mkdir(mode=0o700)
    mount = f"mount -t tmpfs -o {limit} none {tmp_path}/tmp"
    engine, total, told = night(mount, TMPDIR=f"{tmp_path}/tmp")
    assert engine == "matrix CompilerError"
    (warning,) = told
    assert "engine 'auto' takes the matrix engine" in warning
    expected = factors.compute(factors.simulate_bars(stocks=100), "VP", engine="matrix")
    assert total == str(round(expected["VP"].sum(), 9))


def test_a_cache_from_which_nothing_loads(cache: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    """As above, where mounts cannot be made."""
    build_text(TEXT % 1)
    real, tried = ctypes.CDLL, []

    def loads(path: str) -> ctypes.CDLL:
        tried.append(path)
        if len(tried) % 2:
            raise OSError("failed to map segment from shared object")
        return real(path)

    monkeypatch.setattr(caching.ctypes, "CDLL", loads)
    for _ in range(2):
        assert build_text(TEXT % 1).value() == 1
    assert len(tried) == 4
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert f"cannot be loaded from {cache}, only copied" in caplog.text


def test_nothing_loads_at_all(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def fails(path: str) -> None:
        raise OSError("failed to map segment from shared object")

    bars = factors.simulate_bars(stocks=5)
    expected = factors.compute(bars, "VP", engine="matrix")
    monkeypatch.setattr(caching.ctypes, "CDLL", fails)
    for _ in range(2):
        found = factors.compute(bars, "VP")
        assert found.attrs["engine"] == "matrix"
        assert "failed to map segment" in found.attrs["minute_factors"]["engine_why"]
        assert found.equals(expected)
    assert caplog.text.count("engine 'auto' takes the matrix engine") == 1
    with pytest.raises(CompilerError, match="noexec"):
        factors.compute(bars, "VP", engine="fused")


def test_no_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(CompilerError, match="nothing can be compiled: .*gone.* set TMPDIR"):
        build_text(TEXT % 2)
    bars = factors.simulate_bars(stocks=90)  # enough for the input to be read by compiled passes
    for _ in range(2):
        assert factors.compute(bars, "VP").attrs["engine"] == "matrix"
    assert caplog.text.count("takes the matrix engine") == 1


def test_a_compiler_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factors.toolchain import compiler as compiling

    (tmp_path / "cxx").write_bytes(b"\x7fELF of another machine")
    (tmp_path / "cxx").chmod(0o755)
    monkeypatch.setenv("CXX", str(tmp_path / "cxx"))
    compiling._compiler.cache_clear()
    with pytest.raises(CompilerError, match="cxx does not start"):
        build_text(TEXT % 3)
    assert factors.compute(factors.simulate_bars(stocks=5), "VP").attrs["engine"] == "matrix"


def test_two_files_are_two_libraries(tmp_path: Path) -> None:
    """The loader knows a library by its path, and a descriptor's number comes again."""
    loaded = []
    for number in range(40):
        build_text(TEXT % number)
        loaded.append(build_text(TEXT % number))  # from the cache
    assert [library.value() for library in loaded] == list(range(40))


def test_every_spelling_is_new_and_short() -> None:
    spelled = [caching._spelling(5, number) for number in range(1, 3000)]
    assert len(set(spelled)) == len(spelled)
    assert len(caching._spelling(5, 2**64)) < 255
    assert {os.path.normpath(path) for path in spelled} == {"/proc/self/fd/5"}


def left(folder: Path, name: str, age: float, mark: bool = True) -> Path:
    """Make what a killed compile leaves."""
    made = folder / name
    made.mkdir(mode=0o700)
    (made / "0.cpp").write_text("some")
    if mark:
        (made / working.MARK).touch()
        then = (made / working.MARK).stat().st_mtime - age
        os.utime(made / working.MARK, (then, then))
    return made


def test_what_killed_compiles_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    old, foreign = 2 * working.STALE, tmp_path / "foreign"
    left(tmp_path, "foreign", old)
    gone = left(temporary, "minute-factors-gone", old)
    (gone / "link").symlink_to(foreign)
    kept = [
        left(temporary, "minute-factors-running", working.STALE / 2),
        left(temporary, "minute-factors-main", old, mark=False),  # a user's own
        left(temporary, "other", old),
    ]
    linked, marked = temporary / "minute-factors-link", left(temporary, "minute-factors-marked", 0, mark=False)
    linked.symlink_to(foreign)
    (marked / working.MARK).symlink_to(foreign / working.MARK)
    assert build_text(TEXT % 4).value() == 4
    assert not gone.exists()
    assert sorted(temporary.iterdir()) == sorted([*kept, linked, marked])
    assert (foreign / "0.cpp").exists()


@needs_root
def test_what_others_left_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with public_folder() as public:
        theirs = public / "minute-factors-theirs"
        as_user(ATTACKER, lambda: left(public, theirs.name, 2 * working.STALE) and None)
        working.sweep(public)
        assert (theirs / "0.cpp").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_a_killed_compile_is_swept_by_the_next_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary, broken = tmp_path / "tmp", tmp_path / "cxx"
    temporary.mkdir(mode=0o700)
    broken.write_text('#!/bin/sh\n[ "$1" = --version ] && echo some && exit 0\ntouch "$TMPDIR/cc.s"\nkill -9 $PPID\n')
    broken.chmod(0o755)
    code = "from factors.toolchain.compiler import build_text; build_text('int x;')"
    environment = os.environ | {"CXX": str(broken), "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    (folder,) = temporary.iterdir()
    assert {file.name for file in folder.iterdir()} == {"0.cpp", "cc.s", working.MARK}
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(working, "STALE", -60.0)
    assert build_text(TEXT % 5).value() == 5
    assert list(temporary.iterdir()) == []
    shutil.rmtree(temporary)
