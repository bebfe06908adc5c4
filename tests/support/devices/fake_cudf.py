"""A cuDF that is none, and its pylibcudf: what is asked of them, done by pyarrow, with arrays of the host."""

from __future__ import annotations

import types
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from factors.backends.cuda import CudaDevice
from factors.backends.cudf import CudfTables

__version__ = "0.0"


class Device(str, nullcontext[Any]):
    """The device on which NumPy's arrays say they are."""

    id = 0

    def synchronize(self) -> None:
        """Do nothing: nothing is under way."""


class Series:
    """A column."""

    def __init__(self, column: Any, device: str = "cpu") -> None:
        self._column, self._device = column, device

    @classmethod
    def from_pylibcudf(cls, column: Any) -> Series:
        """Return what was read."""
        return cls(column)

    @property
    def has_nulls(self) -> bool:
        """Whether a value is missing."""
        return bool(self._column.null_count)

    @property
    def dtype(self) -> Any:
        """NumPy's type of it, or cuDF's own."""
        try:
            return np.dtype(self._column.type.to_pandas_dtype())
        except NotImplementedError:
            return self._column.type

    def astype(self, kind: str) -> Series:
        """Return it as another type."""
        assert kind == "float64"
        return Series(self._column.cast(pa.float64()))

    def fillna(self, value: float) -> Series:
        """Return it without a null."""
        assert value != value
        return Series(self._column.fill_null(value))

    @property
    def values(self) -> npt.NDArray[Any]:
        """An array of the device."""
        assert not self.has_nulls
        found: npt.NDArray[Any] = np.array(self._column)
        return found

    def to_arrow(self) -> Any:
        """Return a copy on the host."""
        return self._column.combine_chunks()


class Index:
    """Levels of an index."""

    def __init__(self, levels: dict[Any, Any]) -> None:
        self.names, self._levels = list(levels), list(levels.values())
        self.nlevels = max(1, len(levels))
        self.names = self.names or [None]

    def get_level_values(self, level: int) -> Series:
        """Return a level."""
        return Series(self._levels[level]) if self._levels else Series(pa.chunked_array([pa.array([0])]))


class DataFrame:
    """A frame; `labels` are those of its columns, where they are no text, and `index` names columns that are levels."""

    def __init__(self, table: Any, index: Sequence[Any] = (), labels: Sequence[Any] | None = None) -> None:
        names = [name for name in table.column_names if name not in index and f"level {name}" not in index]
        self._columns = dict(zip(labels or names, names, strict=True))
        self._table = table
        self.index = Index({None if str(name)[:5] == "level" else name: table.column(str(name).removeprefix("level "))
                            for name in index})  # fmt: skip
        self.columns = _Labels(self._columns)

    def __getitem__(self, label: Any) -> Series:
        return Series(self._table.column(self._columns[label]))

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def reset_index(self) -> None:
        """Exist."""


class _Labels(list[Any]):
    names = ("Price", "Ticker")


DataFrame.__module__ = "cudf.core.dataframe"


class SourceInfo:
    """Files."""

    def __init__(self, paths: list[str]) -> None:
        assert all(isinstance(path, str) for path in paths)
        self.paths = paths


class ParquetReaderOptions:
    """What is to be read."""

    def __init__(self, source: SourceInfo) -> None:
        self.paths, self.columns, self.groups = source.paths, [""], None

    @classmethod
    def builder(cls, source: SourceInfo) -> Any:
        """Return what builds them."""
        return types.SimpleNamespace(build=lambda: cls(source))

    def set_column_names(self, names: list[str]) -> None:
        """Choose columns."""
        self.columns = names

    def set_row_groups(self, groups: list[list[int]]) -> None:
        """Choose row groups of each file."""
        assert len(groups) == len(self.paths)
        self.groups: Any = groups


def read_parquet(options: ParquetReaderOptions) -> Any:
    """Read some columns of some row groups of some files, which have to be of one type."""
    files = [pq.ParquetFile(path) for path in options.paths]
    groups = options.groups or [list(range(file.num_row_groups)) for file in files]
    read = [file.read_row_groups(own, columns=options.columns) for file, own in zip(files, groups, strict=True)]
    table = pa.concat_tables(read)
    backwards = table.column_names[::-1]
    tbl = types.SimpleNamespace(columns=lambda: [table.column(name) for name in backwards])
    return types.SimpleNamespace(tbl=tbl, column_names=lambda include_children: backwards)


def tables(card: CudaDevice, read: Any = read_parquet) -> CudfTables:
    """Return what a backend returns, by this cuDF."""
    parquet = types.SimpleNamespace(ParquetReaderOptions=ParquetReaderOptions, read_parquet=read)
    pylibcudf = types.SimpleNamespace(io=types.SimpleNamespace(parquet=parquet, SourceInfo=SourceInfo))
    cudf = types.SimpleNamespace(Series=Series, __version__=__version__)
    return CudfTables(cudf, pylibcudf, Device("cpu"), card)
