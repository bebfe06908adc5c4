"""Many files read day after day in bounded memory.

1. Footers (or, where a format has none, the time columns) say which days each block of each file holds.
2. Files whose days overlap form a cluster, such as one file per symbol; clusters follow each other in time.
3. A cluster of moderate size is read at once; of a larger one a few days at a time, from the blocks that hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from factors.common.threads import each, pool
from factors.data.sources.formats import BarFile, Block, parquet_file
from factors.data.sources.frames import DaysOf, TableChunk
from factors.data.sources.loading import Loaded, Loader, Request
from factors.errors import InputError, MissingFieldError

if TYPE_CHECKING:
    from factors.backends.cudf import CudfReader

AT_ONCE = 8_000_000
"""Rows of a cluster that are read in one go."""
CHUNK = 4_000_000
"""Rows, about, of the days read at a time from a larger cluster; never less than a day."""

NUMBERS = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)) | {"float", "double"}
"""Arrow types whose columns a GPU reads as they are."""

_STEP = 1_000_000
_SAMPLES = 5


@dataclass(frozen=True)
class FileDays:
    """A file with the days of its blocks."""

    file: BarFile
    blocks: list[Block]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(block.rows for block in self.blocks)

    @property
    def first(self) -> int:
        """First day."""
        return min(block.first for block in self.blocks if block.rows)

    @property
    def last(self) -> int:
        """Last day."""
        return max(block.last for block in self.blocks if block.rows)


@dataclass(frozen=True)
class _Head:
    """The head of a file that was read to be looked at, and what its rows are known by."""

    file: BarFile
    loaded: Loaded
    rows: object


class FileSource:
    """Files, or lazy inputs that are read like files."""

    time_index: str | None = None
    symbol_index: str | None = None

    def __init__(self, kind: str, where: str, files: Sequence[BarFile]) -> None:
        self.kind, self.where = kind, where
        self._files = files
        self.names = list(files[0].types)
        self._kept: _Head | None = None
        self._loader = Loader()

    @property
    def later(self) -> list[str]:
        """Columns that the first file lacks and a later one has."""
        return sorted({name for file in self._files for name in file.types} - set(self.names))

    def samples(self, columns: Sequence[str], first: Sequence[str] = ()) -> Iterator[TableChunk]:
        """Yield the head of each of the first files."""
        for file in self._files[:_SAMPLES]:
            self._check(file, columns)
            loaded = self._head(file, columns, first)
            if loaded.table.num_rows:
                part = TableChunk(loaded.table, str(file.path), card=loaded.card, rest=loaded.rest)
                self._kept = self._kept or _Head(file, loaded, part.rows)
                yield part

    def _head(self, file: BarFile, columns: Sequence[str], first: Sequence[str]) -> Loaded:
        """Read the leading rows; of a Parquet file the columns after the first ones while these are looked at."""
        parquet = parquet_file(file)
        if parquet is None:
            return Loaded(file.head(columns))
        leading, later = parquet.leading(), [name for name in columns if name not in first]
        if self._loader.tables or not first or not later:
            rows = sum(parquet.rows(group) for group in leading)
            found = self._loader.load([Request(file, leading, rows)], columns)
            return found or Loaded(file.read(columns, leading))
        table = file.read([name for name in columns if name in first], leading)
        return Loaded(table, rest=pool(4, "files").submit(file.read, later, leading))

    def use_device(self, tables: Callable[[], CudfReader | None], columns: Sequence[str]) -> CudfReader | None:
        """Read columns of plain numbers into a GPU's memory from now on; None if one is none, or a file no Parquet."""
        kinds = {str(file.types.get(name)) for file in self._files for name in columns}
        if not kinds <= NUMBERS or not all(parquet_file(file) for file in self._files):
            return None
        self._loader.tables, self._loader.device_columns = tables(), frozenset(columns)
        return self._loader.tables

    def prepare(self, numbers: Sequence[str]) -> None:
        """Tell the files which columns hold numbers."""
        for file in self._files:
            file.numbers = tuple(numbers)

    def parts(self, columns: Sequence[str], time_columns: Sequence[str], days_of: DaysOf) -> Iterator[TableChunk]:
        """Yield all rows in parts of whole days, in date order."""
        for file in self._files:
            self._check(file, columns)
        alone = parquet_file(self._files[0]) if len(self._files) == 1 else None
        if alone and self._kept and self._kept.loaded.table.num_rows == alone.total <= AT_ONCE:
            head, self._kept = self._kept, None
            found = self._loader.load([Request(head.file, alone.groups, alone.total, head.loaded)], columns)
            if found:
                yield TableChunk(found.table, str(head.file.path), card=found.card, rows=head.rows)
            return
        spans = each(lambda file: FileDays(file, file.blocks(time_columns, days_of)), self._files, 4, "files")
        for cluster in _clusters(spans):
            yield from self._cluster(cluster, columns, days_of)

    def span(self, time_columns: Sequence[str], days_of: DaysOf) -> tuple[int, int]:
        """Return the first and last trading day, as days since 1970-01-01.

        Raises
        ------
        InputError
            If a file lacks a time column, or there are no rows.
        """
        blocks: list[Block] = []
        for file in self._files:
            lost = sorted(set(time_columns) - set(file.types))
            if lost:
                raise InputError(f"{file.path}: no column {', '.join(map(repr, lost))}.")
            blocks += [block for block in file.blocks(time_columns, days_of) if block.rows]
        if not blocks:
            raise InputError(f"{self.where}: no rows.")
        return min(block.first for block in blocks), max(block.last for block in blocks)

    def _cluster(self, cluster: list[FileDays], columns: Sequence[str], days_of: DaysOf) -> Iterator[TableChunk]:
        name = str(cluster[0].file.path)
        if len(cluster) > 1:
            name = f"{name} and {len(cluster) - 1} more files"
        if sum(span.rows for span in cluster) <= AT_ONCE:
            kept, self._kept = self._kept, None
            requests = [_request(span, range(len(span.blocks)), kept) for span in cluster]
            found = self._loader.load(requests, columns)
            if found and len(cluster) == 1:
                rows = kept.rows if kept and requests[0].ready else object()
                yield TableChunk(found.table, name, 0, found.card, rows=rows)
            elif found:
                yield TableChunk(found.table, name, None, found.card)
            return
        self._kept = None
        for first, last in _chunks(cluster):
            requests = [_request(span, group) for span in cluster for group in _block_groups(span, first, last)]

            def inside(table: Any, file: BarFile, first: int = first, last: int = last) -> npt.NDArray[np.bool_]:
                days = days_of(table, str(file.path), None)
                return (days >= first) & (days <= last)

            found = self._loader.load(requests, columns, inside)
            if found:
                yield TableChunk(found.table, name, None, found.card)

    def _check(self, file: BarFile, columns: Sequence[str]) -> None:
        first = self._files[0]
        for name in columns:
            if name not in file.types:
                raise MissingFieldError(
                    f"{file.path}: no column {name!r}, which {first.path} has. Columns found: "
                    f"{', '.join(map(repr, file.types))}. Read the files of each layout apart."
                )
            kind, before = _family(file.types[name]), _family(first.types[name])
            if kind != before:
                raise InputError(
                    f"{file.path}: column {name!r} holds {kind} ({file.types[name]}), in {first.path} {before} "
                    f"({first.types[name]}). Bring the files to one type."
                )


