"""Reading files: formats, folders and globs, streaming in date order, and damaged or differing files."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from factors.data import files
from factors.data.read import open_bars
from factors.data.schema import Schema
from factors.errors import InputError, MissingFieldError, TimeError
from tests.bar_frames import DAYS, bars, read, same_rows, table


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


@pytest.fixture(params=[False, True], ids=["at once", "a day at a time"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read clusters at once, or as if every one were large."""
    if request.param:
        for name, rows in {"AT_ONCE": 100, "CHUNK": 100, "_STEP": 600}.items():
            monkeypatch.setattr(files, name, rows)
        monkeypatch.setattr("factors.data.csvfile._BLOCK", 4000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("order", ["by symbol", "by time", "newest first"])
@pytest.mark.parametrize("name", FORMATS)
def test_formats(tmp_path: Path, name: str, order: str) -> None:
    frame = bars()
    if order != "by symbol":
        frame = frame.sort_values("datetime", kind="stable", ascending=order == "by time")
    FORMATS[name](frame, tmp_path / name)
    reader = same_rows(tmp_path / name, bars())
    assert reader.kind == "files"
    assert same_rows(str(tmp_path / name), bars()).report.columns["close"] == "close"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
@pytest.mark.parametrize("form", ["text", "digits", "zoned", "date and clock"])
def test_times_of_files(tmp_path: Path, name: str, form: str) -> None:
    frame = bars()
    times = frame.datetime
    if form == "date and clock":
        frame = frame.drop(columns="datetime").assign(
            date=times.dt.strftime("%Y-%m-%d"), time=times.dt.strftime("%H:%M")
        )
    else:
        forms = {"text": times.astype(str), "digits": times.dt.strftime("%Y%m%d%H%M").astype("int64"),
                 "zoned": times.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")}  # fmt: skip
        frame = frame.assign(datetime=forms[form])
    FORMATS[name](frame, tmp_path / name)
    same_rows(tmp_path / name, bars())


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("split", ["day", "symbol", "week", "mixed"])
@pytest.mark.parametrize("ending", ["parquet", "csv.gz"])
def test_many_files_come_in_date_order(tmp_path: Path, split: str, ending: str) -> None:
    days = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-08", "2024-01-09")
    whole = bars(days)
    key = {"day": -whole.datetime.dt.day, "symbol": whole.symbol, "week": whole.datetime.dt.isocalendar().week,
           "mixed": np.where(whole.datetime.dt.day < 5, whole.symbol, whole.datetime.astype(str).str[:10])}[split]  # fmt: skip
    for k, (_, part) in enumerate(whole.groupby(key)):
        FORMATS[f"bars.{ending}"](part, tmp_path / f"{k}.{ending}")
    (tmp_path / "readme.txt").write_text("no bars")
    (tmp_path / "_SUCCESS").write_text("")
    found = sorted(tmp_path.glob(f"*.{ending}"))
    for paths in (tmp_path, f"{tmp_path}/*.{ending}", f"{tmp_path}/*", found[::-1], [str(p) for p in found]):
        same_rows(paths, whole)


def test_disjoint_files_are_read_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, part in bars().groupby(bars().datetime.dt.day):
        pq.write_table(arrow(part), tmp_path / f"{day}.parquet")
    reader = open_bars(tmp_path)
    taken: list[str] = []
    real = files.BarFile
    del real
    from factors.data.formats import ParquetBars

    read_really = ParquetBars.read
    monkeypatch.setattr(ParquetBars, "read", lambda self, *a: taken.append(self.path.name) or read_really(self, *a))
    steps = []
    for day in reader.days():
        steps.append((str(day.date), list(taken), Path(day.source).name))
    assert steps == [
        ("2024-01-02", [], "2.parquet"),  # kept from settling the conventions
        ("2024-01-03", ["3.parquet"], "3.parquet"),
        ("2024-01-04", ["3.parquet", "4.parquet"], "4.parquet"),
    ]


def test_only_the_columns_asked_for_are_read_from_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factors.data.formats import ParquetBars

    pq.write_table(arrow(bars()), tmp_path / "bars.parquet")
    asked: list[str] = []
    read_really = ParquetBars.read
    monkeypatch.setattr(
        ParquetBars, "read", lambda self, columns, *a: asked.extend(columns) or read_really(self, columns, *a)
    )
    read(tmp_path / "bars.parquet", fields=("close",))
    assert "open" not in asked


def test_hive_folders(tmp_path: Path) -> None:
    frame = bars()
    ds.write_dataset(arrow(frame), tmp_path, format="parquet",
                     partitioning=ds.partitioning(pa.schema([("symbol", pa.string())]), flavor="hive"))  # fmt: skip
    same_rows(tmp_path, frame)
    same_rows(f"{tmp_path}/**/*.parquet", frame)
    apart = tmp_path / "by_date"
    for day, part in frame.groupby(frame.datetime.dt.strftime("%Y-%m-%d")):
        (apart / f"date={day}").mkdir(parents=True)
        clock = part.assign(time=part.datetime.dt.strftime("%H:%M")).drop(columns="datetime")
        pq.write_table(arrow(clock), apart / f"date={day}" / "part-0.parquet")
    same_rows(apart, frame)


def test_dataset_of_files_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for symbol, part in bars().groupby("symbol"):
        pq.write_table(arrow(part), tmp_path / f"{symbol}.parquet", row_group_size=100)
    whole = ds.dataset(tmp_path)
    assert same_rows(whole, bars()).kind == "arrow"
    traded = ds.field("volume") > 0
    same_rows(whole.filter(traded), bars()[bars().volume > 0])
    for name in ("AT_ONCE", "CHUNK"):
        monkeypatch.setattr(files, name, 1)
    monkeypatch.setattr("factors.data.scans.HEAD", 10)
    same_rows(whole, bars())


def test_large_files_are_settled_on_their_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factors.data.formats.HEAD", 800)
    monkeypatch.setattr("factors.data.csvfile.HEAD", 800)
    monkeypatch.setattr("factors.data.csvfile._BLOCK", 4000)
    for name in ("bars.parquet", "bars.feather", "bars.csv"):
        FORMATS[name](bars(), tmp_path / name)
        assert same_rows(tmp_path / name, bars()).report.found["label"].startswith(("4", "3"))


def test_the_first_file_that_can_tell_settles_the_label(tmp_path: Path) -> None:
    whole = bars()
    cut = whole[(whole.datetime.dt.day != 2) | (whole.datetime.dt.hour < 11)]
    for day, part in cut.groupby(cut.datetime.dt.day):
        pq.write_table(arrow(part), tmp_path / f"{day}.parquet")
    same_rows(tmp_path, cut)
    with pytest.raises(TimeError, match="2.parquet: bars from 09:31 to 10:59.*do not tell"):
        open_bars(tmp_path / "2.parquet")


def test_a_file_of_the_other_label_is_refused(tmp_path: Path) -> None:
    symbols = [f"{k:06d}" for k in range(600000, 600012)]
    FORMATS["bars.parquet"](bars(DAYS[:1], symbols), tmp_path / "a.parquet")
    FORMATS["bars.parquet"](bars(DAYS[1:2], symbols, label="left"), tmp_path / "b.parquet")
    reader = open_bars(tmp_path)
    with pytest.raises(TimeError, match="b.parquet: bars are named by their start here .on 2024-01-03 0 named 11:30"):
        list(reader.days())


def test_epoch_units_are_told_file_by_file(tmp_path: Path) -> None:
    frame = bars(symbols=["BTCUSDT"], session="24H", label="left")
    for k, (day, part) in enumerate(frame.groupby(frame.datetime.dt.day)):
        times = part.datetime.astype(f"datetime64[{('ms', 'us')[k % 2]}]").astype("int64")
        pq.write_table(arrow(part.assign(datetime=times)), tmp_path / f"{day}.parquet")
    same_rows(tmp_path, frame)


def test_headerless_files_with_a_preset(tmp_path: Path) -> None:
    frame = bars(symbols=["BTCUSDT"], session="24H", label="left")
    opened = frame.datetime.astype("datetime64[ms]").astype("int64")
    lines = pd.DataFrame({"t": opened, **{n: frame[n] for n in ("open", "high", "low", "close", "volume")}, "end": opened + 59_999,
                          "amount": frame.amount, "count": 3, "a": 0, "b": 0, "c": 0})  # fmt: skip
    with zipfile.ZipFile(tmp_path / "BTCUSDT-1m.csv.zip", "w") as packed:
        packed.writestr("BTCUSDT-1m.csv", lines.to_csv(index=False, header=False))
    with pytest.raises(
        MissingFieldError, match="The first line looks like data: name the columns with schema=.*header="
    ):
        open_bars(tmp_path)
    from dataclasses import replace

    from factors.data.schema import PRESETS

    reader, days = read(tmp_path, schema=replace(PRESETS["binance"], symbol="BTCUSDT"))
    assert (reader.report.session, reader.report.label) == ("24H", "left")
    assert days[0].fields["trades"].tolist() == [3.0] * 1440
    pd.testing.assert_frame_equal(table(days).drop(columns="trades"), table(read(frame)[1]))
    with pytest.raises(InputError, match="12 columns, and the schema's header names 2"):
        open_bars(tmp_path, schema=Schema(header=("time", "close"), symbol="x"))


def test_csv_keeps_leading_zeros_and_chinese(tmp_path: Path) -> None:
    frame = bars(symbols=["000001", "600000"])
    chinese = frame.rename(columns={"symbol": "代码", "datetime": "时间", "close": "收盘", "open": "开盘"})
    for encoding in ("utf-8", "gbk"):
        chinese.to_csv(tmp_path / "bars.csv", index=False, encoding=encoding)
        same_rows(tmp_path / "bars.csv", frame)


def test_csv_values_that_are_no_numbers(tmp_path: Path) -> None:
    frame = bars()
    dashes = frame.assign(
        high=frame.high.astype(str).where(frame.index != 5, "--"), low=frame.low.where(frame.index != 6)
    )
    dashes.to_csv(tmp_path / "bars.csv", index=False)
    high, low = table(read(tmp_path / "bars.csv")[1])[["high", "low"]].to_numpy().T
    assert (np.flatnonzero(np.isnan(high)).tolist(), np.flatnonzero(np.isnan(low)).tolist()) == ([5], [6])
    frame.assign(high=frame.high.astype(str).where(frame.index != 5, "much")).to_csv(tmp_path / "bars.csv", index=False)
    with pytest.raises(InputError, match="bars.csv: column 'high', row 5: 'much' is not a number"):
        read(tmp_path / "bars.csv")


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
        (lambda f: f.assign(close=f.close.astype(str)), InputError, "b.parquet: column 'close' holds text .*a.parquet numbers"),
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


@pytest.mark.usefixtures("small")
def test_files_that_differ_harmlessly(tmp_path: Path) -> None:
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
