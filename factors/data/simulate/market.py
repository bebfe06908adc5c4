"""The simulated market: every stock's bars of one trading day at a time, in whole ticks, as (stock, minute) arrays.

How a day comes about (`MarketSimulator.next_day`):

1. Activity: a slow and a fast log component per stock and a shock per minute. Volatility and the rate of trades both
   grow with it, so volume goes with |return| and both come in clusters.
2. Prices: market, sector and own returns under the day's volatility profile, now and then a jump, starting from the
   previous close and an overnight gap.
3. Trades: a Poisson number per minute, each of at least one lot; a minute without a trade carries the last close.
4. Bars: open and close are trades at the bid or the ask around the price. High and low are drawn from the exact law
   of a Brownian path between the two; a single trade makes a flat bar, two trades no more than open and close.
5. Rules of the exchange: closing call, price limits, halts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import Session
from factors.data.simulate.activity import activity, has_call, mix, profiles, stream

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.int8]

KINDS = ("normal", "thin", "gappy", "unlisted", "limit_up", "limit_down", "halted", "suspended", "late")
NORMAL, THIN, GAPPY, UNLISTED, LIMIT_UP, LIMIT_DOWN, HALTED, SUSPENDED, LATE = range(len(KINDS))

SECTORS = 20
JUMPS = 1 / 2000
"""Jumps per stock and minute."""
ON_VOLATILITY, ON_TRADES = (0.50, 0.32, 0.32), (0.50, 0.40, 0.45)
"""Weight of the slow component, the fast one and the shock in the log of volatility and of the rate of trades."""


@dataclass(frozen=True)
class Day:
    """Bars of one day, arrays of shape (stocks, T): prices and amount in ticks, `present` where a bar is delivered."""

    present: npt.NDArray[np.bool_]
    open: I64
    high: I64
    low: I64
    close: I64
    volume: I64
    amount: I64
    trades: I64


class MarketSimulator:
    """Stocks with their lasting traits, and the state that goes on from day to day.

    Parameters
    ----------
    slow : numpy.ndarray of bool, shape (stocks,)
        Stocks that trade less than about twice a minute.
    seed : int
        The same seed gives the same market; a day does not depend on how many days follow.
    session : Session
        The minute grid. XSHG has a closing call, lots of 100 shares and price limits of 10 %.
    tick : float
        Price step.
    """

    def __init__(self, slow: npt.NDArray[np.bool_], seed: int, session: Session, tick: float) -> None:
        rng, n = stream(seed, 0), len(slow)
        self.seed, self.session, self.days = seed, session, 0
        self.volatility, self.volume = profiles(session)
        price = np.clip(np.exp(rng.normal(np.log(14.0), 0.9, n)), 2.0, 300.0)
        busy = np.clip(np.exp(rng.normal(3.4, 1.1, n)), 6.0, 600.0)
        self.rate = np.where(slow, np.exp(rng.uniform(np.log(0.15), np.log(2.0), n)), busy)  # trades per minute
        money = 12e3 * (self.rate / 30) ** 0.3 * np.exp(rng.normal(0.0, 0.4, n))  # per trade
        self.lot = 1 if session.name.startswith("XNYS") else 100
        self.extra_lots = np.maximum(money / price / self.lot - 1, 0.0)  # per trade, beyond the first
        self.beta = np.clip(rng.normal(1.0, 0.3, n), 0.0, 2.5)
        self.sector = rng.integers(SECTORS, size=n)
        self.sigma = np.clip(np.exp(rng.normal(np.log(0.018), 0.35, n)), 0.006, 0.06)  # own volatility of a day
        self.spread = 2e-4 + 2e-3 / np.sqrt(self.rate)  # beyond one tick, as a share of the price
        self.close = np.maximum(np.rint(price / tick), 1).astype(np.int64)
        self.home = np.log(self.close)
        self.mood = rng.standard_normal(n + 1)  # activity of the day, the market's last

    def next_day(self, kind: Kinds) -> Day:
        """Simulate the next trading day of stocks of these kinds (indices into `KINDS`)."""
        self.days += 1
        rng, n, minutes = stream(self.seed, 1, self.days), len(kind), self.session.minutes
        self.mood = 0.9 * self.mood + 0.19**0.5 * rng.standard_normal(n + 1)
        mood = 0.35 * self.mood[:-1] + 0.2 * self.mood[-1]
        jumps = rng.integers(n * minutes, size=rng.poisson(JUMPS * n * minutes))
        parts = activity(rng, n, minutes, jumps)
        sigma, price = self._prices(rng, parts, mood, jumps)
        rows, lock, target = self._locks(rng, kind)
        held = np.arange(minutes) >= lock[:, None]
        way = np.cumsum(rng.standard_gamma(0.2, (len(rows), minutes + 1)) * np.arange(1, minutes + 2), axis=1)
        way = np.minimum(way / np.take_along_axis(way, lock[:, None], axis=1), 1.0)
        price[rows] += way * (np.log(target) - price[rows, lock])[:, None]  # in steps, there when it locks

        trades = self._trades(rng, parts, mood, rows, lock)
        del parts
        trades[np.isin(kind, (UNLISTED, HALTED, SUSPENDED))] = 0
        volume = self._shares(rng, trades)
        bars = self._bars(rng, price, sigma, trades)
        for side in bars:
            side[rows] = np.where(held, target[:, None], side[rows])
        first, high, low, last = self._carry(bars, trades)
        amount = (first + high + low + last) / 4  # at least a quarter of the range inside it: the room to stray
        amount += (rng.random((n, minutes), np.float32) - np.float32(0.5)) * (high - low) / 2
        amount *= volume
        np.rint(amount, out=amount)  # a sum of trades at whole ticks is a whole number of ticks
        self.close = last[:, -1].copy()
        return Day(self._delivered(rng, kind, trades), first, high, low, last, volume, amount.astype(np.int64), trades)

    def _prices(self, rng: np.random.Generator, parts: tuple[F32, F32, F32], mood: F64, jumps: I64) -> tuple[F32, F64]:
        """Return volatility by minute, (stocks, T), and the log price at the open and at minute ends, (stocks, T+1)."""
        n, minutes = len(mood), self.session.minutes
        scale = self.volatility / np.sqrt(minutes)
        common = mix(activity(rng, SECTORS + 1, minutes, jumps[:0]), ON_VOLATILITY, 2) * scale
        common *= rng.standard_normal((SECTORS + 1, minutes)) * np.array([[0.007]] * SECTORS + [[0.011]])
        sigma = mix(parts, ON_VOLATILITY, 2)
        sigma *= scale.astype(np.float32)
        sigma *= (self.sigma * np.exp(0.6 * mood)).astype(np.float32)[:, None]
        move = sigma * rng.standard_normal((n, minutes), dtype=np.float32)
        minute, stock = np.divmod(jumps, n)
        leap = rng.uniform(2, 6, len(jumps)) * rng.choice((-1.0, 1.0), len(jumps))
        move[stock, minute] += sigma[stock, minute] * leap
        price = np.empty((n, minutes + 1))
        gap = self.sigma * rng.standard_t(4, n) * 0.35 + self.beta * rng.normal(0, 0.006)
        price[:, 0] = np.log(self.close) + gap + 0.005 * (self.home - np.log(self.close))  # years do not end at 0
        price[:, 1:] = common[self.sector]
        price[:, 1:] += self.beta[:, None] * common[-1]
        price[:, 1:] += move
        return sigma, np.cumsum(price, axis=1, out=price)

    def _locks(self, rng: np.random.Generator, kind: Kinds) -> tuple[I64, I64, I64]:
        """Return stocks that lock at a price limit, the first locked minute (0 for a third of them) and the price."""
        rows = np.flatnonzero((kind == LIMIT_UP) | (kind == LIMIT_DOWN))
        lock = rng.integers(1, max(2, self.session.minutes * 9 // 10), len(rows)) * (rng.random(len(rows)) > 1 / 3)
        bottom, top = self._limits()
        return rows, lock, np.where(kind == LIMIT_UP, top, bottom)[rows]

    def _limits(self) -> tuple[I64, I64]:
        """Return the lowest and highest price of the day: 10 % about the previous close, rounded to the tick."""
        if not has_call(self.session):
            return np.ones_like(self.close), np.full_like(self.close, 10**9)
        return np.maximum((self.close * 9 + 5) // 10, 1), (self.close * 11 + 5) // 10

    def _trades(self, rng: np.random.Generator, parts: tuple[F32, F32, F32], mood: F64, rows: I64, lock: I64) -> I64:
        rate = mix(parts, ON_TRADES, 1)
        rate *= self.volume.astype(np.float32)
        rate *= (self.rate * np.exp(mood)).astype(np.float32)[:, None]
        since = np.arange(len(self.volume)) - lock[:, None]
        rate[rows] *= np.where(since >= 0, 0.25 + 3 * np.exp(-np.maximum(since, 0) / 15), 1.0)
        trades = rng.poisson(rate)
        trades[rows] = np.maximum(trades[rows], (since >= 0) & (self.volume > 0))
        return trades

    def _shares(self, rng: np.random.Generator, trades: I64) -> I64:
        """Return shares of each minute: whole lots of very unequal trades, and the odd lot among many trades."""
        spread = np.float32(1.2) * np.maximum(trades, 1).astype(np.float32) ** np.float32(-0.25)
        size = np.exp(spread * (rng.standard_normal(trades.shape, dtype=np.float32) - spread / 2))
        size *= self.extra_lots.astype(np.float32)[:, None]
        lots = trades + np.rint(trades * size).astype(np.int64)
        if self.lot == 1:
            return lots
        odd = np.flatnonzero(rng.random(trades.shape, np.float32) > np.exp(np.float32(-2e-3) * trades))
        lots *= self.lot
        lots.reshape(-1)[odd] += rng.integers(1, self.lot, len(odd))
        return lots

    def _bars(self, rng: np.random.Generator, price: F64, sigma: F32, trades: I64) -> tuple[I64, I64, I64, I64]:
        """Return open, high, low and close of every minute, as if each had traded."""
        middle = np.exp(price)
        spread = (1 + self.spread[:, None] * middle[:, :1]).astype(np.float32)  # in ticks
        bottom, top = (edge[:, None] for edge in self._limits())

        def trade(at: F64) -> I64:
            side = spread * (rng.random(at.shape, np.float32) - np.float32(0.5))
            return np.clip(np.rint(at + side), bottom, top).astype(np.int64)

        first, last = trade(middle[:, :-1]), trade(middle[:, 1:])
        single = trades == 1
        if has_call(self.session):
            single[:, -1] = True
        np.copyto(first, last, where=single)
        inner = np.maximum(trades - 2, 0) / np.maximum(trades, 1).astype(np.float32)  # few trades see less of the path
        inner *= 2 * (sigma * middle[:, 1:]) ** 2
        np.copyto(inner, 0.0, where=single)
        centre, step = (first + last) / 2, (last - first) ** 2

        def reach() -> F64:
            return np.sqrt(step + inner * rng.standard_exponential(step.shape, np.float32)) / 2

        high = np.minimum(np.rint(centre + reach()), top).astype(np.int64)
        low = np.maximum(np.rint(centre - reach()), bottom).astype(np.int64)
        return first, high, low, last

    def _carry(self, bars: tuple[I64, I64, I64, I64], trades: I64) -> tuple[I64, I64, I64, I64]:
        """Return the bars with the last close (at first: the previous day's) in minutes without a trade."""
        idle = trades == 0
        at = np.where(idle, -1, np.arange(trades.shape[1], dtype=np.int32))
        np.maximum.accumulate(at, axis=1, out=at)
        close = np.where(at >= 0, np.take_along_axis(bars[3], np.maximum(at, 0), axis=1), self.close[:, None])
        for side in bars[:3]:
            np.copyto(side, close, where=idle)
        return bars[0], bars[1], bars[2], close

    def _delivered(self, rng: np.random.Generator, kind: Kinds, trades: I64) -> npt.NDArray[np.bool_]:
        present = np.ones(trades.shape, np.bool_)
        present[(kind == UNLISTED) | (kind == SUSPENDED)] = False
        minutes = np.arange(trades.shape[1])
        rows = np.flatnonzero(kind == GAPPY)
        start, length = rng.integers(len(minutes), size=(len(rows), 1)), rng.integers(5, 31, (len(rows), 1))
        present[rows] = (trades[rows] > 0) & ((minutes < start) | (minutes >= start + length))
        rows = np.flatnonzero(kind == LATE)
        present[rows] = minutes >= rng.integers(1, max(2, len(minutes) // 2), (len(rows), 1))
        return present
