"""Names of columns: the table of aliases, presets, declared columns, and what is said when a name is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from factors.data.conventions.column_names import DATE_NAMES, NAMES, map_columns
from factors.data.conventions.read_options import ReadOptions
from factors.data.conventions.schema import PRESETS, Schema, as_schema
from factors.data.reader.reader import open_bars
from factors.errors import ArgumentError, MissingFieldError
from tests.support.bars.frames import bars, read, same_rows

CANONICAL = {"time": "datetime", "symbol": "symbol"}


@pytest.mark.parametrize(("role", "alias"), [(role, alias) for role, names in NAMES.items() for alias in names])
def test_every_alias_is_known(role: str, alias: str) -> None:
    names = [n for n in ("datetime", "symbol", "close", "volume") if n != CANONICAL.get(role, role)]
    for written in (alias, f" {alias.upper()} ", alias.title().replace("_", " "), alias.replace("_", "-")):
        bound = map_columns([*names, written], Schema(), where="x")
        found = {"time": bound.time, "symbol": bound.symbol, **bound.fields}
        assert found[role] == written


@pytest.mark.parametrize("alias", DATE_NAMES)
def test_a_date_column_alone_is_the_time(alias: str) -> None:
    assert map_columns([alias, "symbol", "close"], Schema(), where="x").time == alias
    both = map_columns([alias, "time", "symbol", "close"], Schema(), where="x")
    assert (both.date, both.time) == (alias, "time")


def test_chinese_columns_and_vnpy_names() -> None:
    names = {"symbol": "证券代码", "datetime": "时间", "open": "开盘", "close": "收盘", "high": "最高", "low": "最低",
             "volume": "成交量", "amount": "成交额"}  # fmt: skip
    same_rows(bars().rename(columns=names), bars())
    same_rows(bars().rename(columns={f: f"{f}_price" for f in ("open", "high", "low", "close")}), bars())


def test_columns_of_no_field_are_left_alone() -> None:
    reader, _ = read(bars().assign(exchange="SZSE", pre_close=1.0, factor=2.0, avg=3.0))
    assert reader.available == ("open", "high", "low", "close", "volume", "amount")


@pytest.mark.parametrize(("extra", "role"), [("Close_Price", "close"), ("code", "symbol"), ("timestamp", "time")])
def test_two_columns_for_one_role(extra: str, role: str) -> None:
    with pytest.raises(MissingFieldError) as error:
        open_bars(bars().assign(**{extra: bars().datetime}))
    original = CANONICAL.get(role, role)
    for words in (f"'{original}'", f"'{extra}'", f"both read as {role}", f"schema={{'{role}': '{original}'}}"):
        assert words in str(error.value)
    reader, _ = read(bars().assign(**{extra: bars().datetime}), schema={role: original})
    assert reader.report.columns[role] == original


def test_two_columns_of_the_same_name() -> None:
    frame = pd.concat([bars(), bars()[["close"]]], axis=1)
    with pytest.raises(MissingFieldError, match="'close' and 'close' are both read as close; rename"):
        open_bars(frame)


@pytest.mark.parametrize(
    ("column", "looked_for"), [("close", "close_price"), ("symbol", "ts_code"), ("datetime", "trade_time")]
)
def test_a_missing_column_is_named_with_what_was_found(column: str, looked_for: str) -> None:
    with pytest.raises(MissingFieldError) as error:
        open_bars(bars().drop(columns=column))
    role = "time" if column == "datetime" else column
    for words in (f"no column for {role}", looked_for, "Columns found: ", "'open'", f"schema={{'{role}': '<column>'}}"):
        assert words in str(error.value)


def test_one_stock_without_a_symbol_column() -> None:
    one = bars(symbols=["000001.XSHE"])
    bare = one.drop(columns="symbol").set_index("datetime")
    with pytest.raises(MissingFieldError, match=r"bars.assign\(symbol='000001.XSHE'\)"):
        open_bars(bare)
    reader = same_rows(bare, one, schema=Schema(symbol="000001.XSHE"))
    assert "symbol" not in reader.report.columns


def test_declared_columns_win_over_names() -> None:
    frame = bars().assign(px=bars().close + 1)
    _, days = read(frame, schema={"close": "px"})
    assert days[0].fields["close"].min() > 11 - 1e-9
    with pytest.raises(
        MissingFieldError, match="takes close from column 'pxx', which does not exist. Columns found: 'symbol'"
    ):
        open_bars(frame, ReadOptions(schema={"close": "pxx"}))
    with pytest.raises(ArgumentError, match="'clsoe' is not one of .* Did you mean 'close'"):
        open_bars(frame, ReadOptions(schema={"clsoe": "px"}))


def test_presets_prefer_their_columns_and_bring_their_conventions() -> None:
    named = bars().rename(columns={"symbol": "order_book_id", "amount": "total_turnover"})
    reader = same_rows(named, bars(), schema="ricequant")
    assert reader.report.found["label"] == reader.report.found["session"] == "schema ricequant"
    same_rows(bars(), bars(), schema="ricequant")  # names of a preset are not required
    lots = bars().assign(volume=bars().volume / 100)
    assert same_rows(lots, bars(), schema="akshare_em").report.volume_unit == 100
    two_codes = bars().assign(instrument_id=7).rename(columns={"datetime": "ts_event"})
    assert read(two_codes, schema="databento", label="right")[0].report.columns["symbol"] == "symbol"
    for name in PRESETS:
        assert as_schema(name).preset == name


def test_arguments_win_over_the_schema_and_the_schema_over_detection() -> None:
    schema = Schema(label="start", volume_unit=100, tz="UTC", session="XHKG")
    assert (as_schema(schema).label, as_schema(schema, label="end").label) == ("left", "right")
    given = as_schema(schema, session="SSE", tz="Asia/Shanghai", volume_unit=1)
    assert (given.session.name, given.tz, given.volume_unit) == ("XSHG", "Asia/Shanghai", 1)
    reader, days = read(bars(), schema=Schema(label="left"), outside="drop")
    assert reader.report.label == "left"
    assert days[0].clock[:].min() == 572
    assert "though the bars look right-labelled" in reader.report.notes[0]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("joinqant", "schema='joinqant' is not one of .*Did you mean 'joinquant'"),
        (7, "schema=7: pass 'auto', a preset name, a dict"),
    ],
)
def test_unknown_schemas(schema: object, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        open_bars(bars(), ReadOptions(schema=schema))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"label": "rigth"}, "label='rigth' is not one of .*Did you mean 'right'"),
        ({"volume_unit": -1}, "volume_unit=-1: pass a positive number"),
        ({"amount_unit": "lots"}, "amount_unit='lots': pass a positive number"),
        ({"session": "SSX"}, "session='SSX' is unknown"),
    ],
)
def test_schemas_that_cannot_be(values: dict[str, object], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        Schema(**values)  # type: ignore[arg-type]


def test_turnover_is_an_amount_only_if_the_values_agree() -> None:
    money = bars().rename(columns={"amount": "turnover"})
    assert same_rows(money, bars()).report.columns["amount"] == "turnover"
    rate = money.assign(turnover=0.013)
    reader, days = read(rate)
    assert "amount" not in reader.available
    assert "amount" not in days[0].fields
    assert "'turnover' is not read as amount" in reader.report.notes[0]
    assert "amount" in read(rate, schema={"amount": "turnover"})[0].available
    both = bars().assign(turnover=0.013)
    assert same_rows(both, bars()).report.columns["amount"] == "amount"
