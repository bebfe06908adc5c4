"""What a result was measured on: processor, caches, compiler, GPU and versions; no names of hosts."""

from __future__ import annotations

import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from factors.common.threads import cores
from factors.errors import FactorsError

PACKAGES = (
    "numpy", "pandas", "pyarrow", "polars", "duckdb", "kunquant", "jax", "cupy-cuda13x", "cupy-cuda12x", "cudf-cu13",
    "cudf-cu12",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """Return the machine as plain values fit for JSON."""
    from factors import __version__

    found: dict[str, Any] = {
        "cpu": _processor(), "cores": cores(), "caches": _caches(), "system": platform.system(),
        "compiler": _compiler(), "python": platform.python_version(), "minute-factors": __version__,
    }  # fmt: skip
    found["packages"] = {name: number for name in PACKAGES if (number := _version(name))}
    return found | _gpu()


def slug(machine: dict[str, Any]) -> str:
    """Return a file name's part: ``"cpu-2-cores-amd-epyc"``, or the GPU's name."""
    name = machine.get("gpu") or f"cpu {machine['cores']} cores {machine['cpu']}"
    words = re.sub(r"\((R|TM)\)|\bProcessor\b|\bCPU @.*", " ", name if "gpu" not in machine else f"gpu {name}")
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def sentence(machine: dict[str, Any]) -> str:
    """Return the machine in words."""
    caches = ", ".join(f"{size} {name}" for name, size in machine["caches"].items() if name != "L1")
    gpu = f"{machine['gpu']} (driver {machine.get('driver', 'unknown')}), " if "gpu" in machine else ""
    return f"{gpu}{machine['cores']} cores of {machine['cpu']} ({caches}), {machine['compiler']}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in lines if ":" in line)
    name = fields.get("model name", platform.machine())
    wide = " with AVX-512" if "avx512f" in fields.get("flags", "") else ""
    return f"{name}{wide}"


def _caches() -> dict[str, str]:
    found = {}
    for path in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((path / name).read_text().strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            number = int(size.removesuffix("K"))
            found[f"L{level}"] = f"{number // 1024} MiB" if number >= 1024 else f"{number} KiB"
    return found


def _compiler() -> str:
    from factors.toolchain.compiler import compiler

    try:
        line = compiler()[1]
    except FactorsError:
        return "no C++ compiler"
    known = re.match(r"(?:\S*/)?(\S+) .*?(\d+\.\d+(?:\.\d+)?)", line)
    return " ".join(known.groups()) if known else line


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _gpu() -> dict[str, str]:
    from factors import backends

    try:
        device = backends.get("gpu")
    except FactorsError:
        return {}
    number = int(device.xp.cuda.runtime.driverGetVersion())
    cuda = f"CUDA {number // 1000}.{number % 1000 // 10}"
    return {"gpu": re.sub(r"^cuda:\d+ ", "", device.device), "driver": " for ".join(filter(None, (_driver(), cuda)))}


def _driver() -> str:
    """Return the driver's version; nothing where nvidia-smi does not tell it."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""
