"""`compute`: minute bars in, a frame of daily factors out.

A run, in order:

1. `factors=` becomes definitions, `backend=` a device, `engine=` a way to run.
2. The reader finds out what the input is: columns, session, label side, units. It yields one day after the other.
3. The plan orders the definitions and names the fields they read; only those are loaded.
4. Days are gathered into a cube until it holds about `CHUNK` bytes, so that any number of days runs in bounded memory
   and many short days still make one batch. What factors read of earlier days is handed from cube to cube.
5. The engine computes the chunk's factors: an array (days, stocks, factors).
6. The stock-days of the input become rows of the result, indexed (date, symbol), with the provenance in `.attrs`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from factors import backends
from factors.catalogue import Wanted, resolve
from factors.common.fields import FIELDS
from factors.common.threads import cores, prefetch
from factors.data.calendar.session import Session, get_session
from factors.data.cube.chunks import CHUNK, chunk_days, recycle
from factors.data.cube.cube import MinuteCube
from factors.data.reader.lookback import History
from factors.data.rows import InputReport
from factors.engine.planning.market import MARKET, Market, check_market
from factors.engine.planning.plan import Plan, make_plan
from factors.engine.select import Executor, check_engine
from factors.errors import ArgumentError, InputError, MissingFieldError, MissingFieldWarning, choice
from factors.inputs import open_market, refuse_options
from factors.results import CubeResult, check_output, convert, factor_frame, provenance

if TYPE_CHECKING:
    from factors.data.reader.reader import BarReader

MOST = 2**30
"""Bytes of cube that are in memory at once for a GPU, at most."""

OUTPUTS = ("pandas", "polars", "arrow", "cudf", "cupy", "input")


def compute(
    minute_bars: Any,
    factors: Wanted = None,
    *,
    backend: str | backends.Backend = "auto",
    engine: str = "auto",
    storage: str = "float64",
    session: str | Session = "auto",
    schema: Any = "auto",
    label: str = "auto",
    tz: str | None = None,
    volume_unit: float | str = "auto",
    outside: str = "error",
    duplicates: str = "error",
    market: Any = "mean",
    lookback: Any = None,
    threads: int | None = None,
    output: str = "pandas",
) -> Any:
    """Compute daily factors from minute bars.

    Parameters
    ----------
    minute_bars : frame, table, path, glob, list of paths, or MinuteCube
        Long minute bars of any number of stocks and days: pandas (also with a MultiIndex), polars, pyarrow, anything
        with ``__arrow_c_stream__``; Parquet, CSV or Feather files, read day by day; or a cube made by `factors.cube`.
    factors : str, Factor, or list of these
        Names, Factor objects, a family, "core" (default) or "all".
    backend : {"auto", "cpu", "gpu", "cuda:N"} or Backend
        Device. A device asked for by name is used or refused; "auto" says in ``.attrs`` what it took.
    engine : {"auto", "fused", "matrix", "loop"}
        How the definitions run; all give the same numbers. "auto" takes the fused engine on a GPU and on a CPU with a
        C++ compiler, else the matrix engine, and says in ``.attrs`` which, and why.
    storage : {"float64", "ticks"}
        How series go to a GPU: as ticks, prices, volumes and trades are whole numbers of 32 bits, which are read as the
        same float64; prices that are no whole ticks are refused.
    session : str or Session
        "auto", an exchange ("XSHG", "XHKG", "XNYS", "24H") or a `Session` of your own.
    schema : str, dict or Schema
        Column names, units and label side: "auto", a vendor's preset ("joinquant", "tushare", ...), a dict
        {field: column} or a `Schema`.
    label : {"auto", "right", "left"}
        Whether a bar is named by its end or its start.
    tz : str, optional
        Time zone of naive times, where it is not the exchange's ("UTC").
    volume_unit : float or "auto"
        Shares per unit of volume (100 for lots).
    outside : {"error", "drop"}
        What to do with bars that are neither in the session nor known trading around it.
    duplicates : {"error", "first", "last"}
        What to do with different bars for one symbol and minute.
    market : {"mean", "amount"} or minute bars
        The market's return, for the factors that read it: the mean over the day's stocks, plain or weighted by their
        amounts, or that of one security, such as an index, from its own minute bars.
    lookback : frame, table, path, glob or list of paths, optional
        Bars of the days before, for the factors that read earlier days; they give no rows. Without them these factors
        are NaN on the first days of the input.
    threads : int, optional
        CPU threads; default: all cores.
    output : {"pandas", "polars", "arrow", "cudf", "cupy", "input"}
        Kind of the result; "input" gives back the kind that came in. As "cudf" or "cupy" it is copied to the GPU.

    Returns
    -------
    pandas.DataFrame
        One row per stock-day of the input, indexed (date, symbol) and sorted; one float64 column per factor, in the
        order asked, in each factor's unit. NaN where a factor has no value; never an infinity. ``.attrs`` holds
        the provenance. As "polars" or "arrow": the same with columns date and symbol.

    Raises
    ------
    FactorsError
        One of its kinds, for every wrong argument and every input that cannot be understood.

    Examples
    --------
    >>> import factors
    >>> bars = factors.simulate_bars(stocks=20, days=2)
    >>> frame = factors.compute(bars, ["return_intraday", "VP"])
    >>> frame.shape, frame.index.names, list(frame.columns)
    ((40, 2), FrozenList(['date', 'symbol']), ['return_intraday', 'VP'])
    """
    started = time.perf_counter()
    columns = resolve(factors)
    wanted = list(dict.fromkeys(columns.values()))
    asked = make_plan(wanted)  # a wrong definition is told before any data is read
    check_engine(engine)
    check_market(market)
    if output not in OUTPUTS:
        raise choice("output", output, OUTPUTS)
    check_output(output)
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ArgumentError(f"threads={threads!r} must be a whole number, 1 or more.")
    if isinstance(lookback, int | float):
        raise ArgumentError(f"lookback={lookback!r} must be the bars of the days before, as minute_bars, not a number.")
    device = backends.get(backend)
    way = Executor(engine, device, storage)
    clock = {"read": 0.0, "prepare": 0.0, "compute": 0.0}
    source: BarReader | None = None
    if isinstance(minute_bars, MinuteCube):
        refuse_options(
            session=session, schema=schema, label=label, tz=tz, volume_unit=volume_unit, outside=outside,
            duplicates=duplicates,
        )  # fmt: skip
        if lookback is not None:
            raise ArgumentError("lookback= has no effect on a MinuteCube: each of its days sees those before it.")
        available: Sequence[str] = minute_bars.fields
        report = minute_bars.report or InputReport()
        cubes: Iterator[MinuteCube] = iter([minute_bars])
        own_close, whole = minute_bars.pre_close is not None, max(minute_bars.sessions, key=lambda s: s.minutes)
    else:
        from factors.data.reader.reader import open_bars

        source = open_bars(
            minute_bars, session=session, schema=schema, label=label, tz=tz, volume_unit=volume_unit, outside=outside,
            fields=_fields(asked, market), on=device if way.reads_on_device else None,
        )  # fmt: skip
        available, report, whole = source.available, source.report, source.session
        own_close = "pre_close" in asked.given and source.add_pre_close()
        clock["read"] = time.perf_counter() - started
        # a GPU takes as many days at once as leave room for the temporaries; a CPU what stays near its caches
        chunk = CHUNK if device.block is not None else max(CHUNK, min(MOST, device.free_bytes() // 16))
        cubes = prefetch(chunk_days(source.days(), chunk, duplicates, report, clock, source.on))
    plan = asked if set(asked.fields) <= set(available) else make_plan(wanted, available)
    _tell_missing(plan, available)
    meant = Market()
    if any(step.name in MARKET for step in plan.across):
        meant = open_market(market, session=whole)
        meant.check(available)
    history = History(max(plan.history, int("pre_close" in plan.given and not own_close)), plan.past)
    known: int | None = None
    parts: list[CubeResult] = []
    for cube in cubes:
        if source is not None and history.days:
            if known is None and lookback is not None:
                history.look_back(
                    lookback, cube.dates[0], duplicates, session=session, schema=schema, label=label, tz=tz,
                    volume_unit=volume_unit, outside=outside, fields=_fields(plan),
                )  # fmt: skip
            known = len(history.dates) if known is None else known
            history.attach(cube)
        begin = time.perf_counter()
        there = cube.on_card_only
        values = way.run(plan, cube, threads or cores(), meant)
        if source is not None:
            history.record(cube)
        if there and not cube.on_card_only:
            report.count("days whose series came from the GPU to the host", len(cube.dates))
        clock["compute"] += time.perf_counter() - begin
        parts.append(CubeResult(cube.dates, cube.symbols, cube.listed, values, cube.coverage()))
        if source is not None:
            recycle(cube)
        del cube
    if not parts:
        raise InputError("minute_bars: no bars are left to compute from.")
    if source is not None:
        report.warn()
    clock["total"] = time.perf_counter() - started
    about = provenance(columns, device, way.name, report, clock, parts) | way.provenance()
    dates = np.concatenate([part.dates for part in parts])
    if history.days:
        first = dates[: max(0, history.days - (known or 0))]
        about["history"] = {"days": history.days, "first_days_without": [str(day) for day in first]}
    if any(step.name in MARKET for step in plan.across):
        about["market"] = meant.provenance(dates[0], dates[-1])
    frame = factor_frame(parts, columns, wanted, about)
    kind = source.kind if source is not None else "pandas"
    return convert(frame, kind if output == "input" else output)


def warmup(factors: Wanted = None, *, session: str | Session = "XSHG") -> float:
    """Compile a set of factors ahead of its first use, for input that has all fields they read.

    Parameters
    ----------
    factors : str, Factor, or list of these
        As in `compute`.
    session : str or Session
        The session of the bars to come.

    Returns
    -------
    float
        Seconds it took; near 0 where the code is kept already.

    Raises
    ------
    CompilerError
        If there is no C++ compiler, or it fails.
    UnknownFactorError, ArgumentError, DefinitionError
        As in `compute`.
    """
    from factors.engine.fused import fusion as fusing
    from factors.engine.fused.libraries import load

    begin = time.perf_counter()
    plan = make_plan(list(dict.fromkeys(resolve(factors).values())))
    load(program.graph for program in fusing.stages(plan, get_session(session), _fields(plan)))
    return time.perf_counter() - begin


def _fields(plan: Plan, market: Any = "mean") -> tuple[str, ...]:
    """Fields to load: those that are read, and what says whether a bar exists and traded."""
    weights = isinstance(market, str) and market == "amount" and any(step.name in MARKET for step in plan.across)
    read = (*plan.fields, "close", "volume", *(("amount",) if weights else ()))
    return tuple(f for f in FIELDS if f in read)


def _tell_missing(plan: Plan, available: Sequence[str]) -> None:
    if not plan.missing:
        return
    lacking = sorted({f for fields in plan.missing.values() for f in fields}, key=FIELDS.index)
    hint = ""
    if "amount" in lacking and "volume" in available:
        hint = " Without amounts, volume x typical price may serve: bars['amount'] = bars.volume * bars.close."
    text = (
        f"the input has no {', '.join(lacking)} (it has {', '.join(available)}): "
        f"{', '.join(list(plan.missing)[:5])}{f' and {len(plan.missing) - 5} more' if len(plan.missing) > 5 else ''}"
    )
    if len(plan.missing) == len(plan.factors):
        raise MissingFieldError(
            f"nothing can be computed: {text} would be NaN. If a column has it under another name, pass "
            "schema={field: column}."
        )
    warnings.warn(f"{text} are NaN.{hint}", MissingFieldWarning, stacklevel=3)
