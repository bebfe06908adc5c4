"""Degenerate stock-days: locked, silent, absent, short and late ones; every core factor is stated."""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.tools import NAN, Case, all_else_nan, bars, put, runs

FIELDS = ("open", "high", "low", "close", "volume", "amount", "trades")

# One price all day, volumes 100, 300, 100, 300, ...: the series of one price have no spread at all.
LOCKED = Case(
    "limit-locked",
    {
        **dict.fromkeys(("open", "high", "low", "close"), runs((10.07, 240))),
        "volume": [100.0, 300.0] * 120,
        "amount": [1007.0, 3021.0] * 120,
        "trades": [1.0, 3.0] * 120,
    },
    240,
    120,
    all_else_nan(
        return_intraday=0,
        return_improved=0,
        tp_diff=0,
        return_var=0,
        intraday_maxdrawdown=0,
        close_vwap_dev=0,
        return_last_30min=0,
        return_open_30min=0,
        return_am=0,
        return_pm=0,
        return_var_last_30min=0,
        volume_open_30min_ratio=1 / 8,
        volume_last_30min_ratio=1 / 8,
        volume_perc_2=1 / 8,
        volume_share_std=1 / 480,  # 100/48000
        volume_skewness=0,
        volume_kurtosis=1,
        volume_entropy=(log(480) - 0.75 * log(3)) / log(240),  # 120 shares of 1/480, 120 of 3/480
        amount_autocorr=-1,
        cum_return_top30_order=0,
        netinflow_top30_order=0,
        return_var_top33_volume=0,
        corr_volume_item=1,
        amihud_mean=0,
    ),
)

# Prices move, nothing trades.
SILENT = Case(
    "all volumes zero",
    {**bars(10, runs((10, 100), (11, 140))), **dict.fromkeys(("volume", "amount", "trades"), runs((0, 240)))},
    240,
    120,
    all_else_nan(),
)

ABSENT = Case("all missing", dict.fromkeys(FIELDS, runs((NAN, 240))), 240, 120, all_else_nan())


def alone(**bar: float) -> dict[str, list[float]]:
    """One bar, at minute 5."""
    return {name: put(runs((NAN, 240)), t5=value) for name, value in bar.items()}


ONE_BAR = Case(
    "one traded bar",
    alone(open=10, high=12, low=9, close=11, volume=500, amount=5250, trades=7),
    240,
    120,
    all_else_nan(
        return_intraday=0.1,
        intraday_maxdrawdown=0,
        close_vwap_dev=1 / 21,  # 11/10.5 − 1
        volume_open_30min_ratio=1,
        volume_last_30min_ratio=0,
        volume_perc_2=0,
    ),
)

# 10 in the first minute, 12 in the last, nothing between: one r of 0.2 among 240.
TWO_BARS = Case(
    "two bars",
    {
        "open": put(runs((NAN, 240)), t1=10, t240=10),
        "high": put(runs((NAN, 240)), t1=10, t240=12),
        "low": put(runs((NAN, 240)), t1=10, t240=10),
        "close": put(runs((NAN, 240)), t1=10, t240=12),
        "volume": put(runs((NAN, 240)), t1=100, t240=300),
        "amount": put(runs((NAN, 240)), t1=1000, t240=3400),
        "trades": put(runs((NAN, 240)), t1=1, t240=2),
    },
    240,
    120,
    all_else_nan(
        return_intraday=0.2,
        tp_diff=2 / 15,  # (34/3)/10 − 1
        return_var=0.04 * 239 / 57600,
        intraday_maxdrawdown=0,
        trend_ratio=1,
        close_vwap_dev=1 / 11,  # 12/(4400/400) − 1
        return_upward_var=0,
        volume_open_30min_ratio=0.25,
        volume_last_30min_ratio=0.75,
        volume_perc_2=0,
        volume_share_std=sqrt(149) / 240,  # (1/16 + 9/16)/240 − 1/240²
        volume_entropy=(log(4) - 0.75 * log(3)) / log(240),
    ),
)

