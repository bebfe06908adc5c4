"""The fused engine on a GPU.

Its programs run on the CPU, thread by thread, are compiled for six architectures, and run on a device if there is one.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import factors
from factors import backends, doctor, factor
from factors import ops as m
from factors.catalogue import resolve
from factors.data.blocks.layout import LANES
from factors.data.device import packing, resident, transfer
from factors.data.device.ticks import ticks_of
from factors.definitions.decorators import REGISTRY
from factors.engine.codegen.cuda import kernels
from factors.engine.codegen.program import Program
from factors.engine.cross_section import exchange as between
from factors.engine.fused import run as fused
from factors.engine.fused.fusion import stages
from factors.engine.fused.gpu import PARTS, part_count, programs
from factors.engine.gpu import job, launch
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.errors import ArgumentError, CompilerError
from tests.support.agreement import assert_agree, differing
from tests.support.devices.nvrtc import ARCHITECTURES, NEWEST, OLDEST, compiled
from tests.support.devices.shim import ShimBackend
from tests.support.devices.strict import StrictBackend
from tests.support.profile import thorough

pytestmark = pytest.mark.usefixtures("needs_compiler")

CPU = backends.get("cpu")
CORE = make_plan(list(resolve("core").values()))


@pytest.fixture(scope="module")
def cube() -> factors.MinuteCube:
    """Ordinary and strange stocks, the last block not full, on three days."""
    return factors.cube(factors.simulate_bars(stocks=53, days=3, seed=3))


@pytest.fixture(scope="module")
def wanted(cube: factors.MinuteCube) -> pd.DataFrame:
    return factors.compute(cube, "all", backend="cpu", engine="fused")


@pytest.fixture(params=["shim", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> Any:
    """The understudy, and a device where there is one."""
    return ShimBackend() if request.param == "shim" else backends.get("gpu")


def cube_of_one_day() -> factors.MinuteCube:
    return factors.cube(factors.simulate_bars(stocks=53, seed=3))


def test_every_factor_is_as_on_the_cpu(device: Any, cube: factors.MinuteCube, wanted: pd.DataFrame) -> None:
    found = factors.compute(cube, "all", backend=device)
    assert found.attrs["minute_factors"]["engine"] == "fused"
    assert "on_matrix" not in found.attrs["minute_factors"]
    assert found.notna().sum().sum() > 0.9 * found.size
    assert differing(found, wanted) == {}


@pytest.mark.parametrize("name", ["return_intraday", "VP", "intraday_maxdrawdown", "amihud_mean"])
def test_only_what_is_read_goes_up(name: str, cube: factors.MinuteCube) -> None:
    plan = make_plan(list(resolve([name]).values()), cube.fields)
    fusion = fused.fuse(plan, cube.sessions[0], cube.fields)
    device = ShimBackend()
    assert_agree(plan, fused.run(plan, cube, device), fused.run(plan, cube, CPU), name, rtol=1e-12)
    assert len(fusion.schedule.fields) < len(cube.fields)
    assert device.card.sent == cube.storage.nbytes * len(fusion.schedule.fields) // len(cube.fields)


def test_batches_take_turns(cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "BATCH", 1)
    device = ShimBackend()
    found = fused.run(CORE, cube, device)
    assert_agree(CORE, found, fused.run(CORE, cube, CPU), "a block at a time")
    blocks = cube.storage.shape[0] * cube.storage.shape[1]
    did = [what.split()[0] for what in device.card.did]
    assert (did.count("up"), did.count("down"), did.count("wait")) == (blocks, blocks, blocks)
    asked = [what for what in did if what != "run"]
    assert asked[: 2 * launch.IN_FLIGHT] == ["up", "down"] * launch.IN_FLIGHT  # nobody waits before all are under way


def test_few_stocks_run_as_several_programs(cube: factors.MinuteCube, wanted: pd.DataFrame) -> None:
    device = ShimBackend(processors=100)
    names = list(resolve("all" if thorough() else "core"))
    assert differing(factors.compute(cube, names, backend=device), wanted[names]) == {}
    device.card.did.clear()
    fused.run(CORE, cube, device)
    did = [what.split() for what in device.card.did]
    downs = {what[1] for what in did if what[0] == "down"}
    followed = [what[1:] for what in did if what[0] == "wait_for"]
    assert len(downs) == PARTS
    assert len({before for _, before in followed}) == 1
    assert {stream for stream, _ in followed} == downs - {before for _, before in followed}


def test_stages_send_many_days_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(list(resolve(["realized_beta", "VP"]).values()))
    bars = factors.cube(factors.simulate_bars(stocks=9, days=4))
    monkeypatch.setattr(between, "ROOM", 1)  # the CPU's: a day at a time
    device = ShimBackend()
    found = fused.run(plan, bars, device)
    assert len([what for what in device.card.did if what.startswith("down")]) == 3  # two stages, a series between them
    assert_agree(plan, found, fused.run(plan, bars, CPU), "days together")


def test_without_a_compiler_a_gpu_fuses_what_reads_stock_days(
    cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = ShimBackend()
    monkeypatch.setattr(fused.passes, "compiles", lambda: False)
    found = factors.compute(cube, ["VP", "realized_beta"], backend=device)
    about = found.attrs["minute_factors"]
    assert (about["engine"], list(about["on_matrix"])) == ("fused", ["realized_beta"])
    assert differing(found, factors.compute(cube, ["VP", "realized_beta"], backend="cpu")) == {}


def test_batches_fill_the_device_together(cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "BATCH", 1)
    blocks = cube.storage.shape[0] * cube.storage.shape[1]
    ups = {}
    for fill in (1, 128, 100_000):
        device = ShimBackend(processors=1)
        monkeypatch.setattr(job, "THREADS_PER_SM", fill)
        fused.run(CORE, cube, device)
        ups[fill] = len([what for what in device.card.did if what.startswith("up")])
    assert ups == {1: blocks, 128: -(-blocks // 4), 100_000: 1}


def test_the_stack_is_left_room(cube: factors.MinuteCube, caplog: pytest.LogCaptureFixture) -> None:
    device = ShimBackend(memory=2_000_000, processors=1)
    device.card.told, device.card.stack = 4_000_000, 1000
    with caplog.at_level(logging.WARNING, logger="factors"):
        found = fused.run(CORE, cube, device)
    assert_agree(CORE, found, fused.run(CORE, cube, CPU), "less memory")
    assert caplog.text == ""


def test_no_memory_for_kernels_is_no_compiler_error(cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any) -> Any:
        raise MemoryError("full")

    device = ShimBackend()
    monkeypatch.setattr(device.card, "load", fails)
    with pytest.raises(MemoryError, match="full"):
        factors.compute(cube, ["VP"], backend=device)


@pytest.mark.parametrize("name", ["storage", "dates", "sessions", "listed", "symbols", "layout", "resident"])
def test_what_was_sent_stays_the_cube(name: str) -> None:
    held = factors.cube(factors.simulate_bars(stocks=9, days=1)).upload(ShimBackend())
    with pytest.raises(AttributeError):
        setattr(held, name, getattr(held, name))


@pytest.mark.parametrize(
    ("stock_days", "outputs", "processors", "number"),
    [(5000, 308, 132, 8), (5000, 22, 132, 3), (5000, 1, 132, 1), (100_000, 308, 132, 1), (20_000, 308, 132, 3)],
)
def test_how_many_programs(stock_days: int, outputs: int, processors: int, number: int) -> None:
    assert part_count(stock_days, outputs, processors) == number


@pytest.mark.parametrize("told", [2**30, 2**19])
def test_short_of_memory_batches_are_smaller(
    told: int, cube: factors.MinuteCube, caplog: pytest.LogCaptureFixture
) -> None:
    device = ShimBackend(memory=700_000)
    device.card.told = told  # another process may take what was free
    with caplog.at_level(logging.WARNING, logger="factors"):
        found = fused.run(CORE, cube, device)
    assert_agree(CORE, found, fused.run(CORE, cube, CPU), "short of memory")
    assert ("the GPU has" in caplog.text) == (told == 2**30)


def test_a_cube_stays_on_the_device(device: Any, cube: factors.MinuteCube, wanted: pd.DataFrame) -> None:
    held = factors.cube(factors.simulate_bars(stocks=53, days=3, seed=3)).upload(device)
    assert differing(factors.compute(held, "all", backend=device), wanted) == {}
    if isinstance(device, ShimBackend):
        del device.card.did[:]
        factors.compute(held, "core", backend=device)
        assert not [what for what in device.card.did if what.startswith("up")]
        other = ShimBackend()  # what lies on one device is of no use to another
        factors.compute(held, ["VP"], backend=other)
        assert [what for what in other.card.did if what.startswith("up")]
    assert differing(factors.compute(held, "all", backend="cpu"), wanted) == {}  # the host's copy stays
    assert held.upload(None).resident is None
    with pytest.raises(ArgumentError, match="'cpu': a cube can be sent to a GPU only"):
        held.upload("cpu")


def test_a_half_day_between_whole_ones(device: Any) -> None:
    bars = factors.simulate_bars(stocks=12, days=3, seed=1, session="XHKG")
    middle = bars.datetime.dt.normalize() == sorted(bars.datetime.dt.normalize().unique())[1]
    mixed = factors.cube(bars[~middle | (bars.datetime.dt.strftime("%H:%M") <= "12:00")])
    assert len({session.minutes for session in mixed.sessions}) == 2
    found = factors.compute(mixed.upload(device), backend=device)
    assert differing(found, factors.compute(mixed, backend="cpu")) == {}


def test_nothing_is_under_way_when_it_fails(cube: factors.MinuteCube) -> None:
    """Memory goes back to the pools: a kernel or a copy that still runs would write into somebody else's."""
    device = ShimBackend()
    device.card.fails = "cudaErrorLaunchFailure"
    with pytest.raises(RuntimeError, match="cudaErrorLaunchFailure"):
        fused.run(CORE, cube, device)
    assert [what.split()[0] for what in device.card.did] == ["up", "wait"]
    held = cube_of_one_day()
    held.storage[0, -1, 0, 5, 0] = 1 / 3
    device, parts = ShimBackend(), ticks_of(cube_of_one_day())
    with pytest.raises(AssertionError, match="no whole number"):
        resident.send(device.card, held.storage[0], parts)
    assert [what.split()[0] for what in device.card.did][-2:] == ["wait", "wait"]


