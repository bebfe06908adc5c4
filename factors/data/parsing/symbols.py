"""Columns of symbols as integer codes into the distinct symbols."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.native.codes import translate, used_codes
from factors.data.parsing.columns import ColumnRef
from factors.errors import InputError


def read_symbols(
    column: Any, at: ColumnRef, digits: bool, rows: npt.NDArray[np.int64] | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.object_]]:
    """Return each row's code and the distinct symbols, sorted.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Text, dictionary or integers.
    at : At
        What the column is called in messages.
    digits : bool
        Whether integers are written with six digits, as mainland exchanges do.
    rows : int64 array, optional
        Row number of each value in the input, for messages.

    Raises
    ------
    InputError
        If a symbol is missing, or neither text nor an integer.
    """
    import pyarrow as pa
    import pyarrow.types as pt

    if not pt.is_dictionary(column.type):
        column = column.dictionary_encode()
    elif column.num_chunks > 1:
        column = column.unify_dictionaries()
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        return np.empty(0, np.int32), np.empty(0, object)
    names, every, rank = _ranked(_Dictionary(array.dictionary, digits and pt.is_integer(array.type.value_type), at))
    if array.null_count or not all(names):
        lost = [k for k, name in enumerate(names) if not name]
        codes = array.indices.fill_null(-1).to_numpy()
        empty = (codes < 0) | np.isin(codes, lost)
        if empty.any():
            row = int(np.argmax(empty))
            number = row if rows is None else int(rows[row])
            raise InputError(f"{at.row(number)}: the symbol is missing ({int(empty.sum()):,} rows). Drop them first.")
    codes = array.indices.to_numpy()
    used = used_codes(codes, len(names))
    if not used.all():
        left = np.unique(rank[used])
        new = np.full(len(every), -1, np.int32)
        new[left] = np.arange(len(left))
        every, rank = every[left], new[rank]
    return translate(codes, rank), every.copy()


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """The distinct values of a column, equal to another's where they are the same; `at` only names them."""

    values: Any
    digits: bool
    at: ColumnRef

    def __hash__(self) -> int:
        return hash((len(self.values), self.digits))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Dictionary) and self.digits == other.digits and self.values.type == other.values.type
            and bool(self.values.equals(other.values))
        )  # fmt: skip


@lru_cache(maxsize=1)  # often the next is the one before: the days of an input have mostly the same symbols
def _ranked(dictionary: _Dictionary) -> tuple[list[str], npt.NDArray[np.object_], npt.NDArray[np.int32]]:
    """Return a dictionary's symbols, the distinct ones sorted, and the rank of each among these."""
    names = [_name(value, dictionary.at, dictionary.digits) for value in dictionary.values.to_pylist()]
    symbols = sorted(set(names))
    rank = {name: k for k, name in enumerate(symbols)}
    return names, np.array(symbols, dtype=object), np.array([rank[name] for name in names], np.int32)


def _name(value: Any, at: ColumnRef, digits: bool) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bytes):
        return value.decode().strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:06d}" if digits else str(value)
    if value is None:
        return ""
    raise InputError(f"{at}: {value!r} is no symbol. Symbols are text or whole numbers.")
