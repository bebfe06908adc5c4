"""Small frames of minute bars for the reader's tests, and what was read of them as one frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from factors.data.calendar.session import Session, get_session
from factors.data.conventions.read_options import ReadOptions
from factors.data.reader.reader import BarReader, open_bars
from factors.data.rows import DayRows

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")
SYMBOLS = ("000001.XSHE", "300750.XSHE", "600000.XSHG")


def bars(
    days: Sequence[str] = DAYS,
    symbols: Sequence[object] = SYMBOLS,
    session: str | Session = "XSHG",
    label: str = "right",
) -> pd.DataFrame:
    """Bars of every minute, by symbol and time; amount is volume times typical price."""
    made = _bars if all(isinstance(symbol, str) for symbol in symbols) else _bars.__wrapped__  # 1 and True are one key
    return made(tuple(days), tuple(symbols), session, label).copy()


@lru_cache(maxsize=32)
def _bars(days: tuple[str, ...], symbols: tuple[object, ...], session: str | Session, label: str) -> pd.DataFrame:
    ends = get_session(session).ends() - (label == "left")
    times = np.concatenate([np.datetime64(day, "us") + ends.astype("timedelta64[m]") for day in days])
    rng = np.random.default_rng(0)
    rows = len(times) * len(symbols)
    frame = pd.DataFrame(
        {"symbol": np.repeat(np.array(symbols, object), len(times)), "datetime": np.tile(times, len(symbols))}
    )
    frame["open"] = np.round(10 + rng.random(rows), 2)
    frame["close"] = np.round(10 + rng.random(rows), 2)
    frame["high"] = frame[["open", "close"]].max(axis=1)
    frame["low"] = frame[["open", "close"]].min(axis=1)
    frame["volume"] = rng.integers(0, 50, rows) * 100
    frame["amount"] = frame.volume * (frame.high + frame.low + frame.close) / 3
    return frame


def read(minute_bars: Any, **options: Any) -> tuple[BarReader, list[DayRows]]:
    """Open bars and read all days."""
    beside = {name: options.pop(name) for name in ("fields", "on") if name in options}
    reader = open_bars(minute_bars, ReadOptions(**options), **beside)
    return reader, list(reader.days())


def table(days: Sequence[DayRows]) -> pd.DataFrame:
    """Return the rows of days as one frame, by date, symbol and clock."""
    frames = [
        pd.DataFrame({
            "date": str(day.date), "symbol": day.symbols[day.code], "clock": day.clock[:], "minute": day.minute,
            "role": day.role, **day.fields,
        })
        for day in days
    ]  # fmt: skip
    return pd.concat(frames).sort_values(["date", "symbol", "clock"], kind="stable", ignore_index=True)


_READ: list[tuple[pd.DataFrame, list[np.datetime64], pd.DataFrame]] = []


def rows_of(frame: pd.DataFrame) -> tuple[list[np.datetime64], pd.DataFrame]:
    """Return the days and the rows that a frame is read to; the last few frames are kept."""
    for kept, dates, rows in _READ:
        if kept.equals(frame):
            return dates, rows
    days = read(frame)[1]
    _READ[4:] = []
    _READ.insert(0, (frame.copy(), [day.date for day in days], table(days)))
    return _READ[0][1:]


def same_rows(minute_bars: Any, other: Any, **options: Any) -> BarReader:
    """Assert that two inputs are read to equal rows, and return the first one's reader."""
    reader, days = read(minute_bars, **options)
    dates, expected = rows_of(other)
    assert [day.date for day in days] == dates
    for day in days:
        assert list(day.symbols) == sorted(set(day.symbols))
        assert set(day.code) == set(range(len(day.symbols)))
    pd.testing.assert_frame_equal(table(days), expected, check_dtype=True)
    return reader
