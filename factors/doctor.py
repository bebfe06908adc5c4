"""What this installation has: versions, devices, time zones; for `factors doctor` and for reports of trouble."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from factors.backends.base import Backend
from factors.backends.cuda import CudaDevice
from factors.common.settings import SETTINGS, setting
from factors.data.blocks.layout import LANES
from factors.errors import CompilerError

if TYPE_CHECKING:
    from factors.engine.codegen.program import Program

REQUIRED = ("numpy", "pandas", "pyarrow", "filelock", "platformdirs", "tqdm", "typer")
OPTIONAL = {
    "polars": "polars frames as input and output",
    "cupy": "backend 'gpu'",
    "cudf": "Parquet and frames that stay in the memory of a GPU",
}
"""Packages that are used where they are installed, and what for."""

_WHEELS = {"cupy": ("cupy-cuda13x", "cupy-cuda12x", "cupy"), "cudf": ("cudf-cu13", "cudf-cu12", "cudf")}


@dataclass(frozen=True)
class Finding:
    """One line of the examination.

    Parameters
    ----------
    what, found : str
        What was looked at, and what is there.
    needed : bool
        Whether the library cannot work as it is.
    """

    what: str
    found: str
    needed: bool = False

    def __str__(self) -> str:
        mark = "!!" if self.needed else "  "
        return f"{mark} {self.what:<16} {self.found}"


def doctor() -> list[Finding]:
    """Examine the installation.

    Returns
    -------
    list of Finding
        In the order to be printed; `needed` marks what has to be mended.
    """
    from factors.common.version import __version__

    findings = [
        Finding("minute-factors", __version__),
        Finding("python", f"{platform.python_version()} ({sys.executable})", needed=sys.version_info < (3, 11)),
        Finding("machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"),
    ]
    for package in REQUIRED:
        found = _version(package)
        findings.append(Finding(package, found or f"not installed: pip install {package}", needed=not found))
    for package, use in OPTIONAL.items():
        found = next(filter(None, map(_version, _WHEELS.get(package, (package,)))), "")
        findings.append(Finding(package, found or f"not installed (optional: {use})"))
    return [*findings, *_devices(), *_compiler(), _time_zones(), *_settings()]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _devices() -> list[Finding]:
    from factors import backends

    found = backends.available()
    told = [Finding(f"backend {name}", text, name == "cpu" and "unavailable" in text) for name, text in found.items()]
    cards = [] if "unavailable" in found.get("gpu", "unavailable") else card(backends.get("gpu"))
    return [*told, *cards]


def card(device: Backend) -> list[Finding]:
    """Examine a GPU: what its driver says, and whether code that is compiled for it runs."""
    from factors.engine.gpu.job import LaunchJob
    from factors.engine.gpu.launch import execute

    if device.card is None:
        return []  # another's backend of that name, which runs the matrix engine
    try:
        about = device.card.describe()
        begin = time.perf_counter()
        job = LaunchJob([probe_program()], [0], np.full((3, 1, 1, LANES), 2.5))
        found = execute(device.card, job)
        seconds = time.perf_counter() - begin
    except Exception as error:  # whatever is wrong with a driver is to be told
        return [Finding("gpu", f"code does not run on it: {type(error).__name__}: {error}", needed=True)]
    if not (found == 5.0).all():
        return [Finding("gpu", f"code runs on it and returns {found.ravel()[:3].tolist()} for 5.0", needed=True)]
    ran = Finding("engine fused", f"on the GPU: compiled and run in {seconds:.1f} s")
    return [Finding("gpu", about), ran, *_tables(device, device.card)]


def probe_program() -> Program:
    """Return a program that doubles the one minute of a field."""
    from factors.engine.codegen.emit import emit
    from factors.engine.ir.graph import Graph
    from factors.engine.ir.trace import field, reduced
    from factors.engine.schedule.schedule import make_schedule

    graph = Graph(1)
    close = field(graph, "close")
    return emit(make_schedule(graph, [reduced("at", close + close).node]), ["close"])


def _tables(device: Backend, card: CudaDevice) -> list[Finding]:
    """Examine what reads Parquet into a GPU's memory, by reading a small file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = device.tables()
    if tables is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.parquet"
        pq.write_table(pa.table({"some": [1.5, None, -3.0], "other": ["a", "b", "c"]}), path)
        try:
            found = card.host(tables.read([path], ["some"], [[0]])["some"])
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            return [Finding("cuDF", f"{tables.name} does not read Parquet: {told}", needed=True)]
    if not np.array_equal(found, [1.5, np.nan, -3.0], equal_nan=True):
        return [Finding("cuDF", f"{tables.name} reads {found.tolist()} for 1.5, nothing, -3", needed=True)]
    return [Finding("cuDF", f"{tables.name}: reads Parquet into the GPU's memory")]


def _compiler() -> list[Finding]:
    """What the fused engine compiles with, proved by compiling a small text."""
    from factors.engine.codegen import sources
    from factors.toolchain import compiler as compiling
    from factors.toolchain.cache import cache_folder, why_unused

    try:
        _, shown = compiling.compiler()
        lanes = sources.build(probe_program(), LANES).width()
    except (CompilerError, ImportError) as error:  # also a package that is told of above
        return [Finding("engine fused", f"unavailable: {error}")]
    flags = " ".join(compiling.flags()[len(compiling.FLAGS) :])
    folder = cache_folder()
    kept = list(folder.glob("*.so")) if folder.is_dir() else []
    size = sum(file.stat().st_size for file in kept) / 1e6
    why = why_unused()
    unused = f"not used: {why}" if why else ""
    return [
        Finding("engine fused", f"{shown}; {lanes} lanes of float64 ({flags})"),
        Finding("compiled code", f"{folder} ({unused or f'{len(kept)} files, {size:.1f} MB'})"),
    ]


def _settings() -> list[Finding]:
    """Tell the environment variables, set or not."""
    values = {name: setting(name) for name in SETTINGS}
    return [
        Finding(name, f"{use} (not set)" if values[name] is None else f"{values[name]!r}: {use}")
        for name, use in SETTINGS.items()
    ]


def _time_zones() -> Finding:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from factors.data.calendar.session import SESSIONS

    zones = sorted({session.tz for session in SESSIONS.values()})
    missing = []
    for zone in zones:
        try:
            ZoneInfo(zone)
        except ZoneInfoNotFoundError:
            missing.append(zone)
    if missing:
        return Finding("time zones", f"no data for {', '.join(missing)}: pip install tzdata", needed=True)
    return Finding("time zones", f"ok ({', '.join(zones)})")
