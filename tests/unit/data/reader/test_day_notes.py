"""Days unlike the others: half days, trading around the session, days that stop early."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from factors.data.calendar.session import AFTER, BEFORE, OWN, Session
from factors.data.reader.reader import open_bars
from tests.support.bars.frames import bars, read, table

US = ("AAPL", "BRK.B", "SPY", "TSLA", "V", "X")
HKS = ("0700.HK", "9988.HK", "0005.HK", "0941.HK", "1299.HK")


def at(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def extra(frame: pd.DataFrame, *times: str) -> pd.DataFrame:
    """Add a bar of the first symbol at each time."""
    more = frame.iloc[[0] * len(times)].assign(datetime=pd.to_datetime(list(times)).astype("datetime64[us]"))
    return pd.concat([frame, more], ignore_index=True)


@pytest.mark.parametrize(("name", "symbols", "stop"), [("XHKG", HKS, "12:00"), ("XNYS", US, "13:00")])
@pytest.mark.parametrize("closing", [0, 1])
def test_half_days(name: str, symbols: tuple[str, ...], stop: str, closing: int) -> None:
    frame = bars(symbols=symbols, session=name)
    half = frame[(frame.datetime.dt.strftime("%H:%M") <= stop) | (frame.datetime.dt.day != 3)]
    half = extra(half, *[f"2024-01-03 {stop[:2]}:01"][:closing])
    reader, days = read(half)
    assert [day.session.name for day in days] == [name, f"{name}/half", name]
    assert reader.report.quality["half days"] == 1
    assert reader.report.notes == []
    assert days[1].minute.max() == days[1].session.minutes - 1
    assert (days[1].role == AFTER).sum() == closing
    assert read(half[half.datetime.dt.day == 3], session=name)[1][0].session.name == f"{name}/half"  # alone
    broken_off = half[half.datetime.dt.strftime("%H:%M") <= "11:00"]
    assert read(broken_off, session=name, label="right")[1][0].session.name == name


@pytest.mark.parametrize(("name", "symbols", "stop"), [("XHKG", HKS, "12:00"), ("XNYS", US, "13:00")])
def test_a_few_stocks_make_no_half_day(name: str, symbols: tuple[str, ...], stop: str) -> None:
    frame = bars(symbols=symbols, session=name)
    one = frame.symbol == symbols[0]
    halted = frame[~one | (frame.datetime.dt.strftime("%H:%M") <= stop) | (frame.datetime.dt.day != 3)]
    whole = table(read(halted)[1])
    for few in (1, 4):
        some = halted[halted.symbol.isin(symbols[:few])]
        some = some[(some.datetime.dt.strftime("%H:%M") <= stop) | (some.datetime.dt.day != 3)]
        reader, days = read(some)
        assert [day.session.name for day in days] == [name] * 3
        assert reader.report.notes == [f"2024-01-03 may be a half day: pass session='{name}/half' for it."]
        assert "half days" not in reader.report.quality
        assert read(some[some.datetime.dt.day == 3], session=f"{name}/half")[1][0].session.name == f"{name}/half"
    alone = halted[halted.symbol == symbols[0]]
    mine = whole[whole.symbol == symbols[0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(table(read(alone)[1]), mine)
    twice = open_bars(alone)
    for _ in range(2):
        assert len(list(twice.days())) == 3
    assert len(twice.report.notes) == 1
    early = alone[alone.datetime.dt.strftime("%H:%M") <= stop]
    note = f"3 days may be half days (2024-01-02, 2024-01-03, 2024-01-04): pass session='{name}/half' for them."
    assert read(early, session=name, label="right")[0].report.notes == [note]


def test_mainland_days_are_never_half() -> None:
    frame = bars()
    broken = frame[(frame.datetime.dt.strftime("%H:%M") <= "09:50") | (frame.datetime.dt.day != 3)]
    assert [day.session.name for day in read(broken)[1]] == ["XSHG"] * 3


def extended(days: tuple[str, ...], label: str = "right") -> pd.DataFrame:
    """US bars from 04:00 to 20:00."""
    around = Session("around", "America/New_York", ((240, 1200),))
    return bars(days, US, around, label)


@pytest.mark.parametrize("label", ["right", "left"])
def test_extended_hours_are_dropped_and_tell_the_label(label: str) -> None:
    frame = extended(("2024-01-02", "2024-01-03"), label)
    reader, days = read(frame)
    assert (reader.report.session, reader.report.label) == ("XNYS", label)
    plain = bars(("2024-01-02", "2024-01-03"), US, "XNYS", label)
    closing = days[0].clock[:] == at("16:01")
    assert len(days[0].code) - closing.sum() == len(plain) / 2  # the bar that ends at the opening is no auction here
    assert reader.report.quality["extended hours"] == len(frame) - sum(len(day.code) for day in days)
    assert set(days[0].clock[days[0].role != OWN]) == {at("16:01")}


def test_the_opening_bar_is_an_auction_only_without_early_trading() -> None:
    frame = bars(symbols=US, session="XNYS")
    _, days = read(extra(frame, "2024-01-02 09:30", "2024-01-03 09:30", "2024-01-03 08:00"), label="right")
    assert [(day.role == BEFORE).sum() for day in days] == [1, 0, 0]


@pytest.mark.parametrize("order", [0, 1])
def test_early_trading_of_one_stock_leaves_the_auctions_of_the_others(order: int) -> None:
    frame = bars(symbols=US, session="XNYS")
    auctions = frame.groupby("symbol", as_index=False).first().assign(datetime=pd.Timestamp("2024-01-03 09:30"))
    early = auctions[:1].assign(datetime=pd.Timestamp("2024-01-03 08:00"))
    mixed = pd.concat([frame, auctions, early])
    mixed = mixed.sample(frac=1, random_state=1) if order else mixed
    reader, days = read(mixed, label="right")
    opening = days[1].role == BEFORE
    assert sorted(days[1].symbols[days[1].code[opening]]) == list(US[1:])
    assert set(days[1].clock[opening]) == {at("09:30")}
    assert reader.report.quality["extended hours"] == 2
    whole = table(days)
    for symbol in US:
        alone = table(read(mixed[mixed.symbol == symbol], label="right")[1])
        pd.testing.assert_frame_equal(alone, whole[whole.symbol == symbol].reset_index(drop=True))


def test_a_bar_named_0929_by_its_start_is_early_trading() -> None:
    frame = bars(symbols=US, session="XNYS", label="left")
    reader, days = read(extra(frame, "2024-01-03 09:29"))
    assert (reader.report.label, reader.report.quality) == ("left", {"extended hours": 1})
    assert (days[1].role == OWN).all()


def test_half_days_with_extended_hours() -> None:
    frame = extended(("2024-07-02", "2024-07-03", "2024-07-05"))
    clock = frame.datetime.dt.strftime("%H:%M")
    late = (frame.datetime.dt.day == 3) & (clock > "13:00")
    thin = frame[~late | ((frame.symbol == "AAPL") & (frame.datetime.dt.minute % 4 == 0))]
    _, days = read(thin)
    assert [day.session.name for day in days] == ["XNYS", "XNYS/half", "XNYS"]
    assert days[1].clock[:].max() == at("13:00")
    regular = thin[clock[thin.index].between("09:31", "16:00")]  # without early bars a quiet afternoon is no half day
    assert [day.session.name for day in read(regular)[1]] == ["XNYS"] * 3


def test_days_that_stop_early() -> None:
    days = [str(day.date()) for day in pd.bdate_range("2024-01-02", periods=9)]
    frame = bars(days, label="left")
    clock = frame.datetime.dt.strftime("%H:%M")

    def cut(number: int, last: str = "13:33") -> list[str]:
        return read(frame[~frame.datetime.astype(str).str[:10].isin(days[:number]) | (clock <= last)])[0].report.notes

    assert cut(0) == cut(9, "14:54") == []
    assert cut(1) == ["2024-01-02 stops at 13:33 (session to 15:00)."]
    assert cut(2, "10:10") == ["2 days stop early: 2024-01-02 at 10:10, 2024-01-03 at 10:10 (session to 15:00)."]
    assert cut(8)[0].startswith("8 days stop early: 2024-01-02 at 13:33, ")
    assert cut(8)[0].endswith("2024-01-08 at 13:33 and 3 more (session to 15:00).")
    thin = bars(days, ("UGA",), "XNYS")
    thin = thin[np.random.default_rng(0).random(len(thin)) < 0.1]
    assert read(thin, label="right")[0].report.notes == []
