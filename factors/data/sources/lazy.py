"""Lazy inputs (polars LazyFrame, pyarrow Dataset) read like files whose blocks are days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from factors.data.sources.formats import HEAD, Block
from factors.data.sources.frames import DaysOf
from factors.errors import TimeError

_DAY = 86_400


class Scan(Protocol):
    """What a lazy input can do."""

    types: dict[str, Any]

    def extent(self, column: str) -> tuple[int, int, Any]:
        """Return the rows, the missing values of a column, and an Arrow array of its smallest and largest."""

    def collect(self, columns: Sequence[str], time: str | None = None, low: Any = None, high: Any = None) -> Any:
        """Return some columns as a table; of the rows with low <= time < high where a time column is given."""


class ScanBars:
    """A lazy input; a few days of it are read by a filter on its column of timestamps, else all at once."""

    numbers: tuple[str, ...] = ()

    def __init__(self, scan: Scan, where: str) -> None:
        self.path = where
        self.types = scan.types
        self._scan = scan
        self._time = ""
        self._starts: list[int] = []  # second at which each block begins on the column's clock, and the end of the last

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return a block for every day between the first and the last, with the average number of rows."""
        import pyarrow as pa

        if len(time_columns) > 1 or not self._is_time(time_columns[0]):
            days = days_of(self._scan.collect(time_columns), self.path, None)
            return [Block(len(days), int(days.min()), int(days.max()))] if len(days) else []
        self._time = time_columns[0]
        rows, low, high = self._extent()
        if not rows:
            return []

        def days_at(seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            return days_of(pa.table({self._time: self._times(seconds)}), self.path, None)

        steps = np.append(np.arange(low, high, 900), high)
        days = days_at(steps)
        turns = np.flatnonzero(np.diff(days)) + 1  # a day begins after the step before and not after this one
        near = (steps[turns - 1, None] + np.arange(60, 901, 60)).clip(max=high)
        begins = (days_at(near.ravel()).reshape(near.shape) < days[turns, None]).sum(axis=1)
        self._starts = [low, *near[np.arange(len(turns)), begins].tolist(), high + 60]
        found = [int(days[0]), *days[turns].tolist()]
        each, rest = divmod(rows, len(found))
        return [Block(each + (k < rest), day, day) for k, day in enumerate(found)]

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some days."""
        if blocks is None or not self._starts:
            return self._scan.collect(columns)
        return self._between(columns, self._starts[min(blocks)], self._starts[max(blocks) + 1])

    def head(self, columns: Sequence[str]) -> Any:
        """Return the first days; at least one."""
        times = [name for name in columns if self._is_time(name)]
        if len(times) != 1:
            return self._scan.collect(columns)
        self._time = times[0]
        rows, low, high = self._extent()
        if rows <= HEAD:
            return self._scan.collect(columns)
        return self._between(columns, low, low + max(_DAY, (high - low) * HEAD // rows))

    def _is_time(self, name: str) -> bool:
        import pyarrow as pa

        return bool(pa.types.is_timestamp(self.types[name]))

    def _extent(self) -> tuple[int, int, int]:
        """Return the rows, and the first and last second of the time column."""
        import pyarrow as pa

        rows, missing, edges = self._scan.extent(self._time)
        if missing:
            raise TimeError(
                f"{self.path}: column {self._time!r}: the time is missing ({missing:,} rows). Drop those rows first."
            )
        if not rows:
            return 0, 0, 0
        low, high = edges.cast(pa.timestamp("s", edges.type.tz), safe=False).cast(pa.int64()).to_pylist()
        return rows, low, high

    def _times(self, seconds: Any) -> Any:
        import pyarrow as pa

        kind = self.types[self._time]
        return pa.array(seconds, pa.timestamp("s", kind.tz)).cast(kind)

    def _between(self, columns: Sequence[str], low: int, high: int) -> Any:
        bounds = self._times([low, high])
        return self._scan.collect(columns, self._time, bounds[:1], bounds[1:])


class LazyPolars:
    """A polars LazyFrame."""

    def __init__(self, frame: Any) -> None:
        import polars as pl

        self._frame = frame
        schema = pl.DataFrame(schema=frame.collect_schema()).to_arrow().schema
        self.types = dict(zip(schema.names, schema.types, strict=True))

    def extent(self, column: str) -> tuple[int, int, Any]:
        """Return rows, missing values and edges in one pass over one column."""
        import polars as pl

        time = pl.col(column)
        asked = (time.min().alias("a"), time.max().alias("b"), time.null_count().alias("c"), pl.len())
        found = self._frame.select(*asked).collect()
        edges = pl.concat([found["a"], found["b"].alias("a")]).to_arrow()
        return int(found["len"][0]), int(found["c"][0]), edges.cast(self.types[column])

    def collect(self, columns: Sequence[str], time: str | None = None, low: Any = None, high: Any = None) -> Any:
        """Return some columns of some rows."""
        import polars as pl

        frame = self._frame
        if time is not None:
            column = pl.col(time)
            edges: Any = [pl.from_arrow(edge) for edge in (low, high)]
            frame = frame.filter((column >= edges[0]) & (column < edges[1]))
        return frame.select(list(columns)).collect().to_arrow()


class ArrowDataset:
    """A pyarrow Dataset."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.types = dict(zip(dataset.schema.names, dataset.schema.types, strict=True))

    def extent(self, column: str) -> tuple[int, int, Any]:
        """Return rows, missing values and edges, batch by batch."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, missing, edges = 0, 0, []
        for batch in self._dataset.to_batches(columns=[column]):
            rows, missing = rows + batch.num_rows, missing + batch.column(0).null_count
            known = pc.min_max(batch.column(0))
            edges += [edge for edge in (known["min"], known["max"]) if edge.is_valid]
        least = pc.min_max(pa.array([edge.value for edge in edges], pa.int64()).cast(self.types[column]))
        return rows, missing, pa.array([least["min"].value, least["max"].value], pa.int64()).cast(self.types[column])

    def collect(self, columns: Sequence[str], time: str | None = None, low: Any = None, high: Any = None) -> Any:
        """Return some columns of some rows."""
        import pyarrow.dataset as ds

        chosen = None if time is None else (ds.field(time) >= low[0]) & (ds.field(time) < high[0])
        return self._dataset.to_table(columns=list(columns), filter=chosen)
