"""Files of factor values: the Parquet form of a factor frame, and writing that survives a crash."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factors.common.files import NO_LINK, opened_folder, write_atomic, write_new
from factors.common.provenance import KEY
from factors.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


HOLDER = "holder.json"
"""The file of a run's folder that says whose it is."""
MOST_HELD = 10_000
"""Bytes of it that are read."""


def day_table(frame: pd.DataFrame, provenance: Mapping[str, Any]) -> pa.Table:
    """Turn one day's frame, indexed (date, symbol), into the table that is stored; a missing value becomes null."""
    dates = frame.index.unique(level="date")
    if len(dates) != 1:
        raise StoreError(f"A day's frame must hold rows of exactly one date, not {len(dates)}.")
    return factor_table(frame.sort_index(), provenance)


def factor_table(frame: pd.DataFrame, provenance: Mapping[str, Any]) -> pa.Table:
    """Turn a factor frame into an Arrow table: `date` (timestamp, microseconds), `symbol` (string), float64 factors."""
    import pyarrow as pa

    level = frame.index.get_level_values
    columns = {
        "date": pa.array(level("date").to_numpy(), pa.timestamp("ns")).cast(pa.timestamp("us")),
        "symbol": pa.array([str(symbol) for symbol in level("symbol")], pa.string()),
        **{str(name): pa.array(frame[name].to_numpy("float64"), pa.float64(), from_pandas=True) for name in frame},
    }
    described = {KEY: provenance}
    metadata = {KEY: json.dumps(provenance), "PANDAS_ATTRS": json.dumps(described)}
    return pa.table(columns).replace_schema_metadata(metadata)


def parquet_bytes(table: pa.Table) -> bytes:
    """Return the Parquet file of a table, with a checksum in every page."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def write_through(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it; what stood there goes, and a link is not followed."""
    path.unlink(missing_ok=True)
    write_new(path, content)


def replace(staged: Path, final: Path) -> None:
    """Rename into place, and wait until the folder's entry is on the disk."""
    os.replace(staged, final)
    sync_folder(final.parent)


@contextlib.contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Tell what a store's disk complains about, and what to do, as a `StoreError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = f"{shutil.disk_usage(root).free / 1e6:,.0f} MB free" if root.exists() else "none free"
            remedy = f"The disk is full ({free}). Make room and run again: finished days are kept."
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            remedy = "The folder is read-only for this user. Change its permissions, or name another store."
        else:
            remedy = "Check the disk and run again: finished days are kept."
        raise StoreError(f"The store {root} cannot be written: {error}. {remedy}") from error


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_run(staging: Path, run: str) -> None:
    """Remove what a run staged: a folder of files, one of which says that it is that run's.

    Nothing else is touched, and nothing that a link leads to: neither a folder without such a file nor one in a folder.
    """
    with contextlib.suppress(OSError), opened_folder(staging) as folder:
        with opened_folder(run, folder) as mine:
            if not _is_held_by(run, mine):
                return
            for name in sorted(os.listdir(mine), key=lambda name: name == HOLDER):  # the holder last: a kill leaves it
                os.unlink(name, dir_fd=mine)
        os.rmdir(run, dir_fd=folder)


def _is_held_by(run: str, folder: int) -> bool:
    """Whether the folder's holder is a run's own account, and no link to one."""
    handle = os.open(HOLDER, os.O_RDONLY | NO_LINK | getattr(os, "O_NONBLOCK", 0), dir_fd=folder)
    with os.fdopen(handle, "rb") as file:
        try:
            holder = json.loads(file.read(MOST_HELD))
        except (ValueError, RecursionError):
            return False
    return isinstance(holder, dict) and holder.get("run") == run


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def now() -> str:
    """Return the time in UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a factor frame to a Parquet or CSV file, whole or not at all; the Parquet form is that of a store's day."""
    if path.suffix == ".csv":
        save(path, frame.reset_index().to_csv(index=False, date_format="%Y-%m-%d").encode())
    else:
        about = {name: value for name, value in frame.attrs.get(KEY, {}).items() if name != "seconds"}
        save(path, parquet_bytes(factor_table(frame, about)))


def write_bars(frame: pd.DataFrame, path: Path) -> None:
    """Write minute bars to a Parquet file, whole or not at all."""
    import pyarrow as pa

    save(path, parquet_bytes(pa.Table.from_pandas(frame, preserve_index=False)))


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where it is missing.

    Raises
    ------
    StoreError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "it is a file" if path.is_file() else error.strerror or str(error)
        raise StoreError(f"{path} cannot be made a folder: {why}. Name another.") from None


def save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: it appears by a rename.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    try:
        write_atomic(path, content)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error}.") from None
