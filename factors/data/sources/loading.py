"""Rows of some blocks of some files, read together: on the host, or their numbers into a GPU's memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from factors.data.device.columns import CardTable, joined
from factors.data.device.transfer import CardPiece
from factors.data.sources.formats import BarFile
from factors.errors import InputError

if TYPE_CHECKING:
    from factors.backends.cudf import CudfReader

TOGETHER = 8_000_000
"""Rows, about, that a GPU reads at once: a call for each of many small files would cost more than their rows."""

Inside = Callable[[Any, BarFile], npt.NDArray[np.bool_]]
"""From a table of a file's rows to those that are wanted."""

log = logging.getLogger("factors")


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


@dataclass(frozen=True)
class Request:
    """Some blocks of a file, None meaning all, how many rows they hold, and what was read of just these before."""

    file: BarFile
    blocks: Sequence[int] | None
    rows: int
    ready: Loaded | None = None

    def table(self, columns: Sequence[str]) -> Any:
        """Return some columns on the host."""
        if self.ready is not None:
            table = self.ready.whole()
            if set(columns) <= set(table.column_names):
                return table.select(list(columns))
        return self.file.read(columns, self.blocks)


class NotOnDevice(Exception):
    """Rows did not get into the GPU's memory."""


class Loader:
    """Reads files.

    Attributes
    ----------
    tables : CudfReader or None
        What reads into a GPU's memory.
    device_columns : frozenset of str
        Columns that it reads.
    """

    def __init__(self) -> None:
        self.tables: CudfReader | None = None
        self.device_columns: frozenset[str] = frozenset()
        self._told = False

    def load(self, requests: Sequence[Request], columns: Sequence[str], inside: Inside | None = None) -> Loaded | None:
        """Return some columns of what is asked for, of the wanted rows, one file after the other; None of no rows.

        What does not get into the GPU's memory, for whatever reason, is read by pyarrow, all of it.

        Raises
        ------
        InputError
            If a file cannot be read.
        """
        on_device = [name for name in columns if name in self.device_columns] if self.tables else []
        if on_device:
            try:
                return self._load(requests, columns, inside, on_device)
            except NotOnDevice as error:
                log.log(logging.INFO if self._told else logging.WARNING, "%s: pyarrow reads it", str(error))
                self._told = True
        return self._load(requests, columns, inside, [])

    def _load(
        self, requests: Sequence[Request], columns: Sequence[str], inside: Inside | None, on_device: Sequence[str]
    ) -> Loaded | None:
        on_host = [name for name in columns if name not in on_device]
        loaded: list[Any] = []
        cards: list[CardTable] = []
        for batch in _batches(requests, on_device):
            tables = [_wanted(request.file, request.table(on_host), inside) for request in batch]
            if on_device:
                cards.append(self._to_device(batch, on_device, tables))
            loaded += [table for table, _, _ in tables if table.num_rows]
        if not loaded:
            return None
        try:
            return Loaded(concat(loaded), joined(cards) if on_device else None)
        except MemoryError as error:
            raise NotOnDevice(f"{requests[0].file.path}: the GPU has no memory for its rows ({error})") from error

    def _to_device(
        self, batch: Sequence[Request], names: Sequence[str], tables: Sequence[tuple[Any, int, Any]]
    ) -> CardTable:
        """Read a batch into the GPU's memory; of rows not wanted nothing stays there."""
        assert self.tables is not None
        before = batch[0].ready.card if len(batch) == 1 and batch[0].ready else None
        if before is not None and set(names) <= before.names:
            return before
        groups = None if batch[0].blocks is None else [list(request.blocks or ()) for request in batch]
        files = [request.file for request in batch]
        called = str(files[0].path) if len(files) == 1 else f"{files[0].path} and {len(files) - 1} more files"
        whole = sum(rows for _, rows, _ in tables)
        try:
            read = self.tables.read([file.path for file in files], names, groups)
        except Exception as error:  # of many kinds: no memory, a codec that it does not know
            raise NotOnDevice(f"{called}: not read into the GPU's memory ({type(error).__name__}: {error})") from error
        if any(len(column) != whole for column in read.values()):
            raise InputError(f"{called}: the rows changed while they were read. Write another file, then rename it.")
        pieces, at = [], 0
        for _, rows, chosen in tables:
            pieces.append(CardPiece(read, slice(at, at + rows) if chosen is None else at + chosen))
            at += rows
        card = joined([CardTable(self.tables.card, pieces)])
        try:
            return card if len(card) == whole else card.compact()
        except MemoryError as error:
            raise NotOnDevice(f"{called}: the GPU has no memory for its rows ({error})") from error


def _wanted(file: BarFile, table: Any, inside: Inside | None) -> tuple[Any, int, npt.NDArray[np.int64] | None]:
    """Return the wanted rows of a table, how many it had, and which they are; None for all."""
    import pyarrow as pa

    rows = table.num_rows
    mask = None if inside is None or not rows else inside(table, file)
    if mask is None or mask.all():
        return table, rows, None
    return table.filter(pa.array(mask)), rows, np.flatnonzero(mask)


def _batches(requests: Sequence[Request], on_device: Sequence[str]) -> Iterator[list[Request]]:
    """Cut requests into such as are read at once: of one layout, and of moderate size, for a GPU; else each alone."""
    batch: list[Request] = []
    for request in requests:
        alike = batch and all(batch[0].file.types[name] == request.file.types[name] for name in on_device)
        if batch and not (on_device and alike and sum(r.rows for r in batch) + request.rows <= TOGETHER):
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def concat(tables: Sequence[Any]) -> Any:
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
