"""Sessions: grids and places, and how session, label side and half days are told from the clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from factors.data.calendar.session import AFTER, BEFORE, EXTENDED, OUTSIDE, OWN, SESSIONS, Session, get_session
from factors.data.conventions.label import check_label
from factors.data.conventions.read_options import ReadOptions
from factors.data.conventions.session_detection import MinuteCounts
from factors.data.reader.reader import open_bars
from factors.errors import ArgumentError, InputError, NotInSession, TimeError
from tests.support.bars.frames import DAYS, SYMBOLS, bars, read, table

US = ("AAPL", "BRK.B", "SPY", "TSLA", "V", "X")
HK = ("0700.HK", "9988.HK")


def at(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def minutes(frame: pd.DataFrame) -> np.ndarray:
    return frame.datetime.to_numpy().astype("datetime64[m]").astype(np.int32)


def extra(frame: pd.DataFrame, *times: str) -> pd.DataFrame:
    """Add a bar of the first symbol at each time."""
    more = frame.iloc[[0] * len(times)].assign(datetime=pd.to_datetime(list(times)).astype("datetime64[us]"))
    return pd.concat([frame, more], ignore_index=True)


@pytest.mark.parametrize(
    ("name", "minutes", "lunch"), [("XSHG", 240, 120), ("XHKG", 330, 150), ("XNYS", 390, None), ("24H", 1440, None)]
)
def test_grids(name: str, minutes: int, lunch: int | None) -> None:
    session = get_session(name)
    place, role = session.places()
    assert session.minutes == len(session.clock()) == minutes
    own = place[session.ends()]
    assert (own == np.arange(minutes)).all()
    assert (role[session.ends()] == OWN).all()
    if lunch is None:
        with pytest.raises(NotInSession):
            _ = session.lunch
    else:
        assert session.lunch == lunch


@pytest.mark.parametrize(
    ("name", "clock", "minute", "role"),
    [
        ("XSHG", "09:25", 0, BEFORE), ("XSHG", "09:30", 0, BEFORE), ("XSHG", "09:31", 0, OWN),
        ("XSHG", "11:30", 119, OWN), ("XSHG", "11:31", 119, AFTER), ("XSHG", "13:00", 120, BEFORE),
        ("XSHG", "13:01", 120, OWN), ("XSHG", "15:00", 239, OWN), ("XSHG", "15:01", 239, AFTER),
        ("XSHG", "15:30", EXTENDED, OWN), ("XSHG", "09:14", OUTSIDE, OWN), ("XSHG", "12:00", OUTSIDE, OWN),
        ("XSHG", "16:00", OUTSIDE, OWN), ("XHKG", "09:20", 0, BEFORE), ("XHKG", "16:10", 329, AFTER),
        ("XHKG/half", "12:10", 149, AFTER), ("XNYS", "09:29", EXTENDED, OWN), ("XNYS", "16:01", 389, AFTER),
        ("XNYS", "16:02", EXTENDED, OWN), ("XNYS/half", "13:01", 209, AFTER),
        ("XNYS/half", "13:02", EXTENDED, OWN), ("XNYS/half", "16:01", EXTENDED, OWN),
    ],
)  # fmt: skip
def test_places(name: str, clock: str, minute: int, role: int) -> None:
    place, roles = get_session(name).places()
    assert (place[at(clock)], roles[at(clock)]) == (minute, role)


def test_half_days_have_no_break() -> None:
    assert [SESSIONS[name].half_day().minutes for name in ("XHKG", "XNYS")] == [150, 210]
    assert not get_session("HKEX/half").has_lunch
    with pytest.raises(NotInSession, match="no half days"):
        get_session("XSHG").half_day()


def test_names_and_spans_that_cannot_be() -> None:
    assert get_session("sse") is get_session("XSHE") is SESSIONS["XSHG"]
    with pytest.raises(ArgumentError, match="session='NYSEE' is unknown. Did you mean 'NYSE'"):
        get_session("NYSEE")
    with pytest.raises(ArgumentError, match="rising, disjoint"):
        Session("x", "UTC", ((570, 690), (680, 900)))


@pytest.mark.parametrize("label", ["right", "left"])
@pytest.mark.parametrize(("name", "symbols"), [("XSHG", ("A", "B")), ("XHKG", HK), ("XNYS", US), ("24H", ("BTCUSDT",))])
def test_session_and_label_are_found(name: str, symbols: tuple[str, ...], label: str) -> None:
    days = ("2024-03-07", "2024-03-08", "2024-03-11")  # over a change to summer time in New York
    frame = bars(days, symbols, name, label)
    expected = table(read(frame, session=name, label=label)[1])
    assert (expected.groupby(["date", "symbol"]).minute.nunique() == get_session(name).minutes).all()
    local = frame.datetime.dt.tz_localize(get_session(name).tz)
    for times in (frame.datetime, local, local.dt.tz_convert("UTC"), local.dt.tz_convert("UTC").astype("int64")):
        reader, read_days = read(frame.assign(datetime=times))
        assert (reader.report.session, reader.report.label) == (name, label)
        pd.testing.assert_frame_equal(table(read_days), expected)


@pytest.mark.parametrize("label", ["right", "left"])
def test_auction_and_closing_bars_do_not_turn_the_label(label: str) -> None:
    frame = bars(label=label)
    times = [f"2024-01-0{day} {clock}" for day in (2, 3, 4) for clock in ("09:25", "09:30", "15:00", "15:20", "15:30")]
    known = set(frame.datetime[frame.symbol == frame.symbol[0]].astype(str).str[:16])
    reader, days = read(extra(frame, *(t for t in times if t not in known)))
    assert reader.report.label == label
    assert reader.report.quality["extended hours"] >= 6
    assert (days[0].role == BEFORE).sum() == (2 if label == "right" else 1)


def test_single_strays_do_not_turn_the_label() -> None:
    frame = bars(symbols=[f"{k:06d}" for k in range(1, 12)])
    assert read(extra(frame, "2024-01-02 13:00"))[0].report.label == "right"
    few = bars(days=["2024-01-02"])
    with pytest.raises(TimeError, match="3 bars at 11:30 and 1 bars at 13:00.*label='right'"):
        read(extra(few, "2024-01-02 13:00"))


def test_a_label_that_cannot_be_told() -> None:
    frame = bars()
    cut = frame[frame.datetime.dt.strftime("%H:%M") <= "10:30"]
    with pytest.raises(TimeError, match="bars from 09:31 to 10:30.*do not tell.*0 bars at 11:30 and 0.*label="):
        read(cut)
    assert read(cut, label="end")[0].report.found["label"] == "given"
    us = bars(symbols=US, session="XNYS")
    with pytest.raises(TimeError, match="XNYS: 1 bars at 09:30 and 18 bars at 16:00"):
        read(extra(us, "2024-01-02 09:30"))
    part_of_a_day = bars(symbols=["BTCUSDT"], session="24H").iloc[5:-5]
    with pytest.raises(TimeError, match="first bar 00:06, last bar 23:55.*label="):
        read(part_of_a_day)


def test_a_day_of_the_other_label_is_refused() -> None:
    symbols = [f"{k:06d}" for k in range(600000, 600030)]
    days = [str(day.date()) for day in pd.bdate_range("2024-01-02", periods=30)]
    frame = bars(days, symbols)
    other = bars([days[-1]], symbols, label="left")
    mixed = pd.concat([frame[frame.datetime < days[-1]], other])
    with pytest.raises(TimeError, match=f"named by their start here .on {days[-1]}.*elsewhere by their end"):
        read(mixed)
    assert len(read(mixed, label="right")[1]) == len(days)


def test_a_thin_day_does_not_contradict_the_label() -> None:
    session = get_session("XNYS")
    thin = bars(("2024-01-03",), ["UGA"], "XNYS").iloc[:-1]
    with_auction = extra(thin, "2024-01-03 09:30")
    check_label(MinuteCounts.count(minutes(with_auction), None), session, "right", "x")
    many = bars(("2024-01-03",), [f"A{c}" for c in "BCDEFGHIJKLM"], "XNYS", "left")
    with pytest.raises(TimeError, match="named by their start here .0 bars named 16:00, 12 named 09:30"):
        check_label(MinuteCounts.count(minutes(many), None), session, "right", "x")


@pytest.mark.parametrize("shift", [-8, 5])
def test_times_of_another_zone_are_recognised(shift: int) -> None:
    frame = bars(label="right")
    moved = frame.assign(datetime=frame.datetime + pd.Timedelta(hours=shift))
    with pytest.raises(TimeError) as error:
        read(moved)
    assert "fit no session, and the symbols look like XSHG" in str(error.value)
    assert ("pass tz='UTC'" in str(error.value)) == (shift == -8)
    if shift == -8:
        assert "bars from 01:31 to 07:00 (naive)" in str(error.value)
        with pytest.raises(TimeError, match="the bars name 0 of its 240 minutes.*pass tz='UTC'"):
            read(moved, session="XSHG")
        reader, days = read(moved, tz="UTC")
        assert (reader.report.tz, reader.report.found["tz"]) == ("UTC", "given")
        pd.testing.assert_frame_equal(table(days), table(read(frame)[1]))


def test_us_bars_in_naive_utc_do_not_pass_as_extended_hours() -> None:
    summer = bars(("2024-07-08", "2024-07-09"), ("AAPL",), "XNYS")
    moved = summer.assign(datetime=summer.datetime + pd.Timedelta(hours=4))
    with pytest.raises(TimeError, match="pass tz='UTC'"):
        read(moved)
    assert read(moved, tz="UTC")[1][0].minute.max() == 389


def test_epochs_of_local_time() -> None:
    frame = bars()
    local = frame.assign(datetime=frame.datetime.astype("datetime64[ms]").astype("int64"))
    with pytest.raises(TimeError, match="pass tz='Asia/Shanghai' for epochs"):
        read(local)
    pd.testing.assert_frame_equal(table(read(local, tz="Asia/Shanghai")[1]), table(read(frame)[1]))


def test_a_session_that_cannot_be_told() -> None:
    frame = bars(symbols=["P Q"])
    cut = frame[frame.datetime.dt.strftime("%H:%M") <= "10:30"]
    with pytest.raises(TimeError, match="do not tell the session .minutes covered: XSHG 25%.*session='XSHG'"):
        read(cut)
    night = frame.assign(datetime=frame.datetime + pd.Timedelta(hours=-7))
    with pytest.raises(TimeError, match="bars from 02:31 to 08:00 .naive. fit no session"):
        read(night)
    assert read(cut, session="XSHG", label="right")[0].report.found["session"] == "given"


def test_bars_that_are_no_minute_bars() -> None:
    frame = bars()
    with pytest.raises(TimeError, match="5 minutes apart.*one-minute bars are needed"):
        read(frame[frame.datetime.dt.minute % 5 == 0])
    daily = frame.assign(datetime=frame.datetime.dt.normalize()).drop_duplicates(["symbol", "datetime"])
    with pytest.raises(TimeError, match="all times are midnight: these are daily bars"):
        read(daily)


def test_rows_outside_the_session() -> None:
    frame = extra(bars(), "2024-01-03 20:00", "2024-01-03 12:15")
    with pytest.raises(TimeError) as error:
        read(frame)
    for words in ("2 of 2,162 rows (0.09%)", "outside XSHG (09:30-11:30", "000001.XSHE 2024-01-03 20:00, row 2,160",
                  "session=", "tz=", "label=", "outside='drop'"):  # fmt: skip
        assert words in str(error.value)
    reader, days = read(frame, outside="drop")
    assert reader.report.quality == {"outside session": 2}
    pd.testing.assert_frame_equal(table(days), table(read(bars())[1]))
    with pytest.raises(ArgumentError, match="outside='skip' is not one of 'error', 'drop'"):
        read(frame, outside="skip")


def test_an_input_of_which_nothing_is_left() -> None:
    night = bars().assign(datetime=lambda f: f.datetime + pd.Timedelta(hours=8))
    with pytest.raises(InputError, match=r"the frame: all 2,160 rows lie outside XSHG .*09:30.*session=, tz= or lab"):
        read(night, session="XSHG", label="right", outside="drop")
    weekend = bars(("2024-01-06", "2024-01-07"))
    with pytest.raises(InputError, match="all 1,440 rows lie on a weekend, when XSHG is closed"):
        read(weekend, outside="drop")
    both = pd.concat([night, weekend, bars(DAYS[:1], [SYMBOLS[0]], Session("x", "UTC", ((906, 930),)))])
    reader = open_bars(both, ReadOptions(session="XSHG", label="right", outside="drop"))
    for _ in range(2):
        with pytest.raises(
            InputError, match="none of 3,624 rows is left: 24 in extended hours, 2,160 outside session, 1,440 weekend"
        ):
            list(reader.days())


def test_bars_of_another_session_than_the_one_given() -> None:
    with pytest.raises(TimeError, match=r"do not fit XNYS.*240 of its 390 minutes.*fit XSHG.*session='XSHG'"):
        read(bars(), session="XNYS")
    given = read(bars(), session="XNYS", label="right")[0].report
    assert given.session == "XNYS"
    assert given.notes[0] == "session='XNYS' is given, though the bars fit XSHG."
    with pytest.raises(TimeError, match=r"lie outside XSHG.*The bars fit XNYS"):
        read(bars(symbols=US, session="XNYS"), session="XSHG", label="right")


def test_a_zone_given_for_local_times() -> None:
    for symbols, session in ((SYMBOLS, "XSHG"), (US, "XNYS")):
        frame = bars(symbols=symbols, session=session)
        for options in ({}, {"session": session}):
            with pytest.raises(TimeError, match=f"as local times they fit {session}: leave tz out"):
                read(frame, tz="UTC", **options)
        zoned = frame.assign(datetime=frame.datetime.dt.tz_localize("UTC"))
        with pytest.raises(TimeError, match=f"as local times they fit {session}: .*take the zone off"):
            read(zoned)


def test_weekends() -> None:
    frame = bars(("2024-01-05", "2024-01-06"))
    with pytest.raises(
        TimeError, match="lie on a weekend, when XSHG is closed; the first is 000001.XSHE 2024-01-06 09:31"
    ):
        read(frame)
    reader, days = read(frame, outside="drop")
    assert (len(days), reader.report.quality) == (1, {"weekend": 720})
    assert len(read(frame, session=replace(get_session("XSHG"), weekend=True))[1]) == 2
    assert len(read(bars(("2024-01-05", "2024-01-06"), ("BTCUSDT",), "24H"))[1]) == 2


def test_a_session_of_ones_own() -> None:
    night = Session("night", "Asia/Shanghai", ((540, 615), (630, 690), (810, 900)))
    _, days = read(bars(symbols=["rb2405"], session=night), session=night)
    assert [len(day.code) for day in days] == [225] * 3
    assert days[0].minute.tolist() == list(range(225))
