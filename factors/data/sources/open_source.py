"""From whatever holds minute bars to a source of Arrow columns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from factors.data.sources.cudf_frame import CudfSource
from factors.data.sources.files import FileSource
from factors.data.sources.frames import Source, arrow_source, polars_source
from factors.data.sources.pandas_frame import pandas_source
from factors.errors import InputError

ACCEPTED = (
    "a pandas, polars or cuDF frame, a pyarrow Table, RecordBatch, RecordBatchReader or Dataset, anything with "
    "__arrow_c_stream__, or a path, glob pattern, folder or list of Parquet, CSV or feather files"
)
"""What `open_source` takes, for messages."""


def open_source(minute_bars: Any, header: tuple[str, ...] = ()) -> Source:
    """Return the source of minute bars in any container.

    Raises
    ------
    InputError
        If the container is unknown, no file matches, or a file cannot be read.
    """
    if isinstance(minute_bars, (str, os.PathLike)) or _is_paths(minute_bars):
        from factors.data.sources.paths import file_source

        return file_source(minute_bars, header)
    owner = type(minute_bars).__module__.partition(".")[0]
    if "pandas" in sys.modules and isinstance(minute_bars, sys.modules["pandas"].DataFrame):
        return pandas_source(minute_bars)
    if owner == "polars" and "polars" in sys.modules:
        return _polars(minute_bars)
    if owner == "pyarrow":
        found = _pyarrow(minute_bars)
        if found is not None:
            return found
    if owner == "cudf" and hasattr(minute_bars, "reset_index") and hasattr(minute_bars, "columns"):
        return CudfSource(minute_bars)
    if isinstance(minute_bars, Mapping):
        raise InputError(
            "a dict is not read as minute bars. Of {symbol: frame}: pandas.concat(bars, names=['symbol']); of {field: "
            "wide frame}: pandas.concat(bars, axis=1).stack(future_stack=True)."
        )
    if hasattr(minute_bars, "__arrow_c_stream__"):
        import pyarrow as pa

        try:
            return arrow_source(pa.RecordBatchReader.from_stream(minute_bars).read_all(), where="the stream")
        except pa.ArrowException as error:
            name = type(minute_bars).__qualname__
            raise InputError(f"minute bars of type {name} cannot be read ({error}). Pass {ACCEPTED}.") from error
    if hasattr(minute_bars, "to_arrow"):
        return arrow_source(minute_bars.to_arrow(), where="the frame")
    name = f"{type(minute_bars).__module__}.{type(minute_bars).__qualname__}"
    raise InputError(f"minute bars of type {name} cannot be read. Pass {ACCEPTED}.")


def _is_paths(value: Any) -> bool:
    if not isinstance(value, Iterable) or isinstance(value, Mapping) or not isinstance(value, (list, tuple, set)):
        return False
    return all(isinstance(path, (str, os.PathLike)) for path in value)


def _polars(frame: Any) -> Source:
    import polars as pl

    if isinstance(frame, pl.LazyFrame):
        from factors.data.sources.lazy import LazyPolars, ScanBars

        return FileSource("polars", "the lazy frame", [ScanBars(LazyPolars(frame), "the lazy frame")])
    if not isinstance(frame, pl.DataFrame):
        raise InputError(f"minute bars of type polars.{type(frame).__name__} cannot be read. Pass {ACCEPTED}.")
    return polars_source(frame)


def _pyarrow(bars: Any) -> Source | None:
    import pyarrow as pa

    if isinstance(bars, pa.Table):
        return arrow_source(bars)
    if isinstance(bars, pa.RecordBatch):
        return arrow_source(pa.Table.from_batches([bars]))
    if isinstance(bars, pa.RecordBatchReader):
        return arrow_source(bars.read_all(), where="the stream")
    if hasattr(bars, "to_batches") and hasattr(bars, "get_fragments"):
        from factors.data.sources.lazy import ArrowDataset, ScanBars

        return FileSource("arrow", "the dataset", [ScanBars(ArrowDataset(bars), "the dataset")])
    return None