def _clusters(spans: Iterable[FileDays]) -> Iterator[list[FileDays]]:
    """Group files whose days overlap, in date order."""
    cluster: list[FileDays] = []
    last = 0
    for span in sorted((s for s in spans if s.rows), key=lambda s: s.first):
        if cluster and span.first > last:
            yield cluster
            cluster = []
        last = max(last, span.last) if cluster else span.last
        cluster.append(span)
    if cluster:
        yield cluster


def _chunks(cluster: Sequence[FileDays]) -> Iterator[tuple[int, int]]:
    """Cut a cluster's days into runs of about `CHUNK` rows, a block's rows being spread evenly over its days."""
    start, stop = min(span.first for span in cluster), max(span.last for span in cluster)
    rows = np.zeros(stop - start + 1)
    for block in (block for span in cluster for block in span.blocks if block.rows):
        rows[block.first - start : block.last - start + 1] += block.rows / (block.last - block.first + 1)
    first, held = start, 0.0
    for day, number in enumerate(rows.tolist(), start):
        if held and held + number > CHUNK:
            yield first, day - 1
            first, held = day, 0.0
        held += number
    yield first, stop


def _block_groups(span: FileDays, first: int, last: int) -> Iterator[list[int]]:
    """Yield the blocks that hold rows of some days, some at a time."""
    blocks = span.blocks
    chosen = [k for k, block in enumerate(blocks) if block.rows and block.first <= last and block.last >= first]
    while chosen:
        group: list[int] = []
        while chosen and (not group or sum(blocks[k].rows for k in group) + blocks[chosen[0]].rows <= _STEP):
            group.append(chosen.pop(0))
        yield group


def _request(span: FileDays, blocks: Sequence[int], kept: _Head | None = None) -> Request:
    """Ask for some blocks; what is kept of the file is taken if it is all of its rows."""
    whole = len(blocks) == len(span.blocks)
    ready = None
    if kept and kept.file is span.file and whole and kept.loaded.table.num_rows == span.rows:
        ready = kept.loaded
    rows = sum(span.blocks[k].rows for k in blocks)
    return Request(span.file, None if whole and not parquet_file(span.file) else blocks, rows, ready)


def _family(kind: Any) -> str:
    """Return the class of a type, within which files may differ."""
    import pyarrow.types as pt

    if pt.is_dictionary(kind):
        return _family(kind.value_type)
    if pt.is_timestamp(kind):
        return f"times of zone {kind.tz}" if kind.tz else "naive times"
    if pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind) or pt.is_null(kind):
        return "numbers"
    return "text" if "string" in str(kind) else str(kind)
