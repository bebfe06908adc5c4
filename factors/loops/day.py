"""One stock's day as a loop sees it: filled series indexed by the minute t = 0..T−1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import cast

from factors.errors import InputError
from factors.loops.moments import NAN, change, log_change, missing, ratio, total, valued

PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume", "amount", "trades")

Series = list[float]

KEPT = 8
"""Stock-days of which a step that several loops share is kept: a few, for as many threads."""


class StockDay:
    """One stock's day of minute bars.

    Built from the bars as delivered; its attributes give the filled series. A bar whose close is missing or not
    above 0 counts as not delivered. In a delivered bar a missing volume, amount or trade count is 0, and an open,
    high or low that is missing or not above 0 stays NaN, and so do high and low if the high is below the low, or the
    close outside of them by more than a tick. On a day with a traded bar, one without volume is as if it were absent.
    From the first bar on, a minute without a bar has the last close in all four prices and volume = amount = trades
    = 0; before it everything is NaN.

    Parameters
    ----------
    fields : mapping of str to sequence, length T
        Any of open, high, low, close (currency), volume (shares), amount (currency), trades (count); NaN where
        there is no bar or no value. Elements are floats or 0-d arrays of any library. Other names are ignored.
    minutes : int
        T, number of minutes of the session.
    lunch : int, optional
        T_am, number of minutes before the break; None for a session without one.
    present : sequence of bool, optional
        Minutes with a delivered bar, for series that are filled and mended already. Default: those with a close (with
        any value, if there is no close at all).

    Attributes
    ----------
    open, high, low, close, volume, amount, trades : list, length T
        Filled series; None for a field that was not given.
    returns : list, length T
        r_t = C_t/C_{t−1} − 1, at t0 C/O − 1; None without open or close.
    log_returns : list, length T
        l_t = ln(C_t/C_{t−1}), NaN at t0; None without close.
    bar_returns : list, length T
        b_t = C_t/O_t − 1; None without open or close.
    vwap : list, length T
        A_t/V_t where V_t > 0, else C_t; None without one of the three.
    amount_per_trade, volume_per_trade : list, length T
        P_t = A_t/K_t and Q_t = V_t/K_t where K_t > 0, else NaN; None without their fields.
    volume_share, amount_share : list, length T
        w_t = V_t/ΣV and a_t = A_t/ΣA, NaN where the sum is 0; None without the field.
    present, traded : list of bool, length T
        Delivered bars; those with volume above 0 (all delivered ones if there is no volume field).
    t0 : int or None
        First traded minute; first delivered one where no bar has volume, or there is no volume field.
    span : range
        t0..T−1, the minutes that take part; empty without a bar.

    Raises
    ------
    InputError
        If a series does not have `minutes` elements.
    """

    def __init__(
        self,
        fields: Mapping[str, Sequence[float]],
        minutes: int,
        lunch: int | None = None,
        present: Sequence[bool] | None = None,
    ) -> None:
        self.raw = {name: fields[name] for name in FIELDS if name in fields}
        self.minutes = minutes
        self.lunch = lunch
        for name, series in self.raw.items():
            length = series.shape[0] if hasattr(series, "shape") else len(series)  # standard arrays have no len()
            if length != minutes:
                raise InputError(f"{name} has {length} minutes, the session {minutes}; pass NaN where no bar is.")
        self.as_delivered = present is None
        self.present = [self._delivered(t) and (present is None or bool(present[t])) for t in range(minutes)]
        traded = self.traded
        self._bars = traded if any(traded) else self.present
        self.t0 = next((t for t in range(minutes) if self._bars[t]), None)
        self.span = range(minutes if self.t0 is None else self.t0, minutes)

    def _delivered(self, t: int) -> bool:
        if "close" in self.raw:
            return bool(self.raw["close"][t] > 0)
        return any(not missing(series[t]) for series in self.raw.values())

    def _contradictory(self, t: int) -> bool:
        """Whether the high is below the low, or the close outside by more than a tick: 0.01, below a half 2 %."""
        bar = [self.raw[name][t] if name in self.raw and self.raw[name][t] > 0 else NAN for name in PRICES[1:]]
        high, low, close = bar
        limit = max(min(0.015, 0.03 * close), 1e-6 * close)
        return bool(high < low or close - high > limit or low - close > limit)

    def _filled(self, name: str) -> Series:
        if name not in self.raw:
            return cast("Series", None)  # a loop runs only if the day has all its inputs, so it never meets this None
        is_price = name in PRICES
        series = [NAN] * self.minutes
        last_close = NAN
        for t in self.span:
            value = self.raw[name][t]
            if not self._bars[t]:
                series[t] = last_close if is_price else 0.0
                continue
            if is_price:
                series[t] = value if value > 0 else NAN
                if name in ("high", "low") and self.as_delivered and self._contradictory(t):
                    series[t] = NAN
            else:
                series[t] = 0.0 if missing(value) else value
            if "close" in self.raw:
                last_close = self.raw["close"][t]
        return series

    @cached_property
    def open(self) -> Series:
        return self._filled("open")

    @cached_property
    def high(self) -> Series:
        return self._filled("high")

    @cached_property
    def low(self) -> Series:
        return self._filled("low")

    @cached_property
    def close(self) -> Series:
        return self._filled("close")

    @cached_property
    def volume(self) -> Series:
        return self._filled("volume")

    @cached_property
    def amount(self) -> Series:
        return self._filled("amount")

    @cached_property
    def trades(self) -> Series:
        return self._filled("trades")

    @cached_property
    def traded(self) -> list[bool]:
        if "volume" not in self.raw:
            return self.present
        return [self.present[t] and bool(self.raw["volume"][t] > 0) for t in range(self.minutes)]

    @cached_property
    def returns(self) -> Series:
        if not self.has(("open", "close")):
            return cast("Series", None)
        return self._each(lambda t: change(self.close[t], self.open[t] if t == self.t0 else self.close[t - 1]))

    @cached_property
    def log_returns(self) -> Series:
        if not self.has(("close",)):
            return cast("Series", None)
        return self._each(lambda t: NAN if t == self.t0 else log_change(self.close[t], self.close[t - 1]))

    @cached_property
    def bar_returns(self) -> Series:
        if not self.has(("open", "close")):
            return cast("Series", None)
        return self._each(lambda t: change(self.close[t], self.open[t]))

    @cached_property
    def vwap(self) -> Series:
        if not self.has(("close", "volume", "amount")):
            return cast("Series", None)
        return self._each(lambda t: self.amount[t] / self.volume[t] if self.volume[t] > 0 else self.close[t])

    @cached_property
    def amount_per_trade(self) -> Series:
        if not self.has(("amount", "trades")):
            return cast("Series", None)
        return self._each(lambda t: self.amount[t] / self.trades[t] if self.trades[t] > 0 else NAN)

    @cached_property
    def volume_per_trade(self) -> Series:
        if not self.has(("volume", "trades")):
            return cast("Series", None)
        return self._each(lambda t: self.volume[t] / self.trades[t] if self.trades[t] > 0 else NAN)

    @cached_property
    def volume_share(self) -> Series:
        if not self.has(("volume",)):
            return cast("Series", None)
        whole = total(self.volume[t] for t in self.span)
        return self._each(lambda t: ratio(self.volume[t], whole))

    @cached_property
    def amount_share(self) -> Series:
        if not self.has(("amount",)):
            return cast("Series", None)
        whole = total(self.amount[t] for t in self.span)
        return self._each(lambda t: ratio(self.amount[t], whole))

    def _each(self, formula: Callable[[int], float]) -> Series:
        return [formula(t) if t in self.span else NAN for t in range(self.minutes)]

    @property
    def first_open(self) -> float:
        """O_d, the open of the first bar; NaN if that bar has none."""
        return NAN if self.t0 is None else self.open[self.t0]

    @property
    def last_close(self) -> float:
        """C_d, the close of the last minute."""
        return self.close[self.minutes - 1]

    @cached_property
    def day_high(self) -> float:
        """H_d, the largest H_t; NaN if there is none."""
        return max(valued(self.high), default=NAN)

    @cached_property
    def day_low(self) -> float:
        """L_d, the smallest L_t; NaN if there is none."""
        return min(valued(self.low), default=NAN)

    @cached_property
    def vwap_day(self) -> float:
        """VWAP, ΣA/ΣV; NaN if nothing was traded."""
        return ratio(total(self.amount[t] for t in self.span), total(self.volume[t] for t in self.span))

    @cached_property
    def traded_minutes(self) -> list[int]:
        """The minutes with a traded bar."""
        return [t for t in self.span if self.traded[t]]

    def has(self, fields: Sequence[str]) -> bool:
        """Whether all these fields were given."""
        return all(name in self.raw for name in fields)