def test_equal_programs_are_compiled_once(cube: factors.MinuteCube) -> None:
    card = ShimBackend().card
    program = fused.fuse(make_plan(list(resolve(["VP"]).values())), cube.sessions[0], cube.fields).graph.program
    one, two = launch.load(card, [program, replace(program)])
    assert one == two
    assert len(one) == sum(len(part.kernels) for part in kernels(program, LANES))


def test_nothing_but_profiles_beside(cube: factors.MinuteCube) -> None:
    index = factors.simulate_bars(stocks=1, days=3, seed=8)
    device = ShimBackend()
    found = factors.compute(cube, ["realized_beta"], market=index, backend=device)
    assert found.attrs["minute_factors"]["engine"] == "fused"
    assert differing(found, factors.compute(cube, ["realized_beta"], market=index, backend="cpu")) == {}


def test_no_memory_at_all(cube: factors.MinuteCube) -> None:
    with pytest.raises(MemoryError, match="no memory for one block of 8 stocks"):
        fused.run(CORE, cube, ShimBackend(memory=1000))


def test_code_that_does_not_compile_is_told(cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any) -> Any:
        raise RuntimeError("f.cu(7): error: no")

    device = ShimBackend()
    monkeypatch.setattr(device.card, "load", fails)
    with pytest.raises(CompilerError, match=r"NVRTC did not make kernels of the code: RuntimeError: f.cu\(7\)"):
        fused.run(CORE, cube, device)
    frame = factors.compute(cube, ["VP"], backend=device)  # "auto" goes on with matrices, on the same device
    about = frame.attrs["minute_factors"]
    assert (about["engine"], "NVRTC" in about["engine_why"]) == ("matrix", True)
    with pytest.raises(CompilerError, match="NVRTC"):
        factors.compute(cube, ["VP"], backend=device, engine="fused")


