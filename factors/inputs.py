"""What `compute` is given, read: a cube of minute bars, and the market's bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factors import backends
from factors.common.fields import FIELDS
from factors.data.calendar.session import Session
from factors.data.conventions.schema import Schema
from factors.data.cube.chunks import make_cube
from factors.data.cube.cube import MinuteCube
from factors.engine.planning.external import pre_close
from factors.engine.planning.market import Market, check_market
from factors.errors import ArgumentError, FactorsError, InputError, choice


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
    from factors.data.reader.reader import open_bars

    if isinstance(minute_bars, MinuteCube):
        refuse_options(
            fields=fields, session=session, schema=schema, label=label, tz=tz, volume_unit=volume_unit, outside=outside,
            duplicates=duplicates,
        )  # fmt: skip
        return minute_bars if backend is None else minute_bars.upload(backend)
    if isinstance(fields, str) or (fields is not None and not isinstance(fields, Sequence)):
        raise ArgumentError(f"fields={fields!r} must be a list of field names, such as ['close', 'volume'].")
    unknown = [f for f in fields or () if f not in FIELDS]
    if unknown:
        raise choice("fields", unknown[0], FIELDS)
    # the volume says which minutes traded, so it comes along wherever the input has it
    needed = None if fields is None else tuple(f for f in FIELDS if f in ("close", "volume", *fields))
    device = None if backend is None else backends.get(backend)
    if device is not None and device.card is None:
        raise ArgumentError(f"backend={device.name!r}: leave it out for a cube on the host, or name a GPU.")
    source = open_bars(
        minute_bars, session=session, schema=schema, label=label, tz=tz, volume_unit=volume_unit, outside=outside,
        fields=needed, on=device,
    )  # fmt: skip
    source.add_pre_close()
    days = list(source.days())
    if not days:
        raise InputError("minute_bars: no bars are left to make a cube of.")
    made = make_cube(days, duplicates, source.report, source.on)
    source.report.warn()
    return made if device is None or made.resident is not None else made.upload(device)


def refuse_options(**options: Any) -> None:
    for name, value in options.items():
        if value is not None and value not in ("auto", "error"):
            raise ArgumentError(f"{name}={value!r} has no effect on a MinuteCube; pass it to factors.cube instead.")


def open_market(market: Any, **options: Any) -> Market:
    """Return the market meant by an argument: "mean", "amount", or the minute bars of one security.

    Raises
    ------
    ArgumentError
        If it is neither.
    FactorsError
        As `factors.cube` does, for bars.
    """
    if isinstance(market, str) and market == "mean":
        return Market()
    if isinstance(market, str) and market == "amount":
        return Market("amount")
    check_market(market)
    units = Schema(volume_unit=1, amount_unit=1)  # an index has volumes of its own kind, which are not read
    try:
        bars = market if isinstance(market, MinuteCube) else cube(market, fields=["close"], schema=units, **options)
    except FactorsError as error:
        raise type(error)(f"market, which is 'mean', 'amount' or minute bars of one security: {error}") from None
    if len(bars.symbols) != 1:
        some = ", ".join(map(str, bars.symbols[:3]))
        raise ArgumentError(f"market: bars of one security are wanted, not of {len(bars.symbols)} ({some}, ...).")
    return Market("bars", bars, pre_close(bars)[:, 0])
