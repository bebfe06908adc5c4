"""How unevenly volume and amount are spread, and on which kinds of minutes they fall."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import above, whole

Array = Any


def _consistent(open: Array, high: Array, low: Array, close: Array, alpha: float) -> Array:
    """Return the mask of the bars whose body is at least `alpha` of their range, which is not 0."""
    return (m.abs(close - open) >= alpha * (high - low)) & (high > low)


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\mathrm{std}(V_t)}{\bar V}",
    min_bars=2,
    version=2,
    source="learndl vol_cv; Soochow UTD (daily std; UTD itself = std20/mean20 of it)",
)
def volume_cv(volume: Array) -> Array:
    """Standard deviation of the minute volumes over their mean."""
    return m.ratio(m.std(volume), m.mean(volume))


@factor(
    family="C",
    unit="shares",
    formula=r"\mathrm{std}(V_t)",
    min_bars=2,
    scale=(0, 1),
    version=2,
    source="CICC12 vol_volume1min",
)
def volume_std(volume: Array) -> Array:
    """Standard deviation of the minute volumes."""
    return m.std(volume)


@factor(
    family="C",
    unit="currency²",
    formula=r"\mathrm{var}(A_t)",
    min_bars=2,
    scale=(2, 2),
    version=2,
    source="华安; DDB-43",
)
def amount_var(amount: Array) -> Array:
    """Variance of the minute amounts."""
    return m.var(amount)


@factor(
    family="C",
    unit="1",
    formula=r"\sum_tw_t^2",
    min_bars=1,
    source="WangXiang v_hhi",
)
def volume_hhi(volume_share: Array) -> Array:
    """Herfindahl index of the minutes' volume shares."""
    return m.sum(volume_share * volume_share)


@factor(
    family="C",
    unit="nats",
    formula=r"-\sum_ta_t\ln a_t",
    min_bars=2,
    source="CJ; DDB-min-7",
)
def amount_entropy(amount_share: Array) -> Array:
    """Entropy of the minutes' amount shares."""
    return m.entropy(amount_share)


@factor(
    family="C",
    unit="nats",
    formula=r"-\sum_tp_t\ln p_t,\ p_t=\frac{V_tC_t}{\sum_sV_sC_s}",
    min_bars=2,
    source="CJ; DDB-min-11",
)
def price_volume_entropy(close: Array, volume: Array) -> Array:
    """Entropy of the minutes' shares in the volume valued at the close."""
    value = close * volume
    return m.entropy(m.ratio(value, m.sum(value)))


@factor(
    family="C",
    unit="nats",
    formula=r"-\sum_{k=0}^{9}p_k\ln p_k",
    ranges={"bins": whole(2)},
    min_bars=10,
    version=2,
    source="XY 成交量分布中的Alpha; DDB-17",
)
def volume_bucket_entropy(volume: Array, traded: Array, bins: int = 10) -> Array:
    """Entropy of the traded bars' volumes over equal bins from the smallest to the largest; 0 if all are equal."""
    volume = m.where(traded, volume)
    low, high = m.min(volume), m.max(volume)
    place = m.smaller(m.bin_index(m.ratio(bins * (volume - low), high - low)), bins - 1)
    return m.where(high == low, 0.0, m.entropy_of([m.count(place == k) for k in range(bins)]))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum V_t\mathbf 1\{r_t>0\}}{\sum V_t}",
    min_bars=10,
    source="standard",
)
def volume_up_ratio(volume: Array, rising: Array) -> Array:
    """Share of the rising minutes in the day's volume."""
    return m.ratio(m.sum(m.where(rising, volume)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum w_t^2(\mathbf 1\{r_t<0\}-\mathbf 1\{r_t>0\})}{\sum w_t^2}",
    min_bars=10,
    source="WangXiang v_rsj",
)
def volume_rsj(volume_share: Array, rising: Array, falling: Array) -> Array:
    """Squared volume shares of the falling minutes less those of the rising ones, over those of all minutes."""
    square = volume_share * volume_share
    return m.ratio(m.sum(m.where(falling, square)) - m.sum(m.where(rising, square)), m.sum(square))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum V_t\mathbf 1\{|C_t-O_t|\ge0.95(H_t-L_t),\ H_t>L_t\}}{\sum V_t}",
    ranges={"alpha": above(0)},
    min_bars=10,
    version=2,
    source="GD8 一致交易 TCV; DDB-min-6",
)
def consistent_volume_ratio(
    open: Array, high: Array, low: Array, close: Array, volume: Array, alpha: float = 0.95
) -> Array:
    """Volume share of the bars that are nearly all body, which go one way from open to close."""
    return m.ratio(m.sum(m.where(_consistent(open, high, low, close, alpha), volume)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum V_t\mathbf 1\{C_t>O_t,\ |C_t-O_t|\ge0.95(H_t-L_t),\ H_t>L_t\}}{\sum V_t}",
    ranges={"alpha": above(0)},
    min_bars=10,
    version=2,
    source="GD8 PCV",
)
def consistent_buy_ratio(
    open: Array, high: Array, low: Array, close: Array, volume: Array, alpha: float = 0.95
) -> Array:
    """Volume share of the bars that are nearly all body and rise."""
    bought = _consistent(open, high, low, close, alpha) & (close > open)
    return m.ratio(m.sum(m.where(bought, volume)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum V_t\mathbf 1\{C_t<O_t,\ |C_t-O_t|\ge0.95(H_t-L_t),\ H_t>L_t\}}{\sum V_t}",
    ranges={"alpha": above(0)},
    min_bars=10,
    version=2,
    source="GD8 NCV",
)
def consistent_sell_ratio(
    open: Array, high: Array, low: Array, close: Array, volume: Array, alpha: float = 0.95
) -> Array:
    """Volume share of the bars that are nearly all body and fall."""
    sold = _consistent(open, high, low, close, alpha) & (close < open)
    return m.ratio(m.sum(m.where(sold, volume)), m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\#\{t\in E:V_t=0\}}{n}",
    min_bars=1,
    source="Lesmond-type zeros",
)
def zero_volume_ratio(volume: Array) -> Array:
    """Share of the minutes since the first bar in which nothing was traded."""
    return m.ratio(m.count(volume == 0), m.count(volume))
