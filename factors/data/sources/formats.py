"""Files of minute bars, one class per format, all with the same three methods.

A file is a row of blocks (row groups, record batches), which are read alone, so that a few days of a large file cost
little memory.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from factors.data.sources.frames import DaysOf
from factors.errors import InputError

HEAD = 2_000_000
"""Rows that are read of a large file to settle its conventions."""


class Block(NamedTuple):
    """Rows of a block and the first and last trading day in it."""

    rows: int
    first: int
    last: int


class BarFile(Protocol):
    """A file of minute bars.

    Attributes
    ----------
    types : dict of str to pyarrow.DataType
        Type by column.
    numbers : tuple of str
        Columns known to hold numbers, for formats that do not say.
    """

    types: dict[str, Any]
    numbers: tuple[str, ...]

    @property
    def path(self) -> Path | str:
        """The file, or what it is called in messages."""

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return rows and day range of each block, from statistics where there are any."""

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some blocks as a table, None meaning all; rows of other days may be among them."""

    def head(self, columns: Sequence[str]) -> Any:
        """Return some columns of about `HEAD` leading rows; of all where there are fewer."""


@contextmanager
def telling(path: Path | str) -> Iterator[None]:
    """Name the file in whatever its reading raises."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, EOFError, zipfile.BadZipFile, UnicodeError) as error:
        cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{path}: cannot be read ({cause}). The file may be cut off or damaged.") from error


class ParquetBars:
    """A Parquet file; its blocks are row groups and their days come from the footer."""

    numbers: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.path = path
        self._footer = pq.read_metadata(path)
        schema = self._footer.schema.to_arrow_schema()
        self.types = dict(zip(schema.names, schema.types, strict=True))
        self._sizes: Counter[str] = Counter()
        for column in self._columns():
            self._sizes[column.path_in_schema.partition(".")[0]] += column.total_compressed_size
        self._texts = [name for name, kind in self.types.items() if str(kind) in ("string", "large_string")]

    def _columns(self) -> Iterator[Any]:
        """Yield what the footer says of each column of each row group."""
        for g in range(self._footer.num_row_groups):
            group = self._footer.row_group(g)
            yield from (group.column(k) for k in range(group.num_columns))

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return rows and days of each row group; without usable statistics the time columns are read."""
        groups = [self._footer.row_group(g) for g in range(self._footer.num_row_groups)]
        found = []
        for g, group in enumerate(groups):
            if not group.num_rows:
                found.append(Block(0, 0, -1))
                continue
            table = self._edges(group, time_columns)
            if table is None:
                table = self.read(time_columns, [g])
            days = days_of(table, str(self.path), None)
            found.append(Block(group.num_rows, int(days.min()), int(days.max())))
        return found

    def _edges(self, group: Any, columns: Sequence[str]) -> Any:
        """Return a table of the columns' smallest and largest value; None where the footer does not say."""
        import pyarrow as pa

        edges = {}
        for k in range(group.num_columns):
            column = group.column(k)
            name = column.path_in_schema
            if name not in columns:
                continue
            known = column.statistics
            if name in self._texts or known is None or not known.has_min_max or known.null_count:
                return None
            edges[name] = pa.array([known.min, known.max], self.types[name])
        return pa.table(edges) if set(edges) == set(columns) else None

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some row groups; pages that carry checksums are checked."""
        import pyarrow.parquet as pq

        texts = [name for name in columns if name in self._texts]
        order = sorted(columns, key=self._sizes.__getitem__, reverse=True)  # so that no core waits for the last one
        with telling(self.path), pq.ParquetFile(
            self.path, metadata=self._footer, read_dictionary=texts, page_checksum_verification=True
        ) as file:  # fmt: skip
            chosen = self.groups if blocks is None else blocks
            return file.read_row_groups(list(chosen), columns=order).select(list(columns))

    @property
    def total(self) -> int:
        """How many rows it has."""
        return int(self._footer.num_rows)

    @property
    def groups(self) -> range:
        """Its row groups."""
        return range(self._footer.num_row_groups)

    def rows(self, group: int) -> int:
        """Return how many rows a row group has."""
        return int(self._footer.row_group(group).num_rows)

    def leading(self) -> range:
        """Return the row groups that hold about `HEAD` leading rows."""
        rows = np.cumsum([self.rows(group) for group in self.groups])
        return range(min(len(rows), int(np.searchsorted(rows, HEAD)) + 1))

    def head(self, columns: Sequence[str]) -> Any:
        """Return the leading row groups."""
        return self.read(columns, self.leading())


def parquet_file(file: BarFile) -> ParquetBars | None:
    """Return the Parquet file that a file of minute bars is, or stands for."""
    inner = getattr(file, "file", file)
    return inner if isinstance(inner, ParquetBars) else None


class ArrowBars:
    """An Arrow IPC (feather) file, memory-mapped; its blocks are record batches."""

    numbers: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        self._batches = self._open(None)
        schema = self._batches[1]
        self.types = dict(zip(schema.names, schema.types, strict=True))

    def _open(self, columns: Sequence[str] | None) -> tuple[list[Callable[[], Any]], Any]:
        """Return a reader of each batch, and the schema."""
        import pyarrow as pa
        from pyarrow import ipc

        included = None
        if columns is not None:
            included = [k for k, name in enumerate(self.types) if name in columns]
        options = ipc.IpcReadOptions(included_fields=included)
        source = pa.memory_map(str(self.path))
        if source.read(6) == b"ARROW1":
            file = ipc.open_file(source, options=options)
            return [partial(file.get_batch, k) for k in range(file.num_record_batches)], file.schema
        source.seek(0)
        stream = ipc.open_stream(source, options=options)
        batches = list(stream)
        return [partial(batches.__getitem__, k) for k in range(len(batches))], stream.schema

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return rows and days of each record batch, from its times."""
        found = []
        for k in range(len(self._batches[0])):
            table = self.read(time_columns, [k])
            days = days_of(table, str(self.path), None)
            found.append(Block(len(days), int(days.min()), int(days.max())) if len(days) else Block(0, 0, -1))
        return found

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some record batches."""
        import pyarrow as pa

        with telling(self.path):
            readers, schema = self._open(columns)
            chosen = [readers[k]() for k in (range(len(readers)) if blocks is None else blocks)]
            wanted = pa.schema([field for field in schema if field.name in columns])
            return pa.Table.from_batches([batch.select(list(columns)) for batch in chosen], None if chosen else wanted)

    def head(self, columns: Sequence[str]) -> Any:
        """Return the leading record batches."""
        rows = 0
        for k in range(len(self._batches[0])):
            rows += self._batches[0][k]().num_rows
            if rows >= HEAD:
                return self.read(columns, range(k + 1))
        return self.read(columns)
