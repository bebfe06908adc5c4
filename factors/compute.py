"""`compute`: minute bars in, a frame of daily factors out.

A run, in order:

1. `Request.of`: the arguments are checked; names become definitions, a plan and an executor (`catalogue`,
   `engine.planning`, `engine.select`).
2. `open_input`: what the input is, its columns, session, label side and units, is found out (`data.conventions`) before
   any day is read. A cube that the caller made is taken as it is.
3. `run`: the stream yields days gathered into cubes of a bounded size, with what factors read of the days before
   (`inputs.stream`, `data.reader`, `data.cube`); the executor computes each cube's factors, an array (days, stocks,
   factors).
4. `assemble`: the stock-days of the input become rows, indexed (date, symbol), with the provenance in ``.attrs``
   (`results`).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factors import backends
from factors.backends import Backend
from factors.catalogue import Wanted, resolve
from factors.common.checks import one_of, whole_number
from factors.common.fields import FIELDS
from factors.common.threads import cores
from factors.data.calendar.session import Session, get_session
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.cube import MinuteCube
from factors.definitions.kinds import Factor
from factors.engine.planning.market import Market, check_market, fields_to_load, reads_market
from factors.engine.planning.plan import Plan, make_plan
from factors.engine.select import Executor, check_engine
from factors.errors import ArgumentError, InputError, MissingFieldError, MissingFieldWarning
from factors.inputs.market import open_market
from factors.inputs.stream import BarStream, CubeStream, InputStream
from factors.results import CubeResult, check_output, convert, factor_frame, provenance

if TYPE_CHECKING:
    import pandas as pd

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
        amounts, or that of one security, such as an index, from its own minute bars. They are read with the same
        `session`, `label`, `tz`, `outside` and `duplicates`.
    lookback : frame, table, path, glob or list of paths, optional
        Bars of the days before, for the factors that read earlier days; they give no rows, and are read with the same
        options. A stock's last traded days are looked for up to 30 days back. Without them these factors are NaN on the
        first days of the input.
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
    request = Request.of(
        factors, backend=backend, engine=engine, storage=storage, market=market, lookback=lookback, threads=threads,
        output=output,
        options=ReadOptions(session, schema, label, tz, volume_unit, outside, duplicates),
    )  # fmt: skip
    stream = open_input(minute_bars, request)
    results = run(request, stream)
    frame = assemble(request, stream, results, started)
    return convert(frame, stream.kind if output == "input" else output)


@dataclass(frozen=True)
class Request:
    """What is wanted of a call, checked.

    Attributes
    ----------
    columns : dict of str to Factor
        The result's columns, in their order.
    plan : Plan
        What computes them, whatever the input has.
    device : Backend
        Where that runs.
    executor : Executor
        How.
    options : ReadOptions
        How the input is to be read.
    market, lookback : object
        As in `compute`.
    threads : int
        CPU threads.
    """

    columns: dict[str, Factor]
    plan: Plan
    device: Backend
    executor: Executor
    options: ReadOptions
    market: Any
    lookback: Any
    threads: int

    @classmethod
    def of(
        cls, factors: Wanted, *, backend: str | Backend, engine: str, storage: str, options: ReadOptions, market: Any,
        lookback: Any, threads: int | None, output: str,
    ) -> Request:  # fmt: skip
        """Check the arguments of a call, before any data is read.

        Raises
        ------
        FactorsError
            One of its kinds, for every wrong argument.
        """
        columns = resolve(factors)
        plan = make_plan(list(dict.fromkeys(columns.values())))
        check_engine(engine)
        check_market(market)
        one_of("output", output, OUTPUTS)
        check_output(output)
        if threads is not None:
            whole_number(f"threads={threads!r}", threads)
        if isinstance(lookback, int | float):
            raise ArgumentError(
                f"lookback={lookback!r} must be the bars of the days before, as minute_bars, not a number."
            )
        device = backends.get(backend)
        executor = Executor(engine, device, storage)
        return cls(columns, plan, device, executor, options, market, lookback, threads or cores())


def open_input(minute_bars: Any, request: Request) -> InputStream:
    """Open the minute bars of a call: a cube, or what a reader makes cubes of."""
    if isinstance(minute_bars, MinuteCube):
        return CubeStream(minute_bars, request.options, request.lookback)
    return BarStream(
        minute_bars, request.options, request.plan, request.market, request.device,
        request.executor.reads_on_device, request.lookback,
    )  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a call computed.

    Attributes
    ----------
    plan : Plan
        What ran: what is wanted, less what the input has no fields for.
    market : Market
        Where the market's return came from.
    parts : list of CubeResult
        Results, cube after cube.
    seconds : float
        Time the engine took.
    """

    plan: Plan
    market: Market
    parts: list[CubeResult]
    seconds: float


def run(request: Request, stream: InputStream) -> Run:
    """Compute what is wanted of each cube of the stream.

    Raises
    ------
    MissingFieldError
        If the input has the fields of none of the factors.
    FactorsError
        As the reader and the engines do.
    """
    plan = request.plan
    if not set(plan.fields) <= set(stream.fields):
        plan = make_plan(plan.factors, stream.fields)
    _warn_missing(plan, stream.fields)
    market = Market()
    if reads_market(plan):
        market = open_market(request.market, request.options, stream.session)
        market.check(stream.fields)
    parts: list[CubeResult] = []
    seconds = 0.0
    for cube, earlier in stream.cubes(plan):
        begin = time.perf_counter()
        values = request.executor.run(plan, cube, request.threads, market, earlier)
        seconds += time.perf_counter() - begin
        index = cube.symbol_index if stream.is_cube else None  # which a cube that is used again need not make again
        parts.append(CubeResult(cube.dates, cube.symbols, cube.listed, values, cube.coverage(), index))
        del cube
    if not parts:
        raise InputError("minute_bars: no bars are left to compute from.")
    return Run(plan, market, parts, seconds)


def assemble(request: Request, stream: InputStream, results: Run, started: float) -> pd.DataFrame:
    """Return the results as a frame with their provenance; `results` is emptied."""
    plan, parts = results.plan, results.parts
    if not stream.is_cube:  # whose notes were told when it was made
        stream.report.warn(stacklevel=4)  # at whoever called `compute`
    seconds = {**stream.seconds, "compute": results.seconds, "total": time.perf_counter() - started}
    about = provenance(request.columns, request.device, request.executor.name, stream.report, seconds, parts)
    about |= request.executor.provenance()
    dates = np.concatenate([part.dates for part in parts])
    if days := stream.days_needed(plan):
        without = dates[: max(0, days - stream.days_before)]
        about["history"] = {"days": days, "first_days_without": [str(day) for day in without]}
    if reads_market(plan):
        about["market"] = results.market.provenance(dates[0], dates[-1])
    return factor_frame(parts, request.columns, list(plan.factors), about)


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
    load(program.graph for program in fusing.stages(plan, get_session(session), fields_to_load(plan)))
    return time.perf_counter() - begin


def _warn_missing(plan: Plan, available: Sequence[str]) -> None:
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
    warnings.warn(f"{text} are NaN.{hint}", MissingFieldWarning, stacklevel=4)  # compute, run and this one lie between