def test_backends_without_a_card_are_refused(cube: factors.MinuteCube) -> None:
    with pytest.raises(ArgumentError, match="'cpu' and 'gpu', not 'strict'"):
        factors.compute(cube, ["VP"], backend=StrictBackend(), engine="fused")


def test_what_does_not_fuse_runs_beside(cube: factors.MinuteCube) -> None:
    @factor
    def asks(close):
        """Asks for a shape, which symbols have none of."""
        return m.max(close) if close.shape else m.min(close)

    plan = make_plan([asks, *resolve(["VP"]).values()], cube.fields)
    REGISTRY.forget("asks")
    notes: dict[str, str] = {}
    found = fused.run(plan, cube, ShimBackend(), notes=notes)
    assert list(notes) == ["asks"]
    assert_agree(plan, found, matrix.run(plan, cube, CPU), "beside")


def test_the_doctor_runs_code_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    device = ShimBackend()
    about, ran = doctor.card(device)
    assert (about.found, about.needed) == ("none at all", False)
    assert re.fullmatch(r"on the GPU: compiled and run in \d+\.\d s", ran.found)
    program = doctor.probe_program()
    other = [replace(step, body=step.body.replace("x0 + x0", "x0")) for step in program.functions]
    monkeypatch.setattr(doctor, "probe_program", lambda: replace(program, functions=tuple(other)))
    (wrong,) = doctor.card(device)
    assert wrong.needed
    assert "returns [2.5, 2.5, 2.5] for 5.0" in wrong.found
    broken = [replace(step, body=step.body.replace("ld(f", "no(f")) for step in program.functions]
    monkeypatch.setattr(doctor, "probe_program", lambda: replace(program, functions=tuple(broken)))
    (wrong,) = doctor.card(device)
    assert wrong.needed
    assert "code does not run on it: CompilerError" in wrong.found


