"""Bar times as text: dates and times, and clock times beside a column of dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.parsing.columns import ColumnRef, is_text, no_nulls
from factors.data.parsing.datetime_forms import EPOCH, PER_MINUTE, clock_width, parse_clock, parse_moment
from factors.errors import TimeError

SECONDS = (
    "One-minute bars are needed; where the bars are named by their last second (09:30:59), floor the column to minutes "
    "and pass label='left'."
)
"""What to do about times off the whole minute."""


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


def read_texts(column: Any, at: ColumnRef) -> Times:
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


def _values(values: Any, at: ColumnRef, codes: npt.NDArray[np.int32], place: int) -> Times:
    """Read the values of a dictionary that occur; the others get any minute."""
    plain = _plain(values)
    if plain is not None:
        return Times(plain, None, "text")
    used = np.unique(codes)
    minutes = np.zeros(len(values), np.int32)
    seen: dict[int | None, int] = {}
    listed = values.to_pylist()
    for k in used.tolist():
        value = listed[k]
        moment = parse_moment(str(value))
        if moment is None or moment.second or moment.microsecond:
            row = at.row(place + int(np.argmax(codes == k)))
            if moment is not None:
                raise TimeError(f"{row}: {value!r} is not on a whole minute. {SECONDS}")
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


def _plain(values: Any) -> npt.NDArray[np.int32] | None:
    """Read naive ISO times on whole minutes at once; None where the slow way has to judge."""
    import pyarrow as pa

    if not is_text(values.type):
        return None
    try:
        ticks = values.cast(pa.timestamp("us")).view(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    minutes = ticks // PER_MINUTE["us"]
    return minutes.astype(np.int32) if (minutes * PER_MINUTE["us"] == ticks).all() else None


def _mixed(at: ColumnRef, naive: int, zoned: int) -> TimeError:
    return TimeError(
        f"{at.row(naive)} is naive, {at.row(zoned).removeprefix(str(at)).lstrip(', ')} carries a zone: naive and zoned "
        "times are mixed. Bring the column to one form."
    )


def read_clocks(column: Any, at: ColumnRef) -> npt.NDArray[np.int32]:
    """Read clock times (a time type, or 09:31, 931, 93100, 93100000) as minutes since midnight."""
    no_nulls(column, at, "time")
    column = column.dictionary_encode()
    texts = [[str(value) for value in chunk.dictionary.to_pylist()] for chunk in column.chunks]
    width = clock_width(max((len(t.removesuffix(".0")) for known in texts for t in known), default=0))
    clock = np.empty(len(column), np.int32)
    place = 0
    for chunk, known in zip(column.chunks, texts, strict=True):
        codes = chunk.indices.to_numpy()
        minutes = [parse_clock(text, width) for text in known]
        if None in minutes:
            k = minutes.index(None)
            row = at.row(place + int(np.argmax(codes == k)))
            raise TimeError(f"{row}: {known[k]!r} is no clock time on a whole minute. Expected for instance '09:31'.")
        clock[place : place + len(chunk)] = np.array(minutes, np.int32)[codes]
        place += len(chunk)
    return clock


def is_clock(column: Any) -> bool:
    """Return whether a column holds clock times without a date."""
    import pyarrow.types as pt

    if pt.is_time(column.type):
        return True
    if pt.is_timestamp(column.type) or pt.is_date(column.type):
        return False
    values = [str(value) for value in column.slice(0, 1000).to_pylist() if value is not None]
    return bool(values) and all(parse_clock(value) is not None for value in values)
