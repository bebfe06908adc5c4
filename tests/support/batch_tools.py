"""Small minute-bar files and a stand-in for `factors.compute`, for the tests of the batch."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from factors.batch import BatchReport, run_batch
from factors.batch.identity import identify
from factors.catalogue import resolve
from factors.definitions.decorators import Factor
from factors.engine.planning.plan import make_plan

SYMBOLS = ("000001.XSHE", "600000.XSHG")
DAYS = ("2024-01-08", "2024-01-09", "2024-01-10")


def outcomes(report: Any) -> dict[str, str]:
    """Return what became of each day."""
    return {day.day: day.status for day in report.days}


def all_are(status: str) -> dict[str, str]:
    """Return one outcome for all days."""
    return dict.fromkeys(DAYS, status)


def bars(*dates: str, symbols: Sequence[str] = SYMBOLS, close: float = 10.0) -> pd.DataFrame:
    """A bar every minute of the session, all alike."""
    minutes = [*range(571, 691), *range(781, 901)]
    rows = [
        (symbol, pd.Timestamp(date) + pd.Timedelta(minutes=minute), close, close, close, close, 100.0, 100.0 * close)
        for date in dates
        for symbol in symbols
        for minute in minutes
    ]
    return pd.DataFrame(rows, columns=["symbol", "datetime", "open", "high", "low", "close", "volume", "amount"])


def write(folder: Path, *dates: str, name: str = "", **about: Any) -> Path:
    """Write the bars of some days to one Parquet file, named by the first day."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name or dates[0]}.parquet"
    bars(*dates, **about).to_parquet(path)
    return path


def fake(files: Sequence[str], factors: Any = None, **options: Any) -> pd.DataFrame:
    """Compute two columns the way `factors.compute` returns them."""
    frame = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    date = frame["datetime"].dt.normalize().dt.as_unit("us").rename("date")
    grouped = frame.groupby([date, "symbol"])
    out = pd.DataFrame({"last": grouped["close"].last(), "shares": grouped["volume"].sum()})
    days = {str(day)[:10]: {"coverage": 0.9, "reach": 1.0} for day in date.unique()}
    out.attrs["minute_factors"] = {
        "library": "minute-factors", "version": "0", "backend": "cpu", "engine": "fake", "input": {"quality": {}},
        "factors": {"last": {"version": 1}}, "days": days, "seconds": {"read": time.perf_counter(), "total": 1.0},
    }  # fmt: skip
    return out


def run(inputs: Any, store: Path, **options: Any) -> BatchReport:
    """Run a batch with the stand-in."""
    return run_batch(inputs, store, **{"compute": fake, **options})


def known(factor: Factor) -> Any:
    """Return what a batch knows a custom factor by."""
    return identify(resolve(factor), make_plan([factor]))


def contents(store: Path) -> dict[str, bytes]:
    """Return the store's data files."""
    return {path.name: path.read_bytes() for path in sorted((store / "data").rglob("*")) if path.is_file()}


def main() -> None:
    """Run a batch in a process of its own: INPUT STORE, with a pause in front of each day's computation.

    Prints a line when a day begins, so that the caller knows when to send a signal, and the exit code at the end.
    """
    pause = float(os.environ.get("PAUSE", "0"))

    def slow(files: Sequence[str], **options: Any) -> pd.DataFrame:
        print("computing", Path(files[0]).stem, flush=True)
        time.sleep(pause)
        return fake(files, **options)

    try:
        report = run_batch(sys.argv[1], sys.argv[2], compute=slow)
    except KeyboardInterrupt as stop:
        report = stop.args[0]
    print(report, flush=True)
    sys.exit(report.exit_code)


if __name__ == "__main__":
    main()
