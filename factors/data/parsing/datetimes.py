"""Bar times in any form (timestamps, epoch integers, dates in digits, text, date and clock apart) as whole minutes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.calendar.zones import DAY
from factors.data.native.clock import whole_minutes
from factors.data.parsing.columns import ColumnRef, is_text, no_nulls
from factors.data.parsing.datetime_forms import FIRST, PER_MINUTE, moment_text, number_form
from factors.data.parsing.datetime_text import SECONDS, Times, read_clocks, read_texts
from factors.errors import TimeError

_SLICE = 1 << 18


def read_times(column: Any, at: ColumnRef) -> Times:
    """Read a column of times.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Timestamps, dates, integers (epoch s, ms, us, ns; 8, 12, 14 or 17 digits of a date) or text.
    at : At
        What the column is called in messages.

    Raises
    ------
    TimeError
        If a time is missing, unreadable, not on a whole minute or outside 1990..tomorrow, or if naive times are mixed
        with zoned ones, or units or zones among themselves.
    """
    import pyarrow as pa
    import pyarrow.types as pt

    kind = column.type
    no_nulls(column, at, "time")
    if pt.is_timestamp(kind):
        read = Times(_whole(column, PER_MINUTE[kind.unit], at), kind.tz, f"timestamp[{kind.unit}]")
    elif pt.is_date(kind):
        read = Times(_whole(column.cast("timestamp[s]"), 60, at), None, "dates")
    elif pt.is_integer(kind) or pt.is_floating(kind):
        read = _numbers(column, at)
    elif is_text(kind):
        try:
            numbers = column.cast(pa.int64()) if _digits(column) else None
        except pa.ArrowInvalid:
            numbers = None
        read = read_texts(column.dictionary_encode(), at) if numbers is None else _numbers(numbers, at)
    elif pt.is_dictionary(kind):
        if not is_text(kind.value_type) or _digits(column):
            return read_times(column.cast(kind.value_type), at)
        read = read_texts(column, at)
    elif pt.is_time(kind):
        raise TimeError(f"{at}: clock times without a date. A column named 'date' beside it is found by itself.")
    else:
        raise TimeError(f"{at}: values of type {kind} are no times. Convert the column with pandas.to_datetime.")
    _check_range(read, at)
    return read


def read_date_and_clock(dates: Any, clocks: Any, at_date: ColumnRef, at_clock: ColumnRef) -> Times:
    """Read a column of dates and one of clock times (a time type, or 09:31, 931, 93100, 93100000) beside it."""
    days = read_times(dates, at_date)
    minutes = days.minutes // DAY * DAY + read_clocks(clocks, at_clock)
    return Times(minutes.astype(np.int32), None, f"{at_date.name} + {at_clock.name}")


def _whole(column: Any, per: int, at: ColumnRef) -> npt.NDArray[np.int32]:
    """Turn ticks into whole minutes, in slices that stay in the cache."""
    minutes = np.empty(len(column), np.int32)
    place = 0
    for chunk in column.chunks:
        ticks = chunk.view("int64").to_numpy()
        if whole_minutes(ticks, per, minutes[place : place + len(ticks)]):
            place += len(ticks)
            continue
        for start in range(0, len(ticks), _SLICE):
            part = ticks[start : start + _SLICE]
            whole = part // per
            odd = whole * per != part
            if odd.any():
                k = int(np.argmax(odd))
                seconds = int(part[k] - whole[k] * per) * 60 / per
                when = f"{moment_text(int(whole[k]))} and {seconds:g} seconds"
                raise TimeError(f"{at.row(place + k)}: {when} is not on a whole minute. {SECONDS}")
            np.copyto(minutes[place : place + len(part)], whole, casting="unsafe")
            place += len(part)
    return minutes


def _numbers(column: Any, at: ColumnRef) -> Times:
    """Tell epochs from dates in digits by their magnitude."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(column):
        return Times(np.empty(0, np.int32), None, "numbers")
    try:
        column = column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise TimeError(f"{at}: the numbers are not whole ({error}). Convert with pandas.to_datetime.") from None
    edges = pc.min_max(column).as_py()
    some = column.slice(0, _SLICE).to_numpy()
    middle = int(np.partition(some, len(some) // 2)[len(some) // 2])
    form = number_form(middle)
    for number in (middle, edges["min"], edges["max"]):
        if number_form(number) is None:
            raise TimeError(
                f"{at.row(_find(column, number))}: {number} is neither a date in digits (YYYYMMDDHHMM, with SS, with "
                "mmm) nor seconds, milli-, micro- or nanoseconds since 1970 of a day from 1990 on."
            )
        if number_form(number) != form:
            raise TimeError(
                f"{at.row(_find(column, number))}: {number} counts {number_form(number)} where other rows count {form} "
                f"({middle}). Units are mixed; bring the column to one."
            )
    if form == "digits":
        return read_texts(column.dictionary_encode(), at)
    return Times(_whole(column, PER_MINUTE[str(form)], at), "UTC", f"epoch {form}")


def _digits(column: Any) -> bool:
    """Return whether a text column begins with digits only, as epochs and dates in CSV files do."""
    return len(column) > 0 and str(column[0].as_py()).isdigit()


def _find(column: Any, number: int) -> int:
    return int(np.argmax(column.to_numpy() == number))


def _check_range(read: Times, at: ColumnRef) -> None:
    if not len(read.minutes):
        return
    last = int(time.time()) // 60 + DAY
    for edge in (int(read.minutes.min()), int(read.minutes.max())):
        if not FIRST <= edge <= last:
            row = at.row(int(np.argmax(read.minutes == edge)))
            hint = "The column may count another unit." if edge < FIRST else "Bars of the future are refused."
            raise TimeError(f"{row}: {moment_text(edge)} is not between 1990 and tomorrow. {hint}")
