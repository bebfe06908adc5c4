"""Reading files: formats, folders and globs, streaming in date order."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from factors.data.conventions.read_options import ReadOptions
from factors.data.conventions.schema import PRESETS, Schema
from factors.data.reader.reader import open_bars
from factors.data.sources import files
from factors.data.sources.formats import ParquetBars
from factors.errors import InputError, MissingFieldError, TimeError
from tests.support.bars.files import FORMATS, arrow
from tests.support.bars.frames import DAYS, bars, read, same_rows, table


@pytest.fixture(params=[False, True], ids=["at once", "a day at a time"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read clusters at once, or as if every one were large."""
    if request.param:
        for name, rows in {"AT_ONCE": 100, "CHUNK": 100, "_STEP": 600}.items():
            monkeypatch.setattr(files, name, rows)
        monkeypatch.setattr("factors.data.sources.csv_file._BLOCK", 4000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("order", ["by symbol", "by time", "newest first"])
@pytest.mark.parametrize("name", FORMATS)
def test_formats(tmp_path: Path, name: str, order: str) -> None:
    frame = bars(DAYS[:2])
    if order != "by symbol":
        frame = frame.sort_values("datetime", kind="stable", ascending=order == "by time")
    FORMATS[name](frame, tmp_path / name)
    reader = same_rows(tmp_path / name, bars(DAYS[:2]))
    assert reader.kind == "files"
    assert reader.report.columns["close"] == "close"
    if order == "by symbol":
        same_rows(str(tmp_path / name), bars(DAYS[:2]))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
@pytest.mark.parametrize("form", ["text", "digits", "text of digits", "text of epochs", "zoned", "date and clock"])
def test_times_of_files(tmp_path: Path, name: str, form: str) -> None:
    frame = bars()
    times = frame.datetime
    if form == "date and clock":
        frame = frame.drop(columns="datetime").assign(
            date=times.dt.strftime("%Y-%m-%d"), time=times.dt.strftime("%H:%M")
        )
    else:
        utc = times.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
        digits = times.dt.strftime("%Y%m%d%H%M")
        forms = {
            "text": times.astype(str), "digits": digits.astype("int64"), "text of digits": digits, "zoned": utc,
            "text of epochs": utc.astype("datetime64[ms, UTC]").astype("int64").astype(str),
        }  # fmt: skip
        frame = frame.assign(datetime=forms[form])
    FORMATS[name](frame, tmp_path / name)
    same_rows(tmp_path / name, bars())


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("split", ["day", "symbol", "week", "mixed", "noon"])
@pytest.mark.parametrize("ending", ["parquet", "csv.gz"])
def test_many_files_come_in_date_order(tmp_path: Path, split: str, ending: str) -> None:
    days = ("2024-01-02", "2024-01-04", "2024-01-08")
    whole = bars(days)
    day = whole.datetime.dt
    keys = {
        "day": -day.day, "symbol": whole.symbol, "week": day.isocalendar().week,
        "noon": (whole.datetime > "2024-01-04 12:00") + 1,
        "mixed": np.where(day.day < 5, whole.symbol, whole.datetime.astype(str).str[:10]),
    }  # fmt: skip
    for k, (_, part) in enumerate(whole.groupby(keys[split])):
        FORMATS[f"bars.{ending}"](part, tmp_path / f"{k}.{ending}")
    (tmp_path / "readme.txt").write_text("no bars")
    (tmp_path / "_SUCCESS").write_text("")
    found = sorted(tmp_path.glob(f"*.{ending}"))
    spelled = (f"{tmp_path}/*.{ending}", f"{tmp_path}/*", [str(p) for p in found]) if split in ("day", "mixed") else ()
    for paths in (tmp_path, found[::-1], *spelled):
        same_rows(paths, whole)


@pytest.mark.usefixtures("small")
def test_statistics_of_text_are_not_taken_for_days(tmp_path: Path) -> None:
    frame = bars(("2024-01-09", "2024-01-10", "2024-01-11"))
    texts = [f"{t.year}/{t.month}/{t.day} {t:%H:%M}" for t in frame.datetime]  # 9 sorts behind 10
    FORMATS["bars.parquet"](frame.assign(datetime=texts), tmp_path / "bars.parquet")
    same_rows(tmp_path, frame)


def test_disjoint_files_are_read_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, part in bars().groupby(bars().datetime.dt.day):
        pq.write_table(arrow(part), tmp_path / f"{day}.parquet")
    reader = open_bars(tmp_path)
    taken: list[str] = []
    read_really = ParquetBars.read
    monkeypatch.setattr(ParquetBars, "read", lambda self, *a: taken.append(self.path.name) or read_really(self, *a))
    steps = [(str(day.date), list(taken), Path(day.source).name) for day in reader.days()]
    assert steps == [
        ("2024-01-02", [], "2.parquet"),  # kept from settling the conventions
        ("2024-01-03", ["3.parquet"], "3.parquet"),
        ("2024-01-04", ["3.parquet", "4.parquet"], "4.parquet"),
    ]


def test_only_the_columns_asked_for_are_read_from_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    monkeypatch.setattr(files, "AT_ONCE", 1)
    monkeypatch.setattr("factors.data.sources.lazy.HEAD", 10)
    for chunk, step in ((1, 1), (1500, 1), (1500, 1500), (9999, 1)):
        monkeypatch.setattr(files, "CHUNK", chunk)
        monkeypatch.setattr(files, "_STEP", step)
        same_rows(whole, bars())
    for zone in ("UTC", "America/New_York"):
        local = bars().assign(datetime=bars().datetime.dt.tz_localize("Asia/Shanghai").dt.tz_convert(zone))
        same_rows(ds.dataset(arrow(local)), bars())
    night = bars(symbols=["BTCUSDT"], session="24H", label="right")
    same_rows(ds.dataset(arrow(night)), night)


def test_large_files_are_settled_on_their_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factors.data.sources.formats.HEAD", 800)
    monkeypatch.setattr("factors.data.sources.csv_file.HEAD", 800)
    monkeypatch.setattr("factors.data.sources.csv_file._BLOCK", 4000)
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
    values = [frame[name] for name in ("open", "high", "low", "close", "volume")]
    lines = pd.concat([opened, *values, opened + 59_999, frame.amount], axis=1).assign(count=3, a=0, b=0, c=0)
    with zipfile.ZipFile(tmp_path / "BTCUSDT-1m.csv.zip", "w") as packed:
        packed.writestr("BTCUSDT-1m.csv", lines.to_csv(index=False, header=False))
    with pytest.raises(
        MissingFieldError, match="The first line looks like data: name the columns with schema=.*header="
    ):
        open_bars(tmp_path)
    reader, days = read(tmp_path, schema=replace(PRESETS["binance"], symbol="BTCUSDT"))
    assert (reader.report.session, reader.report.label) == ("24H", "left")
    assert days[0].fields["trades"].tolist() == [3.0] * 1440
    pd.testing.assert_frame_equal(table(days).drop(columns="trades"), table(read(frame)[1]))
    with pytest.raises(InputError, match="12 columns, and the schema's header names 2"):
        open_bars(tmp_path, ReadOptions(schema=Schema(header=("time", "close"), symbol="x")))


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


@pytest.mark.parametrize("label", ["right", "left"])
def test_the_span_of_a_file(tmp_path: Path, label: str) -> None:
    crypto = bars(DAYS, ["BTCUSDT"], "24H", label)
    pq.write_table(arrow(crypto), tmp_path / "a.parquet")
    crypto[crypto.datetime.dt.day == 3].to_csv(tmp_path / "b.csv", index=False)
    reader = open_bars(crypto)
    assert reader.file_span(tmp_path / "a.parquet") == (DAYS[0], DAYS[-1])
    first = {"left": DAYS[1], "right": DAYS[0]}[label]  # midnight starts a day, or ends the day before
    assert reader.file_span(str(tmp_path / "b.csv")) == (first, DAYS[1])
    crypto.rename(columns={"datetime": "at"}).to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(InputError, match=r"c.csv: no column 'datetime'"):
        reader.file_span(tmp_path / "c.csv")
    crypto.iloc[:0].to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(InputError, match=r"d.csv: no rows"):
        reader.file_span(tmp_path / "d.csv")
    with pytest.raises(InputError, match="no such file"):
        reader.file_span(tmp_path / "e.csv")
