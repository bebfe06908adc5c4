"""Bar times in every form they come in, and the messages for times that cannot be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from factors.data.calendar.zones import to_local, to_utc
from factors.data.parsing.datetime_forms import number_form, parse_clock, parse_moment
from factors.errors import ArgumentError, TimeError
from tests.support.bars.frames import bars, read, same_rows

Times = pd.Series


def zoned(times: Times) -> Times:
    return times.dt.tz_localize("Asia/Shanghai")


def epoch(unit: str) -> Callable[[Times], Times]:
    return lambda times: zoned(times).astype(f"datetime64[{unit}, UTC]").astype("int64")


def written(form: str) -> Callable[[Times], Times]:
    return lambda times: times.dt.strftime(form)


NAIVE: dict[str, Callable[[Times], object]] = {
    **{f"datetime64[{unit}]": lambda t, unit=unit: t.astype(f"datetime64[{unit}]") for unit in ("s", "ms", "us", "ns")},
    "text": written("%Y-%m-%d %H:%M:%S"),
    "text to the minute": written("%Y-%m-%d %H:%M"),
    "text with fractions": written("%Y-%m-%dT%H:%M:%S.000000"),
    "slashes": written("%Y/%m/%d %H:%M"),
    "no leading zeros": lambda t: [f"{m.year}/{m.month}/{m.day} {m.hour}:{m.minute:02d}" for m in t],
    "12 digits": lambda t: t.dt.strftime("%Y%m%d%H%M").astype("int64"),
    "14 digits": lambda t: t.dt.strftime("%Y%m%d%H%M%S").astype("int64"),
    "17 digits": lambda t: t.dt.strftime("%Y%m%d%H%M%S000").astype("int64"),
    "14 digits as text": written("%Y%m%d%H%M%S"),
    "17 digits as text": written("%Y%m%d%H%M%S000"),
    "categories": lambda t: t.astype("category"),
    "objects": lambda t: pd.Series([m.to_pydatetime() for m in t], dtype=object),
    "timestamps as objects": lambda t: pd.Series(list(t), dtype=object),
    "arrow": lambda t: t.astype(pd.ArrowDtype(pa.timestamp("ms"))),
}

INSTANTS: dict[str, Callable[[Times], object]] = {
    **{f"epoch {unit}": epoch(unit) for unit in ("s", "ms", "us", "ns")},
    "epoch as float": lambda t: epoch("ms")(t).astype(float),
    "exchange time": zoned,
    "UTC": lambda t: zoned(t).dt.tz_convert("UTC"),
    "New York": lambda t: zoned(t).dt.tz_convert("America/New_York"),
    "text with offset": lambda t: t.dt.strftime("%Y-%m-%d %H:%M:%S") + "+08:00",
    "text in UTC": lambda t: zoned(t).dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "zoned objects": lambda t: pd.Series([m.to_pydatetime() for m in zoned(t)], dtype=object),
    "arrow": lambda t: zoned(t).astype(pd.ArrowDtype(pa.timestamp("us", "Asia/Shanghai"))),
}


@pytest.mark.parametrize("form", NAIVE)
def test_naive_times(form: str) -> None:
    frame = bars()
    reader = same_rows(frame.assign(datetime=NAIVE[form](frame.datetime)), frame)
    assert reader.report.tz is None
    assert reader.report.found["tz"] == "naive times are those of Asia/Shanghai"


@pytest.mark.parametrize("form", INSTANTS)
def test_instants(form: str) -> None:
    frame = bars()
    reader = same_rows(frame.assign(datetime=INSTANTS[form](frame.datetime)), frame)
    assert reader.report.tz is not None


@pytest.mark.parametrize(
    ("date", "clock"),
    [
        ("%Y-%m-%d", "%H:%M"), ("%Y-%m-%d", "%H:%M:%S"), ("%Y/%m/%d", "%H:%M:%S.000"), ("%Y%m%d", "%H%M"),
        (int, "%H%M"), (int, "%H%M%S"), (int, "%H%M%S000"), ("date", "time"), ("day", "time"),
    ],
)  # fmt: skip
def test_date_and_clock_apart(date: object, clock: str) -> None:
    frame = bars()
    times = frame.datetime.dt
    dates: object = {int: times.strftime("%Y%m%d").astype(int), "date": times.date, "day": times.normalize()}.get(date)  # type: ignore[call-overload]
    clocks: object = times.time if clock == "time" else times.strftime(clock)
    apart = frame.drop(columns="datetime").assign(
        date=times.strftime(str(date)) if dates is None else dates,
        time=clocks.astype(int) if date is int else clocks,  # type: ignore[attr-defined]
    )
    assert same_rows(apart, frame).report.columns["time"] == "date + time"


def test_a_date_beside_full_times_is_left_alone() -> None:
    frame = bars()
    both = frame.assign(date=frame.datetime.dt.date, time=frame.datetime.dt.strftime("%Y%m%d%H%M%S000"))
    assert same_rows(both.drop(columns="datetime"), frame).report.columns["time"] == "time"


def test_a_clock_that_is_none() -> None:
    frame = bars()
    apart = frame.drop(columns="datetime").assign(
        date=frame.datetime.dt.date, time=frame.datetime.dt.strftime("%H:%M").where(frame.index != 1500, "25:10")
    )
    with pytest.raises(TimeError, match="column 'time', row 1,500: '25:10' is no clock time"):
        read(apart)


def test_offsets_over_summer_time_are_one_zone() -> None:
    frame = bars(("2024-03-08", "2024-03-11"), ("SPY",), "XNYS")
    local = frame.datetime.dt.tz_localize("America/New_York")
    same_rows(frame.assign(datetime=[t.isoformat() for t in local]), frame)
    same_rows(frame.assign(datetime=pd.Series(list(local), dtype=object)), frame)


def put(frame: pd.DataFrame, row: int, value: object) -> pd.DataFrame:
    values = list(frame.datetime)
    values[row] = value
    return frame.assign(datetime=pd.Series(values, dtype=object))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("rubbish", "row 7: cannot read 'rubbish' as a time. Expected for instance '2024-01-02 09:31:00'"),
        ("2024-02-30 09:31", "row 7: cannot read '2024-02-30 09:31'"),
        ("01/02/2024 09:31", "row 7: cannot read '01/02/2024 09:31'"),
        (None, "row 7: the time is missing .1 rows.. Drop those rows"),
        ("2024-01-02 09:38:59", "row 7: '2024-01-02 09:38:59' is not on a whole minute.*label='left'"),
        ("2024-01-02 09:38:00+08:00", "row 0 is naive, row 7 carries a zone: naive and zoned times are mixed"),
    ],
)
def test_text_that_cannot_be_read(value: str | None, words: str) -> None:
    frame = bars().assign(datetime=bars().datetime.dt.strftime("%Y-%m-%d %H:%M:%S"))
    with pytest.raises(TimeError, match=f"the frame: column 'datetime', {words}"):
        read(put(frame, 7, value))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.where(t.index != 3), "row 3: the time is missing"),
        (lambda t: t + pd.to_timedelta(np.where(t.index == 5, 3, 0), "s"), "row 5: .* and 3 seconds is not on"),
        (lambda t: t + pd.Timedelta(days=3652), "row 0: 2034-01-01 09:31 is not between .*Bars of the future"),
        (lambda t: t - pd.Timedelta(days=20000), "row 0: 1969-.* is not between .* may count"),
        (lambda t: epoch("ms")(t).where(t.index != 9, epoch("s")(t)), "row 9: .* counts s where other rows count ms"),
        (lambda t: epoch("ms")(t).where(t.index < 9, epoch("us")(t)), "row 0: .* counts ms where other rows count us"),
        (lambda t: epoch("ms")(t) // 97_700, "is neither a date in digits .YYYYMMDDHHMM.* nor seconds, milli-"),
        (lambda t: epoch("ms")(t) + 0.5, "the numbers are not whole"),
        (lambda t: t.dt.time, "clock times without a date"),
        (lambda t: t.index % 2 == 0, "values of type bool are no times"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_read(change: Callable[[Times], object], words: str) -> None:
    frame = bars()
    with pytest.raises(TimeError, match=f"the frame: column 'datetime'.*{words}"):
        read(frame.assign(datetime=change(frame.datetime)))


def test_the_message_for_a_forgotten_format() -> None:
    """`pandas.to_datetime` of 17 digits gives 1970-08-23, silently."""
    frame = bars()
    wrong = pd.to_datetime(frame.datetime.dt.strftime("%Y%m%d%H%M%S000").astype("int64"))
    with pytest.raises(TimeError, match="1970-08-23.*|not on a whole minute"):
        read(frame.assign(datetime=wrong))


def test_mixed_objects_and_zones() -> None:
    frame = bars()
    with pytest.raises(
        TimeError, match="column 'datetime': naive and zoned times are mixed; row 0 is naive.*row 4 carries"
    ):
        read(put(frame, 4, dt.datetime(2024, 1, 2, 9, 35, tzinfo=dt.UTC)))
    texts = [f"{t}{'+08:00' if k % 2 else '-05:00'}" for k, t in enumerate(frame.datetime.astype(str))]
    with pytest.raises(TimeError, match="several zones are mixed: UTC-05:00, UTC.08:00"):
        read(frame.assign(datetime=texts))


def test_zone_arguments() -> None:
    frame = bars()
    utc = frame.assign(datetime=zoned(frame.datetime).dt.tz_convert("UTC").dt.tz_localize(None))
    same_rows(utc, frame, tz="UTC")
    same_rows(frame, frame, tz="Asia/Shanghai")
    noted = same_rows(frame.assign(datetime=zoned(frame.datetime)), frame, tz="UTC")
    assert noted.report.notes == ["tz='UTC' is not used: the times carry their own zone."]
    with pytest.raises(ArgumentError, match="tz='Mars/Base' is not a time zone. Pass an IANA name"):
        read(utc, tz="Mars/Base")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC"])
def test_zones_agree_with_pandas(zone: str) -> None:
    times = pd.date_range("1990-01-01", "2024-12-31", freq="4321min", tz="UTC")
    utc = (times.tz_localize(None) - pd.Timestamp(0)) // pd.Timedelta(minutes=1)
    wall = (times.tz_convert(zone).tz_localize(None) - pd.Timestamp(0)) // pd.Timedelta(minutes=1)
    assert (to_local(utc.to_numpy(), zone) == wall.to_numpy()).all()
    back = to_utc(wall.to_numpy(), zone)
    assert (to_local(back, zone) == wall.to_numpy()).all()
    assert (back == utc.to_numpy()).mean() > 0.99  # an hour that happens twice has two readings


@pytest.mark.parametrize(
    ("number", "form"),
    [(1_704_159_060, "s"), (1_704_159_060_000, "ms"), (1_704_159_060_000_000, "us"), (1_704_159_060_000_000_000, "ns"),
     (20240102, "digits"), (202401020931, "digits"), (20240102093100, "digits"), (20240102093100000, "digits"),
     (202413020931, None), (34_260_000, None), (0, None), (-5, None)],
)  # fmt: skip
def test_forms_of_numbers(number: int, form: str | None) -> None:
    assert number_form(number) == form


@pytest.mark.parametrize(
    ("text", "minute"),
    [("9:31", 571), ("09:31:00", 571), ("09:31:00.000", 571), ("931", 571), ("0931", 571), ("93100", 571),
     ("093100", 571), ("93100000", 571), ("931.0", 571), ("09:31:30", None), ("20240103", None), ("24:00", None),
     ("", None), ("x", None)],
)  # fmt: skip
def test_clock_times(text: str, minute: int | None) -> None:
    assert parse_clock(text) == minute


def test_moments() -> None:
    assert parse_moment(" 2024-01-02T09:31 ") == dt.datetime(2024, 1, 2, 9, 31)
    assert parse_moment("2024-1-2 9:31:05.5") == dt.datetime(2024, 1, 2, 9, 31, 5, 500000)
    assert parse_moment("20240102") == dt.datetime(2024, 1, 2)
    assert parse_moment("2024010209") is None
