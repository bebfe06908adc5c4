"""Memory stays flat over many days that stream from files: nothing of a day outlives its factors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import factors

STOCKS, DAYS, FEW = 200, 40, 8
CUBE = STOCKS * 240 * 7 * 8 / 2**20
"""MiB of one day's cube of all fields, which the factors read; its rows take more."""

MEASURE = """
import importlib, json, sys

import pyarrow as pa

import factors

importlib.import_module("factors.inputs.stream").CHUNK = 1  # every day is a cube of its own
files = importlib.import_module("factors.data.sources.files")
files.AT_ONCE = files.CHUNK = files._STEP = 60_000  # and is read on its own where a file holds several
importlib.import_module("factors.data.sources.formats").HEAD = 60_000

few, many = sys.argv[1].split(","), sys.argv[2].split(",")
found = []
for paths in (few, few, many):  # the first time brings in libraries and compiled code
    days = len(factors.compute(paths, ["VP", "tp_diff", "amount_out_order_avg_ratio"], threads=1).index.levels[0])
    with open("/proc/self/status") as status:  # getrusage's peak would be that of pytest, from which this was forked
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10
    found.append([days, peak, pa.default_memory_pool().bytes_allocated() / 2**20])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, list[Path]]]:
    """The first days and all days, as a file per day and as one file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("bars")
    tables = [
        pa.Table.from_pandas(day, preserve_index=False) for day in factors.simulate_days(STOCKS, DAYS, seed=4, kinds={})
    ]
    each = [folder / f"day{i:02d}.parquet" for i in range(DAYS)]
    for table, path in zip(tables, each, strict=True):
        pq.write_table(table, path)
    one = {number: folder / f"{number}days.parquet" for number in (FEW, DAYS)}
    for number, path in one.items():
        with pq.ParquetWriter(path, tables[0].schema) as writer:
            for table in tables[:number]:
                writer.write_table(table)
    return {
        "a file per day": {number: each[:number] for number in (FEW, DAYS)},
        "one file": {number: [path] for number, path in one.items()},
    }


@pytest.mark.parametrize("layout", ["a file per day", "one file"])
def test_memory_is_flat_over_the_days(bars: dict[str, dict[int, list[Path]]], layout: str) -> None:
    if not Path("/proc/self/status").is_file():
        pytest.skip("the peak of a process's memory is read from /proc, which only Linux has")
    few, many = (",".join(map(str, bars[layout][number])) for number in (FEW, DAYS))
    told = []
    for _ in range(3):  # allocators give memory back when they please; what is kept is kept every time
        (_, _, _), (first, before, _), (days, after, left) = _measure(few, many)
        assert (first, days) == (FEW, DAYS)
        told.append(f"peak {before:.0f} MiB over {FEW} days, {after:.0f} over {DAYS}, {left:.1f} of tables left")
        if after - before < (DAYS - FEW) * CUBE / 2 and left < CUBE:
            return
    pytest.fail(f"a cube has {CUBE:.1f} MiB: " + "; ".join(told))


def _measure(few: str, many: str) -> list[list[float]]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, few, many],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[list[float]] = json.loads(done.stdout)
    return found
