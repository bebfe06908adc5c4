"""A program as text: in one unit or in several, for one device or another."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from factors.catalogue import resolve
from factors.common.fields import FIELDS
from factors.data.blocks.layout import LANES
from factors.data.calendar.session import get_session
from factors.engine.codegen import sources
from factors.engine.codegen.program import Program
from factors.engine.fused.fusion import stages
from factors.engine.planning.plan import make_plan


def program_of(*names: str) -> Program:
    return stages(make_plan(list(resolve(list(names)).values())), get_session("XSHG"), FIELDS)[0].graph.program


CORE = program_of("core")


def test_one_text_names_files_or_holds_them() -> None:
    named, whole = sources.text(CORE), sources.cpp(CORE, LANES)
    assert re.findall(r'#include "(.*)"', named) == ["lanes.h", *(f"{name}.h" for name in CORE.headers), "run.h"]
    assert "#include" not in whole
    assert named.count("STEP void step") == whole.count("STEP void step") == len(CORE.functions)


@pytest.mark.parametrize("number", [2, 3, 7])
def test_units_hold_each_step_once_and_one_calls_them(number: int) -> None:
    units = sources.units(CORE, LANES, number)
    assert len(units) == number
    for step in CORE.functions:
        assert sum(f"{step.declaration('SHARED')} {{" in unit for unit in units) == 1
        assert f"{step.declaration('SHARED')};" in units[0]
    assert ["STEP void block(" in unit for unit in units] == [True] + [False] * (number - 1)
    lengths = sorted(map(len, units[1:]))
    assert lengths[-1] < 2 * lengths[0]


def test_few_steps_are_one_unit() -> None:
    few = program_of("VP")
    assert sources.units(few, LANES, len(few.functions)) == [sources.cpp(few, LANES)]


def test_the_digest_is_of_all_that_is_written() -> None:
    step = CORE.functions[0]
    others = [
        replace(CORE, minutes=120), replace(CORE, stage_series=0), replace(CORE, headers=("order",)),
        replace(CORE, functions=(replace(step, body=step.body + " "), *CORE.functions[1:])),
        replace(CORE, block=CORE.block[1:]),
    ]  # fmt: skip
    assert replace(CORE).digest == CORE.digest
    assert len({CORE.digest, *(other.digest for other in others)}) == 6
