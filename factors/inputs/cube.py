"""Minute bars read once, to compute from many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factors import backends
from factors.common.fields import FIELDS
from factors.data.calendar.session import Session
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.chunks import make_cube
from factors.data.cube.cube import MinuteCube
from factors.errors import ArgumentError, InputError, choice


def cube(
    minute_bars: Any,
    *,
    fields: Sequence[str] | None = None,
    session: str | Session = "auto",
    schema: Any = "auto",
    label: str = "auto",
    tz: str | None = None,
    volume_unit: float | str = "auto",
    outside: str = "error",
    duplicates: str = "error",
    backend: str | backends.Backend | None = None,
) -> MinuteCube:
    """Read minute bars once into a `MinuteCube`, to compute from many times.

    Parameters
    ----------
    minute_bars, session, schema, label, tz, volume_unit, outside, duplicates
        As in `compute`.
    fields : sequence of str, optional
        Fields to load; default: all that the input has.
    backend : str or Backend, optional
        A GPU in whose memory the series are to lie; with cuDF, Parquet files are read straight into it. See also
        `MinuteCube.upload`.

    Returns
    -------
    MinuteCube
        All days of the input, in memory.

    Raises
    ------
    FactorsError
        As in `compute`.
    """
    options = ReadOptions(session, schema, label, tz, volume_unit, outside, duplicates)
    return read_cube(minute_bars, options, fields, backend)


def read_cube(
    minute_bars: Any,
    options: ReadOptions,
    fields: Sequence[str] | None = None,
    backend: str | backends.Backend | None = None,
) -> MinuteCube:
    """Read minute bars into a cube, as `cube` does."""
    from factors.data.reader.reader import open_bars

    if isinstance(minute_bars, MinuteCube):
        refuse_options(options, fields=fields)
        return minute_bars if backend is None else minute_bars.upload(backend)
    if isinstance(fields, str) or (fields is not None and not isinstance(fields, Sequence)):
        raise ArgumentError(f"fields={fields!r} must be a list of field names, such as ['close', 'volume'].")
    unknown = [f for f in fields or () if f not in FIELDS]
    if unknown:
        raise choice("fields", unknown[0], FIELDS)
    # the volume says which minutes traded, so it comes along wherever the input has it; so do high and low together
    ranged = ("high", "low") if {"high", "low"} & set(fields or ()) else ()
    needed = None if fields is None else tuple(f for f in FIELDS if f in ("close", "volume", *ranged, *fields))
    device = None if backend is None else backends.get(backend)
    if device is not None and device.card is None:
        raise ArgumentError(f"backend={device.name!r}: leave it out for a cube on the host, or name a GPU.")
    source = open_bars(minute_bars, options, fields=needed, on=device)
    source.add_pre_close()
    days = list(source.days())
    if not days:
        raise InputError("minute_bars: no bars are left to make a cube of.")
    made = make_cube(days, options.duplicates, source.report, source.on)
    source.report.warn()
    return made if device is None or made.resident is not None else made.upload(device)


def refuse_options(options: ReadOptions, fields: Sequence[str] | None = None) -> None:
    """Refuse options that come too late: the bars are a cube already."""
    given = {"fields": fields} if fields is not None else options.changed()
    for name, value in given.items():
        raise ArgumentError(f"{name}={value!r} has no effect on a MinuteCube; pass it to factors.cube instead.")
