"""Columns of Parquet files and of cuDF frames as arrays in a GPU's memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from factors.backends.card import Card


class Tables(Protocol):
    """What reads columns into a GPU's memory; arrays are one-dimensional, of plain numbers, missing ones being NaN.

    Attributes
    ----------
    name : str
        What it is called in messages.
    card : Card
        The GPU.
    """

    name: str
    card: Card

    def read(
        self, path: str | os.PathLike[str], columns: Sequence[str], groups: Sequence[int] | None = None
    ) -> Mapping[str, Any]:
        """Return columns of some row groups of a Parquet file, None meaning all."""
        ...

    def columns(self, frame: Any, columns: Sequence[str]) -> Mapping[str, Any]:
        """Return columns of a frame of this library, on this device."""
        ...


class CudfTables:
    """cuDF on one device.

    Parameters
    ----------
    cudf : module
        cuDF.
    device : context manager
        CuPy's device, on which columns are made.
    card : Card
        The same device.
    """

    def __init__(self, cudf: Any, device: Any, card: Card) -> None:
        self._cudf, self._device, self.card = cudf, device, card
        self.name = f"cuDF {cudf.__version__}"

    def read(
        self, path: str | os.PathLike[str], columns: Sequence[str], groups: Sequence[int] | None = None
    ) -> Mapping[str, Any]:
        """Read by cuDF."""
        chosen = None if groups is None else [list(groups)]
        with self._device:
            frame = self._cudf.read_parquet(
                os.fspath(path), columns=list(columns), row_groups=chosen, use_pandas_metadata=False
            )
            return self.columns(frame, columns)

    def columns(self, frame: Any, columns: Sequence[str]) -> Mapping[str, Any]:
        """Return cuDF's own memory, where no value is missing."""
        with self._device:
            return {name: _array(frame[name]) for name in columns}


def _array(series: Any) -> Any:
    if series.has_nulls:
        series = series.astype("float64").fillna(float("nan"))
    return series.values
