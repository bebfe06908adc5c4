"""Rows that have no minute of the session: why, in words, and the errors they raise."""

from __future__ import annotations

from collections.abc import Mapping

from factors.data.calendar.session import EXTENDED, OUTSIDE, Session
from factors.data.reader.grid import WEEKEND
from factors.errors import InputError, TimeError

LEFT_OUT = {"extended hours": EXTENDED, "outside session": OUTSIDE, "weekend": WEEKEND}
"""Special minute of the rows that are left out, by quality rule."""


def lie_outside(session: Session, kind: int) -> str:
    """Return where rows of a special minute lie, in words."""
    if kind == WEEKEND:
        return f"lie on a weekend, when {session.name} is closed"
    return f"lie in the extended hours of {session}" if kind == EXTENDED else f"lie outside {session}"


def stray_error(
    source: str, session: Session, label: str, kind: int, count: int, total: int, first: str, fits: str
) -> TimeError:
    """Build the error for rows that have no place; `first` names the first of them, `fits` a session that they fit."""
    ways = f"session=, tz= or label= (now {label!r}) if the bars are right"
    if kind == WEEKEND:
        ways = (
            f"tz= or label= if the days are off by one, session=factors.Session.of({session.name!r}, weekend=True) if "
            "they are right"
        )
    known = f" The bars fit {fits}." if fits else ""
    return TimeError(
        f"{source}: {count:,} of {total:,} rows ({count / total:.2%}) {lie_outside(session, kind)}; the first is "
        f"{first}.{known} Pass {ways}, or outside='drop' to leave them out."
    )


def nothing_left(source: str, session: Session, label: str, left: Mapping[int, int]) -> InputError:
    """Build the error for an input of which no row has a place; `left` are the rows left out by special minute."""
    counts = {rule: left[kind] for rule, kind in LEFT_OUT.items() if left.get(kind)}
    total = sum(counts.values())
    if not total:
        return InputError(f"{source}: no rows.")
    if len(counts) > 1:
        each = ", ".join(f"{number:,} {rule}" for rule, number in counts.items())
        what = f"none of {total:,} rows is left: {each.replace('extended', 'in extended')} ({session})"
    else:
        what = f"all {total:,} rows {lie_outside(session, LEFT_OUT[next(iter(counts))])}"
    return InputError(f"{source}: {what}. Pass session=, tz= or label= (now {label!r}).")
