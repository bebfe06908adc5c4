"""One Arrow column: what it is called in messages, its kind, some of its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.device.columns import CardColumn
from factors.errors import TimeError


class ColumnRef:
    """Names a column, and one of its rows, in messages; `first_row` is None where row numbers are not known."""

    def __init__(self, name: str, where: str, first_row: int | None = 0) -> None:
        self.name, self.where, self.first_row = name, where, first_row

    def __str__(self) -> str:
        return f"{self.where}: column {self.name!r}"

    def row(self, number: int) -> str:
        """Name the column and the row, counted from 0 within the part that is being read."""
        return str(self) if self.first_row is None else f"{self}, row {self.first_row + number:,}"


def is_text(kind: Any) -> bool:
    """Return whether an Arrow type is one of the string types."""
    import pyarrow.types as pt

    return bool(pt.is_string(kind) or pt.is_large_string(kind) or str(kind) == "string_view")


def no_nulls(column: Any, at: ColumnRef, what: str) -> None:
    """Raise for the first missing value of a column that must be complete."""
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy()))
        raise TimeError(f"{at.row(row)}: the {what} is missing ({column.null_count:,} rows). Drop those rows first.")


def sample_rows(rows: int, most: int) -> npt.NDArray[np.int64]:
    """Return all rows, or `most` of them by chance: every n-th might be the same minute of each stock."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).integers(0, rows, most))


def take(column: Any, rows: slice | npt.NDArray[np.int64]) -> Any:
    """Return some rows of a column; of one in many chunks, chunk by chunk, so that it is never joined."""
    import pyarrow as pa

    if isinstance(column, CardColumn):
        return pa.chunked_array([column.table.take(rows).numbers(column.name)])
    if isinstance(rows, slice):
        return column.slice(rows.start, rows.stop - rows.start)
    if column.num_chunks == 1:
        return pa.chunked_array([column.chunk(0).take(pa.array(rows))])
    starts = np.cumsum([0, *(len(chunk) for chunk in column.chunks)])
    cuts = np.searchsorted(rows, starts)  # rows rise
    pieces = [
        chunk.take(pa.array(rows[a:b] - start))
        for chunk, start, a, b in zip(column.chunks, starts[:-1], cuts[:-1], cuts[1:], strict=True) if b > a
    ]  # fmt: skip
    return pa.chunked_array(pieces, column.type)
