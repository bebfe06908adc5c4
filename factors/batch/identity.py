"""What a run computes of its files, and what makes two runs compute the same: the factors and the options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from factors.batch.code_hash import fingerprint
from factors.batch.fingerprints import hash_json
from factors.catalogue import Wanted
from factors.common.checks import whole_number
from factors.common.version import CONVENTIONS, __version__
from factors.compute import Request
from factors.compute import compute as compute_factors
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.days_before import REACH
from factors.definitions.kinds import Factor
from factors.engine.planning.market import Market, reads_market
from factors.engine.planning.plan import Plan
from factors.errors import ArgumentError
from factors.inputs.market import open_market

if TYPE_CHECKING:
    import pandas as pd

Compute = Callable[..., "pd.DataFrame"]


@dataclass(frozen=True)
class Task:
    """What a run computes of its files, checked before any is read.

    Parameters
    ----------
    compute : callable
        Files in, factor frame out.
    options : ReadOptions
        How the files are read.
    factor_set : str
        One hash for factors, options and the library's version.
    history : int
        Days of the input before its own in which a day's factors look for what they read.
    market : Market, optional
        A market that is given by its bars, read once for all days.
    """

    compute: Compute
    options: ReadOptions
    factor_set: str
    history: int = 0
    market: Market | None = None

    @classmethod
    def of(
        cls, factors: Wanted, options: ReadOptions, *, backend: str, engine: str, storage: str, market: Any,
        threads: int | None, compute: Compute | None = None,
    ) -> Task:  # fmt: skip
        """Check what is to be computed, and read the bars of a market that is given by them.

        Raises
        ------
        FactorsError
            As `factors.compute` does for the same arguments, which `compute` may stand in for.
        """
        if threads is not None:
            whole_number(f"threads={threads!r}", threads)
        if not isinstance(factors, str | Factor | None):
            if not isinstance(factors, Iterable):
                raise ArgumentError(f"factors={factors!r} must be a name, a factor or a list of these.")
            factors = list(factors)
        further: dict[str, Any] = {"market": market} if isinstance(market, str) and market == "amount" else {}
        if storage != "float64":  # how the series travel, which changes no number
            further["storage"] = storage
        made_by: Mapping[str, Any] = {"factors": factors}
        history, bars = 0, None
        if compute is None:
            request = Request.of(
                factors, backend=backend, engine=engine, storage=storage, options=options, market=market,
                lookback=None, threads=threads, output="pandas",
            )  # fmt: skip
            plan = request.plan
            made_by = identify(request.columns, plan, market)
            history = REACH if plan.history or "pre_close" in plan.given else 0
            if reads_market(plan) and _kind(market) == "bars":
                bars = open_market(market, options)
                further["market"] = bars.bars
        work = partial(
            compute or compute_factors, factors=factors, backend=backend, engine=engine, threads=threads,
            **options.as_arguments(), **further,
        )  # fmt: skip
        reading = plain(options.as_arguments())
        factor_set = hash_json({"made_by": plain(made_by), "reading": reading, "dtype": "float64"})
        return cls(work, options, factor_set, history, bars)


def identify(columns: Mapping[str, Factor], plan: Plan, market: Any = "mean") -> dict[str, Any]:
    """Return what identifies factors, by column, with their plan.

    A custom factor is identified by its code and all that this reaches (`code_hash`), as are the custom series it
    reads; the library's own by version.
    """
    return {
        "version": __version__,
        "conventions": CONVENTIONS,
        "factors": {
            name: {
                "is": f.name,
                "version": f.version,
                "params": f.params,
                "min_bars": f.min_bars,
                "window": f.window,
                **({"history": f.history} if f.history else {}),
            }
            for name, f in columns.items()
        },
        "custom": {
            step.name: [fingerprint(step.body), step.inputs, step.params] for step in plan.steps if not step.builtin
        },
        **({"market": _kind(market)} if reads_market(plan) and _kind(market) != "mean" else {}),
    }


def _kind(market: Any) -> str:
    """Return what a market is given by: bars are told apart day by day, by their content."""
    return market if isinstance(market, str) and market in ("mean", "amount") else "bars"


def plain(value: object) -> Any:
    """Turn an option into plain values, fit for JSON and the same in every process."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__, **plain(asdict(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return repr(value)
