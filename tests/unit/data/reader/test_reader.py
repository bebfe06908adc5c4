"""Reading frames: every container, rows in any order, values of any type, and what is refused."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from factors.common.fields import FIELDS
from factors.data.reader.reader import open_bars
from factors.errors import ArgumentError, InputError, MissingFieldError
from tests.support.bars.frames import SYMBOLS, bars, read, same_rows, table


class Stream:
    """Anything that exports an Arrow stream."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.table = pa.Table.from_pandas(frame)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class Device:
    """A frame on a device: it only knows how to become Arrow."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def to_arrow(self) -> pa.Table:
        return pa.Table.from_pandas(self.frame)


def unnamed(frame: pd.DataFrame) -> pd.DataFrame:
    frame.index.names = [None] * frame.index.nlevels
    return frame


def chunks(frame: pd.DataFrame) -> pa.Table:
    pieces = [pa.Table.from_pandas(frame.iloc[k : k + 97], preserve_index=False) for k in range(0, len(frame), 97)]
    return pa.concat_tables(pieces)


CONTAINERS: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "symbol, time index": ("pandas", lambda f: f.set_index(["symbol", "datetime"])),
    "time, symbol index": ("pandas", lambda f: f.set_index(["datetime", "symbol"])),
    "unnamed index": ("pandas", lambda f: unnamed(f.set_index(["datetime", "symbol"]))),
    "unnamed index, symbol first": ("pandas", lambda f: unnamed(f.set_index(["symbol", "datetime"]))),
    "time index": ("pandas", lambda f: f.set_index("datetime")),
    "unnamed time index": ("pandas", lambda f: unnamed(f.set_index("datetime"))),
    "index kept as a column": ("pandas", lambda f: f.set_index("datetime", drop=False)),
    "symbol index": ("pandas", lambda f: f.set_index("symbol")),
    "other index": ("pandas", lambda f: f.set_index(np.arange(len(f)) * 3 + 7)),
    "slice of a larger frame": ("pandas", lambda f: pd.concat([f, f.iloc[:5]]).iloc[: len(f)]),
    "pyarrow columns": ("pandas", lambda f: f.convert_dtypes(dtype_backend="pyarrow")),
    "nullable columns": ("pandas", lambda f: f.convert_dtypes()),
    "Table": ("arrow", pa.Table.from_pandas),
    "Table of many chunks": ("arrow", chunks),
    "RecordBatch": ("arrow", pa.RecordBatch.from_pandas),
    "RecordBatchReader": ("arrow", lambda f: chunks(f).to_reader()),
    "Dataset": ("arrow", lambda f: ds.dataset(pa.Table.from_pandas(f))),
    "stream": ("arrow", Stream),
    "device frame": ("arrow", Device),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers(container: str) -> None:
    kind, make = CONTAINERS[container]
    reader = same_rows(make(bars()), bars())
    assert reader.kind == kind
    assert reader.available == FIELDS[:-1]


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("zone", [None, "Asia/Shanghai", "UTC"])
def test_polars(lazy: bool, zone: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = pl.from_pandas(bars()).with_columns(pl.col("symbol").cast(pl.Categorical))
    if zone:
        local = pl.col("datetime").dt.replace_time_zone("Asia/Shanghai")
        frame = frame.with_columns(local.dt.convert_time_zone(zone))
    frame = frame.sort("volume")
    assert same_rows(frame.lazy() if lazy else frame, bars()).kind == "polars"
    monkeypatch.setattr("factors.data.sources.files.AT_ONCE", 1)
    monkeypatch.setattr("factors.data.sources.files.CHUNK", 1)
    monkeypatch.setattr("factors.data.sources.lazy.HEAD", 10)
    same_rows(frame.lazy() if lazy else frame, bars())  # a lazy frame a day at a time


def test_polars_objects_that_are_no_frames() -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(InputError, match="polars.Series cannot be read. Pass a pandas, polars or cuDF frame"):
        open_bars(pl.Series([1.0]))
    missing = pl.from_pandas(bars()).with_columns(datetime=pl.when(pl.col("volume") > 0).then(pl.col("datetime")))
    with pytest.raises(InputError, match="the lazy frame: column 'datetime': the time is missing"):
        open_bars(missing.lazy())


ORDERS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "by time": lambda f: f.sort_values("datetime", kind="stable"),
    "newest first": lambda f: f.iloc[::-1],
    "days backwards": lambda f: f.sort_values("datetime", key=lambda t: -t.dt.day, kind="stable"),
    "shuffled": lambda f: f.sample(frac=1, random_state=1),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("make", [lambda f: f, chunks])
def test_rows_in_any_order(order: str, make: Callable[[pd.DataFrame], Any]) -> None:
    same_rows(make(ORDERS[order](bars())), bars())


def test_numbers_are_not_copied() -> None:
    frame = bars(("2024-01-02",))
    _, days = read(frame)
    assert np.shares_memory(days[0].fields["close"], frame["close"].to_numpy())
    assert not days[0].fields["close"].flags.writeable
    assert days[0].fields["volume"].dtype == np.float64


def test_only_the_fields_asked_for_are_loaded() -> None:
    frame = bars().assign(open="not a number")
    reader, days = read(frame, fields=("volume",))
    assert (reader.fields, set(days[0].fields)) == (("close", "volume"), {"close", "volume"})
    assert "open" in reader.available
    with pytest.raises(ArgumentError, match="fields='vol' is not one of .* Did you mean 'volume'"):
        open_bars(frame, fields=("vol",))


VALUES: dict[str, Callable[[pd.Series], Any]] = {
    "text": lambda v: v.astype(str),
    "text with blanks": lambda v: " " + v.astype(str) + " ",
    "objects": lambda v: v.astype(object),
    "text and numbers": lambda v: pd.Series([str(x) if k % 2 else x for k, x in enumerate(v)], dtype=object),
    "decimals": lambda v: pd.Series([decimal.Decimal(str(x)) for x in v], dtype=object),
    "decimal128": lambda v: pd.Series([decimal.Decimal(str(x)) for x in v]).astype(pd.ArrowDtype(pa.decimal128(12, 2))),
    "nullable": lambda v: v.astype("Float64"),
    "categories": lambda v: v.astype("category"),
}


@pytest.mark.parametrize("form", VALUES)
def test_values_of_any_type(form: str) -> None:
    frame = bars()
    same_rows(frame.assign(close=VALUES[form](frame.close)), frame)
    same_rows(frame.assign(volume=VALUES[form](frame.volume)), frame)


@pytest.mark.parametrize("empty", ["", "-", "--", "nan", "NULL", None, float("nan")])
def test_missing_values(empty: object) -> None:
    frame = bars()
    whole = table(read(frame)[1]).high
    for values in (frame.high.astype(str), frame.high):
        listed = list(values)
        listed[5] = empty
        _, days = read(frame.assign(high=pd.Series(listed, dtype=object)))
        high = table(days).high
        assert (np.flatnonzero(high.isna()) == [5]).all()
        assert (high.drop(5) == whole.drop(5)).all()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (lambda v: v.astype(str).where(v.index != 1999, "12,5"), "column 'high', row 1,999: '12,5' is not a number"),
        (
            lambda v: v.astype(object).where(v.index != 3, "twelve"),
            "column 'high' mixes float and str, such as 'twelve'",
        ),
        (lambda v: v > 10, "column 'high': values of type bool are no numbers"),
        (lambda v: pd.Series([[x] for x in v]), "column 'high': values of type list.* are no numbers"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_values_that_cannot_be_read(values: Callable[[pd.Series], Any], words: str, order: int) -> None:
    frame = bars()
    with pytest.raises(InputError, match=f"the frame: {words}"):
        read(frame.assign(high=values(frame.high)))


def test_the_row_named_is_the_callers_in_any_order() -> None:
    frame = bars().sample(frac=1, random_state=2, ignore_index=True)
    broken = frame.assign(high=frame.high.astype(str).where(frame.index != 777, "x"))
    with pytest.raises(InputError, match="row 777: 'x' is not a number"):
        read(broken)


def test_symbols() -> None:
    frame = bars(symbols=[1, 300750, 600000])
    same_rows(frame.astype({"symbol": "int64"}), bars(symbols=["000001", "300750", "600000"]))
    us = bars(symbols=[17, 5], session="XNYS")
    assert list(read(us.astype({"symbol": "int32"}), session="XNYS")[1][0].symbols) == ["17", "5"]
    text = bars()
    category = text.symbol.astype("category")
    for values in (category, category.cat.add_categories(["Z"]), category.cat.set_categories(sorted(SYMBOLS)[::-1]),
                   text.symbol + "  ", text.symbol.str.encode("ascii")):  # fmt: skip
        same_rows(text.assign(symbol=values), text)
    spelled = text.symbol.where(text.index % 2 == 0, text.symbol + " ")
    same_rows(text.assign(symbol=spelled), text)  # the same code once stripped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("000001.XSHE", "000001.SZ"), ("sz000001", "SZ.000001"), ("sz000001", "SZ000001"), ("600000", "600000.SH"),
        ("sh.600000", "600000.XSHG"), ("300750", "300750.SZSE"), ("430047.BJ", "bj430047"), ("600000.ss", "600000.SS"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("days", [("2024-01-02",), ("2024-01-02", "2024-01-03")])
def test_two_spellings_of_one_security(one: str, other: str, days: tuple[str, ...]) -> None:
    frame = pd.concat([bars(days[:1], [one, "000002.XSHE"]), bars(days[-1:], [other])])
    with pytest.raises(InputError) as error:
        read(frame)
    for words in ("the frame: ", repr(one), repr(other), "one security", "one spelling", days[-1]):
        assert words in str(error.value)


def test_spellings_are_kept() -> None:
    symbols = ["000001.XSHG", "000001.XSHE", "000001", "sz000002", "600000"]
    assert list(read(bars(symbols=symbols))[1][0].symbols) == sorted(symbols)
    assert list(read(bars(symbols=["BFb", "BFB"], session="XNYS"))[1][0].symbols) == ["BFB", "BFb"]


def test_a_symbol_without_rows_on_a_day_is_not_listed() -> None:
    frame = bars()
    gone = frame[(frame.symbol != "300750.XSHE") | (frame.datetime.dt.day != 3)]
    assert [list(day.symbols) for day in read(gone)[1]][1] == ["000001.XSHE", "600000.XSHG"]
    dropped = frame.assign(datetime=frame.datetime.mask((frame.symbol == "300750.XSHE") & (frame.datetime.dt.day == 3),
                                                         pd.Timestamp("2024-01-03 15:20")))  # fmt: skip
    assert [list(day.symbols) for day in read(dropped)[1]][1] == ["000001.XSHE", "600000.XSHG"]


@pytest.mark.parametrize("lost", [None, "", "  "])
def test_missing_symbols(lost: str | None) -> None:
    frame = bars()
    broken = frame.assign(symbol=frame.symbol.where(~frame.index.isin([1000, 1001]), lost))
    with pytest.raises(InputError, match="column 'symbol', row 1,000: the symbol is missing .2 rows."):
        read(broken)
    with pytest.raises(InputError, match="1.5 is no symbol"):
        read(frame.assign(symbol=1.5))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "type builtins.NoneType cannot be read. Pass a pandas, polars or cuDF frame, a pyarrow Table"),
        (pd.Series([1.0]), "Series cannot be read"),
        ({"AAPL": bars()}, "a dict is not read.*pandas.concat"),
        (bars().iloc[:0], "the frame: no rows"),
        (pa.Table.from_pandas(bars()).slice(0, 0), "the table: no rows"),
        (bars().pivot(index="datetime", columns="symbol"), "columns are a MultiIndex.*Stack the symbols first"),
        ([], "the list of files is empty"),
        ("", "the path is empty"),
        ("  ", "the path is empty"),
        ([""], "the path is empty"),
        ([1, 2], "type builtins.list cannot be read"),
    ],
)
def test_inputs_that_are_refused(bad: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_bars(bad)


def test_wide_frames_without_levels() -> None:
    wide = bars().pivot(index="datetime", columns="symbol", values="close")
    with pytest.raises(MissingFieldError, match="no column for close.*Columns found: '000001.XSHE'"):
        open_bars(wide)


def test_days_can_be_read_again() -> None:
    reader = open_bars(bars())
    pd.testing.assert_frame_equal(table(list(reader.days())), table(list(reader.days())))


def test_the_report() -> None:
    reader, days = read(bars().rename(columns={"amount": "money", "datetime": "时间"}))
    report = reader.report.to_dict()
    assert report["columns"]["amount"] == "money"
    assert report["columns"]["time"] == "时间"
    assert (report["session"], report["label"], report["volume_unit"]) == ("XSHG", "right", 1)
    assert report["found"] == {
        "label": "9 bars named 11:30, 0 named 13:00", "session": "together, the bars name 240 of its 240 minutes",
        "tz": "naive times are those of Asia/Shanghai", "time": "timestamp[us]",
        "volume_unit": "amount / (volume x price) is 1",
    }  # fmt: skip
    assert report["quality"] == {}
    assert days[0].source == "the frame"
