"""Reading, preparing and exporting in pandas, pyarrow, Polars and cuDF, each as someone would who knows the library.

Prepared is a day when every field is a matrix (stocks, minutes): what the matrices of the article begin with. The
others leave minutes without a bar empty; `factors.cube` also finds out conventions, checks the bars and fills gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FIELDS = ("open", "high", "low", "close", "volume", "amount")


def scatter(stock: Any, minute: Any, shape: tuple[int, int], column: Callable[[str], Any]) -> list[Any]:
    """Return the fields as matrices, from each row's place in them."""
    place, found = stock * shape[1] + minute, []
    for name in FIELDS:
        matrix = np.full(shape[0] * shape[1], np.nan)
        matrix[place] = column(name).to_numpy()
        found.append(matrix.reshape(shape))
    return found


class Pandas:
    """pandas, on its own."""

    name = "pandas"

    def __init__(self) -> None:
        import pandas

        self.library: Any = pandas

    def read(self, path: Path) -> Any:
        return self.library.read_parquet(path)

    def prepare(self, frame: Any) -> Any:
        wide = frame.set_index(["symbol", "datetime"])[list(FIELDS)].unstack("datetime")
        return [wide[name].to_numpy() for name in FIELDS]

    def load(self, table: Any) -> Any:
        return table.to_pandas()

    def to_parquet(self, frame: Any, path: Path) -> None:
        frame.to_parquet(path, compression="zstd")

    def to_csv(self, frame: Any, path: Path) -> None:
        frame.to_csv(path, index=False)


class Cudf(Pandas):
    """cuDF: the same calls, on the GPU. What is prepared stays there."""

    name = "cuDF"

    def __init__(self) -> None:
        import cudf

        self.library = cudf

    def prepare(self, frame: Any) -> Any:
        wide = frame.set_index(["symbol", "datetime"])[list(FIELDS)].unstack("datetime")
        return [wide[name].to_cupy() for name in FIELDS]

    def load(self, table: Any) -> Any:
        return self.library.DataFrame.from_arrow(table)


class Arrow:
    """pyarrow, with NumPy for what it has no function for: places by codes of symbols and minutes, then a scatter."""

    name = "pyarrow"

    def __init__(self) -> None:
        import pyarrow.csv
        import pyarrow.parquet

        self.library: Any = pyarrow

    def read(self, path: Path) -> Any:
        return self.library.parquet.read_table(path)

    def prepare(self, table: Any) -> Any:
        symbols, times = (table.column(name).combine_chunks().dictionary_encode() for name in ("symbol", "datetime"))
        order = np.argsort(np.argsort(times.dictionary.to_numpy(zero_copy_only=False)))
        shape = len(symbols.dictionary), len(order)
        return scatter(symbols.indices.to_numpy(), order[times.indices.to_numpy()], shape, table.column)

    def load(self, table: Any) -> Any:
        return table

    def to_parquet(self, table: Any, path: Path) -> None:
        self.library.parquet.write_table(table, path, compression="zstd")

    def to_csv(self, table: Any, path: Path) -> None:
        self.library.csv.write_csv(table, path)


class Polars:
    """Polars, on all cores; codes and a scatter here too, since its pivot takes ten times as long."""

    name = "Polars"

    def __init__(self) -> None:
        import polars

        self.library: Any = polars

    def read(self, path: Path) -> Any:
        return self.library.read_parquet(path)

    def prepare(self, frame: Any) -> Any:
        stock = self.library.col("symbol").cast(self.library.Categorical).to_physical()
        codes = frame.select(stock=stock.cast(int), minute=self.library.col("datetime").rank("dense").cast(int) - 1)
        stocks, minutes = codes.max().row(0)
        places = codes["stock"].to_numpy(), codes["minute"].to_numpy()
        return scatter(*places, (stocks + 1, minutes + 1), frame.get_column)

    def load(self, table: Any) -> Any:
        return self.library.from_arrow(table)

    def to_parquet(self, frame: Any, path: Path) -> None:
        frame.write_parquet(path, compression="zstd")

    def to_csv(self, frame: Any, path: Path) -> None:
        frame.write_csv(path)


class Ours:
    """This library: its reader, its cube, its Parquet and CSV."""

    name = "minute-factors"

    def __init__(self) -> None:
        import factors

        self.library: Any = factors

    def read(self, path: Path) -> Any:
        from factors.data.reader.reader import open_bars

        return list(open_bars(path, fields=FIELDS).days())

    def prepare(self, frame: Any) -> Any:
        return self.library.cube(frame, fields=FIELDS)

    def load(self, table: Any) -> Any:
        return table.to_pandas().set_index(["date", "symbol"])

    def to_parquet(self, frame: Any, path: Path) -> None:
        from factors.store.files import write_frame

        write_frame(frame, path)

    def to_csv(self, frame: Any, path: Path) -> None:
        from factors.store.files import write_frame

        write_frame(frame, path)


LIBRARIES = {one.name: one for one in (Pandas, Arrow, Polars, Cudf, Ours)}
