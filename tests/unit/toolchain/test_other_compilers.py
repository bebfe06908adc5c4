"""Compilers and processors other than this machine's first choice: the ziglang package's, and 64-bit Arm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import factors
from factors import backends
from factors.catalogue import resolve
from factors.data.blocks.layout import LANES
from factors.engine.codegen import sources
from factors.engine.codegen.cache import ProgramCache
from factors.engine.fused import libraries
from factors.engine.fused import run as fused
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.toolchain import compiler as compiling
from tests.support.agreement import assert_agree

CPU = backends.get("cpu")
CORE = make_plan(list(resolve("core").values()))
SUPPORT = Path(__file__).resolve().parents[2] / "support"
ARM = 183  # e_machine of 64-bit Arm in an ELF header


@pytest.fixture(scope="module")
def cube() -> factors.MinuteCube:
    return factors.cube(factors.simulate_bars(stocks=61, days=2, seed=8), fields=CORE.fields)


def zig() -> str | None:
    """The ziglang package's compiler, or the machine's."""
    try:
        import ziglang
    except ImportError:
        return shutil.which("zig")
    return str(Path(ziglang.__file__).with_name("zig"))


def compilers_for_arm() -> dict[str, list[str]]:
    """Commands of this machine that compile for 64-bit Arm, without libraries."""
    known = {
        "zig": (zig(), ["c++", "-target", "aarch64-linux-musl"]),
        "clang++": (shutil.which("clang++"), ["--target=aarch64-linux-gnu"]),
        "g++": (shutil.which("aarch64-linux-gnu-g++"), []),
    }
    return {name: [path, *arguments] for name, (path, arguments) in known.items() if path}


NO_ARM = "no compiler for 64-bit Arm: pip install ziglang, or install clang++ or aarch64-linux-gnu-g++"


def core_text(cube: factors.MinuteCube) -> str:
    """The core factors with their headers in them."""
    return sources.cpp(fused.fuse(CORE, cube.sessions[0], cube.fields).graph.program, LANES)


def arm(text: str, made: Path, *arguments: str) -> None:
    """Compile for 64-bit Arm with each compiler there is; the last one's file stays."""
    commands = compilers_for_arm()
    if not commands:
        pytest.skip(NO_ARM)
    source = made.with_suffix(".cpp")
    source.write_text(text, encoding="utf-8")
    flags = [flag for flag in compiling.FLAGS if flag not in ("-shared", "-fPIC")]
    for name, command in commands.items():
        made.unlink(missing_ok=True)
        done = subprocess.run(
            [*command, *flags, "-Werror", *arguments, str(source), "-o", str(made)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stderr[-2000:]}"
        head = made.read_bytes()[:20]
        assert head[:4] == b"\x7fELF", name
        assert int.from_bytes(head[18:20], "little") == ARM, name


def test_the_core_factors_compile_for_arm(cube: factors.MinuteCube, tmp_path: Path) -> None:
    arm(core_text(cube), tmp_path / "core.o", "-c")


def test_the_core_factors_run_on_arm(cube: factors.MinuteCube, tmp_path: Path) -> None:
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    if not emulator:
        pytest.skip("no qemu-aarch64 on the PATH, which runs programs for 64-bit Arm (on Debian: qemu-user-static)")
    days, blocks, fields, minutes, lanes = cube.storage.shape
    row = days * blocks * lanes
    sizes = {"IN": cube.storage.nbytes, "OUT": 8 * len(CORE.factors) * row, "SCRATCH": 4 << 20,
             "BLOCKS": days * blocks, "SIZE": fields * minutes * lanes, "ROW": row}  # fmt: skip
    head = "".join(f"#define {name} {value}L\n" for name, value in sizes.items())
    alone = (SUPPORT / "devices" / "run_alone.cpp").read_text(encoding="utf-8")
    program = tmp_path / "core"
    arm(core_text(cube) + head + alone, program, "-static", "-nostdlib", "-ffreestanding")
    done = subprocess.run([emulator, str(program)], input=cube.storage.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    out = np.frombuffer(done.stdout).reshape(-1, days, blocks * lanes)[:, :, : len(cube.symbols)].transpose(1, 2, 0)
    found = np.where(cube.listed[..., None], out, np.nan)
    assert_agree(CORE, found, matrix.run(CORE, cube, CPU), "64-bit Arm")


def test_ziglang_agrees_with_the_first_compiler(
    cube: factors.MinuteCube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ziglang", reason="the package ziglang is not installed (the extra `compiler`)")
    first = fused.run(CORE, cube, CPU) if any(map(shutil.which, ("c++", "g++", "clang++"))) else None
    compiling._compiler.cache_clear()
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    monkeypatch.setenv("FACTORS_CACHE", str(tmp_path))
    monkeypatch.setenv("CXX", "")
    monkeypatch.setattr(compiling.shutil, "which", lambda name: None)  # as on a machine without a compiler
    try:
        command, version = compiling.compiler()
        assert "zig" in Path(command[0]).name
        assert any(map(str.isdigit, version)), f"{version!r}: two versions would share their compiled files"
        found = fused.run(CORE, cube, CPU, threads=2)
    finally:
        monkeypatch.undo()
        compiling._compiler.cache_clear()
    assert len(list(tmp_path.glob("*.so"))) == 1
    assert_agree(CORE, found, matrix.run(CORE, cube, CPU), "ziglang against the matrices")
    if first is not None:
        assert_agree(CORE, found, first, "ziglang against the first compiler")
