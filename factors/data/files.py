"""Many files read day after day in bounded memory.

1. Footers (or, where a format has none, the time columns) say which days each block of each file holds.
2. Files whose days overlap form a cluster, such as one file per symbol; clusters follow each other in time.
3. A cluster of moderate size is read at once; of a larger one a few days at a time, from the blocks that hold them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factors.data.formats import BarFile, Block, parquet_file
from factors.data.frames import DaysOf, Part
from factors.data.on_card import CardPiece, CardTable, joined
from factors.errors import InputError, MissingFieldError
from factors.threads import each, pool

if TYPE_CHECKING:
    from factors.backends.tables import Tables

AT_ONCE = 8_000_000
"""Rows of a cluster that are read in one go."""
CHUNK = 4_000_000
"""Rows, about, of the days read at a time from a larger cluster; never less than a day."""

NUMBERS = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)) | {"float", "double"}
"""Arrow types whose columns a GPU reads as they are."""

log = logging.getLogger("factors")

_STEP = 1_000_000
_SAMPLES = 5


@dataclass(frozen=True)
class Span:
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
class Loaded:
    """Rows that were read: columns on the host, those in a GPU's memory, and those still being read, if any."""

    table: Any
    card: CardTable | None = None
    rest: Future[Any] | None = None

    def whole(self) -> Any:
        """Return what is, or will be, on the host."""
        table = self.table
        if self.rest is not None:
            more = self.rest.result()
            for name in more.column_names:
                table = table.append_column(name, more.column(name))
        return table

    def on_host(self) -> Any:
        """Return all columns as one table on the host."""
        if self.card is None:
            return self.table
        table = self.table
        for name in sorted(self.card.names):
            table = table.append_column(name, [self.card.numbers(name)])
        return table


