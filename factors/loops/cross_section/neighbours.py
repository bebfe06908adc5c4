"""Loops that read more than one stock-day, and what a stock-day has around it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from factors.loops.day import Series, StockDay
from factors.loops.moments import NAN, change, kurt, mean, missing, pearson, ratio, std, total, valued
from factors.loops.registry import LOOPS, loop

NOISE = 1e-12
"""Share of the summands' size below which a sum is what rounding left of 0."""


@dataclass(frozen=True)
class Around:
    """What a stock-day has around it.

    Parameters
    ----------
    pre_close : float
        Previous close; NaN where there is none.
    auction_volume : float
        Volume of the opening-auction bar; NaN without one.
    before : tuple of mapping or None
        Filled series by field of the input's days before, newest last; None where the stock has no bar on a day.
    market : MarketDay, optional
        The day's stocks; default: this one alone.
    """

    pre_close: float = NAN
    auction_volume: float = NAN
    before: tuple[Mapping[str, Series] | None, ...] = ()
    market: MarketDay | None = None


class PlacedDay(StockDay):
    """A stock-day that knows what is around it; the other parameters are those of `StockDay`."""

    def __init__(
        self,
        fields: Mapping[str, Sequence[float]],
        minutes: int,
        lunch: int | None = None,
        around: Around | None = None,
    ) -> None:
        super().__init__(fields, minutes, lunch)
        self.around = around or Around()


@dataclass
class MarketDay:
    """All stocks of a day.

    Parameters
    ----------
    days : list of StockDay
        Their days.
    given : (list of float, float), optional
        Log returns by minute, and return from the previous close, of the market that is given.
    by_amount : bool
        Whether the stocks are weighted by their amounts of the day.
    """

    days: list[StockDay] = field(default_factory=list)
    given: tuple[Series, float] | None = None
    by_amount: bool = False

    @cached_property
    def traded(self) -> list[StockDay]:
        """Those with a traded bar."""
        return [day for day in self.days if day.traded_minutes]

    def _mean(self, values: Iterable[tuple[StockDay, float]]) -> float:
        pairs = [(x, total(valued(d.amount)) if self.by_amount else 1.0) for d, x in values if not missing(x)]
        pairs = [(x, weight) for x, weight in pairs if weight > 0]
        whole, size = total(x * w for x, w in pairs), total(abs(x) * w for x, w in pairs)
        return ratio(0.0 if abs(whole) <= NOISE * size else whole, total(w for _, w in pairs))

    @cached_property
    def log_returns(self) -> Series:
        """m_t, the mean of l_t over the stocks that have it, or the given one."""
        if self.given is not None:
            return self.given[0]
        minutes = range(self.days[0].minutes)
        return [self._mean((day, day.log_returns[t]) for day in self.traded) for t in minutes]

    @cached_property
    def day_return(self) -> float:
        """R_m, the mean of R over the stocks that have it, or the given one."""
        return self.given[1] if self.given is not None else self._mean((day, _day_return(day)) for day in self.traded)

    @cached_property
    def calm(self) -> list[int]:
        """τ: the minutes in which the returns lie closer together than in the mean of all."""
        spread = [std(valued(day.returns[t] for day in self.traded)) for t in range(self.days[0].minutes)]
        middle = mean(valued(spread))
        return [t for t, s in enumerate(spread) if s < middle]

    @cached_property
    def surprises(self) -> list[list[float]]:
        """The sorted v_t of the stocks that have it, by minute."""
        all_of = [_surprise(day) for day in self.traded]
        return [sorted(valued(v[t] for v in all_of)) for t in range(self.days[0].minutes)]

    @cached_property
    def vol_diff_f(self) -> float:
        """Mean of vol_diff_f over the stocks that have it."""
        return mean(valued(LOOPS["vol_diff_f"](day) for day in self.traded))


def around(day: StockDay) -> Around:
    """What a stock-day has around it: nothing, if it is not said."""
    return day.around if isinstance(day, PlacedDay) else Around()


def market(day: StockDay) -> MarketDay:
    """The market of a stock-day: itself alone, if it is not said."""
    return around(day).market or MarketDay([day])


def _day_return(day: StockDay) -> float:
    return change(day.last_close, around(day).pre_close)


