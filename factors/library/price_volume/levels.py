"""Volume by price level."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE, whole
from factors.ops.selection import TIE, fraction

Array = Any


@factor(
    family="D",
    unit="1",
    formula=r"\mathrm{std}_g(v_g)",
    min_bars=5,
    version=2,
    source="CICC12 doc_std",
)
def doc_std(level_share: Array) -> Array:
    """Standard deviation over the price levels of their share of the volume, NaN for one level."""
    return m.where(m.count(level_share) > 1, m.std(level_share))


@factor(
    family="D",
    unit="1",
    formula=r"\mathrm{skew}_g(v_g)",
    min_bars=5,
    version=2,
    source="CICC12 doc_skew",
)
def doc_skew(level_share: Array) -> Array:
    """Skewness over the price levels of their share of the volume, NaN for fewer than three levels."""
    return m.where(m.count(level_share) > 2, m.skew(level_share))


@factor(
    family="D",
    unit="1",
    formula=r"\mathrm{kurt}_g(v_g)",
    min_bars=5,
    version=2,
    source="CICC12 doc_kurt",
)
def doc_kurt(level_share: Array) -> Array:
    """Kurtosis over the price levels of their share of the volume, NaN for fewer than four levels."""
    return m.where(m.count(level_share) > 3, m.kurt(level_share))


def _depth(volume_from_above: Array, volume: Array, share: str) -> Array:
    """Share of the price levels that it takes, from the highest down, to hold more than a share of the volume."""
    part = fraction(share, "factor(...")
    short = part.denominator * volume_from_above <= (1 + TIE) * part.numerator * m.sum(volume)
    return m.ratio(1 + m.count(short), m.count(volume_from_above))


@factor(
    family="D",
    unit="1 in (0,1]",
    formula=r"\frac1G\min\Bigl\{j:\textstyle\sum_{i\le j}v_i>0.60\Bigr\}",
    ranges={"share": SHARE},
    min_bars=5,
    version=2,
    source="CICC12 doc_pdf60..95",
)
def doc_pdf60(volume_from_above: Array, volume: Array, share: str = "3/5") -> Array:
    """Share of the price levels, from the highest down, that hold more than 60 % of the volume."""
    return _depth(volume_from_above, volume, share)


@factor(
    family="D",
    unit="1 in (0,1]",
    formula=r"\frac1G\min\Bigl\{j:\textstyle\sum_{i\le j}v_i>0.70\Bigr\}",
    ranges={"share": SHARE},
    min_bars=5,
    version=2,
    source="CICC12 doc_pdf60..95",
)
def doc_pdf70(volume_from_above: Array, volume: Array, share: str = "7/10") -> Array:
    """Share of the price levels, from the highest down, that hold more than 70 % of the volume."""
    return _depth(volume_from_above, volume, share)


@factor(
    family="D",
    unit="1 in (0,1]",
    formula=r"\frac1G\min\Bigl\{j:\textstyle\sum_{i\le j}v_i>0.80\Bigr\}",
    ranges={"share": SHARE},
    min_bars=5,
    version=2,
    source="CICC12 doc_pdf60..95",
)
def doc_pdf80(volume_from_above: Array, volume: Array, share: str = "4/5") -> Array:
    """Share of the price levels, from the highest down, that hold more than 80 % of the volume."""
    return _depth(volume_from_above, volume, share)


@factor(
    family="D",
    unit="1 in (0,1]",
    formula=r"\frac1G\min\Bigl\{j:\textstyle\sum_{i\le j}v_i>0.90\Bigr\}",
    ranges={"share": SHARE},
    min_bars=5,
    version=2,
    source="CICC12 doc_pdf60..95",
)
def doc_pdf90(volume_from_above: Array, volume: Array, share: str = "9/10") -> Array:
    """Share of the price levels, from the highest down, that hold more than 90 % of the volume."""
    return _depth(volume_from_above, volume, share)


@factor(
    family="D",
    unit="1 in (0,1]",
    formula=r"\frac1G\min\Bigl\{j:\textstyle\sum_{i\le j}v_i>0.95\Bigr\}",
    ranges={"share": SHARE},
    min_bars=5,
    version=2,
    source="CICC12 doc_pdf60..95",
)
def doc_pdf95(volume_from_above: Array, volume: Array, share: str = "19/20") -> Array:
    """Share of the price levels, from the highest down, that hold more than 95 % of the volume."""
    return _depth(volume_from_above, volume, share)


@factor(
    family="D",
    unit="1",
    formula=r"\sum_{j=1}^{5}v_{[j]}",
    ranges={"k": whole(1)},
    min_bars=5,
    source="CICC12 doc_vol5/10/50_ratio",
)
def doc_vol5_ratio(level_share: Array, level_place: Array, k: int = 5) -> Array:
    """Share of the volume at the k price levels with most, all of them if there are fewer."""
    return _largest(level_share, level_place, k)


@factor(
    family="D",
    unit="1",
    formula=r"\sum_{j=1}^{10}v_{[j]}",
    ranges={"k": whole(1)},
    min_bars=5,
    source="CICC12 doc_vol5/10/50_ratio",
)
def doc_vol10_ratio(level_share: Array, level_place: Array, k: int = 10) -> Array:
    """Share of the volume at the k price levels with most, all of them if there are fewer."""
    return _largest(level_share, level_place, k)


@factor(
    family="D",
    unit="1",
    formula=r"\sum_{j=1}^{50}v_{[j]}",
    ranges={"k": whole(1)},
    min_bars=5,
    source="CICC12 doc_vol5/10/50_ratio",
)
def doc_vol50_ratio(level_share: Array, level_place: Array, k: int = 50) -> Array:
    """Share of the volume at the k price levels with most, all of them if there are fewer."""
    return _largest(level_share, level_place, k)


def _largest(level_share: Array, level_place: Array, k: int) -> Array:
    return m.where(m.any(m.exists(level_place)), m.sum(m.where(m.leading(level_place, k=k), level_share)))


def _busiest(place: Array, amount: Array, bins: int) -> tuple[Array, Array]:
    """Which part has the largest amount, the lowest of equal ones, and that amount."""
    most, busiest = m.sum(m.where(place == 0, amount)), 0.0
    for part in range(1, bins):
        there = m.sum(m.where(place == part, amount))
        busiest, most = m.where(there > most, float(part), busiest), m.larger(there, most)
    return busiest, most


def _bin(close: Array, day_high: Array, day_low: Array, bins: int) -> Array:
    """Which part of the day's range the close is in, 0..bins-1; missing where the day has no range."""
    return m.clip(m.bin_index(m.ratio(bins * (close - day_low), day_high - day_low)), 0, bins - 1)


