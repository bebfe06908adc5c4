"""The store: one Parquet file of factor values per day, written so that a crash leaves no half day.

Data first, manifest last: a day is staged beside the data on the same file system, read back and compared, flushed to
the disk, renamed into place, and only then recorded in its manifest, by the same rename. A crash in between leaves
either the old day or a whole new one that no manifest vouches for, which the next run does again.

`STORE/data` holds nothing but Parquet files, so that pandas, Polars, DuckDB and Arrow read the folder as one table.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factors.common.files import append, write_new
from factors.errors import ArgumentError, StoreError, StoreLocked
from factors.store.files import (
    HOLDER,
    day_table,
    disk_errors,
    hash_file,
    now,
    parquet_bytes,
    remove_run,
    replace,
    sync_folder,
    write_through,
)
from factors.store.read import read_store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INLINE", "Store", "read_store"]

REQUIRED = {"inputs", "inputs_key", "factor_set", "unit_days", "output"}
"""What a manifest must hold; one that lacks it is none."""


INLINE = 20
"""Inputs that a manifest, and the day's file, list one by one; more are kept apart."""


class Store:
    """A folder of daily factor files and what is known about them.

    Parameters
    ----------
    path : str or path
        The store's folder; made on the first write.

    Raises
    ------
    ArgumentError
        If `path` is no path.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise ArgumentError(f"store={path!r} must be the path of a folder.")
        self.root = Path(path).expanduser()
        self.data = self.root / "data"
        self.manifests_at = self.root / "_meta" / "manifest"
        self.inputs_at = self.root / "_meta" / "inputs"
        self.runs_at = self.root / "_meta" / "runs"
        self.staging = self.root / ".staging"
        self._inputs_by_path: dict[Path, list[dict[str, Any]]] = {}

    def day_path(self, date: str) -> Path:
        """Return where the file of a day (``"2026-01-05"``) lies."""
        return self.data / date[:4] / f"{date}.parquet"

    @contextlib.contextmanager
    def writing(self, run: str) -> Iterator[None]:
        """Hold the store for one run: lock it, clear what dead runs left staged, and tidy up at the end.

        Raises
        ------
        StoreLocked
            If another run holds the store; the message names its process, host and start.
        StoreError
            If the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        if self.root.exists() and not self.root.is_dir():
            raise StoreError(f"The store {self.root} is a file. Name a folder.")
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            for name in (".lock", ".staging"):
                if (self.root / name).is_symlink():
                    raise StoreError(f"{self.root / name} is a link, which no run makes. Remove it and run again.")
            lock = FileLock(self.root / ".lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise StoreLocked(self._locked()) from None
        try:
            with disk_errors(self.root):
                for dead in list(self.staging.glob("*")):  # we hold the lock, so whoever staged these is gone
                    remove_run(self.staging, dead.name)
                for folder in (self.data, self.manifests_at, self.inputs_at, self.runs_at, self.staging):
                    folder.mkdir(parents=True, exist_ok=True)
                (self.staging / run).mkdir()
                holder = {"pid": os.getpid(), "host": socket.gethostname(), "start": now(), "run": run}
                write_new(self.staging / run / HOLDER, json.dumps(holder).encode())
            yield
        finally:
            remove_run(self.staging, run)
            lock.release()

    def _locked(self) -> str:
        who = "another run"
        for path in self.staging.glob(f"*/{HOLDER}"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                holder = json.loads(path.read_text())
                who = f"process {holder['pid']} on {holder['host']}, since {holder['start']}"
        return f"The store {self.root} is held by {who}. Wait for it to end, or write to another store."

    def publish(
        self, run: str, frame: pd.DataFrame, provenance: Mapping[str, Any], manifest: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write one day, all or nothing; call it inside `writing`.

        Parameters
        ----------
        run : str
            The run that holds the store.
        frame : pandas.DataFrame
            One day's factor values, indexed (date, symbol), one float column per factor.
        provenance : mapping
            How the values were made, for the file's metadata. The same input must give the same provenance: the file
            is byte-identical when the day is done again.
        manifest : mapping
            What to record beside it: `REQUIRED` but for ``output``, which is added. A long list of inputs is kept
            apart, once for all the days it gave.

        Returns
        -------
        dict
            The manifest as written.

        Raises
        ------
        StoreError
            If there is no row to write, or the disk fails; the store then still has what it had before.
        """
        import pyarrow.parquet as pq

        table = day_table(frame, provenance)
        date = str(table["date"][0].as_py().date())
        content = parquet_bytes(table)
        digest = hashlib.sha256(content).hexdigest()
        staged, final = self.staging / run / f"{date}.parquet", self.day_path(date)
        with disk_errors(self.root):
            write_through(staged, content)
            back = pq.read_table(staged, page_checksum_verification=True, partitioning=None)
            same = back.equals(table) and back.schema.metadata == table.schema.metadata
            if not same or hash_file(staged) != digest:
                raise StoreError(f"{staged} reads back differently from what was written. Check the disk and memory.")
            final.parent.mkdir(exist_ok=True)
            sync_folder(self.data)
            replace(staged, final)
            record = {
                **self._without_long_inputs(run, manifest), "date": date, "created": now(), "run": run,
                "output": {"path": str(final.relative_to(self.data)), "sha256": digest, "size": len(content),
                           "rows": table.num_rows, "factors": table.num_columns - 2},
            }  # fmt: skip
            self.write_json(run, self.manifests_at / f"{date}.json", record)
        return {**record, "inputs": manifest["inputs"]}

    def _without_long_inputs(self, run: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put a long list of inputs into a file of its own."""
        if len(manifest["inputs"]) <= INLINE:
            return manifest
        path = self.inputs_at / f"{manifest['inputs_key']}.json"
        if self._inputs_by_path.get(path) != manifest["inputs"]:
            self.write_json(run, path, manifest["inputs"])
            self._inputs_by_path[path] = manifest["inputs"]
        return {name: value for name, value in manifest.items() if name != "inputs"}

    def write_json(self, run: str, path: Path, value: object) -> None:
        """Write a JSON file by the same staging and rename as a day."""
        with disk_errors(self.root):
            staged = self.staging / run / path.name
            write_through(staged, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())
            replace(staged, path)

    def log(self, run: str, record: Mapping[str, Any]) -> None:
        """Append a line to the run's log."""
        with disk_errors(self.root), append(self.runs_at / f"{run}.jsonl") as log:
            log.write((json.dumps(record, ensure_ascii=False) + "\n").encode())

    def manifests(self) -> dict[str, dict[str, Any]]:
        """Return the manifests by day; one that cannot be read counts as none."""
        found = {}
        for path in sorted(self.manifests_at.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                record = json.loads(path.read_text(encoding="utf-8"))
                if "inputs" not in record:
                    record["inputs"] = self._inputs(self.inputs_at / f"{record['inputs_key']}.json")
                if record["date"] == path.stem and set(record) >= REQUIRED:
                    found[path.stem] = record
        return found

    def _inputs(self, path: Path) -> list[dict[str, Any]]:
        if path not in self._inputs_by_path:
            self._inputs_by_path[path] = json.loads(path.read_text(encoding="utf-8"))
        return self._inputs_by_path[path]

    def columns(self, date: str) -> list[str]:
        """Return the factors in a day's file."""
        import pyarrow.parquet as pq

        with disk_errors(self.root):
            names: list[str] = pq.read_schema(self.day_path(date)).names
        return names[2:]

    def is_intact(self, manifest: Mapping[str, Any]) -> bool:
        """Whether the day's file is, byte for byte, the one its manifest describes."""
        path, output = self.day_path(str(manifest["date"])), manifest["output"]
        try:
            return bool(path.stat().st_size == output["size"] and hash_file(path) == output["sha256"])
        except OSError:
            return False
