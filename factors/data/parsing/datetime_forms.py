"""One time as text or as a number: what form it has, and what minute it names."""

from __future__ import annotations

import datetime as dt
import re

from factors.data.calendar.zones import DAY

PER_MINUTE = {"s": 60, "ms": 60_000, "us": 60_000_000, "ns": 60_000_000_000}
"""Ticks of each unit in a minute."""

FIRST = 7305 * DAY
"""1990-01-01; a bar before it is a mistake."""

EPOCH = dt.datetime(1970, 1, 1)

_LAST = 47482 * DAY  # 2100-01-01
_DIGITS = (8, 12, 14, 17)
_LOOSE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")


def parse_moment(text: str) -> dt.datetime | None:
    """Read a date and time: ISO 8601, with slashes, without leading zeros, or 8, 12, 14 or 17 digits; else None."""
    text = text.strip()
    if text.isdigit():
        if len(text) not in _DIGITS:
            return None
        day, clock = text[:8], text[8:].ljust(9, "0")
        text = f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:6]}.{clock[6:]}"
    text = text.replace("/", "-")
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        match = _LOOSE.fullmatch(text)
    if match is None:
        return None
    year, month, day_of, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        return dt.datetime(year, month, day_of, hour, minute, second, int((match[7] or "0").ljust(6, "0")[:6]))
    except ValueError:
        return None


def parse_clock(text: str, width: int | None = None) -> int | None:
    """Read a clock time on a whole minute (09:31, 09:31:00, 931, 93100, 93100000) as minutes since midnight, else None.

    `width` is the number of digits of a column without colons: 4 for HHMM, 6 for HHMMSS, 9 for HHMMSSmmm.
    """
    text = text.strip().removesuffix(".0")
    match = _CLOCK.fullmatch(text)
    if match is not None:
        hour, minute, second = int(match[1]), int(match[2]), float(match[3] or 0)
    elif text.isdigit() and len(text) <= 9:
        text = text.zfill(width or clock_width(len(text)))
        hour, minute, second = int(text[:2]), int(text[2:4]), float(int(text[4:] or 0))
    else:
        return None
    return 60 * hour + minute if hour < 24 and minute < 60 and second == 0 else None


def clock_width(longest: int) -> int:
    """Return the number of digits that clock times of at most `longest` digits are written with."""
    return 4 if longest <= 4 else 6 if longest <= 6 else 9


def number_form(number: int) -> str | None:
    """Return ``"digits"`` (of a date) or the unit of an epoch, for a number that can be a time from 1990 to 2099."""
    text = str(number)
    if len(text) in _DIGITS and parse_moment(text) is not None and "1990" <= text[:4] < "2100":
        return "digits"
    return next((unit for unit, per in PER_MINUTE.items() if FIRST <= number // per < _LAST), None)


def moment_text(minute: int) -> str:
    """Return a minute since 1970-01-01 as ``"2024-01-02 09:31"``."""
    return f"{EPOCH + dt.timedelta(minutes=minute):%Y-%m-%d %H:%M}"


def clock_text(minute: int) -> str:
    """Return minutes since midnight as ``"09:31"``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
