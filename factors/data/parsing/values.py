"""Columns as numbers: fields as float64."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.parsing.columns import ColumnRef, is_text
from factors.errors import InputError

EMPTY = ("", "-", "--", "nan", "null", "none", "na", "n/a", "<na>", "nat")
"""Text that stands for a missing number, in any letter case."""
EXACT = 22
"""Powers of ten up to this one are float64 numbers."""


def read_floats(column: Any, at: ColumnRef, rows: npt.NDArray[np.int64] | None = None) -> Floats:
    """Return a column as float64, NaN where it is null; without a copy where it is float64 already.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Any numeric type, decimals, or text of numbers; of each number the nearest float64.
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
        return read_decimals(column)
    if not (pt.is_integer(kind) or pt.is_floating(kind)):
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


def read_decimals(column: Any) -> Floats:
    """Return a column of decimals as the nearest float64, NaN where it is null."""
    return np.concatenate([np.empty(0), *map(_nearest, column.chunks)])


def _nearest(chunk: Any) -> Floats:
    """Return decimals as the nearest float64: two exact numbers, divided, are rounded once; others are read as text."""
    size, scale = chunk.type.byte_width, chunk.type.scale
    if chunk.null_count == len(chunk):
        return np.full(len(chunk), np.nan)
    if not 0 <= scale <= EXACT or size % 8 or sys.byteorder != "little":
        return _by_text(chunk)
    words = np.frombuffer(chunk.buffers()[1], np.int64)
    words = words.reshape(-1, size // 8)[chunk.offset : chunk.offset + len(chunk)]
    there = chunk.is_valid().to_numpy(zero_copy_only=False)
    low = words[:, 0]
    small = (words[:, 1:] == (low >> 63)[:, None]).all(axis=1) & (low >= -(2**53)) & (low <= 2**53)
    if not small[there].all():
        return _by_text(chunk)
    return np.where(there, low / 10.0**scale, np.nan)


def _by_text(chunk: Any) -> Floats:
    import pyarrow as pa

    return np.asarray(chunk.cast(pa.string()).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


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
