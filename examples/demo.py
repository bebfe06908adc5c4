"""The main job on a simulated market: three days of minute bars in, a store of daily factors out.

Run by `make demo`, or as ``python examples/demo.py FOLDER``. The same from a shell::

    factors simulate FOLDER/bars --stocks 1000 --days 3
    factors batch FOLDER/bars FOLDER/store
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pandas as pd

import factors
from factors.batch import run_batch
from factors.store.files import write_bars
from factors.store.store import read_store


def main(folder: Path, stocks: int = 1000, days: int = 3) -> int:
    """Simulate, run the batch, show what came of it; return the batch's exit code."""
    bars, store = folder / "bars", folder / "store"
    bars.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    for day in factors.simulate_days(stocks=stocks, days=days, seed=1):
        write_bars(day, bars / f"{day['datetime'].iloc[0]:%Y-%m-%d}.parquet")
    print(f"Simulated {stocks:,} stocks over {days} days in {time.perf_counter() - begin:.1f} s: {bars}\n")
    report = run_batch(bars, store, "core", progress=False, force=True)
    print(report)
    frame = read_store(store)
    with pd.option_context("display.width", 110, "display.max_columns", 7, "display.precision", 4):
        print(f"\nThe store: {store}\n{frame.shape[0]:,} stock-days x {frame.shape[1]} factors; some of both:\n")
        print(frame.dropna().iloc[:8, [0, 6, 9, 22, 36]])
    total = sum(report.seconds.values())
    print("\nWhere the time went:")
    for stage, seconds in report.seconds.items():
        print(f"  {stage:8} {seconds:6.2f} s  {'#' * round(40 * seconds / total)}")
    command = Path(os.path.relpath(sys.executable)).parent / "factors"
    print(f"\nNext: {command} describe VP    {command} list    {command} batch {bars} {store}")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo")))
