"""The twelve factors as Polars and pandas compute them: the peers of the fused engine.

Each is written for speed, as someone would who knows the library: the minute returns once on the whole column, sorted
integer keys, one aggregation on all cores (Polars), built-in aggregations only (pandas). Both follow the definitions of
the fused engine to the last digit that matters, and are handed an already filled long frame: the simulated bars have
gaps, and carrying the close over them stands outside the clock, as making the cube does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from factors.common.arrays import Floats
from factors.data.cube.cube import MinuteCube

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

LEAST = {
    "return_downward_var": 2, "sum_of_squares": 1, "return_skewness": 3, "return_kurtosis": 4,
    "intraday_maxdrawdown": 1, "return_last_30min": 16, "return_intraday": 1, "close_vwap_dev": 1, "VP": 10, "VR": 10,
    "amihud_mean": 10, "volume_last_30min_ratio": 1,
}  # fmt: skip
"""The twelve, in order, with the traded minutes each needs."""


def filled_columns(cube: MinuteCube) -> dict[str, Any]:
    """Return a cube of one day as long columns, sorted by stock and minute: every minute from a stock's first bar on.

    `stock` (int32) counts the cube's symbols from 0, `minute` (int16) the day's minutes from 1; prices are carried over
    minutes without a bar, whose volume and amount are 0.
    """
    there = ~np.isnan(cube["close"])
    stock, minute = np.nonzero(there)
    fields = {name: cube[name][there] for name in ("open", "close", "volume", "amount")}
    return {"stock": stock.astype(np.int32), "minute": (minute + 1).astype(np.int16), **fields}


def polars_frame(columns: dict[str, Any]) -> pl.DataFrame:
    """Return the long columns as a Polars frame that says it is sorted by stock."""
    import polars as pl

    return pl.DataFrame(columns).with_columns(pl.col("stock").set_sorted())


def polars_twelve(frame: pl.DataFrame, minutes: int, *, ahead: bool = True) -> pl.DataFrame:
    """Return one row per stock, in the frame's order: one lazy query.

    Parameters
    ----------
    frame : polars.DataFrame
        As of `polars_frame`.
    minutes : int
        Length of the day.
    ahead : bool
        Whether the minute returns are computed on the whole column before grouping (the fastest form), or within each
        group (the form that says the definition).
    """
    import polars as pl

    stock, minute, open_, close, volume, amount = map(pl.col, ("stock", "minute", "open", "close", "volume", "amount"))
    query, late = frame.lazy(), minute > minutes - 30
    if ahead:
        first = stock != stock.shift(fill_value=-1)
        query = query.with_columns(r=close / pl.when(first).then(open_).otherwise(close.shift()) - 1)
        r = pl.col("r")
    else:
        r = close / close.shift().fill_null(open_.first()) - 1

    def where_vary(value: pl.Expr, *series: pl.Expr) -> pl.Expr:
        """Leave out constant series, of whose moments rounding leaves noise."""
        return pl.when(*(x.min() < x.max() for x in series)).then(value)

    found = {
        "return_downward_var": r.filter(r < 0).var(ddof=0),
        "sum_of_squares": (r * r).sum(),
        "return_skewness": where_vary(r.skew(), r),
        "return_kurtosis": where_vary(r.kurtosis(fisher=False), r),
        "intraday_maxdrawdown": (1 - close / close.cum_max()).max(),
        "return_last_30min": close.last() / close.filter(minute == minutes - 30).first() - 1,
        "return_intraday": close.last() / open_.first() - 1,
        "close_vwap_dev": close.last() / (amount.sum() / volume.sum()) - 1,
        "VP": where_vary(pl.corr(close, volume), close, volume),
        "VR": where_vary(pl.corr(r, volume), r, volume),
        "amihud_mean": 1e8 * (r.abs() / amount).filter(amount > 0).mean(),
        "volume_last_30min_ratio": volume.filter(late).sum() / volume.sum(),
        "traded": (volume > 0).sum(),
        "traded_late": ((volume > 0) & late).sum(),
    }
    least = {name: pl.col("traded") >= number for name, number in LEAST.items()}
    least["return_last_30min"] &= pl.col("traded_late") >= LEAST["return_last_30min"]
    masked = [pl.when(least[name] & pl.col(name).is_finite()).then(name).alias(name) for name in LEAST]
    return query.group_by("stock", maintain_order=True).agg(**found).select("stock", *masked).collect()


def pandas_frame(columns: dict[str, Any]) -> pd.DataFrame:
    """Return the long columns as a pandas frame."""
    import pandas as pd

    return pd.DataFrame(columns)


def pandas_twelve(frame: pd.DataFrame, minutes: int) -> pd.DataFrame:
    """Return one row per stock, in the frame's order: whole columns with NumPy, then built-in aggregations."""
    import pandas as pd

    stock, minute = frame["stock"].to_numpy(), frame["minute"].to_numpy()
    open_, close, volume, amount = (frame[name].to_numpy() for name in ("open", "close", "volume", "amount"))
    start = np.flatnonzero(np.diff(stock, prepend=-1))
    length = np.diff(start, append=len(stock))
    before = np.empty_like(close)
    before[1:], before[start] = close[:-1], open_[start]
    r = close / before - 1
    late = minute > minutes - 30
    # about the first bar's, so that a one-price stock has exactly no variance
    x, y = close - np.repeat(close[start], length), volume - np.repeat(volume[start], length)
    with np.errstate(divide="ignore", invalid="ignore"):
        impact = np.where(amount > 0, np.abs(r) / amount, np.nan)
    keys = frame["stock"]
    close_of = frame["close"].groupby(keys, sort=False)
    peak = close_of.cummax().to_numpy()
    squares = r * r
    columns = {
        "r": r, "rr": squares, "x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y, "ry": r * y,
        "volume": volume, "amount": amount, "late": np.where(late, volume, 0.0), "traded": np.where(volume > 0, 1.0, 0),
        "traded_late": np.where(late & (volume > 0), 1.0, 0), "r3": squares * r, "r4": squares * squares,
    }  # fmt: skip
    s = pd.DataFrame(columns, copy=False).groupby(keys.to_numpy(), sort=False).sum()
    by_stock = {"fall": np.where(r < 0, r, np.nan), "impact": impact, "depth": close / peak}
    grouped = pd.DataFrame(by_stock, copy=False).groupby(keys.to_numpy(), sort=False)
    n = pd.Series(length, s.index)
    mean = s["r"] / n
    m2 = s["rr"] / n - mean**2
    m3 = s["r3"] / n - 3 * mean * s["rr"] / n + 2 * mean**3
    m4 = s["r4"] / n - 4 * mean * s["r3"] / n + 6 * mean**2 * s["rr"] / n - 3 * mean**4
    x2, y2, r2 = s["xx"] - s["x"] ** 2 / n, s["yy"] - s["y"] ** 2 / n, s["rr"] - s["r"] ** 2 / n
    end = close_of.last()
    opened = pd.Series(open_[start], s.index)
    then = pd.Series(close[minute == minutes - 30], stock[minute == minutes - 30]).reindex(s.index)
    found = {
        "return_downward_var": grouped["fall"].var(ddof=0), "sum_of_squares": s["rr"],
        "return_skewness": m3 / m2**1.5, "return_kurtosis": m4 / m2**2,
        "intraday_maxdrawdown": 1 - grouped["depth"].min(), "return_last_30min": end / then - 1,
        "return_intraday": end / opened - 1, "close_vwap_dev": end / (s["amount"] / s["volume"]) - 1,
        "VP": (s["xy"] - s["x"] * s["y"] / n) / (x2**0.5 * y2**0.5),
        "VR": (s["ry"] - s["r"] * s["y"] / n) / (r2**0.5 * y2**0.5),
        "amihud_mean": 1e8 * grouped["impact"].mean(), "volume_last_30min_ratio": s["late"] / s["volume"],
    }  # fmt: skip
    frame_of = pd.DataFrame({name: found[name] for name in LEAST})
    enough = pd.DataFrame({name: s["traded"] >= number for name, number in LEAST.items()})
    enough["return_last_30min"] &= s["traded_late"] >= LEAST["return_last_30min"]
    return frame_of.where(enough & np.isfinite(frame_of))


def masked(xp: Any, found: dict[str, Any], traded: Any, late: Any) -> Any:
    """Return the twelve of an array library as an array (stocks, twelve), missing for stocks of too few minutes."""
    columns = []
    for name, least in LEAST.items():
        enough = traded >= least
        if name == "return_last_30min":
            enough &= late >= least
        columns.append(xp.where(enough & xp.isfinite(found[name]), found[name], xp.nan))
    return xp.stack(columns, axis=1)


def values(frame: pl.DataFrame | pd.DataFrame) -> Floats:
    """Return a peer's answer as an array (stocks with bars, twelve)."""
    found: Floats = frame[list(LEAST)].to_numpy()
    return found
