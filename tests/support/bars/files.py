"""Minute bars written to files of every format that is read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq


def arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def write_stream(frame: pd.DataFrame, path: Path) -> None:
    with pa.ipc.new_stream(path, arrow(frame).schema) as sink:
        sink.write_table(arrow(frame), max_chunksize=500)


def write_zip(frame: pd.DataFrame, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("bars.csv", frame.to_csv(index=False))


FORMATS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "bars.parquet": lambda f, p: pq.write_table(arrow(f), p, row_group_size=500),
    "bars.pq": lambda f, p: pq.write_table(arrow(f), p, write_statistics=False, row_group_size=500),
    "int96.parquet": lambda f, p: pq.write_table(arrow(f), p, use_deprecated_int96_timestamps=True, row_group_size=500),
    "bars.feather": lambda f, p: feather.write_feather(arrow(f), str(p), chunksize=500),
    "bars.arrow": lambda f, p: feather.write_feather(arrow(f), str(p), compression="uncompressed"),
    "bars.arrows": write_stream,
    "bars.csv": lambda f, p: f.to_csv(p, index=False),
    "bars.CSV": lambda f, p: f.to_csv(p, index=False, sep=";"),
    "bom.csv": lambda f, p: f.to_csv(p, index=False, encoding="utf-8-sig", sep="\t"),
    "quoted.csv": lambda f, p: f.to_csv(p, index=False, quoting=1, lineterminator="\r\n"),
    "bars.csv.gz": lambda f, p: f.to_csv(p, index=False),
    "bars.csv.zip": write_zip,
}
