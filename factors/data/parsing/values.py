"""Columns as numbers: fields to float64, symbols to integer codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.native.codes import translate, used_codes
from factors.data.parsing.columns import ColumnRef, is_text
from factors.errors import InputError

EMPTY = ("", "-", "--", "nan", "null", "none", "na", "n/a", "<na>", "nat")
"""Text that stands for a missing number, in any letter case."""

_MAINLAND = re.compile(
    r"(?:(?P<before>sh|sz|bj)[._]?)?(?P<digits>\d{6})|(?P<digits_>\d{6})[._](?P<after>xshe|xshg|xbei|sh|ss|sz|bj|sse|szse|bse)",
    re.IGNORECASE,
)
_SIX = re.compile(r"^[^\d\n]{0,3}(\d{6})(?!\d)", re.MULTILINE)  # all that _MAINLAND takes, and more
_EXCHANGES = {"xshe": "sz", "szse": "sz", "xshg": "sh", "ss": "sh", "sse": "sh", "xbei": "bj", "bse": "bj"}


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


def read_symbols(column: Any, at: ColumnRef, digits: bool, rows: npt.NDArray[np.int64] | None = None
                 ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.object_]]:  # fmt: skip
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
    names, every, place = _ranked(array.dictionary, at, digits and pt.is_integer(array.type.value_type))
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
        left = np.unique(place[used])
        new = np.full(len(every), -1, np.int32)
        new[left] = np.arange(len(left))
        every, place = every[left], new[place]
    return translate(codes, place), every.copy()


_Ranked = tuple[list[str], npt.NDArray[np.object_], npt.NDArray[np.int32]]
_last: list[tuple[Any, bool, _Ranked]] = []


def _ranked(dictionary: Any, at: ColumnRef, digits: bool) -> _Ranked:
    """Return a dictionary's symbols, the same sorted, and the place of each there; often those of the day before."""
    for known, by_digits, ranked in _last:
        if by_digits == digits and known.type == dictionary.type and known.equals(dictionary):
            return ranked
    names = [_name(value, at, digits) for value in dictionary.to_pylist()]
    symbols = sorted(set(names))
    rank = {name: k for k, name in enumerate(symbols)}
    found = names, np.array(symbols, dtype=object), np.array([rank[name] for name in names], np.int32)
    _last[:] = [(dictionary, digits, found)]
    return found


class Spellings:
    """The mainland securities of an input, each of which must be spelled in one way."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._by_digits: dict[str, str] = {}
        self._alike: dict[str, list[str]] = {}

    def add(self, symbols: Iterable[str], where: str) -> None:
        """Take in the symbols of a day.

        Raises
        ------
        InputError
            If one of them is known under another spelling; both would be computed as stocks of their own.
        """
        new = tuple(symbol for symbol in symbols if symbol not in self._seen)
        self._seen.update(new)
        numbers = digits_of(new)
        if len(set(numbers)) == len(new) and self._by_digits.keys().isdisjoint(numbers):  # nearly always
            self._by_digits.update(zip(numbers, new, strict=True))
            return
        for symbol, digits in sorted(zip(new, numbers, strict=True)):
            first = self._by_digits.setdefault(digits, symbol)
            if first == symbol:
                continue
            alike = self._alike.setdefault(digits, [first])  # few share their digits: stock and index of two exchanges
            for other in alike:
                if _security(other) == _security(symbol):
                    raise InputError(
                        f"{where}: the symbols {other!r} and {symbol!r} are one security. Bring them to one spelling "
                        "first."
                    )
            alike.append(symbol)


@lru_cache(maxsize=2)
def digits_of(symbols: tuple[str, ...]) -> list[str]:
    """Return the digits of each symbol, or the symbol itself where it has not six of them."""
    found: list[str] = _SIX.findall("\n".join(symbols))
    if len(found) == len(symbols):
        return found
    return [match[1] if (match := _SIX.match(symbol)) else symbol for symbol in symbols]


def _security(symbol: str) -> str:
    """Return a mainland security as exchange and digits; of bare digits only where they tell the exchange."""
    match = _MAINLAND.fullmatch(symbol)
    if match is None:
        return symbol
    digits = match["digits"] or match["digits_"]
    exchange = (match["before"] or match["after"] or {"6": "sh", "3": "sz"}.get(digits[0], "")).lower()
    return f"{_EXCHANGES.get(exchange, exchange)}{digits}"


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
