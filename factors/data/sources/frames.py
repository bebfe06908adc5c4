"""Frames in memory as Arrow columns, each converted only when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from factors.data.device.columns import CardColumn, CardTable
from factors.errors import InputError

if TYPE_CHECKING:
    from factors.backends.cudf import CudfReader

DaysOf = Callable[[Any, str, int | None], npt.NDArray[np.int64]]
"""From a table of time columns (and what it is called, and its first row) to the trading day of each row."""


@dataclass(frozen=True)
class TableChunk:
    """Rows of whole days.

    Parameters
    ----------
    table : pyarrow.Table
        The columns asked for, under the input's names.
    source : str
        Where the rows came from, for messages.
    first_row : int or None
        Number of the first row in the source; None where rows were filtered.
    card : CardTable or None
        Those of the columns that lie in a GPU's memory; the table has the others.
    rest : Future or None
        A table of further columns, which is still being read.
    rows : object
        What these rows are known by: that of another chunk of just the same rows is the same object.
    """

    table: Any
    source: str
    first_row: int | None = 0
    card: CardTable | None = None
    rest: Future[Any] | None = None
    rows: object = field(default_factory=object)

    def column(self, name: str) -> Any:
        """Return a column, wherever it lies."""
        if self.card and name in self.card.names:
            return CardColumn(self.card, name)
        late = self.rest is not None and name not in self.table.column_names
        return self.rest.result().column(name) if self.rest and late else self.table.column(name)


class Source(Protocol):
    """Where minute bars come from.

    Attributes
    ----------
    kind : str
        ``"pandas"``, ``"polars"``, ``"arrow"`` or ``"files"``.
    where : str
        What the input is called in messages.
    names : list of str
        Its columns.
    time_index, symbol_index : str or None
        Names under which unnamed index levels go.
    """

    kind: str
    where: str
    names: list[str]
    time_index: str | None
    symbol_index: str | None

    def use_device(self, tables: Callable[[], CudfReader | None], columns: Sequence[str]) -> CudfReader | None:
        """Leave some columns of numbers in a GPU's memory, or read them into it; None where that cannot be."""

    def samples(self, columns: Sequence[str], first: Sequence[str] = ()) -> Iterator[TableChunk]:
        """Yield parts to settle the conventions on, the first of which usually suffices.

        Columns named in `first` are there at once, the others may be still on their way.
        """

    def parts(self, columns: Sequence[str], time_columns: Sequence[str], days_of: DaysOf) -> Iterator[TableChunk]:
        """Yield all rows in parts of whole days, in date order."""


class FrameSource:
    """A frame in memory; columns are converted one by one, mostly without a copy."""

    def __init__(
        self, kind: str, where: str, columns: dict[str, Callable[[], Any]], names: list[str],
        time_index: str | None = None, symbol_index: str | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.where, self.names = kind, where, names
        self.time_index, self.symbol_index = time_index, symbol_index
        self._columns = columns
        self._arrow: dict[str, Any] = {}
        self._card: CardTable | None = None
        self._rows = object()

    def use_device(self, tables: Callable[[], CudfReader | None], columns: Sequence[str]) -> CudfReader | None:
        """Return None: the frame lies on the host."""
        return None

    def samples(self, columns: Sequence[str], first: Sequence[str] = ()) -> Iterator[TableChunk]:
        """Yield the whole frame."""
        import pyarrow as pa

        own = [name for name in columns if self._card is None or name not in self._card.names]
        for name in own:
            if name not in self._arrow:
                self._arrow[name] = self._columns[name]()
        yield TableChunk(
            pa.table({name: self._arrow[name] for name in own}), self.where, card=self._card, rows=self._rows
        )

    def parts(self, columns: Sequence[str], time_columns: Sequence[str], days_of: DaysOf) -> Iterator[TableChunk]:
        """Yield the whole frame."""
        yield from self.samples(columns)


def arrow_source(table: Any, kind: str = "arrow", where: str = "the table") -> FrameSource:
    """Return the source of a pyarrow Table."""
    names = [str(name) for name in table.column_names]
    columns: dict[str, Callable[[], Any]] = {name: partial(table.column, k) for k, name in enumerate(names)}
    return FrameSource(kind, where, columns, names)


def polars_source(frame: Any) -> FrameSource:
    """Return the source of a polars DataFrame."""
    columns: dict[str, Callable[[], Any]] = {
        name: partial(lambda name: chunked(frame.get_column(name).to_arrow()), name) for name in frame.columns
    }
    return FrameSource("polars", "the frame", columns, list(frame.columns))


def chunked(values: Any) -> Any:
    """Return an Arrow array as a column of chunks."""
    import pyarrow as pa

    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def wide_columns(names: Sequence[Any]) -> InputError:
    """Build the error for columns that are a MultiIndex."""
    return InputError(
        f"the frame: the columns are a MultiIndex ({', '.join(map(str, names))}); minute bars are "
        "long, with one column per field. Stack the symbols first: bars.stack(level='Ticker', future_stack=True)."
    )
