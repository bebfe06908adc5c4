"""Files that are damaged, that differ from each other, and paths without bars."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from factors.data.reader.reader import open_bars
from factors.errors import InputError, MissingFieldError, TimeError
from tests.support.bars.files import FORMATS, arrow
from tests.support.bars.frames import bars, read, same_rows


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ("nothing/*.parquet", "nothing/.*.parquet: no file matches"),
        ("nothing.parquet", "nothing.parquet: no such file or folder"),
        ("s3://bucket/bars.parquet", "pass pyarrow.dataset.dataset"),
        ("folder", "folder: 1 files match, none ending in .parquet"),
        ("folder/notes.txt", "notes.txt: no known ending. Read are .parquet"),
    ],
)
def test_paths_without_bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: str, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("no bars")
    with pytest.raises(InputError, match=words):
        open_bars(paths)


@pytest.mark.parametrize("name", ["bars.parquet", "bars.feather", "bars.csv.gz", "bars.csv.zip"])
def test_damaged_files_are_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    FORMATS[name](bars(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=rf"{name}: cannot be read \(.+\). The file may be cut off or damaged"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=f"{name}: the file is empty"):
        read(path)


def test_a_flipped_bit_in_a_page_is_found_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    pq.write_table(arrow(bars()), path, write_page_checksum=True, compression="none", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    damaged[pq.read_metadata(path).row_group(0).column(3).data_page_offset + 200] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(InputError, match="bars.parquet: cannot be read .*checksum"):
        read(path)


def test_csv_files_that_are_broken(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    lines = bars().to_csv(index=False).splitlines()
    path.write_text("\n".join([*lines[:100], lines[100] + ",7", *lines[101:]]))
    with pytest.raises(InputError, match="bars.csv: cannot be read .*Expected 8 columns, got 9"):
        read(path)
    path.write_text(lines[0] + "\n")
    with pytest.raises(InputError, match="no rows"):
        read(path)
    with gzip.open(tmp_path / "more.csv.gz", "wt") as packed:
        packed.write("symbol,datetime\n")
    with pytest.raises(MissingFieldError, match="no column for close.*Columns found: 'symbol', 'datetime'"):
        read(tmp_path / "more.csv.gz")
    with zipfile.ZipFile(tmp_path / "two.csv.zip", "w") as packed_two:
        packed_two.writestr("a.csv", "x")
        packed_two.writestr("b.csv", "y")
    with pytest.raises(InputError, match="holds 2 files"):
        read(tmp_path / "two.csv.zip")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f: f.drop(columns="amount"), MissingFieldError, "b.parquet: no column 'amount', which .*a.parquet has"),
        (lambda f: f.assign(close=f.close.astype(str)), InputError, "column 'close' holds text .*a.parquet numbers"),
        (lambda f: f.assign(symbol=1), InputError, "b.parquet: column 'symbol' holds numbers .*a.parquet text"),
        (
            lambda f: f.assign(datetime=f.datetime.dt.tz_localize("Asia/Shanghai")), InputError,
            "b.parquet: column 'datetime' holds times of zone Asia/Shanghai .*naive times",
        ),
    ],
)  # fmt: skip
def test_files_that_differ(
    tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], error: type[Exception], words: str
) -> None:
    frame = bars()
    pq.write_table(arrow(frame[frame.datetime < "2024-01-03"]), tmp_path / "a.parquet")
    pq.write_table(arrow(change(frame[frame.datetime >= "2024-01-03"])), tmp_path / "b.parquet")
    with pytest.raises(error, match=words):
        read(tmp_path)


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_files_that_differ_harmlessly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr("factors.data.sources.files.AT_ONCE", at_once)
    monkeypatch.setattr("factors.data.sources.files.CHUNK", 1)
    frame = bars()
    parts = [frame[frame.symbol == symbol] for symbol in sorted(set(frame.symbol))]
    for k, change in enumerate(
        [{"volume": "int32"}, {"volume": "float64", "symbol": "category"}, {"datetime": "datetime64[ns]"}]
    ):
        pq.write_table(
            arrow(parts[k].astype(change)).select(sorted(frame.columns, reverse=k == 1)), tmp_path / f"{k}.parquet"
        )
    same_rows(tmp_path, frame)
    pq.write_table(arrow(bars(["2024-02-01"]).assign(num_trades=3)), tmp_path / "9.parquet")
    assert "column 'num_trades' is in later files only and is not read." in open_bars(tmp_path).report.notes


def test_a_naive_text_file_after_a_zoned_one(tmp_path: Path) -> None:
    frame = bars()
    first = frame.datetime < "2024-01-03"
    frame[first].assign(datetime=frame.datetime.astype(str) + "+08:00").to_csv(tmp_path / "a.csv", index=False)
    frame[~first].to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(TimeError, match="b.csv: the times are naive, those read before zoned"):
        read(tmp_path)
