"""From UTC to wall clock and back, on whole minutes since 1970-01-01."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from factors.errors import ArgumentError

Minutes = npt.NDArray[np.int64]

DAY = 1440
"""Minutes of a day."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@lru_cache(maxsize=64)
def zone(name: str) -> dt.tzinfo:
    """Return the zone of an IANA name or of an offset such as ``"+08:00"``.

    Raises
    ------
    ArgumentError
        If there is no such zone.
    """
    try:
        if name[:1] in "+-" or name[:4] in ("UTC+", "UTC-"):
            return dt.datetime.strptime(name.removeprefix("UTC"), "%z").tzinfo or dt.UTC
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ArgumentError(
            f"tz={name!r} is not a time zone. Pass an IANA name such as 'Asia/Shanghai', 'America/New_York' or 'UTC'."
        ) from None


def to_local(utc: Minutes, tz: str) -> Minutes:
    """Return the wall clock of instants, in minutes."""
    if not len(utc) or tz == "UTC":
        return utc
    starts, offsets = _changes(tz, int(utc.min()) // DAY, int(utc.max()) // DAY)
    return utc + offsets[np.searchsorted(starts, utc, side="right") - 1]


def to_utc(local: Minutes, tz: str) -> Minutes:
    """Return the instants of a wall clock; in an hour that happens twice the choice is open."""
    if not len(local) or tz == "UTC":
        return local
    first = local - (to_local(local, tz) - local)
    return local - (to_local(first, tz) - first)


@lru_cache(maxsize=256)
def _changes(tz: str, first_day: int, last_day: int) -> tuple[Minutes, Minutes]:
    """Return the instants at which the offset changes, from the first day on, and the offset from each on."""
    info = zone(tz)

    def offset(minute: int) -> int:
        moment = (_EPOCH + dt.timedelta(minutes=minute)).astimezone(info)
        return int((moment.utcoffset() or dt.timedelta()).total_seconds()) // 60

    starts, offsets = [first_day * DAY], [offset(first_day * DAY)]
    for day in range(first_day, last_day + 1):
        low, high = day * DAY, (day + 1) * DAY
        if offset(high) == offsets[-1]:
            continue
        before = offsets[-1]
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        starts.append(high)
        offsets.append(offset(high))
    return np.array(starts, np.int64), np.array(offsets, np.int64)
