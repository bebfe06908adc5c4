"""The store: what it writes, what it refuses, and what is left when it is interrupted at any step."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from factors.common.provenance import KEY
from factors.errors import ArgumentError, StoreError, StoreLocked, UnknownFactorError
from factors.store import store as store_module
from factors.store.store import Store, read_store
from tests.support.store_tools import MANIFEST, day, put

ROOT = Path(__file__).resolve().parents[3]


def test_a_day_reads_back_with_every_tool(tmp_path: Path) -> None:
    import polars as pl
    import pyarrow as pa
    import pyarrow.dataset as ds

    store = Store(tmp_path / "store")
    put(store, day("2026-01-05"), day("2026-01-06"))
    one = pd.read_parquet(store.data / "2026" / "2026-01-05.parquet")
    assert one.attrs == {KEY: {"version": "1"}}
    assert [str(kind) for kind in one.dtypes] == ["datetime64[us]", "str", "float64", "float64"] or pd.__version__ < "3"
    schema = pa.schema({"date": pa.timestamp("us"), "symbol": pa.string(), "a": pa.float64(), "b": pa.float64()})
    arrow = ds.dataset(store.data, format="parquet").to_table()
    assert arrow.schema.equals(schema)
    assert json.loads(arrow.schema.metadata[KEY.encode()]) == {"version": "1"}
    polars = pl.read_parquet(store.data)
    assert polars.columns == schema.names
    assert polars.height == 6
    assert polars["a"].null_count() == 2
    assert polars["a"].is_nan().sum() == 0
    whole = pd.read_parquet(store.data)
    assert whole["date"].unique().tolist() == [pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-06")]
    pd.testing.assert_frame_equal(read_store(store.root), pd.concat([day("2026-01-05"), day("2026-01-06")]))


def test_data_holds_parquet_files_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    put(store, day("2025-12-31"), day("2026-01-05"))
    names = [str(path.relative_to(store.data)) for path in sorted(store.data.rglob("*")) if path.is_file()]
    assert names == ["2025/2025-12-31.parquet", "2026/2026-01-05.parquet"]
    assert list(store.staging.iterdir()) == []


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = Store(tmp_path / "a"), Store(tmp_path / "b")
    put(first, day("2026-01-05"), run="one")
    put(second, day("2026-01-05").iloc[::-1], run="two")
    assert first.day_path("2026-01-05").read_bytes() == second.day_path("2026-01-05").read_bytes()


def test_every_page_has_a_checksum(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, day("2026-01-05", stocks=2000))
    path = store.day_path("2026-01-05")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match="Run the batch again"):
        read_store(tmp_path)


def test_a_manifest_vouches_for_its_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (manifest,) = put(store, day("2026-01-05"))
    assert store.manifests() == {"2026-01-05": manifest}
    assert manifest["output"]["rows"] == 3
    assert manifest["output"]["factors"] == 2
    assert store.is_intact(manifest)
    path = store.day_path("2026-01-05")
    path.write_bytes(path.read_bytes()[:-1])
    assert not store.is_intact(manifest)
    path.unlink()
    assert not store.is_intact(manifest)


def test_a_damaged_manifest_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, day("2026-01-05"), day("2026-01-06"))
    (store.manifests_at / "2026-01-05.json").write_text('{"date": "2026-')
    assert list(store.manifests()) == ["2026-01-06"]


def test_read_store_takes_a_range_and_columns(tmp_path: Path) -> None:
    put(Store(tmp_path), day("2025-12-31"), day("2026-01-05"), day("2026-01-06", columns=("a", "c")))
    frame = read_store(tmp_path, start="2026-01-01", factors=["c", "a"])
    assert list(frame.columns) == ["c", "a"]
    assert len(frame) == 6
    assert frame["c"].isna().sum() == 3
    assert list(read_store(tmp_path, end=pd.Timestamp("2025-12-31")).columns) == ["a", "b"]
    with pytest.raises(UnknownFactorError, match=r"'aa'.*Did you mean 'a'"):
        read_store(tmp_path, factors=["aa"])
    with pytest.raises(StoreError, match="no day from 2027-01-01"):
        read_store(tmp_path, start="2027-01-01")


@pytest.mark.parametrize(
    "end",
    ["2026-01-05", "20260105", dt.date(2026, 1, 5), dt.datetime(2026, 1, 5, 15), pd.Timestamp("2026-01-05 15:00"),
     np.datetime64("2026-01-05"), np.datetime64("2026-01-05T15:00", "ns")],
    ids=repr,
)  # fmt: skip
def test_read_store_takes_dates_of_any_kind(tmp_path: Path, end: Any) -> None:
    put(Store(tmp_path), day("2025-12-31"), day("2026-01-05"), day("2026-01-06"))
    assert len(read_store(tmp_path, end=end)) == 6
    assert len(read_store(tmp_path, start=end)) == 6


@pytest.mark.parametrize(
    "wrong",
    ["2026-1-5", "5 Jan 2026", "2026/01/05", "2026-01-05 15:00", "2026-01", "2026-02-30", "", 20260105, 2026.0, True,
     pd.NaT, np.datetime64("NaT", "D")],
    ids=repr,
)  # fmt: skip
def test_read_store_refuses_what_is_no_date(tmp_path: Path, wrong: Any) -> None:
    put(Store(tmp_path), day("2025-12-31"))
    with pytest.raises(ArgumentError, match=r"^end=.* is no date. Pass .*'2026-01-05'"):
        read_store(tmp_path, end=wrong)
    with pytest.raises(ArgumentError, match=r"^start=.* is no date"):
        read_store(tmp_path, start=wrong)


def test_read_store_tells_wrong_arguments(tmp_path: Path) -> None:
    put(Store(tmp_path / "store"), day("2026-01-05"))
    for wrong in (None, 5, ""):
        with pytest.raises(ArgumentError, match=r"^store="):
            read_store(wrong)  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match=r"^store="):
            Store(wrong)  # type: ignore[arg-type]
    for unnamed in (5, ["a", 5], []):
        with pytest.raises(ArgumentError, match=r"^factors="):
            read_store(tmp_path / "store", factors=unnamed)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="start=2026-01-06 lies after end=2026-01-05"):
        read_store(tmp_path / "store", "2026-01-06", "2026-01-05")
    with pytest.raises(StoreError, match="nope is no store: there is no such folder"):
        read_store(tmp_path / "nope")
    with pytest.raises(StoreError, match="is no store: it has no folder data"):
        read_store(tmp_path)
    with pytest.raises(StoreError, match="no day from the start to 2026-01-04; it has 2026-01-05 to 2026-01-05"):
        read_store(tmp_path / "store", end="2026-01-04")


def test_read_store_keeps_the_provenance_that_days_share(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = {"library": "minute-factors", "version": "1", "factors": {"a": {"version": 1}, "b": {"version": 1}}}
    with store.writing("run"):
        for date, about in {
            "2026-01-05": {**made, "input_files": 1, "engine": "loop"},
            "2026-01-06": {**made, "input_files": 2, "engine": "loop"},
            "2026-01-07": {**made, "factors": {"a": {"version": 2}, "b": {"version": 1}}},
        }.items():
            store.publish("run", day(date), about, MANIFEST)
    assert read_store(tmp_path, end="2026-01-06").attrs == {KEY: {**made, "engine": "loop"}}
    one = read_store(tmp_path, end="2026-01-06", factors=["b"])
    assert one.attrs[KEY]["factors"] == {"b": {"version": 1}}
    assert read_store(tmp_path).attrs == {}


def test_nothing_never_replaces_a_day(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, day("2026-01-05"))
    before = store.day_path("2026-01-05").read_bytes()
    with pytest.raises(StoreError, match="exactly one date, not 0"):
        put(store, day("2026-01-05").iloc[:0])
    assert store.day_path("2026-01-05").read_bytes() == before


def test_a_second_writer_is_told_who_holds_the_store(tmp_path: Path) -> None:
    told = pytest.raises(StoreLocked, match=f"process {os.getpid()} on .*, since 20")
    with Store(tmp_path).writing("first"), told, Store(tmp_path).writing("second"):
        pass
    with Store(tmp_path).writing("third"):
        pass


def test_what_dead_runs_staged_is_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    dead = store.staging / "dead"
    dead.mkdir(parents=True)
    (dead / "2026-01-05.parquet").write_bytes(b"half")
    (dead / "holder.json").write_text('{"run": "dead"}')
    with store.writing("run"):
        assert [path.name for path in store.staging.iterdir()] == ["run"]
    assert list(store.staging.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [(errno.ENOSPC, "disk is full .* Make room"), (errno.EROFS, "read-only"), (errno.EIO, "Check the disk")],
)
def test_a_failing_disk_is_told_and_the_old_day_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    store = Store(tmp_path)
    put(store, day("2026-01-05"))
    before = store.day_path("2026-01-05").read_bytes()

    def fails(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with store.writing("run"):
        monkeypatch.setattr(store_module, "write_through", fails)
        with pytest.raises(StoreError, match=told):
            store.publish("run", day("2026-01-05", value=9.0), {}, {})
    assert store.day_path("2026-01-05").read_bytes() == before


def test_a_file_that_reads_back_differently_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flips(path: Path, content: bytes) -> None:
        changed = bytearray(content)
        changed[len(changed) - 40] ^= 1
        path.write_bytes(changed)

    monkeypatch.setattr(store_module, "write_through", flips)
    with pytest.raises(StoreError):
        put(Store(tmp_path), day("2026-01-05"))
    assert not Store(tmp_path).day_path("2026-01-05").exists()


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="is a file"), Store(tmp_path / "store").writing("run"):
        pass


KILLED = """
import os, signal
from factors.store import files, store as module
from tests.support.store_tools import day, put
steps = []
def dies(function, after):
    def step(*args):
        if not after and len(steps) == {step}: os.kill(os.getpid(), signal.SIGKILL)
        function(*args)
        steps.append(function.__name__)
        if after and len(steps) == {step}: os.kill(os.getpid(), signal.SIGKILL)
    return step
module.write_through = dies(module.write_through, {after})
module.replace = dies(module.replace, {after})
put(module.Store({store!r}), day("2026-01-05", value=7.0), run="killed")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
@pytest.mark.parametrize("step", [0, 1, 2, 3, 4])
def test_kill_at_any_step_leaves_a_whole_day(tmp_path: Path, step: int) -> None:
    """Steps: data staged, data renamed, manifest staged, manifest renamed."""
    store = Store(tmp_path)
    put(store, day("2026-01-05"))
    old = read_store(tmp_path)
    code = KILLED.format(store=str(tmp_path), step=step, after=step > 0)
    killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [path.name for path in store.data.rglob("*.parquet")] == ["2026-01-05.parquet"]
    found, manifest = read_store(tmp_path), store.manifests()["2026-01-05"]
    if step < 2:
        pd.testing.assert_frame_equal(found, old)
    else:
        pd.testing.assert_frame_equal(found, day("2026-01-05", value=7.0))
    assert store.is_intact(manifest) == (step not in (2, 3))
    put(store, day("2026-01-05", value=7.0))
    assert store.is_intact(store.manifests()["2026-01-05"])
    assert list(store.staging.iterdir()) == []
