"""Where the extremes of price and volume lie, and what is traded there."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE, whole
from factors.library.price_volume.order_shared import share_of

Array = Any


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_{\mathrm{Top}(C,\lfloor n/5\rfloor)}V_t}{\sum V_t}",
    ranges={"share": SHARE},
    min_bars=10,
    source="CJ 高位成交",
)
def volume_high_price_share(volume: Array, traded_close: Array, share: str = "1/5") -> Array:
    """Share of the day's volume in the traded minutes with the highest close."""
    return share_of(volume, m.top(traded_close, share))


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_{\mathrm{Top}(-C,\lfloor n/5\rfloor)}V_t}{\sum V_t}",
    ranges={"share": SHARE},
    min_bars=10,
    source="CJ 高位成交",
)
def volume_low_price_share(volume: Array, traded_close: Array, share: str = "1/5") -> Array:
    """Share of the day's volume in the traded minutes with the lowest close."""
    return share_of(volume, m.top(-traded_close, share))


@factor(
    family="A",
    unit="1",
    formula=r"\frac{\mathrm{med}\{t-1:t\in S\}}{T-1},\ S=\mathrm{Top}(H,5)",
    ranges={"k": whole(1)},
    min_bars=5,
    version=2,
    source="learndl high_time",
)
def high_time_top5(
    high: Array, day_high: Array, day_low: Array, traded: Array, minute: Array, session: Session, k: int = 5
) -> Array:
    """Median minute of the k highest traded bars, 0 for the first minute of the session and 1 for the last.

    A bar without a high is not eligible; NaN where fewer than k are, or the day has one price.
    """
    chosen = m.top(m.where(traded, high), k=k)
    found = (m.median_minute(chosen, minute) - 1) / (session.minutes - 1)
    return m.where((m.count(chosen) == k) & (day_high > day_low), found)


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\sum_{t\in S^*}\sum_{s=t}^{\min(t+4,T)}V_s}{\sum_tV_t}",
    ranges={"k": whole(1), "skip": whole(1), "gap": whole(1)},
    min_bars=30,
    source="FZ11 待著而救 跟随系数; C-X-Lu",
)
def volume_follow_ratio(
    volume: Array, traded: Array, minute: Array, k: int = 10, skip: int = 15, gap: int = 5
) -> Array:
    """Share of the day's volume in the minutes after the k largest volumes, each with its own `gap` minutes.

    The first `skip` minutes of the session are not eligible; a large volume less than `gap` minutes after the last
    one taken is not taken. NaN where no minute is eligible.
    """
    start = m.spaced(m.top(m.where(traded & (minute > skip), volume), k=k), gap)
    follow = start
    for minutes in range(1, gap):
        follow = follow | (m.lag(start, minutes) == 1)
    return m.where(m.any(start), m.ratio(m.sum(m.where(follow, volume)), m.sum(volume)))
