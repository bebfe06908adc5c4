"""Compiling C++ text with the machine's compiler, and keeping the result.

Compiled files lie in the user's cache folder (`cache`), named by the hash of everything that went into them (text,
headers, compiler, flags, processor), so a home shared by unlike machines is safe. They appear by rename and end with a
checksum, so that no process ever loads half of one; a file that does not check out is made again.
"""

from __future__ import annotations

import ctypes
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from factors.common.settings import environment, setting
from factors.common.threads import cores
from factors.errors import CompilerError
from factors.toolchain import cache
from factors.toolchain.cache import cache_folder
from factors.toolchain.workspace import workspace

FLAGS = (
    "-std=c++17", "-O2", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
    "-Wno-psabi",
)  # fmt: skip
"""Never -ffast-math: missing values are NaN, and selects on NaN are what masks are made of."""

INSTALL = "install a C++ compiler (on Debian: apt install g++; without root: pip install 'minute-factors[compiler]')"

UNIT = 120_000
"""Characters of text from which a second compiler is started, a third from as many more."""


@lru_cache(maxsize=8)
def _compiler(wanted: str) -> tuple[tuple[str, ...], str]:
    for name in (wanted, "c++", "g++", "clang++"):
        command = tuple(name.split())
        path = shutil.which(command[0]) if command else None
        if path:
            try:
                shown = subprocess.run(
                    [path, *command[1:], "--version"], capture_output=True, text=True, check=False, errors="replace"
                )
            except OSError as error:
                raise CompilerError(f"the C++ compiler {path} does not start: {error}.") from error
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
    found = cache.find(name)
    if found is not None:
        return found
    with workspace(cache_folder()) as work:
        made = _compiled(command, code, units, work)
        cache.keep(name, made.read_bytes())
        try:
            return cache.load(made)  # stays loaded when the folder goes
        except OSError as error:
            found = cache.find(name)
            if found is None:
                raise CompilerError(
                    f"what was compiled in {work.parent} cannot be loaded ({error}): is it mounted noexec? Set TMPDIR "
                    "to another folder."
                ) from error
            return found


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
    made.write_bytes(cache.sealed(made.read_bytes()))
    made.chmod(0o700)
    return made


def _written(work: Path, number: int, code: str) -> Path:
    text = work / f"{number}.cpp"
    text.write_text(code, encoding="utf-8")
    return text


def _run(command: tuple[str, ...], given: Sequence[str | Path], made: Path) -> None:
    done = subprocess.run(
        [*command, *flags(), *map(str, given), "-o", str(made)], capture_output=True, text=True, check=False,
        errors="replace", env=environment(TMPDIR=str(made.parent)),  # what a killed compiler leaves goes with the rest
    )  # fmt: skip
    if done.returncode or not made.is_file():
        raise CompilerError(
            f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stderr.strip()[-2000:]}"
        )
