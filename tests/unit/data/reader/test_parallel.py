"""Reading by several threads at a time, in the background, and what is kept meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import factors
from factors.data.conventions import infer as settle
from factors.data.conventions import unit_checks
from factors.data.reader.reader import open_bars
from factors.data.sources import formats
from factors.errors import InputError

FOUR_CORES = """
import sys
import factors
from factors.common import threads
from factors.data import native
from factors.data.native import clock
threads.cores, native.FEW, clock.RANGE = lambda: 4, 0, 100
factors.compute(sys.argv[1], ["VP"]).to_parquet(sys.argv[2])
"""


def test_files_and_rows_are_shared_out_to_different_threads(tmp_path: Path) -> None:
    """Threads that look at files wait for threads that count rows; were they the same, all would wait for ever."""
    bars = factors.simulate_bars(stocks=9, days=4)
    (tmp_path / "bars").mkdir()
    for day, own in bars.groupby(bars.datetime.dt.date):  # times as text: there are no statistics, so all are read
        own.assign(datetime=own.datetime.astype(str)).to_parquet(tmp_path / "bars" / f"{day}.parquet", index=False)
    command = [sys.executable, "-c", FOUR_CORES, str(tmp_path / "bars"), str(tmp_path / "found.parquet")]
    subprocess.run(command, check=True, timeout=120)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "found.parquet"), factors.compute(bars, ["VP"]))


def test_a_change_of_units_is_seen_at_any_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows by symbol, a first minute without trading, and a number of rows that a step of one length fits."""
    bars = factors.simulate_bars(stocks=60, days=2)
    day = bars.datetime.dt.date
    whole = bars.groupby(["symbol", day], observed=True).close.transform("size") == 240
    bars, day = bars[whole], day[whole]
    bars.loc[bars.datetime.dt.strftime("%H:%M") == "09:31", ["volume", "amount"]] = 0
    bars["volume"] = bars.volume.where(day == day.min(), bars.volume / 100)
    for number, (_, own) in enumerate(bars.sort_values(["symbol", "datetime"]).groupby(day)):
        own.to_parquet(tmp_path / f"{number}.parquet", index=False)
        monkeypatch.setattr(unit_checks, "LOOKED_AT", len(own) // 240)
    with pytest.raises(InputError, match="the unit of volume or amount changes by"):
        factors.compute(tmp_path, ["VP", "amihud_mean"])


def test_a_symbol_missing_from_rows_that_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = factors.simulate_bars(stocks=9)
    wanted = factors.compute(bars, ["VP"])
    monkeypatch.setattr(settle, "SAMPLE", 100)
    drawn = set(np.random.default_rng(0).integers(0, len(bars) + 1, 100).tolist())
    at = next(row for row in range(50, 500) if row not in drawn)
    lunch = bars.iloc[[0]].assign(symbol=None, datetime=bars.datetime.iloc[0].replace(hour=12, minute=30))
    dirty = pd.concat([bars.iloc[:at], lunch, bars.iloc[at:]], ignore_index=True)
    dirty.to_parquet(tmp_path / "bars.parquet", index=False)
    for given in (dirty, tmp_path / "bars.parquet"):
        found = factors.compute(given, ["VP"], session="XSHG", outside="drop")
        pd.testing.assert_frame_equal(found, wanted)
    broken = bars.assign(symbol=bars.symbol.astype(object).where(bars.index != at, None))
    with pytest.raises(InputError, match=f"row {at}: the symbol is missing"):
        factors.compute(broken, ["VP"])


@pytest.mark.parametrize("days", [1, 3])
def test_each_file_is_read_once(days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = factors.simulate_bars(stocks=5, days=days)
    for symbol, own in bars.groupby("symbol", observed=True):
        own.to_parquet(tmp_path / f"{symbol}.parquet", index=False)
    read: Counter[tuple[str, str]] = Counter()
    whole = formats.ParquetBars.read

    def counted(file: Any, columns: Any, blocks: Any = None) -> Any:
        read.update((file.path.name, column) for column in columns)
        return whole(file, columns, blocks)

    monkeypatch.setattr(formats.ParquetBars, "read", counted)
    reader = open_bars(tmp_path)
    assert len(list(reader.days())) == days
    assert set(read.values()) == {1}
    assert reader._source._kept is None  # type: ignore[attr-defined]
