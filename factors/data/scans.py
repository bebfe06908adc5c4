"""Lazy inputs (polars LazyFrame, pyarrow Dataset) read like files whose blocks are days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from factors.data.formats import HEAD, Block
from factors.data.frames import DaysOf
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
        self._days: list[int] = []
        self._first = 0  # seconds

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return a block for every day between the first and the last, with the average number of rows."""
        import pyarrow as pa

        if not self._by_time(time_columns):
            days = days_of(self._scan.collect(time_columns), self.path, None)
            return [Block(len(days), int(days.min()), int(days.max()))] if len(days) else []
        rows, edges = self._extent(time_columns[0])
        if not rows:
            return []
        days = days_of(pa.table({time_columns[0]: edges}), self.path, None)
        self._time = time_columns[0]
        self._days = list(range(int(days.min()), int(days.max()) + 1))
        each, rest = divmod(rows, len(self._days))
        return [Block(each + (k < rest), day, day) for k, day in enumerate(self._days)]

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some days; of a day more to either side, as the clocks of zones differ."""
        if blocks is None or not self._days:
            return self._scan.collect(columns)
        first, last = self._days[min(blocks)], self._days[max(blocks)]
        return self._between(columns, (first - 1) * _DAY, (last + 2) * _DAY)

    def head(self, columns: Sequence[str]) -> Any:
        """Return the first days; at least one."""
        import pyarrow as pa

        times = [name for name in columns if pa.types.is_timestamp(self.types[name])]
        if len(times) != 1:
            return self._scan.collect(columns)
        rows, edges = self._extent(times[0])
        if rows <= HEAD:
            return self._scan.collect(columns)
        low, high = edges.cast(pa.timestamp("s", edges.type.tz), safe=False).cast(pa.int64()).to_pylist()
        self._time = times[0]
        return self._between(columns, low, low + max(_DAY, (high - low) * HEAD // rows))

    def _by_time(self, time_columns: Sequence[str]) -> bool:
        import pyarrow as pa

        return len(time_columns) == 1 and bool(pa.types.is_timestamp(self.types[time_columns[0]]))

    def _extent(self, column: str) -> tuple[int, Any]:
        rows, missing, edges = self._scan.extent(column)
        if missing:
            raise TimeError(
                f"{self.path}: column {column!r}: the time is missing ({missing:,} rows). Drop those rows first."
            )
        return rows, edges

    def _between(self, columns: Sequence[str], low: int, high: int) -> Any:
        import pyarrow as pa

        kind = self.types[self._time]
        bounds = pa.array([low, high], pa.timestamp("s", kind.tz)).cast(kind)
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
