"""Columns as numbers: fields as float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.parsing.columns import ColumnRef, is_text
from factors.errors import InputError

EMPTY = ("", "-", "--", "nan", "null", "none", "na", "n/a", "<na>", "nat")
"""Text that stands for a missing number, in any letter case."""


def read_floats(column: Any, at: ColumnRef, rows: npt.NDArray[np.int64] | None = None) -> Floats:
    """Return a column as float64, NaN where it is null; without a copy where it is float64 already.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Any numeric type, decimals, or text of numbers.
    at : At
        What the column is called in messages.
    rows : int64 array, optional
        Row number of each value in the input, for messages.

    Raises
    ------
    InputError
        If the type is not numeric or a text is not a number.
    """
    import pyarrow as pa
    import pyarrow.types as pt

    kind = column.type
    if pt.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pt.is_null(kind):
        return np.full(len(column), np.nan)
    if is_text(kind):
        return _parsed(column, at, rows)
    if pt.is_decimal(kind):
        column = column.cast(pa.float64())
    elif not (pt.is_integer(kind) or pt.is_floating(kind)):
        raise InputError(f"{at}: values of type {kind} are no numbers.")
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # an empty column has no chunk to combine
        return np.empty(0)
    values = array.to_numpy(zero_copy_only=False)
    floats: Floats = values.astype(np.float64, copy=False)
    return floats


def read_pieces(column: Any, at: ColumnRef, rows: npt.NDArray[np.int64] | None = None) -> list[npt.NDArray[Any]]:
    """Return a column's numbers chunk by chunk, as they lie in memory where none is missing; else as `read_floats`."""
    import pyarrow.types as pt

    if pt.is_integer(column.type) or pt.is_float32(column.type) or pt.is_float64(column.type):
        return [chunk.to_numpy(zero_copy_only=False) for chunk in column.chunks if len(chunk)]
    return [read_floats(column, at, rows)]


def _parsed(column: Any, at: ColumnRef, rows: npt.NDArray[np.int64] | None) -> Floats:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
    missing = pc.is_in(pc.utf8_lower(text), value_set=pa.array(EMPTY, pa.large_string()))
    text = pc.if_else(missing, pa.scalar(None, pa.large_string()), text)
    try:
        numbers = text.cast(pa.float64())
    except pa.ArrowInvalid:
        for row, value in enumerate(text.to_pylist()):
            if value is not None and not is_number(value):
                number = row if rows is None else int(rows[row])
                raise InputError(
                    f"{at.row(number)}: {value!r} is not a number. A missing value may be empty, '-' or null."
                ) from None
        return np.array([np.nan if value is None else float(value) for value in text.to_pylist()])
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def is_number(text: str) -> bool:
    """Return whether a text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
