"""A cuDF that is none: what is asked of it, done by pyarrow, with arrays of the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__version__ = "0.0"


class Series:
    """A column."""

    def __init__(self, column: Any) -> None:
        self._column = column

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
        return np.array(self._column)

    def to_arrow(self) -> Any:
        """Return a copy on the host."""
        return self._column.combine_chunks()


class DataFrame:
    """A frame."""

    def __init__(self, table: Any, index: Sequence[str] = ()) -> None:
        self._table, self._index = table, list(index)
        self.index = pd.MultiIndex.from_tuples([], names=index) if index else pd.RangeIndex(table.num_rows)

    @property
    def columns(self) -> list[str]:
        """Names of those outside the index."""
        return [name for name in self._table.column_names if name not in self._index]

    def __getitem__(self, name: str) -> Series:
        assert name not in self._index
        return Series(self._table.column(name))

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def reset_index(self) -> DataFrame:
        """Return it with its index as columns."""
        return DataFrame(self._table)


DataFrame.__module__ = "cudf.core.dataframe"


def read_parquet(
    path: str, *, columns: list[str], row_groups: list[list[int]] | None, use_pandas_metadata: bool
) -> DataFrame:
    """Read some columns of some row groups."""
    assert not use_pandas_metadata
    file = pq.ParquetFile(path)
    if row_groups is None:
        return DataFrame(file.read(columns=columns))
    assert len(row_groups) == 1
    return DataFrame(file.read_row_groups(row_groups[0], columns=columns))
