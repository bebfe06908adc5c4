"""The same numbers from pandas, SciPy and statsmodels, as one would ask these libraries for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


class Frame:
    """A stock-day in pandas, from its first traded minute on, filled.

    Attributes
    ----------
    o, h, l, c, v, a, k : pandas.Series
        Filled fields by grid minute.
    traded : pandas.Series of bool
        Bars with volume.
    minutes : int
        T.
    """

    def __init__(self, bars: Mapping[str, Floats]) -> None:
        self.minutes = len(bars["close"])
        frame = pd.DataFrame(bars, index=pd.RangeIndex(1, self.minutes + 1))
        frame = frame.loc[(frame.volume > 0).idxmax() :]
        carried = frame.close.ffill()
        prices = {name: frame[name].fillna(carried) for name in ("open", "high", "low", "close")}
        self.o, self.h, self.l, self.c = prices.values()
        self.v, self.a, self.k = (frame[name].fillna(0.0) for name in ("volume", "amount", "trades"))
        self.traded = self.v > 0

    @cached_property
    def r(self) -> pd.Series[float]:
        """Returns, the first from the own open."""
        found = self.c.pct_change()
        found.iloc[0] = self.c.iloc[0] / self.o.iloc[0] - 1
        return found

    @cached_property
    def lr(self) -> pd.Series[float]:
        """Log returns."""
        return np.log(self.c).diff()

    @property
    def late(self) -> slice:
        """The last 30 minutes."""
        return slice(self.minutes - 29, None)

    def busiest(self) -> pd.Index[int]:
        """The third of the traded bars with the largest volumes."""
        traded = self.v[self.traded]
        return traded.sort_values(ascending=False, kind="stable").index[: max(1, len(traded) // 3)].sort_values()


def _pandas_skew(x: Any) -> float:
    n = x.count()  # pandas corrects for bias
    return float(x.skew() * (n - 2) / math.sqrt(n * (n - 1)))


def _pandas_kurt(x: Any) -> float:
    n = x.count()
    return float((x.kurt() * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1) + 3)


def _scipy_skew(x: Any) -> float:
    from scipy import stats

    return float(stats.skew(x))


def _scipy_kurt(x: Any) -> float:
    from scipy import stats

    return float(stats.kurtosis(x, fisher=False))


def _pearson(x: Any, y: Any) -> float:
    from scipy import stats

    both = x.notna() & y.notna()
    return float(stats.pearsonr(x[both], y[both])[0])


def _linear(y: Any, x: Any) -> float:
    from scipy import stats

    return float(stats.linregress(x, y).slope)


def _entropy(f: Frame) -> float:
    from scipy import stats

    return float(stats.entropy(f.v)) / math.log(f.minutes)


def _fit(y: Any, *columns: Any) -> Any:
    import statsmodels.api as sm

    x = sm.add_constant(np.column_stack(columns), has_constant="add")
    if not np.isfinite(x).all():
        raise ValueError("nothing to fit")
    return sm.OLS(np.asarray(y), x).fit()


def _volume_fit(f: Frame) -> Any:
    change = f.v.diff()
    return _fit(f.r.iloc[6:], *(change.shift(lag).iloc[6:] for lag in range(6)))


def _pastor(f: Frame) -> float:
    return float(_fit(f.r.iloc[1:], f.r.iloc[:-1], (np.sign(f.r) * f.a).iloc[:-1]).params[2])


def _illiq_gap(f: Frame) -> float:
    from scipy import stats

    step = f.c.diff().iloc[1:]
    buy = f.a.iloc[1:] * stats.norm.cdf(step / step.std(ddof=0))
    return float(_fit(f.r.iloc[1:], f.a.iloc[1:] - buy, buy).params[1:].sum())


def _slow_share(f: Frame, x: Any) -> float:
    from scipy import fft

    y = np.zeros(f.minutes)
    y[x.index - 1] = x - x.mean()
    power = np.abs(fft.rfft(y)[1:]) ** 2
    return float(power[: f.minutes // 30].sum() / power.sum())


def _beta_z(f: Frame) -> float:
    beta = f.l.rolling(50).cov(f.h, ddof=0) / f.l.rolling(50).var(ddof=0)
    beta = beta[np.isfinite(beta)]
    return float((beta.iloc[-1] - beta.mean()) / beta.std(ddof=0))


def _kyle(f: Frame) -> tuple[Any, Any]:
    step = f.c.diff().iloc[1:]
    sign = np.sign(step).replace(0, np.nan).ffill().fillna(0)
    return step, sign * f.v.iloc[1:]


def _kyle_sqrt(f: Frame) -> tuple[Any, Any]:
    return f.r, np.sign(f.r).replace(0, np.nan).ffill().fillna(0) * np.sqrt(f.a)


def _blocks(f: Frame) -> Any:
    before = f.c.shift()
    before.iloc[0] = f.o.iloc[0]
    ends = np.arange(5, f.minutes + 1, 5)
    ends = ends[ends - 4 >= f.c.index[0]]
    return pd.Series(f.c.loc[ends].to_numpy() / before.loc[ends - 4].to_numpy() - 1)


def _growth(f: Frame) -> tuple[Any, Any]:
    traded = f.v[f.traded]
    return f.c[f.traded], traded.pct_change()


def _per_trade(f: Frame) -> Any:
    return (f.a / f.k)[f.k > 0]


def _diffusion(f: Frame) -> float:
    level, lags = np.log(f.c), range(1, 21)
    return _linear([math.log((level.diff(lag) ** 2).mean()) for lag in lags], [math.log(lag) for lag in lags]) / 2


PAIRS: dict[str, Callable[[Frame], tuple[Any, Any]]] = {
    "amount_autocorr": lambda f: (f.a, f.a.shift()),
    "VP": lambda f: (f.c, f.v),
    "VP_top33_volume": lambda f: (f.c[f.busiest()], f.v[f.busiest()]),
    "VP_last_30min": lambda f: (f.c.loc[f.late], f.v.loc[f.late]),
    "VR": lambda f: (f.r, f.v),
    "VR_1min_lag": lambda f: (f.r.shift(), f.v),
    "VR_1min_lead": lambda f: (f.r.shift(-1), f.v),
    "VR_top33_volume": lambda f: (f.r[f.busiest()], f.v[f.busiest()]),
    "VR_1min_lag_top33_volume": lambda f: (f.r.shift()[f.busiest()], f.v[f.busiest()]),
    "VR_last_30min": lambda f: (f.r.loc[f.late], f.v.loc[f.late]),
    "corr_volume_item": lambda f: (f.v, f.k),
    "corr_volume_amplitude": lambda f: (f.v, (f.h - f.l) / f.o),
    "corr_ret_lastret": lambda f: (f.r, f.r.shift()),
    "corr_close_nextopen": lambda f: (f.c.shift(), f.o),
    "corr_close_dvolume": _growth,
    "corr_absret_amount": lambda f: (f.lr.abs(), f.a),
    "corr_volume_vwap": lambda f: (f.v, (f.a / f.v).where(f.traded, f.c)),
    "leverage_corr": lambda f: (f.lr, f.lr.shift(-1) ** 2),
}
"""Correlations: pandas' ``corr`` and SciPy's ``pearsonr``."""
MOMENTS: dict[str, Callable[[Frame], Any]] = {
    "return_skewness": lambda f: f.r,
    "return_skewness_last_30min": lambda f: f.r.loc[f.late],
    "return_skewness_top33_volume": lambda f: f.r[f.busiest()],
    "return_skewness_5min": _blocks,
    "volume_skewness": lambda f: f.v,
    "amount_per_trade_skew": _per_trade,
}
"""Skewnesses: pandas' ``skew`` without its correction for bias, and SciPy's."""
FOURTHS: dict[str, Callable[[Frame], Any]] = {
    "return_kurtosis": lambda f: f.r,
    "return_kurtosis_last_30min": lambda f: f.r.loc[f.late],
    "return_kurtosis_top33_volume": lambda f: f.r[f.busiest()],
    "volume_kurtosis": lambda f: f.v,
}
"""Kurtoses likewise."""
PANDAS: dict[str, Callable[[Frame], float]] = {
    **{name: (lambda f, pair=pair: pair(f)[0].corr(pair(f)[1])) for name, pair in PAIRS.items()},  # type: ignore[misc]
    **{name: (lambda f, x=x: _pandas_skew(x(f))) for name, x in MOMENTS.items()},  # type: ignore[misc]
    **{name: (lambda f, x=x: _pandas_kurt(x(f))) for name, x in FOURTHS.items()},  # type: ignore[misc]
    "return_intraday": lambda f: f.c.iloc[-1] / f.o.iloc[0] - 1,
    "intraday_maxdrawdown": lambda f: (1 - f.c / f.c.cummax()).max(),
    "trend_ratio": lambda f: (f.c.iloc[-1] - f.c.iloc[0]) / f.c.diff().abs().sum(),
    "close_vwap_dev": lambda f: f.c.iloc[-1] / (f.a.sum() / f.v.sum()) - 1,
    "return_last_30min": lambda f: f.c.pct_change(30).iloc[-1],
    "return_var": lambda f: f.r.var(ddof=0),
    "return_upward_var": lambda f: f.r[f.r > 0].var(ddof=0),
    "return_downward_var": lambda f: f.r[f.r < 0].var(ddof=0),
    "return_var_last_30min": lambda f: f.r.loc[f.late].var(ddof=0),
    "return_var_top33_volume": lambda f: f.r[f.busiest()].var(ddof=0),
    "volume_share_std": lambda f: (f.v / f.v.sum()).std(ddof=0),
    "volume_last_30min_ratio": lambda f: f.v.loc[f.late].sum() / f.v.sum(),
    "amihud_mean": lambda f: 1e8 * (f.r.abs() / f.a)[f.a > 0].mean(),
    "mmt_ols_beta_zscore_last": _beta_z,
}
"""In pandas."""
SCIPY: dict[str, Callable[[Frame], float]] = {
    **{name: (lambda f, pair=pair: _pearson(*pair(f))) for name, pair in PAIRS.items()},  # type: ignore[misc]
    **{name: (lambda f, x=x: _scipy_skew(x(f))) for name, x in MOMENTS.items()},  # type: ignore[misc]
    **{name: (lambda f, x=x: _scipy_kurt(x(f))) for name, x in FOURTHS.items()},  # type: ignore[misc]
    "volume_entropy": _entropy,
    "kyle_lambda": lambda f: _linear(*_kyle(f)),
    "kyle_lambda_sqrt": lambda f: _linear(*_kyle_sqrt(f)),
    "hurst_diff": _diffusion,
    "spectral_low_ratio": lambda f: _slow_share(f, f.lr.iloc[1:]),
    "volume_power_ratio": lambda f: _slow_share(f, f.v),
}
"""In SciPy."""
STATSMODELS: dict[str, Callable[[Frame], float]] = {
    "pastor_stambaugh_gamma": _pastor,
    "sell_buy_illiq_gap": _illiq_gap,
    "vol_diff_f": lambda f: _volume_fit(f).fvalue,
    "vol_diff_intercept_t": lambda f: _volume_fit(f).tvalues[0],
}
"""In statsmodels."""
LIBRARIES: dict[str, dict[str, Callable[[Frame], float]]] = {
    "pandas": PANDAS,
    "SciPy": SCIPY,
    "statsmodels": STATSMODELS,
}
"""Library -> factor -> its number."""
