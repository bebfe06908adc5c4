"""Comparing two engines' numbers, factor by factor, with a message that says where they part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from factors import Schema
from factors.catalogue import resolve
from factors.definitions.decorators import Factor
from factors.engine.planning.plan import Plan
from factors.loops import StockDay, loop_compute

LEAST_SQUARES = frozenset({
    "vol_diff_t_std", "vol_diff_intercept_t", "vol_diff_f", "vol_diff_intercept", "pastor_stambaugh_gamma",
    "sell_buy_illiq_gap",
})  # fmt: skip
"""Rows of several regressors: their error grows as the columns come close to dependence."""

EXACT = frozenset({
    "close_vs_poc", "pricebin_volume_skew", "volume_bucket_entropy", "consistent_volume_ratio", "consistent_buy_ratio",
    "consistent_sell_ratio", "rankcorr_pertrade_close", "rankcorr_pertrade_amount",
})  # fmt: skip
"""Rows whose comparisons are exact in floats as printed: engines agree on them always."""

UNITS = Schema(volume_unit=1, amount_unit=1)
"""What bars are in, told, as bars with other units would be understood otherwise."""

SMALL = {"ratio²": 1e-16, "ratio³": 1e-19, "ratio⁴": 1e-20}
SCALINGS = ((3.0, 1.0), (7 / 5, 1.0), (1.0, 3.0))
"""Factors of price and volume: equal keys stay equal, roundings change."""

Bars = Mapping[str, Sequence[float] | np.ndarray]


def tolerance(factor: Factor) -> tuple[float, float]:
    """Return (rtol, atol) by the factor's unit: what is noise for a ratio is a value for its square."""
    rtol = 1e-7 if factor.name in LEAST_SQUARES else 1e-9
    if " per " in factor.unit and not factor.unit.startswith("ratio"):
        return rtol, 1e-18 if factor.name in LEAST_SQUARES else 0.0  # two responses may cancel
    return rtol, SMALL.get(factor.unit, 1e-12)


def agree(factor: Factor, ours: Any, theirs: Any, rtol: float | None = None, atol: float | None = None) -> Any:
    """Return where two arrays of a factor agree, NaN for NaN; tolerances not given are the factor's own."""
    own = tolerance(factor)
    rtol, atol = own[0] if rtol is None else rtol, own[1] if atol is None else atol
    return np.isclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True)


def close(factor: Factor, ours: float, theirs: float, rtol: float | None = None) -> bool:
    """Return what `agree` does, of two numbers, a hundred times as fast."""
    own = tolerance(factor)
    if math.isnan(ours) or math.isnan(theirs) or math.isinf(theirs):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return abs(ours - theirs) <= own[1] + (own[0] if rtol is None else rtol) * abs(theirs)


def all_agree(
    factors: Sequence[Factor], ours: Any, theirs: Any, rtol: float | None = None, atol: float | None = None
) -> Any:
    """Return where two arrays (..., factors) agree, as `agree` says of each factor."""
    own = np.array([tolerance(factor) for factor in factors]).reshape(-1, 2)
    rtol, atol = own[:, 0] if rtol is None else rtol, own[:, 1] if atol is None else atol
    return np.isclose(ours, theirs, rtol=rtol, atol=atol, equal_nan=True)


def assert_agree(
    plan: Plan, ours: Any, theirs: Any, where: str, *, rtol: float | None = None, atol: float | None = None,
    among: Any = True,
) -> None:  # fmt: skip
    """Fail unless two arrays (..., factors) agree, NaN for NaN, where `among` is true; name each factor that does not.

    `rtol` and `atol` are those of the factor's unit where they are not given.
    """
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert ours.shape[-1] == len(plan.factors)
    differ = ~all_agree(plan.factors, ours, theirs, rtol, atol) & among
    wrong = []
    for i in np.flatnonzero(differ.reshape(-1, len(plan.factors)).any(axis=0)):
        a, b, bad = ours[..., i].ravel(), theirs[..., i].ravel(), differ[..., i].ravel()
        first = int(np.flatnonzero(bad)[0])
        wrong.append(f"{plan.factors[i].name}: {a[first]!r} against {b[first]!r} ({bad.sum()} of {len(a)} differ)")
    assert not wrong, f"{where}:\n" + "\n".join(wrong)


def scaled(bars: Bars, price: float, volume: float) -> dict[str, np.ndarray]:
    """Return bars with other units of price and volume."""
    by = dict.fromkeys(("open", "high", "low", "close"), price) | {"volume": volume, "amount": price * volume}
    return {name: np.asarray(series, dtype=float) * by.get(name, 1.0) for name, series in bars.items()}


def scale_of(factor: Factor, price: float, volume: float) -> float | None:
    """Return what the factor is multiplied by when prices and volumes are; None if it follows no such law."""
    if factor.scale is None:
        return None
    return float(price ** float(factor.scale[0]) * volume ** float(factor.scale[1]))


def by_loops(
    factors: Sequence[Factor], bars: Bars, minutes: int, lunch: int | None
) -> tuple[dict[str, float], dict[str, bool]]:
    """Return the loops' values of a stock-day, and whether each stays in other units of price and volume.

    Where it does not, a threshold or the order of two computed keys hangs on the last bit, and either answer is right.
    """

    def loops(bars: Bars) -> dict[str, float]:
        return loop_compute(StockDay({f: np.asarray(a).tolist() for f, a in bars.items()}, minutes, lunch), factors)

    values = loops(bars)
    stays = dict.fromkeys(values, True)
    for price, volume in SCALINGS:
        others = loops(scaled(bars, price, volume))
        for factor in factors:
            by = scale_of(factor, price, volume)
            if by is not None and factor.name not in EXACT:
                rtol = 3e-9 if factor.name in LEAST_SQUARES else None  # these roundings may be the smaller ones
                stays[factor.name] &= close(factor, others[factor.name] / by, values[factor.name], rtol)
    return values, stays


def differing(found: pd.DataFrame, wanted: pd.DataFrame) -> dict[str, int]:
    """Stock-days on which two results differ, by factor."""
    near = all_agree(list(resolve(list(found)).values()), found.to_numpy(), wanted[list(found)].to_numpy())
    return {str(name): int(number) for name, number in zip(found, (~near).sum(axis=0), strict=True) if number}
