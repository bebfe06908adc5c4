"""A cube stays what it was made as; what is counted of it is counted once, and a failed cube counts nothing."""

from __future__ import annotations

import copy
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pandas as pd
import pytest

import factors
from factors.data.cube import coverage
from factors.data.cube import cube as cubes
from factors.data.cube.chunks import make_cube
from factors.data.reader.reader import open_bars
from factors.data.rows import InputReport
from factors.errors import DuplicateBarsError


@pytest.fixture
def cube() -> factors.MinuteCube:
    return factors.cube(factors.simulate_bars(stocks=20, days=2, seed=5, kinds={"thin": 0.2, "late": 0.2}))


def test_no_attribute_is_assigned(cube: factors.MinuteCube) -> None:
    for name in ("dates", "symbols", "sessions", "fields", "present", "listed", "auction_volume", "report",
                 "pre_close", "storage", "layout", "resident", "past", "ticks"):  # fmt: skip
        with pytest.raises(AttributeError):
            setattr(cube, name, None)
    with pytest.raises(FrozenInstanceError):
        del cube.dates


def test_a_copy_has_the_same_arrays(cube: factors.MinuteCube) -> None:
    other = copy.copy(cube)
    assert other.storage is cube.storage
    assert vars(other)["_series"] is not vars(cube)["_series"]  # each may be sent to a GPU by itself
    pd.testing.assert_frame_equal(factors.compute(other, "VP"), factors.compute(cube, "VP"))


def test_coverage_and_symbols_are_made_once(cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    counted, indexed = coverage.day_coverage, pd.Index.__new__

    def cover(*given: Any) -> Any:
        calls.append("coverage of a day")
        return counted(*given)

    def index(kind: type, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        calls.extend(["symbols"] if isinstance(data, list) and data == cube.symbols.tolist() else [])
        return indexed(kind, data, *args, **kwargs)

    monkeypatch.setattr(cubes, "day_coverage", cover)
    monkeypatch.setattr(pd.Index, "__new__", index)
    first = factors.compute(cube, "VP", engine="matrix")
    assert sorted(calls) == ["coverage of a day", "coverage of a day", "symbols"]
    second = factors.compute(cube, "VP", engine="matrix")
    assert len(calls) == 3
    pd.testing.assert_frame_equal(first, second)
    assert first.attrs["minute_factors"]["days"] == second.attrs["minute_factors"]["days"]


def test_a_user_s_edits_spoil_nothing(cube: factors.MinuteCube) -> None:
    expected = cube.coverage()
    frame = factors.compute(cube, "VP")
    for shares in (frame.attrs["minute_factors"]["days"], cube.coverage()):
        shares["2024-01-08"]["reach"] = -1.0
    frame.index = frame.index.rename(["day", "stock"])
    again = factors.compute(cube, "VP")
    assert cube.coverage() == expected == again.attrs["minute_factors"]["days"]
    assert again.index.names == ["date", "symbol"]
    assert cube.symbol_index.name is None


def test_coverage_counts_bars(cube: factors.MinuteCube) -> None:
    for number, (reach, share) in enumerate((day["reach"], day["coverage"]) for day in cube.coverage().values()):
        bars = cube.delivered[number]
        assert reach == (np.flatnonzero(bars.any(axis=0))[-1] + 1) / 240
        assert share == np.median(bars[cube.listed[number]].sum(axis=1)) / 240


def test_a_cube_that_fails_counts_nothing() -> None:
    bars = factors.simulate_bars(stocks=5, days=2, seed=5)
    bars.loc[0, "close"] = -1.0
    different = bars.tail(1).assign(volume=12345.0)
    source = open_bars(pd.concat([bars, different]))
    report = InputReport()
    with pytest.raises(DuplicateBarsError):
        make_cube(list(source.days()), "error", report)
    assert (report.rows, report.quality) == (0, {})
    made = make_cube(list(source.days()), "last", report)
    assert made.report is report
    assert report.rows == len(bars) + 1
    assert report.quality["close <= 0"] == 1