# Half a day of 120 minutes without a break, one jump of 10 % at minute 91, the first of the last 30.
HALF_DAY = Case(
    "half day, one jump",
    {**bars(10, runs((10, 90), (11, 30))), "volume": put(runs((100, 120)), t1=200)},
    120,
    None,
    all_else_nan(
        return_intraday=0.1,
        return_improved=0.1,
        tp_diff=0.1,
        return_var=0.01 * 119 / 14400,
        return_skewness=118 / sqrt(119),
        return_kurtosis=(14400 - 357) / 119,
        intraday_maxdrawdown=0,
        trend_ratio=1,
        return_last_30min=0.1,  # C_90 = 10
        return_open_30min=0,
        return_upward_var=0,
        return_upward_var_ratio=1,
        return_downward_var_ratio=0,
        return_updown_asym=1,
        return_var_last_30min=0.01 * 29 / 900,
        return_skewness_last_30min=28 / sqrt(29),
        return_kurtosis_last_30min=(900 - 87) / 29,
        volume_open_30min_ratio=31 / 121,
        volume_last_30min_ratio=30 / 121,
        volume_perc_2=30 / 121,
        volume_share_std=100 * sqrt(119) / 120 / 12100,
        volume_skewness=118 / sqrt(119),
        volume_kurtosis=(14400 - 357) / 119,
        volume_entropy=(log(121) - 2 / 121 * log(2)) / log(120),  # 119 shares of 1/121, one of 2/121
        return_var_top33_volume=0,  # minutes 1..40
        VP=-(30 / 120) / sqrt(0.25 * 0.75 * 119),  # 1 and 30 of 120 that never meet: −p'/√(p'q'·(n − 1))
        VP_top33_volume=NAN,
        VR=-1 / 119,  # 1 and 1 of 120 that never meet
        VR_1min_lag=NAN,  # V_2..V_120 are equal
        VR_1min_lead=-1 / 118,  # r_91 with V_90, the large V_1 with r_2
        corr_volume_amplitude=-1 / 119,
        corr_ret_lastret=-1 / 118,
        corr_close_nextopen=1,
    ),
)

# First bar at minute 41 of 60: 20 minutes, one return of 0.2 at minute 51, where V goes from 100 to 300.
LATE = Case(
    "late first bar",
    {
        name: runs((NAN, 40)) + series
        for name, series in {
            **bars(10, runs((10, 10), (12, 10))),
            "volume": runs((100, 10), (300, 10)),
        }.items()
    },
    60,
    30,
    all_else_nan(
        return_intraday=0.2,
        tp_diff=0.2,
        return_var=0.0019,  # 0.04·19/400
        return_skewness=18 / sqrt(19),
        return_kurtosis=(400 - 57) / 19,
        intraday_maxdrawdown=0,
        trend_ratio=1,
        return_upward_var=0,
        return_upward_var_ratio=1,
        return_downward_var_ratio=0,
        return_updown_asym=1,
        return_var_last_30min=0.0019,  # the 20 minutes that exist
        return_skewness_last_30min=18 / sqrt(19),
        return_kurtosis_last_30min=(400 - 57) / 19,
        volume_open_30min_ratio=0,
        volume_last_30min_ratio=1,
        volume_perc_2=1,
        volume_share_std=1 / 40,  # 100/4000
        volume_skewness=0,
        volume_kurtosis=1,
        volume_entropy=(log(40) - 0.75 * log(3)) / log(60),
        return_var_top33_volume=0.04 * 5 / 36,  # 6 bars, minutes 51..56
        return_skewness_top33_volume=4 / sqrt(5),
        return_kurtosis_top33_volume=(36 - 15) / 5,
        VP=1,
        VP_last_30min=1,
        VR=1 / sqrt(19),
        VR_1min_lag=9 / sqrt(18 * 90),  # n = 19, 1 and 10 meet once: (19 − 10)/√(18·10·9)
        VR_1min_lead=-9 / sqrt(18 * 90),  # 1 and 9 never meet: minute 50 has V = 100
        VR_last_30min=1 / sqrt(19),
        corr_volume_amplitude=1 / sqrt(19),
        corr_ret_lastret=-1 / 18,
        corr_close_nextopen=1,
    ),
)

# A session as long as the windows: they fit, but there is no minute before the last 30 nor after the first 30.
HALF_HOUR = Case(
    "session of 30 minutes",
    {**bars(10, runs((10, 29), (5, 1))), "volume": runs((100, 30))},
    30,
    None,
    {
        "return_intraday": -0.5,
        "return_improved": NAN,
        "return_last_30min": NAN,
        "return_open_30min": -0.5,
        "return_var_last_30min": 0.25 * 29 / 900,
        "return_skewness_last_30min": -28 / sqrt(29),
        "volume_open_30min_ratio": 1,
        "volume_last_30min_ratio": 1,
        "volume_perc_2": NAN,
        "volume_share_std": 0,
    },
)

# One minute shorter: no window fits.
NO_WINDOW = Case(
    "session of 29 minutes",
    {**bars(10, runs((10, 28), (5, 1))), "volume": runs((100, 29))},
    29,
    None,
    {
        "return_intraday": -0.5,
        "return_open_30min": NAN,
        "return_last_30min": NAN,
        "return_var_last_30min": NAN,
        "return_skewness_last_30min": NAN,
        "return_kurtosis_last_30min": NAN,
        "volume_open_30min_ratio": NAN,
        "volume_last_30min_ratio": NAN,
        "VP_last_30min": NAN,
        "VR_last_30min": NAN,
    },
)

SPECIAL = [LOCKED, SILENT, ABSENT, ONE_BAR, TWO_BARS, HALF_DAY, LATE, HALF_HOUR, NO_WINDOW]
