"""Columns of Parquet files and of cuDF frames as arrays in a GPU's memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from factors.backends.cuda import CudaDevice
from factors.errors import InputError


class CudfReader(Protocol):
    """What reads columns into a GPU's memory; arrays are one-dimensional, of plain numbers, missing ones being NaN.

    Attributes
    ----------
    name : str
        What it is called in messages.
    card : CudaDevice
        The GPU.
    """

    name: str
    card: CudaDevice

    def read(
        self, paths: Sequence[str | os.PathLike[str]], columns: Sequence[str], groups: Sequence[Sequence[int]] | None
    ) -> Mapping[str, Any]:
        """Return columns of some row groups of Parquet files, one file after the other; None means all of them.

        Raises
        ------
        MemoryError
            If the device has no room for them.
        """
        ...

    def columns(self, frame: Any, labels: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return columns of a frame of this library, by the names that their labels are to have.

        Raises
        ------
        InputError
            If the frame lies on another device.
        """
        ...


class CudfTables:
    """cuDF on one device.

    Files are read by pylibcudf, on which cuDF stands: cuDF itself minds folders' names and what pandas noted as well.

    Parameters
    ----------
    cudf, pylibcudf : module
        cuDF and what it stands on.
    device : cupy.cuda.Device
        The device on which columns are made.
    card : CudaDevice
        The same device.
    """

    def __init__(self, cudf: Any, pylibcudf: Any, device: Any, card: CudaDevice) -> None:
        self._cudf, self._parquet, self._source = cudf, pylibcudf.io.parquet, pylibcudf.io.SourceInfo
        self._device, self.card = device, card
        self.name = f"cuDF {cudf.__version__}"

    def read(
        self, paths: Sequence[str | os.PathLike[str]], columns: Sequence[str], groups: Sequence[Sequence[int]] | None
    ) -> Mapping[str, Any]:
        """Read by libcudf; where it has no room, once more without what the card holds and does not use."""
        try:
            return self._read(paths, columns, groups)
        except MemoryError:
            self.card.free_unused()
        return self._read(paths, columns, groups)

    def _read(
        self, paths: Sequence[str | os.PathLike[str]], columns: Sequence[str], groups: Sequence[Sequence[int]] | None
    ) -> Mapping[str, Any]:
        with self._device:
            options = self._parquet.ParquetReaderOptions.builder(
                self._source([os.fspath(path) for path in paths])
            ).build()
            choose = getattr(options, "set_column_names", None) or options.set_columns  # its older name
            choose(list(columns))
            if groups is not None:
                options.set_row_groups([list(numbers) for numbers in groups])
            table = self._parquet.read_parquet(options)
            names = table.column_names(include_children=False)
            series = dict(zip(names, map(self._cudf.Series.from_pylibcudf, table.tbl.columns()), strict=True))
            return self._arrays({name: series[name] for name in columns})

    def columns(self, frame: Any, labels: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return cuDF's own memory, where no value is missing."""
        with self._device:
            arrays = self._arrays({name: frame[label] for name, label in labels.items()})
        for array in arrays.values():
            if array.device != self._device:
                raise InputError(
                    f"the frame lies on CUDA device {array.device.id}, not on {self._device.id}: pass backend="
                    f"'cuda:{array.device.id}'."
                )
        return arrays

    def _arrays(self, columns: Mapping[str, Any]) -> Mapping[str, Any]:
        arrays = {}
        for name, series in columns.items():
            complete = series.astype("float64").fillna(float("nan")) if series.has_nulls else series
            arrays[name] = complete.values
        self._device.synchronize()  # cuDF's work may be on a stream that only this thread has
        return arrays
