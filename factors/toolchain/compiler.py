"""Compiling C++ text with the machine's compiler, and keeping the result.

Compiled files lie in the user's cache folder, named by the hash of everything that went into them (text, headers,
compiler, flags, processor), so a home shared by unlike machines is safe. They appear by rename and end with a checksum,
so that no process ever loads half of one; a file that does not check out is made again.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from factors.common.settings import setting
from factors.common.threads import cores
from factors.errors import CompilerError

FLAGS = (
    "-std=c++17", "-O2", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
    "-Wno-psabi",
)  # fmt: skip
"""Never -ffast-math: missing values are NaN, and selects on NaN are what masks are made of."""

INSTALL = "install a C++ compiler (on Debian: apt install g++; without root: pip install 'minute-factors[compiler]')"

MOST = 500
"""Compiled files kept, of about 40 kB each; the ones not used for longest go first."""

log = logging.getLogger("factors")


UNIT = 120_000
"""Characters of text from which a second compiler is started, a third from as many more."""


@lru_cache(maxsize=8)
def _compiler(wanted: str) -> tuple[tuple[str, ...], str]:
    for name in (wanted, "c++", "g++", "clang++"):
        command = tuple(name.split())
        path = shutil.which(command[0]) if command else None
        if path:
            shown = subprocess.run([path, *command[1:], "--version"], capture_output=True, text=True, check=False)
            return (path, *command[1:]), shown.stdout.partition("\n")[0]
    try:
        import ziglang
    except ImportError:
        raise CompilerError(f"no C++ compiler was found ($CXX, c++, g++, clang++): {INSTALL}.") from None
    zig = str(Path(ziglang.__file__).with_name("zig"))
    return (zig, "cc"), f"zig {metadata.version('ziglang')}"  # as "c++" it would first build a library nobody needs


def compiler() -> tuple[tuple[str, ...], str]:
    """Return the compiler's command and version line: $CXX, c++, g++, clang++, or the ziglang package.

    Raises
    ------
    CompilerError
        If there is none.
    """
    return _compiler(setting("CXX") or "")


def flags() -> tuple[str, ...]:
    """Return the flags: those for this processor, or those of the environment variable FACTORS_CXXFLAGS."""
    forced = setting("FACTORS_CXXFLAGS")
    return (*FLAGS, *(forced.split() if forced is not None else ("-march=native",)))


@lru_cache(maxsize=1)
def cpu_model() -> str:
    """Return what tells this processor from others."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))


def cache_folder() -> Path:
    """Return the folder of compiled files: $FACTORS_CACHE, or minute-factors in the user's cache folder."""
    moved = setting("FACTORS_CACHE")
    if moved:
        return Path(moved)
    from platformdirs import user_cache_path

    return user_cache_path("minute-factors", appauthor=False)


def build_text(code: str, units: Callable[[int], Sequence[str]] | None = None) -> ctypes.CDLL:
    """Return C++ text that needs no header as a loaded library, compiled unless the cache has it.

    Parameters
    ----------
    code : str
        The text, by which the cache knows it.
    units : callable, optional
        Cuts a long text into so many translation units, or fewer, which are compiled side by side.

    Raises
    ------
    CompilerError
        If there is no compiler, or it fails; the message has its last lines.
    """
    command, version = compiler()
    parts = (code, version, " ".join(flags()), cpu_model(), sys.platform, platform.machine())
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32] + ".so"
    cached = cache_folder() / name
    if _is_whole(cached):
        _used(cached)
        return ctypes.CDLL(str(cached))
    with tempfile.TemporaryDirectory(prefix="minute-factors-") as work:
        made = _compiled(command, code, units, Path(work))
        _keep(made, cached)
        return ctypes.CDLL(str(made))  # stays loaded when the folder goes


def _compiled(
    command: tuple[str, ...], code: str, units: Callable[[int], Sequence[str]] | None, work: Path
) -> Path:  # fmt: skip
    """Compile in a folder of its own, a long text in units side by side, and seal the result with its checksum."""
    made, number = work / "factors.so", min(cores(), len(code) // UNIT)
    parts = units(number) if units is not None and number > 1 else [code]
    if len(parts) == 1:
        _run(command, [_written(work, 0, code)], made)
    else:
        objects = [work / f"{n}.o" for n in range(len(parts))]
        with ThreadPoolExecutor(len(parts)) as pool:
            jobs = [
                pool.submit(_run, command, ["-c", _written(work, n, part)], objects[n]) for n, part in enumerate(parts)
            ]
            for job in jobs:
                job.result()
        _run(command, objects, made)
    content = made.read_bytes()
    made.write_bytes(content + hashlib.sha256(content).digest())  # ELF ignores what follows its sections
    made.chmod(0o700)
    return made


def _written(work: Path, number: int, code: str) -> Path:
    text = work / f"{number}.cpp"
    text.write_text(code, encoding="utf-8")
    return text


def _run(command: tuple[str, ...], given: Sequence[str | Path], made: Path) -> None:
    done = subprocess.run(
        [*command, *flags(), *map(str, given), "-o", str(made)], capture_output=True, text=True, check=False
    )
    if done.returncode or not made.is_file():
        raise CompilerError(
            f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stderr.strip()[-2000:]}"
        )


def _is_whole(file: Path) -> bool:
    """Whether a cached file is there and ends with its own checksum; loading half a file could crash the process."""
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return len(content) > 32 and hashlib.sha256(content[:-32]).digest() == content[-32:]


def _keep(made: Path, cached: Path) -> None:
    """Put a compiled file into the cache; a cache that cannot be written only costs the next process a compilation."""
    try:
        cached.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, staged = tempfile.mkstemp(dir=cached.parent, prefix=".", suffix=".so")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(made.read_bytes())
            Path(staged).chmod(0o700)
            os.replace(staged, cached)
            _prune(cached.parent)
        except OSError:
            Path(staged).unlink(missing_ok=True)
            raise
    except OSError as error:
        log.info("compiled code is not kept, the cache folder %s cannot be written: %s", cached.parent, error)


def _used(cached: Path) -> None:
    """Note that a file was used; where that cannot be written, it only looks older than it is."""
    with contextlib.suppress(OSError):
        os.utime(cached)


def _prune(folder: Path) -> None:
    """Remove the files not used for longest, beyond `MOST`; a loaded file may go, it stays mapped."""
    kept = []
    for file in folder.glob("*.so"):
        with contextlib.suppress(OSError):  # another process may have removed it
            kept.append((file.stat().st_mtime_ns, file))
    for _, file in sorted(kept)[: max(0, len(kept) - MOST)]:
        file.unlink(missing_ok=True)