def test_kernels_cover_the_steps_once(cube: factors.MinuteCube) -> None:
    plan = make_plan(list(resolve("all").values()), cube.fields)
    program = fused.fuse(plan, cube.sessions[0], cube.fields).graph.program
    made = kernels(program, LANES)
    bodies = [part.code.split("  PLACE\n")[1:] for part in made]  # before the first of them stand the steps
    lines = [line for body in bodies for kernel in body for line in kernel.partition("\n}")[0].splitlines()]
    assert lines == [line.text for line in program.block]
    names = [name for part in made for name in part.kernels]
    assert names == [f"part{k}" for k in range(len(names))]
    assert 10 < len(names) < len(lines)
    defined = [step.name for part in made for step in program.functions if step.declaration() + " {" in part.code]
    assert sorted(defined) == sorted(step.name for step in program.functions)


def cubins(program: Program, architecture: str) -> list[bytes]:
    """Compile a program, whose kernels keep their values in registers."""
    made = []
    for part in kernels(program, LANES):
        cubin, spills = compiled(part.code, architecture)
        assert len(spills) >= len(part.kernels)
        assert max(spills) <= 64
        made.append(cubin)
    return made


@pytest.mark.usefixtures("needs_nvrtc")
@pytest.mark.parametrize(
    "architecture", [a if a in (OLDEST, NEWEST) else pytest.param(a, marks=pytest.mark.thorough) for a in ARCHITECTURES]
)
def test_the_core_compiles_for_every_architecture(architecture: str, cube: factors.MinuteCube) -> None:
    (program,) = programs(fused.fuse(CORE, cube.sessions[0], cube.fields).graph, cube.fields)
    made = cubins(program, architecture)
    assert all(one.startswith(b"\x7fELF") for one in made)


@pytest.mark.usefixtures("needs_nvrtc")
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("module", [packing, transfer], ids=lambda module: module.SOURCE.stem)
def test_what_brings_series_there_compiles_for_every_architecture(module: Any, architecture: str) -> None:
    cubin, spills = compiled(module.code(), architecture)
    assert cubin.startswith(b"\x7fELF")
    assert max(spills) == 0


@pytest.mark.usefixtures("needs_nvrtc")
def test_everything_compiles_for_one(cube: factors.MinuteCube) -> None:
    plan = make_plan(list(resolve("all").values()), cube.fields)
    whole = [programs(stage.graph, cube.fields)[0] for stage in stages(plan, cube.sessions[0], cube.fields)]
    assert [program.stage_series for program in whole] == [4, 4]
    assert sum(len(cubins(program, "sm_90")) for program in whole) > 5
