"""Factors that read more than one stock-day: the day before, the market, the other stocks, earlier days.

A stock-day without a traded bar is no part of its day's market: whether a halted stock is delivered as flat bars or
not at all changes nothing for the others.
"""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import SHARE
from factors.library.cross_section.neighbours_shared import usual

Array = Any


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{O_d}{PC}-1",
    min_bars=1,
    source="GF8; DDB-38; Aboody et al. / Lou-Polk-Skouras",
    version=2,
    history=1,
)
def return_overnight(day_open: Array, pre_close: Array) -> Array:
    """Return from the previous close to the open; not adjusted for dividends and splits."""
    return m.ratio(day_open - pre_close, pre_close)


@factor(
    family="A",
    unit="ratio",
    formula=r"\frac{C_d}{PC}-1",
    min_bars=1,
    source="standard",
    version=2,
    history=1,
)
def return_daily(day_return: Array) -> Array:
    """Return from the previous close to the close; not adjusted for dividends and splits."""
    return day_return


@factor(
    family="C",
    unit="1",
    formula=r"\frac{V_{auction}}{\sum_tV_t}",
    min_bars=1,
    source="GD5 OCVP; CICC12 liq_firstCallR",
)
def volume_open_auction_ratio(auction_volume: Array, volume: Array) -> Array:
    """Share of the day's volume that was traded in the opening auction, NaN where no auction bar was delivered."""
    return m.ratio(auction_volume, m.sum(volume))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\bar u}{\mathrm{std}(u)}+\mathrm{kurt}(u)",
    min_bars=40,
    version=2,
    source="招商 持续异常交易量; DDB-min-8",
)
def patv(volume_surprise_rank: Array) -> Array:
    """Mean over standard deviation, plus kurtosis, of the rank of a minute's volume over that of the ten before.

    The ranks are among the stocks of the day that have that ratio at the minute, also those with too few bars.
    """
    return m.ratio(m.mean(volume_surprise_rank), m.std(volume_surprise_rank)) + m.kurt(volume_surprise_rank)


@factor(
    family="D",
    unit="1",
    formula=r"\frac{\sum A_t\mathbf 1\{V_t>q\}/\sum V_t\mathbf 1\{V_t>q\}}{VWAP}-1",
    ranges={"q": SHARE},
    min_bars=20,
    source="国盛 量价淘金7 (G1)",
    version=2,
    history=5,
)
def trend_capital_vwap_gap(volume: Array, amount: Array, vwap_day: Array, past_volume: Array, q: str = "9/10") -> Array:
    """Average price of the minutes with more volume than 90 % of those of the 5 days before, over the day's VWAP.

    These are days of the input: NaN where the stock has no bar on one of them.
    """
    large = volume > usual(past_volume, q, days=5)
    return m.change(m.ratio(m.sum(m.where(large, amount)), m.sum(m.where(large, volume))), vwap_day)


@factor(
    family="F",
    unit="1",
    formula=r"|t_\alpha|\cdot\bigl(1-2\cdot\mathbf 1\{F<\bar F_{cs}\}\bigr)",
    min_bars=30,
    version=2,
    source="FZ10 午蔽古木; DDB-min-10",
)
def vol_diff_intercept(vol_diff_t0: Array, vol_diff_f_value: Array, market_vol_diff_f: Array) -> Array:
    """Size of the intercept's t-statistic in the fit of `vol_diff_f`, negative where F is below its mean of the day.

    The mean is over the stocks that have an F and at least 30 traded bars.
    """
    sign = m.where(vol_diff_f_value < market_vol_diff_f, -1.0, 1.0)
    return m.where(m.exists(vol_diff_f_value) & m.exists(market_vol_diff_f), m.abs(vol_diff_t0) * sign)


@factor(
    family="F",
    unit="1",
    formula=r"\frac{|R-R_m|}{|R|+|R_m|+0.1}",
    min_bars=1,
    source="FZ8 草木皆兵; Cosemans-Frehen 2021; DDB-16",
    version=2,
    history=1,
)
def panic_core(day_return: Array, market_day_return: Array) -> Array:
    """Distance of the stock's return from the market's, over the size of both.

    The market's is the mean over the stocks that have one, or the one given as `market`.
    """
    size = m.abs(day_return) + m.abs(market_day_return) + 0.1
    return m.abs(day_return - market_day_return) / size


@factor(
    family="F",
    unit="1",
    formula=r"\frac{1}{S-1}\sum_{j\ne i}\bigl|\mathrm{corr}_{t\in\tau}(A_{i,t},A_{j,t})\bigr|",
    min_bars=30,
    source="FZ9 水中行舟 孤雁出群; WangXiang out_crowd; C-X-Lu (torch.corrcoef)",
)
def lonely_goose(amount_crowd: Array) -> Array:
    """Mean absolute correlation of the stock's amounts with the others', in minutes in which returns lie close."""
    return amount_crowd


@factor(
    family="K",
    unit="1",
    formula=r"\frac{\sum l_tm_t}{\sum m_t^2}",
    min_bars=30,
    source="BNS 2004; HF-R rBeta; learndl mkt_beta",
)
def realized_beta(log_returns: Array, market_return: Array) -> Array:
    """Beta to the market from minute returns, without a constant.

    The market's return is the plain mean over the stocks, or the one given as `market`; a mean that is 0 but for
    rounding is 0.
    """
    both = m.exists(log_returns)
    return m.ratio(m.sum(log_returns * market_return), m.sum(m.where(both, market_return * market_return)))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sum l_t^2-\beta^2\sum m_t^2",
    min_bars=30,
    source="东北18",
)
def realized_idio_var(log_returns: Array, market_return: Array) -> Array:
    """Realised variance that the market leaves: the sum of squares of what the beta does not explain."""
    both = m.exists(log_returns) & m.exists(market_return)
    beta = realized_beta(log_returns, market_return)
    rest = log_returns - beta * market_return
    return m.where(m.exists(beta), m.sum(m.where(both, rest * rest)))