class FileSource:
    """Files, or lazy inputs that are read like files."""

    time_index: str | None = None
    symbol_index: str | None = None

    def __init__(self, kind: str, where: str, files: Sequence[BarFile]) -> None:
        self.kind, self.where = kind, where
        self._files = files
        self.names = list(files[0].types)
        self._kept: tuple[BarFile, Loaded] | None = None
        self._tables: Tables | None = None
        self._on_card: frozenset[str] = frozenset()

    @property
    def later(self) -> list[str]:
        """Columns that the first file lacks and a later one has."""
        return sorted({name for file in self._files for name in file.types} - set(self.names))

    def samples(self, columns: Sequence[str], first: Sequence[str] = ()) -> Iterator[Part]:
        """Yield the head of each of the first files."""
        for file in self._files[:_SAMPLES]:
            self._check(file, columns)
            loaded = self._head(file, columns, first)
            if loaded.table.num_rows:
                self._kept = self._kept or (file, loaded)
                yield Part(loaded.table, str(file.path), card=loaded.card, rest=loaded.rest)

    def _head(self, file: BarFile, columns: Sequence[str], first: Sequence[str]) -> Loaded:
        """Read the leading rows; of a Parquet file the columns after the first ones while these are looked at."""
        parquet = parquet_file(file)
        if parquet is None:
            return Loaded(file.head(columns))
        leading, later = parquet.leading(), [name for name in columns if name not in first]
        if self._on_card or not first or not later:
            return self._load(file, columns, leading)
        table = file.read([name for name in columns if name in first], leading)
        return Loaded(table, rest=pool(1).submit(file.read, later, leading))

    def use_card(self, tables: Tables, columns: Sequence[str]) -> bool:
        """Read columns of plain numbers into a GPU's memory from now on; False if one is none, or a file no Parquet."""
        kinds = [str(file.types.get(name)) for file in self._files for name in columns]
        if not all(parquet_file(file) for file in self._files) or not set(kinds) <= NUMBERS:
            return False
        self._tables, self._on_card = tables, frozenset(columns)
        return True

    def prepare(self, numbers: Sequence[str]) -> None:
        """Tell the files which columns hold numbers."""
        for file in self._files:
            file.numbers = tuple(numbers)

    def parts(self, columns: Sequence[str], time_columns: Sequence[str], days_of: DaysOf) -> Iterator[Part]:
        """Yield all rows in parts of whole days, in date order."""
        for file in self._files:
            self._check(file, columns)
        spans = each(lambda file: Span(file, file.blocks(time_columns, days_of)), self._files, 4)
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

    def _cluster(self, cluster: list[Span], columns: Sequence[str], days_of: DaysOf) -> Iterator[Part]:
        name = str(cluster[0].file.path)
        if len(cluster) > 1:
            name = f"{name} and {len(cluster) - 1} more files"
        if sum(span.rows for span in cluster) <= AT_ONCE:
            yield self._part([self._read(span, columns) for span in cluster], name, 0 if len(cluster) == 1 else None)
            return
        self._kept = None
        for first, last in _chunks(cluster):
            loaded = [some for span in cluster for some in self._days(span, columns, first, last, days_of)]
            if loaded:
                yield self._part(loaded, name, None)

    def _part(self, loaded: Sequence[Loaded], name: str, first_row: int | None) -> Part:
        """Join what was read; if some of it did not get to the GPU, the rest is fetched from there."""
        cards = [some.card for some in loaded if some.card is not None]
        if len(cards) < len(loaded):
            return Part(_concat([some.on_host() for some in loaded]), name, first_row)
        return Part(_concat([some.table for some in loaded]), name, first_row, joined(cards))

    def _read(self, span: Span, columns: Sequence[str]) -> Loaded:
        """Read a file, or take what was read of it to settle the conventions."""
        kept, self._kept = self._kept, None
        if kept and kept[0] is span.file and kept[1].table.num_rows == span.rows:
            loaded = kept[1]
            there = loaded.card.names if loaded.card else frozenset()
            own = [name for name in columns if name not in there]
            table = loaded.whole()
            if set(own) <= set(table.column_names):
                return Loaded(table.select(own), loaded.card)
        return self._load(span.file, columns, None)

    def _load(self, file: BarFile, columns: Sequence[str], blocks: Sequence[int] | None) -> Loaded:
        """Read some columns of some blocks, those that are meant for a GPU into its memory."""
        there = [name for name in columns if name in self._on_card]
        tables = self._tables
        if not there or tables is None:
            return Loaded(file.read(columns, blocks))
        try:
            read = tables.read(file.path, there, blocks)
        except Exception as error:  # of many kinds: no memory, a codec that it does not know
            if not isinstance(error, MemoryError):
                self._tables = None
            log.warning(
                "%s: not read into the GPU's memory (%s: %s) but by pyarrow", file.path, type(error).__name__, error
            )
            return Loaded(file.read(columns, blocks))
        table = file.read([name for name in columns if name not in there], blocks)
        return Loaded(table, CardTable(tables.card, [CardPiece(read, slice(0, table.num_rows))]))

    def _days(self, span: Span, columns: Sequence[str], first: int, last: int, days_of: DaysOf) -> Iterator[Loaded]:
        """Read the rows of some days, some blocks at a time."""
        import pyarrow as pa

        blocks = span.blocks
        chosen = [k for k, block in enumerate(blocks) if block.rows and block.first <= last and block.last >= first]
        while chosen:
            few: list[int] = []
            while chosen and (not few or sum(blocks[k].rows for k in few) + blocks[chosen[0]].rows <= _STEP):
                few.append(chosen.pop(0))
            loaded = self._load(span.file, columns, few)
            days = days_of(loaded.table, str(span.file.path), None)
            inside = (days >= first) & (days <= last)
            if inside.all():
                yield loaded
            elif inside.any():
                card = loaded.card and loaded.card.take(np.flatnonzero(inside))
                yield Loaded(loaded.table.filter(pa.array(inside)), card)

    def _check(self, file: BarFile, columns: Sequence[str]) -> None:
        first = self._files[0]
        for name in columns:
            if name not in file.types:
                raise MissingFieldError(
                    f"{file.path}: no column {name!r}, which {first.path} has. Columns found: "
                    f"{', '.join(map(repr, file.types))}. Read the files of each layout apart."
                )
            here, there = _family(file.types[name]), _family(first.types[name])
            if here != there:
                raise InputError(
                    f"{file.path}: column {name!r} holds {here} ({file.types[name]}), in {first.path} {there} "
                    f"({first.types[name]}). Bring the files to one type."
                )


def _clusters(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Group files whose days overlap, in date order."""
    cluster: list[Span] = []
    last = 0
    for span in sorted((s for s in spans if s.rows), key=lambda s: s.first):
        if cluster and span.first > last:
            yield cluster
            cluster = []
        last = max(last, span.last) if cluster else span.last
        cluster.append(span)
    if cluster:
        yield cluster


def _chunks(cluster: Sequence[Span]) -> Iterator[tuple[int, int]]:
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


def _concat(tables: Sequence[Any]) -> Any:
    """Join tables; columns that are dictionaries in some only are decoded, numbers widened."""
    import pyarrow as pa

    if len(tables) == 1:
        return tables[0]
    columns = {}
    for name in tables[0].column_names:
        parts = [table.column(name) for table in tables]
        if len({part.type for part in parts}) > 1:
            parts = [part.cast(part.type.value_type) if pa.types.is_dictionary(part.type) else part for part in parts]
            kind = pa.unify_schemas([pa.schema([(name, p.type)]) for p in parts], promote_options="permissive").types[0]
            parts = [part.cast(kind) for part in parts]
        columns[name] = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
    return pa.table(columns)


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
