"""The factor frame: results of the engines as a table indexed (date, symbol), with their provenance."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from factors.backends import Backend
from factors.common.arrays import Floats
from factors.common.provenance import KEY, Provenance
from factors.common.version import CONVENTIONS, __version__
from factors.data.rows import InputReport
from factors.definitions.decorators import Factor
from factors.errors import BackendUnavailable

if TYPE_CHECKING:
    import pandas as pd


DAYS_TOLD = 64
"""Most days whose coverage is kept in a frame's provenance."""


@dataclass(frozen=True)
class CubeResult:
    """The results of a cube: what of it outlives its storage."""

    dates: npt.NDArray[np.datetime64]
    symbols: npt.NDArray[np.object_]
    listed: npt.NDArray[np.bool_]
    values: Floats
    coverage: dict[str, dict[str, float]]
    symbol_index: pd.Index[Any] | None = None


def provenance(
    columns: dict[str, Factor],
    device: Backend,
    engine: str,
    report: InputReport,
    clock: dict[str, float],
    parts: list[CubeResult],
) -> dict[str, Any]:
    """Return what made the result, as plain values fit for JSON."""
    days = {day: shares for part in parts for day, shares in part.coverage.items()}
    return {
        "library": "minute-factors",
        "version": __version__,
        "conventions": CONVENTIONS,
        "backend": device.name,
        "device": device.device,
        "engine": engine,
        "factors": {c: {"version": f.version, "params": dict(f.params)} for c, f in columns.items()},
        "input": report.to_dict(),
        "seconds": {k: round(v, 6) for k, v in clock.items()},
        # pandas copies .attrs at every step, so a long run goes without
        **({"days": days} if len(days) <= DAYS_TOLD else {}),
    }


def factor_frame(
    parts: list[CubeResult], columns: dict[str, Factor], wanted: list[Factor], about: dict[str, Any]
) -> pd.DataFrame:
    """Return the listed stock-days of all parts as one frame, sorted by date and symbol; `parts` is emptied.

    `wanted` is the order of the parts' last axis, `columns` that of the frame.
    """
    import pandas as pd

    dates = np.concatenate([part.dates for part in parts])
    alike = all(part.symbols is parts[0].symbols or np.array_equal(part.symbols, parts[0].symbols) for part in parts)
    every = parts[0].symbols.tolist() if alike else sorted({s for part in parts for s in part.symbols.tolist()})
    known = parts[0].symbol_index if alike else None
    symbols = pd.Index(every) if known is None else known  # of a cube that is used again it is there already
    place = {} if alike else {s: i for i, s in enumerate(every)}
    day_codes: list[Any] = []
    symbol_codes: list[Any] = []
    order = {factor: k for k, factor in enumerate(wanted)}
    picked = [order[factor] for factor in columns.values()]
    whole = picked == list(range(len(wanted)))
    alone = whole and len(parts) == 1 and bool(parts[0].listed.all())  # its values are the frame's as they are
    values = np.empty((0 if alone else sum(int(part.listed.sum()) for part in parts), len(picked)))
    offset = row = 0
    while parts:  # each part's values go as they are taken, so that the result is not in memory several times
        part = parts.pop(0)
        day, stock = np.nonzero(part.listed)
        where = np.arange(len(every)) if alike else np.array([place[s] for s in part.symbols.tolist()], dtype=np.int64)
        day_codes.append(day + offset)
        symbol_codes.append(where[stock])
        if alone:
            values = part.values.reshape(len(day), -1)
        elif whole and part.listed.all():
            values[row : row + len(day)] = part.values.reshape(len(day), -1)
        else:
            values[row : row + len(day)] = part.values[day[:, None], stock[:, None], picked]
        row += len(day)
        offset += len(part.dates)
    levels: Any = [pd.DatetimeIndex(dates.astype("datetime64[us]")), symbols]
    codes: Any = [np.concatenate(day_codes), np.concatenate(symbol_codes)]
    index = pd.MultiIndex(levels=levels, codes=codes, names=["date", "symbol"], verify_integrity=False)
    frame = pd.DataFrame(values, index=index, columns=list(columns), copy=False)
    frame.attrs = {"backend": about["device"], "engine": about["engine"], KEY: Provenance(about)}
    return frame


def convert(frame: pd.DataFrame, kind: str) -> Any:
    """Return the frame as a table of another library, with columns date and symbol; pandas as it is.

    As "cudf" it keeps its index, as "cupy" only its values stay, in the frame's order: both are copied to a GPU.

    Raises
    ------
    BackendUnavailable
        If the library is not installed, or finds no GPU.
    """
    if kind in ("cudf", "cupy"):
        return _on_device(frame, kind)
    if kind not in ("polars", "arrow"):
        return frame
    import pyarrow as pa

    flat = frame.reset_index()
    flat.attrs = {}
    table = pa.Table.from_pandas(flat, preserve_index=False).replace_schema_metadata(None)
    if kind == "arrow":
        return table
    import polars as pl

    return pl.from_arrow(table)


def check_output(kind: str) -> None:
    """Refuse a kind of table that cannot be made here, before anything is computed; as `convert`."""
    if kind in ("cudf", "cupy"):
        import pandas as pd

        _on_device(pd.DataFrame({"some": [0.0]}), kind)


def _on_device(frame: pd.DataFrame, kind: str) -> Any:
    try:
        library = import_module(kind)
        return library.from_pandas(frame) if kind == "cudf" else library.asarray(frame.to_numpy())
    except Exception as error:  # what a library without a GPU raises is its own
        raise BackendUnavailable(
            f"output={kind!r}: {type(error).__name__}: {error}. It needs {kind} and a GPU; output='pandas' does not."
        ) from error
