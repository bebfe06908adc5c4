"""Frames in memory (pandas, polars, Arrow) as Arrow columns, each converted only when it is needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from factors.data.device.columns import CardColumn, CardTable
from factors.data.device.transfer import CardPiece
from factors.data.native.passes import KINDS
from factors.data.parsing.values import EMPTY, is_number
from factors.errors import InputError, TimeError

if TYPE_CHECKING:
    import pandas as pd

    from factors.backends.cudf import CudfReader

log = logging.getLogger("factors")

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


def pandas_source(frame: pd.DataFrame) -> FrameSource:
    """Return the source of a pandas frame; index levels count as columns.

    Raises
    ------
    InputError
        If the columns are a MultiIndex, as yfinance and wide frames have them.
    """
    import pandas as pd

    if isinstance(frame.columns, pd.MultiIndex):
        raise _wide(frame.columns.names)
    names = [str(name) for name in frame.columns]
    columns: dict[str, Callable[[], Any]] = {
        name: partial(lambda k, name: _column(frame.iloc[:, k], name), k, name) for k, name in enumerate(names)
    }
    hints: dict[str, str] = {}
    for level in range(frame.index.nlevels):
        values = frame.index.get_level_values(level) if frame.index.nlevels == 1 else frame.index.levels[level]  # type: ignore[attr-defined]
        name = frame.index.names[level]
        if name is None:
            if frame.index.nlevels == 1 and not isinstance(values, pd.DatetimeIndex):
                continue
            role = "time" if _holds_times(values) else "symbol"
            name = hints.setdefault(role, "index" if frame.index.nlevels == 1 else f"index level {level}")
        if str(name) not in columns:
            names.append(str(name))
            columns[str(name)] = partial(_level, frame.index, level, str(name))
    return FrameSource("pandas", "the frame", columns, names, hints.get("time"), hints.get("symbol"))


def polars_source(frame: Any) -> FrameSource:
    """Return the source of a polars DataFrame."""
    columns: dict[str, Callable[[], Any]] = {
        name: partial(lambda name: _chunked(frame.get_column(name).to_arrow()), name) for name in frame.columns
    }
    return FrameSource("polars", "the frame", columns, list(frame.columns))


def _wide(names: Sequence[Any]) -> InputError:
    return InputError(
        f"the frame: the columns are a MultiIndex ({', '.join(map(str, names))}); minute bars are "
        "long, with one column per field. Stack the symbols first: bars.stack(level='Ticker', future_stack=True)."
    )


class CudfSource(FrameSource):
    """A cuDF frame; what a GPU is to compute from stays in its memory, the rest comes as Arrow columns.

    Parameters
    ----------
    frame : cudf.DataFrame
        Levels of its index count as columns, as those of pandas.

    Raises
    ------
    InputError
        If the columns are a MultiIndex.
    """

    def __init__(self, frame: Any) -> None:
        labels = {str(label): label for label in frame.columns}
        if any(isinstance(label, tuple) for label in labels.values()):
            raise _wide(frame.columns.names)
        names = list(labels)
        columns: dict[str, Callable[[], Any]] = {
            name: partial(lambda label: _chunked(frame[label].to_arrow()), label) for name, label in labels.items()
        }
        time = None
        for level in range(frame.index.nlevels):
            values = frame.index.get_level_values(level)
            name = frame.index.names[level]
            if name is None and getattr(values.dtype, "kind", "") == "M":
                name = time = "index" if frame.index.nlevels == 1 else f"index level {level}"
            if name is not None and str(name) not in columns:
                names.append(str(name))
                columns[str(name)] = partial(lambda values: _chunked(values.to_arrow()), values)
        super().__init__("cudf", "the frame", columns, names, time)
        self._frame, self._labels = frame, labels

    def use_device(self, tables: Callable[[], CudfReader | None], columns: Sequence[str]) -> CudfReader | None:
        """Leave columns of plain numbers where they are; None if one is none, or gaps cannot be filled there."""
        if not all(name in self._labels for name in columns):
            return None
        kinds = {getattr(self._frame[self._labels[name]].dtype, "str", "")[1:] for name in columns}
        found = tables() if kinds <= set(KINDS) else None
        if found is None:
            return None
        try:
            arrays = found.columns(self._frame, {name: self._labels[name] for name in columns})
        except MemoryError as error:
            log.warning(
                "the frame: the GPU has no room for numbers without gaps (%s): it goes over the host", str(error)
            )
            return None
        self._card = CardTable(found.card, [CardPiece(arrays, slice(0, len(self._frame)))])
        return found


def _holds_times(values: pd.Index) -> bool:
    import pandas as pd

    if isinstance(values, pd.DatetimeIndex):
        return True
    first = values[0] if len(values) else None
    return hasattr(first, "hour") or (isinstance(first, str) and ":" in first)


def _level(index: pd.Index, level: int, name: str) -> Any:
    """Return an index level: of a MultiIndex as a dictionary, its distinct values and the codes."""
    import pandas as pd
    import pyarrow as pa

    if not isinstance(index, pd.MultiIndex):
        return _column(index, name)
    codes = np.asarray(index.codes[level])
    values = _column(index.levels[level], name)
    indices = pa.array(codes.astype(np.int32, copy=False), mask=codes < 0 if (codes < 0).any() else None)
    return _chunked(pa.DictionaryArray.from_arrays(indices, values.combine_chunks()))


def _column(values: Any, name: str) -> Any:
    """Return a pandas column or index as an Arrow column; numbers and times without a copy."""
    import pyarrow as pa

    try:
        if isinstance(values.dtype, np.dtype):
            if values.dtype == object:
                return _chunked(_objects(values.to_numpy(), name))
            if values.dtype.kind == "M":  # NaT has to become null
                return _chunked(pa.array(values.to_numpy(), from_pandas=True))
            return _chunked(pa.array(values.to_numpy()))
        return _chunked(pa.array(values, from_pandas=True))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(f"the frame: column {name!r} of type {values.dtype} cannot be read ({error}).") from error


def _objects(values: npt.NDArray[np.object_], name: str) -> Any:
    """Return a column of Python objects: datetimes checked for mixed zones, numbers mixed with text as text."""
    import pyarrow as pa

    first = next((v for v in values if _is_present(v)), None)
    if hasattr(first, "hour") and hasattr(first, "date"):
        return _datetimes(values, name)
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        present = [v for v in values if _is_present(v)]
        kinds = sorted({type(v).__name__ for v in present})
        words = [v for v in present if isinstance(v, str) and v.strip().lower() not in EMPTY and not is_number(v)]
        if words or not set(kinds) <= {"str", "int", "float", "Decimal"}:
            example = f", such as {words[0]!r}" if words else ""
            raise InputError(
                f"the frame: column {name!r} mixes {' and '.join(kinds)}{example}. Bring it to one type."
            ) from None
        return pa.array([str(v) if _is_present(v) else None for v in values], pa.large_string())


def _datetimes(values: npt.NDArray[np.object_], name: str) -> Any:
    """Return Python datetimes as text, each distinct one written once."""
    import pyarrow as pa

    seen: dict[object, int] = {}
    texts: dict[object, str | None] = {}
    for row, value in enumerate(values):
        if value in texts:
            continue
        texts[value] = None
        if _is_present(value):
            texts[value] = value.isoformat() if hasattr(value, "isoformat") else str(value)
            seen.setdefault(value.utcoffset() if hasattr(value, "utcoffset") else None, row)
    if None in seen and len(seen) > 1:
        naive = seen.pop(None)
        zoned = next(iter(seen.values()))
        raise TimeError(
            f"the frame: column {name!r}: naive and zoned times are mixed; row {naive:,} is naive ({values[naive]}), "
            f"row {zoned:,} carries a zone ({values[zoned]}). Bring the column to one form."
        )
    return pa.array([texts[value] for value in values], pa.large_string())


def _is_present(value: object) -> bool:
    return value is not None and value == value  # NaN and NaT differ from themselves


def _chunked(values: Any) -> Any:
    import pyarrow as pa

    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
