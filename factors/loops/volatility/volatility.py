"""Moments of the minute returns, over the day, by sign and in the last half hour."""

from __future__ import annotations

from factors.loops.day import StockDay
from factors.loops.moments import kurt, ratio, skew, total, valued, var
from factors.loops.registry import LAST_30, loop


def rises(day: StockDay) -> list[float]:
    """The r_t above 0."""
    return [r for r in day.returns if r > 0]


def falls(day: StockDay) -> list[float]:
    """The r_t below 0."""
    return [r for r in day.returns if r < 0]


def last(day: StockDay, minutes: int) -> list[float]:
    """The r_t with t > T − minutes."""
    return valued(day.returns[t] for t in range(day.minutes - minutes, day.minutes))


def squares(values: list[float]) -> float:
    """Σx²."""
    return total(x * x for x in values)


@loop(inputs=("open", "close"), min_bars=2)
def return_var(day: StockDay) -> float:
    """var(r_t)."""
    return var(valued(day.returns))


@loop(inputs=("open", "close"), min_bars=3)
def return_skewness(day: StockDay) -> float:
    """skew(r_t)."""
    return skew(valued(day.returns))


@loop(inputs=("open", "close"), min_bars=4)
def return_kurtosis(day: StockDay) -> float:
    """kurt(r_t)."""
    return kurt(valued(day.returns))


@loop(inputs=("open", "close"), min_bars=2)
def return_upward_var(day: StockDay) -> float:
    """Variance of {r_t: r_t > 0} about their own mean."""
    return var(rises(day))


@loop(inputs=("open", "close"), min_bars=2)
def return_downward_var(day: StockDay) -> float:
    """Variance of {r_t: r_t < 0} about their own mean."""
    return var(falls(day))


@loop(inputs=("open", "close"), min_bars=10)
def return_upward_var_ratio(day: StockDay) -> float:
    """Σ r_t²·1{r_t>0}/Σ r_t²."""
    return ratio(squares(rises(day)), squares(valued(day.returns)))


@loop(inputs=("open", "close"), min_bars=10)
def return_downward_var_ratio(day: StockDay) -> float:
    """Σ r_t²·1{r_t<0}/Σ r_t²."""
    return ratio(squares(falls(day)), squares(valued(day.returns)))


@loop(inputs=("open", "close"), min_bars=10)
def return_updown_asym(day: StockDay) -> float:
    """(Σ r_t²·1{r_t>0} − Σ r_t²·1{r_t<0})/Σ r_t²."""
    return ratio(squares(rises(day)) - squares(falls(day)), squares(valued(day.returns)))


@loop(inputs=("open", "close"), min_bars=16, window=LAST_30)
def return_var_last_30min(day: StockDay, minutes: int = 30) -> float:
    """var(r_t), t > T − 30."""
    return var(last(day, minutes))


@loop(inputs=("open", "close"), min_bars=16, window=LAST_30)
def return_skewness_last_30min(day: StockDay, minutes: int = 30) -> float:
    """skew(r_t), t > T − 30."""
    return skew(last(day, minutes))


@loop(inputs=("open", "close"), min_bars=16, window=LAST_30)
def return_kurtosis_last_30min(day: StockDay, minutes: int = 30) -> float:
    """kurt(r_t), t > T − 30."""
    return kurt(last(day, minutes))