@factor(
    family="D",
    unit="1",
    formula=r"\frac{C_d-L_d}{H_d-L_d}-\frac{k^*+0.5}{10}",
    ranges={"bins": whole(1)},
    min_bars=10,
    version=2,
    source="东北20 (D6)",
)
def close_vs_poc(amount: Array, close: Array, day_high: Array, day_low: Array, bins: int = 10) -> Array:
    """Position of the last close in the day's range less that of the middle of the part with the largest amount.

    Of parts with equal amounts the lowest counts; a close outside the range counts to the part next to it.
    """
    place = _bin(close, day_high, day_low, bins)
    busiest, most = _busiest(place, amount, bins)
    position = m.ratio(m.at(close, -1) - day_low, day_high - day_low)
    return m.where(most > 0, position - (busiest + 0.5) / bins)


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum_kv_k(k-\mu)^3}{\sigma^3}",
    ranges={"bins": whole(2)},
    min_bars=10,
    version=2,
    source="东北20 v_p_skewness (D5)",
)
def pricebin_volume_skew(amount: Array, close: Array, day_high: Array, day_low: Array, bins: int = 10) -> Array:
    """Skewness of the amount over equal parts of the day's range, NaN where one of them has it all.

    A close outside the range counts to the part next to it.
    """
    place = _bin(close, day_high, day_low, bins)
    weight = m.where(m.exists(place), amount)
    away = place - m.ratio(m.sum(place * weight), m.sum(weight))
    second, third = (m.ratio(m.sum(weight * power), m.sum(weight)) for power in (away * away, away * away * away))
    used = m.where(weight > 0, place)
    return m.where(m.max(used) > m.min(used), m.ratio(third, second * m.sqrt(second)))


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{H_d-p_{lo}}{C_d}",
    ranges={"share": SHARE},
    min_bars=10,
    version=2,
    source="XY 成交量分布中的Alpha; DDB-min-27/28/30",
)
def volume_support_p(
    close: Array, volume: Array, traded_close: Array, day_high: Array, day_low: Array, share: str = "1/2"
) -> Array:
    """Distance of the day's high from the lower end of the price levels with most of the volume, over the close.

    They are the level with most volume and its neighbours, the one with more volume first, until they hold the share.
    """
    return m.ratio(day_high - _ends(volume, traded_close, share)[0], m.at(close, -1))


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{p_{hi}-L_d}{C_d}",
    ranges={"share": SHARE},
    min_bars=10,
    version=2,
    source="XY 成交量分布中的Alpha; DDB-min-27/28/30",
)
def volume_support_b(
    close: Array, volume: Array, traded_close: Array, day_high: Array, day_low: Array, share: str = "1/2"
) -> Array:
    """Distance of the upper end of the price levels with most of the volume from the day's low, over the close.

    The levels are those of `volume_support_p`.
    """
    return m.ratio(_ends(volume, traded_close, share)[1] - day_low, m.at(close, -1))


@factor(
    family="D",
    unit="ratio",
    formula=r"\frac{C_d-p_{lo}}{C_d}",
    ranges={"share": SHARE},
    min_bars=10,
    version=2,
    source="XY 成交量分布中的Alpha; DDB-min-27/28/30",
)
def support_close_gap(
    high: Array, low: Array, close: Array, volume: Array, traded_close: Array, share: str = "1/2"
) -> Array:
    """Distance of the last close from the lower end of the price levels with most of the volume, over the close.

    The levels are those of `volume_support_p`.
    """
    last = m.at(close, -1)
    return m.ratio(last - _ends(volume, traded_close, share)[0], last)


def _ends(volume: Array, traded_close: Array, share: str) -> tuple[Array, Array]:
    inside = m.where(m.area(volume, traded_close, share), traded_close)
    return m.min(inside), m.max(inside)
