"""A pandas frame as Arrow columns: numbers and times without a copy, Python objects by what they hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from factors.data.parsing.values import EMPTY, is_number
from factors.data.sources.frames import FrameSource, chunked, wide_columns
from factors.errors import InputError, TimeError

if TYPE_CHECKING:
    import pandas as pd


def pandas_source(frame: pd.DataFrame) -> FrameSource:
    """Return the source of a pandas frame; index levels count as columns.

    Raises
    ------
    InputError
        If the columns are a MultiIndex, as yfinance and wide frames have them.
    """
    import pandas as pd

    if isinstance(frame.columns, pd.MultiIndex):
        raise wide_columns(frame.columns.names)
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
    return chunked(pa.DictionaryArray.from_arrays(indices, values.combine_chunks()))


def _column(values: Any, name: str) -> Any:
    """Return a pandas column or index as an Arrow column; numbers and times without a copy."""
    import pyarrow as pa

    try:
        if isinstance(values.dtype, np.dtype):
            if values.dtype == object:
                return chunked(_objects(values.to_numpy(), name))
            if values.dtype.kind == "M":  # NaT has to become null
                return chunked(pa.array(values.to_numpy(), from_pandas=True))
            return chunked(pa.array(values.to_numpy()))
        return chunked(pa.array(values, from_pandas=True))
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
