"""A simulated market of minute bars, for trying, testing and timing the library without any data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from operator import index
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from factors.common.checks import is_share
from factors.data.calendar.session import Session, get_session
from factors.data.simulate.activity import has_call, stream
from factors.data.simulate.market import GAPPY, KINDS, NORMAL, THIN, UNLISTED, Day, Kinds, MarketSimulator
from factors.errors import ArgumentError, choice

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_KINDS: dict[str, float] = {
    "thin": 0.08, "gappy": 0.03, "unlisted": 0.004,
    "limit_up": 0.01, "limit_down": 0.005, "halted": 0.004, "suspended": 0.004, "late": 0.004,
}  # fmt: skip
"""Share of the stocks of each kind; all others are normal. The first three last, the others are drawn every day."""

LASTING, OF_THE_DAY = KINDS[1:4], KINDS[4:]
LISTING_DAYS = 20
"""An unlisted stock is listed within this many days, and normal from then on."""


def simulate_bars(
    stocks: int = 5000, days: int = 1, seed: int = 0, *, start: str | date = "2024-01-08",
    session: str | Session = "XSHG", tick: float = 0.01, kinds: Mapping[str, float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Simulate minute bars of a stock market.

    Prices move on the tick grid with a market and sector factors, clustered volatility, heavy tails, jumps and
    overnight gaps; volume is U-shaped, goes with volatility and comes in lots; open, high, low, close, amount and
    number of trades of every bar agree with each other. The A-share session has a closing call (nothing at 14:58 and
    14:59, then one large trade at 15:00) and price limits of 10 %.

    Parameters
    ----------
    stocks : int
        Number of stocks, at prices from 2 to 300 and from a trade every few minutes to hundreds a minute.
    days : int
        Number of trading days, Monday to Friday. A day of 5,000 stocks takes about 100 MB; see `simulate_days`.
    seed : int
        Not negative. The same arguments give the same bars, and a longer run begins with the days of a shorter one.
    start : str or datetime.date
        First day (the next Monday if it falls on a weekend).
    session : str or Session
        Trading hours. Without a closing call and price limits unless ``"XSHG"``.
    tick : float
        Price step.
    kinds : mapping of str to float, optional
        Share of the stocks of each special kind; default `DEFAULT_KINDS`, ``{}`` for normal stocks only.

        ========== =====================================================================================
        thin       less than about two trades a minute; a minute without one is a flat bar without volume
        gappy      as thin, but a minute without a trade has no row, nor have 5 to 30 minutes of outage
        unlisted   no rows until listed, on one of the days 2 to 21; normal from then on
        limit_up   locked at the upper limit (open = high = low = close), a third of them from the open
        limit_down the same at the lower limit
        halted     flat bars without volume at the previous close, all day
        suspended  no rows all day
        late       first row later than the first minute, at the latest in the middle of the day
        ========== =====================================================================================

    Returns
    -------
    pandas.DataFrame
        One row per bar, by day, stock and time. ``symbol`` (str), ``datetime`` (exchange time at the END of the
        bar), ``open``, ``high``, ``low``, ``close`` (float64), ``volume`` (int64, shares), ``amount`` (float64,
        currency), ``trades`` (int64).

    Raises
    ------
    ArgumentError
        For an argument out of its range.

    See Also
    --------
    simulate_days : the same day by day, in the memory of one day.
    simulate_kinds : which stock is of which kind.

    Examples
    --------
    >>> from factors.data.simulate import simulate_bars
    >>> simulate_bars(stocks=2, kinds={}).shape
    (480, 9)
    """
    import pandas as pd

    frames = list(simulate_days(stocks, days, seed, start=start, session=session, tick=tick, kinds=kinds))
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def simulate_days(
    stocks: int = 5000, days: int = 1, seed: int = 0, *, start: str | date = "2024-01-08",
    session: str | Session = "XSHG", tick: float = 0.01, kinds: Mapping[str, float] | None = None,
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """Simulate one frame per day, prices going on from day to day; parameters and errors as in `simulate_bars`.

    Yields
    ------
    pandas.DataFrame
        The bars of a day, sorted by stock and time.
    """
    run = _Run(stocks, days, seed, start, session, kinds)
    if isinstance(tick, bool) or not isinstance(tick, int | float) or not 1e-6 <= tick <= 1e3:
        raise ArgumentError(f"tick={tick!r} is no price step; give a number from 1e-6 to 1000, such as 0.01.")

    def frames() -> Iterator[pd.DataFrame]:
        market = MarketSimulator(np.isin(run.lasting, (THIN, GAPPY)), run.seed, run.session, tick)
        for day, when in enumerate(run.dates):
            yield _frame(market.next_day(run.kinds(day)), run.symbols(), when, run.session, tick)

    return frames()


def simulate_kinds(
    stocks: int = 5000, days: int = 1, seed: int = 0, *, start: str | date = "2024-01-08",
    session: str | Session = "XSHG", kinds: Mapping[str, float] | None = None,
) -> pd.Series[str]:  # fmt: skip
    """Tell which stock is of which kind on which day of `simulate_bars` with the same arguments.

    Returns
    -------
    pandas.Series of str
        Named ``kind``, indexed by (date, symbol) like a factor frame, every stock on every day.
    """
    import pandas as pd

    run = _Run(stocks, days, seed, start, session, kinds)
    found = np.array(KINDS, object)[np.concatenate([run.kinds(day) for day in range(len(run.dates))])]
    index = pd.MultiIndex.from_product([run.dates.astype("datetime64[us]"), run.symbols()], names=["date", "symbol"])
    return pd.Series(found, index, name="kind").sort_index()


class _Run:
    """The checked arguments of a simulation, and the kinds that follow from them."""

    def __init__(
        self, stocks: int, days: int, seed: int, start: str | date, session: str | Session,
        kinds: Mapping[str, float] | None,
    ) -> None:  # fmt: skip
        self.stocks, self.seed = _whole("stocks", stocks, 1), _whole("seed", seed, 0)
        self.session = get_session(session)
        self.dates = np.busday_offset(_day(start), np.arange(_whole("days", days, 1)), roll="forward")
        self.shares = _shares(kinds, self.session)
        rng = stream(self.seed, 2)
        self.lasting = self._draw(rng, LASTING, np.arange(self.stocks))
        self.listing = np.where(self.lasting == UNLISTED, rng.integers(1, LISTING_DAYS + 1, self.stocks), 0)

    def _draw(self, rng: np.random.Generator, names: Iterable[str], among: npt.NDArray[np.int64]) -> Kinds:
        """Return kinds, (stocks,): exactly the asked share of all stocks for each name, drawn among the given ones."""
        kind = np.zeros(self.stocks, np.int8)
        order, begin, total = rng.permutation(among), 0, 0.0
        for name in names:
            total += self.shares.get(name, 0.0)
            end = min(round(total * self.stocks), len(order))
            kind[order[begin:end]] = KINDS.index(name)
            begin = end
        return kind

    def kinds(self, day: int) -> Kinds:
        """Return the kinds of a day, counted from 0, shape (stocks,)."""
        kind = np.where((self.lasting == UNLISTED) & (day >= self.listing), NORMAL, self.lasting).astype(np.int8)
        ordinary = np.flatnonzero(self.lasting == NORMAL)
        return kind + self._draw(stream(self.seed, 3, day), OF_THE_DAY, ordinary)  # normal is 0

    def symbols(self) -> list[str]:
        """Return the stocks' symbols in the exchange's manner, all different."""
        name, n = self.session.name.partition("/")[0], range(self.stocks)
        if name == "XSHG":
            return [f"{600000 + i // 2}.XSHG" if i % 2 == 0 else f"{1 + i // 2:06d}.XSHE" for i in n]
        if name == "XHKG":
            return [f"{1 + i:05d}.XHKG" for i in n]
        width = max(3, len(np.base_repr(self.stocks - 1, 26)))
        return ["".join(chr(65 + i // 26**k % 26) for k in reversed(range(width))) for i in n]


def _shares(kinds: Mapping[str, float] | None, session: Session) -> dict[str, float]:
    limits = ("limit_up", "limit_down")
    if kinds is None:
        return {k: v for k, v in DEFAULT_KINDS.items() if has_call(session) or k not in limits}
    if not isinstance(kinds, Mapping):
        raise ArgumentError(f"kinds={kinds!r} is no mapping; give shares by kind, such as {{'thin': 0.1}}.")
    for name, share in kinds.items():
        if name not in DEFAULT_KINDS:
            raise choice("kinds", name, DEFAULT_KINDS)
        if not is_share(share):
            raise ArgumentError(f"kinds[{name!r}]={share!r} is no share of the stocks; give a number from 0 to 1.")
        if share and name in limits and not has_call(session):
            raise ArgumentError(f"kinds[{name!r}]={share!r}, but session {session.name} has no price limits.")
    if sum(kinds.values()) > 1 + 1e-9:
        raise ArgumentError(f"kinds={dict(kinds)!r} add up to {sum(kinds.values()):g}; they must not exceed 1.")
    return dict(kinds)


def _whole(name: str, value: object, least: int) -> int:
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise ArgumentError(f"{name}={value!r} must be a whole number of at least {least}.")
    return number


def _day(start: object) -> np.datetime64:
    try:
        if not isinstance(start, date | str | np.datetime64):
            raise TypeError
        day = start if isinstance(start, date) else date.fromisoformat(str(start))
        return np.datetime64(date(day.year, day.month, day.day), "D")
    except (ValueError, TypeError):
        raise ArgumentError(f"start={start!r} is no day; give one such as '2024-01-08' or a datetime.date.") from None


def _frame(day: Day, symbols: list[str], when: np.datetime64, session: Session, tick: float) -> pd.DataFrame:
    import pandas as pd

    rows = np.flatnonzero(day.present)
    whole = len(rows) == day.present.size
    per = round(1 / tick)
    fine = per > 0 and abs(per * tick - 1) < 1e-9  # 7 / 100 is the float 0.07, 7 * 0.01 is not

    def take(x: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return x.reshape(-1) if whole else x.reshape(-1)[rows]

    def money(x: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.asarray(take(x) / per if fine else take(x) * tick, np.float64)

    minutes = when.astype("datetime64[us]") + session.ends().astype("timedelta64[m]")
    columns = {
        "symbol": pd.Series(symbols, dtype="str").array.take(rows // session.minutes),
        "datetime": minutes[rows % session.minutes],
        "open": money(day.open), "high": money(day.high), "low": money(day.low), "close": money(day.close),
        "volume": take(day.volume), "amount": money(day.amount), "trades": take(day.trades),
    }  # fmt: skip
    return pd.DataFrame(columns, copy=False)
