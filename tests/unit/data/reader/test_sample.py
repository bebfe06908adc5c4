"""What is read to tell the conventions is not read again: the rows are known, not guessed by name and number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import factors
from factors.data.conventions import infer
from factors.data.reader import day_rows, reader
from factors.data.reader.reader import open_bars

BARS = factors.simulate_bars(stocks=10, days=2, seed=4, kinds={})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Rows whose times, and whose symbols, were read."""
    rows = {"times": 0, "symbols": 0}
    times, symbols = infer.part_times, day_rows.read_symbols

    def count_times(part: Any, columns: Any) -> Any:
        rows["times"] += part.table.num_rows
        return times(part, columns)

    def count_symbols(column: Any, *given: Any) -> Any:
        rows["symbols"] += len(column)
        return symbols(column, *given)

    monkeypatch.setattr(infer, "part_times", count_times)
    monkeypatch.setattr(reader, "part_times", count_times)
    monkeypatch.setattr(day_rows, "read_symbols", count_symbols)
    return rows


def day(number: int) -> pd.DataFrame:
    return BARS[BARS.datetime.dt.normalize() == BARS.datetime.dt.normalize().unique()[number]]


@pytest.mark.parametrize("container", ["frame", "parquet", "csv"])
def test_one_day_is_read_once(container: str, tmp_path: Path, read: dict[str, int]) -> None:
    bars: Any = day(0)
    if container == "parquet":
        bars.to_parquet(tmp_path / "day.parquet", index=False)
    elif container == "csv":
        bars.to_csv(tmp_path / "day.csv", index=False)
    source = open_bars(bars if container == "frame" else tmp_path)
    assert sum(len(one.code) for one in source.days()) == len(bars)
    by_block = len(bars) if container == "csv" else 0  # a CSV file is gone through once to find the days of its blocks
    assert read == {"times": len(bars) + by_block, "symbols": 0}
    assert sum(len(one.code) for one in source.days()) == len(bars)  # whoever reads twice finds the same


def test_another_file_is_read_though_it_has_as_many_rows(tmp_path: Path, read: dict[str, int]) -> None:
    for number in range(2):
        day(number).to_parquet(tmp_path / f"{number}.parquet", index=False)
    assert len(day(0)) == len(day(1))
    dates = [str(one.date) for one in open_bars(tmp_path).days()]
    assert dates == ["2024-01-08", "2024-01-09"]
    assert read["symbols"] == len(day(1))