def _surprise(day: StockDay) -> Series:
    """v_t = V_t/mean(V_{t−10..t−1}) = 10·V_t/ΣV, which is exact where volumes are whole."""
    found = [NAN] * day.minutes
    for t in day.span[10:]:
        found[t] = ratio(10 * day.volume[t], total(day.volume[t - 10 : t]))
    return found


@loop(inputs=("open", "close"))
def return_overnight(day: StockDay) -> float:
    """O_d/PC − 1."""
    return change(day.first_open, around(day).pre_close)


@loop(inputs=("close",))
def return_daily(day: StockDay) -> float:
    """C_d/PC − 1."""
    return _day_return(day)


@loop(inputs=("volume",))
def volume_open_auction_ratio(day: StockDay) -> float:
    """auction_volume/ΣV."""
    return ratio(around(day).auction_volume, total(valued(day.volume)))


@loop(inputs=("volume",), min_bars=40)
def patv(day: StockDay) -> float:
    """mean(u)/std(u) + kurt(u), u_t the average rank of v_t among the stocks that have it, over their number."""
    u = []
    for v, others in zip(_surprise(day), market(day).surprises, strict=True):
        if not missing(v):
            less, equal = len([x for x in others if x < v]), len([x for x in others if x == v])
            u.append((less + (equal + 1) / 2) / len(others))
    return ratio(mean(u), std(u)) + kurt(u) if u else NAN


@loop(inputs=("volume", "amount"), min_bars=20)
def trend_capital_vwap_gap(day: StockDay, q: str = "9/10") -> float:
    """(ΣA·1{V > Q}/ΣV·1{V > Q})/VWAP − 1, Q the q-quantile of the V > 0 of the 5 days before, pooled."""
    before = around(day).before[-5:]
    pooled = sorted(v for one in before if one is not None for v in one["volume"] if v > 0)
    if len(before) < 5 or None in before or not pooled:
        return NAN
    place = (len(pooled) - 1) * float(Fraction(q))
    low = math.floor(place)
    above = pooled[min(low + 1, len(pooled) - 1)]
    level = pooled[low] + (above - pooled[low]) * (place - low)
    large = [t for t in day.span if day.volume[t] > level]
    price = ratio(total(day.amount[t] for t in large), total(day.volume[t] for t in large))
    return change(price, day.vwap_day)


@loop(inputs=("open", "close", "volume"), min_bars=30)
def vol_diff_intercept(day: StockDay) -> float:
    """|vol_diff_intercept_t|·(−1 if vol_diff_f < its mean over the stocks, else 1)."""
    own, whole = LOOPS["vol_diff_f"](day), market(day).vol_diff_f
    if missing(own) or missing(whole):
        return NAN
    return abs(LOOPS["vol_diff_intercept_t"](day)) * (-1 if own < whole else 1)


@loop(inputs=("close",))
def panic_core(day: StockDay) -> float:
    """|R − R_m|/(|R| + |R_m| + 0.1)."""
    own, whole = _day_return(day), market(day).day_return
    return abs(own - whole) / (abs(own) + abs(whole) + 0.1)


@loop(inputs=("open", "close", "amount"), min_bars=30)
def lonely_goose(day: StockDay) -> float:
    """Mean of |corr(A, A_j)| over the other stocks j, over the minutes of τ in which both have A."""
    among = market(day)
    others = [other for other in among.traded if other is not day]
    found = [pearson((day.amount[t], other.amount[t]) for t in among.calm) for other in others]
    return mean([abs(c) for c in valued(found)])


def _beta(pairs: Sequence[tuple[float, float]]) -> float:
    return ratio(total(x * y for x, y in pairs), total(y * y for _, y in pairs))


def _with_market(day: StockDay) -> list[tuple[float, float]]:
    pairs = zip(day.log_returns, market(day).log_returns, strict=True)
    return [(x, y) for x, y in pairs if not missing(x) and not missing(y)]


@loop(inputs=("close",), min_bars=30)
def realized_beta(day: StockDay) -> float:
    """Σ l·m/Σ m² over the minutes that have both."""
    return _beta(_with_market(day))


@loop(inputs=("close",), min_bars=30)
def realized_idio_var(day: StockDay) -> float:
    """Σ (l − β·m)² over the minutes that have both: Σ l² − β²·Σ m² without the cancellation."""
    pairs = _with_market(day)
    beta = _beta(pairs)
    return NAN if missing(beta) else total((x - beta * y) ** 2 for x, y in pairs)
