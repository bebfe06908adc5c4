"""Bar times in any form (timestamps, epoch integers, dates in digits, text, date and clock apart) as whole minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.moments import (
    EPOCH,
    FIRST,
    PER_MINUTE,
    clock_width,
    moment_text,
    number_form,
    parse_clock,
    parse_moment,
)
from factors.data.zones import DAY
from factors.errors import TimeError

_SLICE = 1 << 18
_SECONDS = (
    "One-minute bars are needed; where the bars are named by their last second (09:30:59), floor the column to minutes "
    "and pass label='left'."
)


@dataclass(frozen=True)
class Times:
    """Times of a table's rows.

    Parameters
    ----------
    minutes : int32 array, shape (rows,)
        Minutes since 1970-01-01, of UTC where `zone` is set, else of the wall clock.
    zone : str or None
        Time zone that the column carries; None for naive times.
    how : str
        The form the times came in, for the report.
    """

    minutes: npt.NDArray[np.int32]
    zone: str | None
    how: str


class At:
    """Names a column, and one of its rows, in messages; `first_row` is None where row numbers are not known."""

    def __init__(self, name: str, where: str, first_row: int | None = 0) -> None:
        self.name, self.where, self.first_row = name, where, first_row

    def __str__(self) -> str:
        return f"{self.where}: column {self.name!r}"

    def row(self, number: int) -> str:
        """Name the column and the row, counted from 0 within the part that is being read."""
        return str(self) if self.first_row is None else f"{self}, row {self.first_row + number:,}"


def read_times(column: Any, at: At) -> Times:
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
        read = _distinct(column.dictionary_encode(), at)
    elif pt.is_dictionary(kind):
        read = _distinct(column, at)
    elif pt.is_time(kind):
        raise TimeError(f"{at}: clock times without a date. A column named 'date' beside it is found by itself.")
    else:
        raise TimeError(f"{at}: values of type {kind} are no times. Convert the column with pandas.to_datetime.")
    _check_range(read, at)
    return read


def read_date_and_clock(dates: Any, clocks: Any, at_date: At, at_clock: At) -> Times:
    """Read a column of dates and one of clock times (a time type, or 09:31, 931, 93100, 93100000) beside it."""
    days = read_times(dates, at_date)
    no_nulls(clocks, at_clock, "time")
    column = clocks.dictionary_encode()
    texts = [[str(value) for value in chunk.dictionary.to_pylist()] for chunk in column.chunks]
    width = clock_width(max((len(t.removesuffix(".0")) for known in texts for t in known), default=0))
    clock = np.empty(len(column), np.int32)
    place = 0
    for chunk, known in zip(column.chunks, texts, strict=True):
        codes = chunk.indices.to_numpy()
        minutes = [parse_clock(text, width) for text in known]
        if None in minutes:
            k = minutes.index(None)
            row = at_clock.row(place + int(np.argmax(codes == k)))
            raise TimeError(f"{row}: {known[k]!r} is no clock time on a whole minute. Expected for instance '09:31'.")
        clock[place : place + len(chunk)] = np.array(minutes, np.int32)[codes]
        place += len(chunk)
    return Times(days.minutes // DAY * DAY + clock, None, f"{at_date.name} + {at_clock.name}")


def is_clock(column: Any) -> bool:
    """Return whether a column holds clock times without a date."""
    import pyarrow.types as pt

    if pt.is_time(column.type):
        return True
    if pt.is_timestamp(column.type) or pt.is_date(column.type):
        return False
    values = [str(value) for value in column.slice(0, 1000).to_pylist() if value is not None]
    return bool(values) and all(parse_clock(value) is not None for value in values)


def is_text(kind: Any) -> bool:
    """Return whether an Arrow type is one of the string types."""
    import pyarrow.types as pt

    return bool(pt.is_string(kind) or pt.is_large_string(kind) or str(kind) == "string_view")


def no_nulls(column: Any, at: At, what: str) -> None:
    """Raise for the first missing value of a column that must be complete."""
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy()))
        raise TimeError(f"{at.row(row)}: the {what} is missing ({column.null_count:,} rows). Drop those rows first.")


def _whole(column: Any, per: int, at: At) -> npt.NDArray[np.int32]:
    """Turn ticks into whole minutes, in slices that stay in the cache."""
    minutes = np.empty(len(column), np.int32)
    place = 0
    for chunk in column.chunks:
        ticks = chunk.view("int64").to_numpy()
        for start in range(0, len(ticks), _SLICE):
            part = ticks[start : start + _SLICE]
            whole = part // per
            odd = whole * per != part
            if odd.any():
                k = int(np.argmax(odd))
                seconds = int(part[k] - whole[k] * per) * 60 / per
                when = f"{moment_text(int(whole[k]))} and {seconds:g} seconds"
                raise TimeError(f"{at.row(place + k)}: {when} is not on a whole minute. {_SECONDS}")
            np.copyto(minutes[place : place + len(part)], whole, casting="unsafe")
            place += len(part)
    return minutes


def _numbers(column: Any, at: At) -> Times:
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
        return _distinct(column.dictionary_encode(), at)
    return Times(_whole(column, PER_MINUTE[str(form)], at), "UTC", f"epoch {form}")


def _find(column: Any, number: int) -> int:
    return int(np.argmax(column.to_numpy() == number))


def _distinct(column: Any, at: At) -> Times:
    """Read each distinct value of a dictionary column once: a column of bars has few distinct times."""
    pieces: list[Times] = []
    place = 0
    for chunk in column.chunks:
        if not len(chunk):
            continue
        codes = chunk.indices.to_numpy()
        known = _values(chunk.dictionary, at, codes, place)
        if pieces and (known.zone is None) != (pieces[0].zone is None):
            raise _mixed(at, *((0, place) if pieces[0].zone is None else (place, 0)))
        pieces.append(Times(known.minutes[codes], known.zone, known.how))
        place += len(chunk)
    if not pieces:
        return Times(np.empty(0, np.int32), None, "text")
    return Times(np.concatenate([piece.minutes for piece in pieces]), pieces[0].zone, pieces[0].how)


def _values(values: Any, at: At, codes: npt.NDArray[np.int32], place: int) -> Times:
    """Read the values of a dictionary that occur; the others get any minute."""
    import pyarrow as pa

    used = np.unique(codes)
    minutes = np.zeros(len(values), np.int32)
    if not is_text(values.type) and not pa.types.is_integer(values.type):
        read = read_times(pa.chunked_array([values.take(pa.array(used, pa.int64()))]), At(at.name, at.where, None))
        minutes[used] = read.minutes
        return Times(minutes, read.zone, read.how)
    seen: dict[int | None, int] = {}
    listed = values.to_pylist()
    for k in used.tolist():
        value = listed[k]
        moment = parse_moment(str(value))
        if moment is None or moment.second or moment.microsecond:
            row = at.row(place + int(np.argmax(codes == k)))
            if moment is not None:
                raise TimeError(f"{row}: {value!r} is not on a whole minute. {_SECONDS}")
            raise TimeError(f"{row}: cannot read {value!r} as a time. Expected for instance '2024-01-02 09:31:00'.")
        offset = moment.utcoffset()
        shift = None if offset is None else int(offset.total_seconds()) // 60
        seen.setdefault(shift, k)
        minutes[k] = (moment.replace(tzinfo=None) - EPOCH).total_seconds() // 60 - (shift or 0)
    if None in seen and len(seen) > 1:
        naive = seen.pop(None)
        raise _mixed(at, *(place + int(np.argmax(codes == k)) for k in (naive, next(iter(seen.values())))))
    offsets = sorted(offset for offset in seen if offset is not None)
    names = [f"UTC{offset // 60:+03d}:{offset % 60:02d}" for offset in offsets]
    if len(offsets) > 2 or (len(offsets) == 2 and offsets[1] - offsets[0] > 60):  # summer time moves by one hour
        raise TimeError(f"{at}: times of several zones are mixed: {', '.join(names[:3])}. Convert them to one zone.")
    zone = None if not names else "UTC" if offsets == [0] else " / ".join(names)
    return Times(minutes, zone, "text" if is_text(values.type) else "dates in digits")


def _mixed(at: At, naive: int, zoned: int) -> TimeError:
    return TimeError(
        f"{at.row(naive)} is naive, {at.row(zoned).removeprefix(str(at)).lstrip(', ')} carries a zone: naive and zoned "
        "times are mixed. Bring the column to one form."
    )


def _check_range(read: Times, at: At) -> None:
    if not len(read.minutes):
        return
    last = int(time.time()) // 60 + DAY
    for edge in (int(read.minutes.min()), int(read.minutes.max())):
        if not FIRST <= edge <= last:
            row = at.row(int(np.argmax(read.minutes == edge)))
            hint = "The column may count another unit." if edge < FIRST else "Bars of the future are refused."
            raise TimeError(f"{row}: {moment_text(edge)} is not between 1990 and tomorrow. {hint}")
