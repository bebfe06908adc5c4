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
    import pandas as pd

    instants = pd.DatetimeIndex((utc * 60).view("M8[s]")).tz_localize("UTC").tz_convert(zone(tz))
    clock: Minutes = instants.tz_localize(None).asi8 // 60
    return clock


def to_utc(local: Minutes, tz: str) -> Minutes:
    """Return the instants of a wall clock; in an hour that happens twice the choice is open."""
    if not len(local) or tz == "UTC":
        return local
    first = local - (to_local(local, tz) - local)
    return local - (to_local(first, tz) - first)
