"""The article's second experiment: reading, preparing and exporting, in several libraries, as the data grow.

One day of bars, then 4 and (with --full) 20 times as much: a Parquet file of bars is read, its rows become matrices,
and the 50 factors of as many days are written to Parquet and CSV. Single files, which the operating system has cached.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.conftest import STOCKS
from bench.peers.libraries import LIBRARIES, Cudf, Ours
from bench.report.article import CORE

pytestmark = pytest.mark.benchmark(group="files")

DAYS = [1, 4, pytest.param(20, marks=pytest.mark.full)]
_MADE: dict[int, tuple[Path, Any]] = {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    _MADE.clear()
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def bars(folder: Path, day_frame, days: int) -> tuple[Path, Any]:
    """A file of so many days of bars, and its table; the last one made is kept."""
    if days not in _MADE:
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        _MADE.clear()
        tables = []
        for day in range(days):
            shifted = day_frame.assign(datetime=day_frame["datetime"] + pd.Timedelta(7 * day, "D"))
            tables.append(pa.Table.from_pandas(shifted, preserve_index=False))
        table = pa.concat_tables(tables).replace_schema_metadata(None)
        pq.write_table(table, folder / f"{days}.parquet", compression="zstd")
        _MADE[days] = folder / f"{days}.parquet", table
    return _MADE[days]


@pytest.fixture(params=LIBRARIES)
def library(request) -> Any:
    kind = LIBRARIES[request.param]
    try:
        return kind()
    except ImportError as error:
        pytest.skip(f"{request.param} is not installed ({error})")
    except Exception as error:  # cuDF without a GPU fails in its own ways
        pytest.skip(f"{request.param} cannot be used: {type(error).__name__}: {error}")


def timed(measure, library: Any, call: Any, what: str, days: int) -> None:
    measure(call, f"{what}, {days} day{'s' if days > 1 else ''}", library.name, rounds=6 if days == 1 else 3,
            on_gpu=isinstance(library, Cudf))  # fmt: skip


@pytest.mark.parametrize("days", DAYS)
def bench_read(measure, library, bars, days: int) -> None:
    timed(measure, library, lambda: library.read(bars[0]), "read Parquet", days)


@pytest.mark.parametrize("days", DAYS)
def bench_prepare(measure, library, bars, days: int) -> None:
    """Ours takes the frame that pandas has read."""
    frame = LIBRARIES["pandas"]().load(bars[1]) if isinstance(library, Ours) else library.load(bars[1])
    timed(measure, library, lambda: library.prepare(frame), "prepare", days)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("days", DAYS)
def bench_export(measure, library, folder: Path, days: int, kind: str) -> None:
    frame = library.load(_factors(days))
    write, path = getattr(library, f"to_{kind}"), folder / f"{library.name}.{kind}"
    timed(measure, library, lambda: write(frame, path), f"export {'Parquet' if kind == 'parquet' else 'CSV'}", days)


def _factors(days: int) -> Any:
    """Return a table of as many values as the factors of so many days are, with as many digits."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    rng, rows = np.random.default_rng(0), STOCKS * days
    dates = np.repeat(pd.date_range("2024-01-08", periods=days).to_numpy(), STOCKS)
    symbols = np.tile([f"{k:06d}" for k in range(STOCKS)], days)
    return pa.table({"date": dates, "symbol": symbols} | {f.name: rng.normal(size=rows) for f in CORE})
