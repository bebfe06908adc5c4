"""Stock-days small enough to work every factor out by hand, and the answers.

Minutes are counted from 1 in the comments, as in the formulas. Answers are sums one can follow with a pencil: S_xy
stands for Σxy − ΣxΣy/n, so that corr = S_xy/√(S_xx·S_yy) and var = S_xx/n; m2, m3, m4 are central moments. A series
with one value in k of n minutes and another elsewhere has, with p = k/n and q = 1 − p, var = (gap)²·pq,
skew = ±(q − p)/√(pq) and kurt = (1 − 3pq)/(pq). Two such series that meet in m minutes have
corr = (m/n − pp')/√(pq·p'q').
"""

from __future__ import annotations

from math import log, sqrt

from tests.golden.stock_days.special import SPECIAL
from tests.golden.stock_days.tools import NAN, Case, all_else_nan, bars, put, runs

# r_1 = 1/4, r_6 = 1/5, r_11 = −1/4, r_36 = 1/10, the other 36 are 0: Σr = 0.3, Σr² = 0.175, Σr³ = 0.009,
# Σr⁴ = 0.0095125. V is 100 ten times, 50 twenty times, 200 ten times: ΣV = 4000, mean 100, S_VV = 150000, so S_xV is
# Σ x(V − 100). ΣA = 42000, ΣK = 395. Ties, at V = 100 and at A/K = 100, decide who is selected.
STEPS = Case(
    "steps",
    {
        **bars(8, runs((10, 5), (12, 5), (9, 25), (9.9, 5))),
        "volume": runs((100, 10), (50, 20), (200, 10)),
        "amount": put(runs((1000, 40)), t11=3000),
        "trades": put(runs((10, 40)), t11=5),
    },
    40,
    20,
    {
        "return_intraday": 0.2375,  # 9.9/8 − 1
        "return_improved": 0.1,  # 9.9/9 − 1
        "tp_diff": 1.7 / 28,  # 9.9/((10 + 8 + 10)/3) − 1 = 29.7/28 − 1
        "return_var": 0.00431875,  # 0.175/40 − 0.0075² = 0.004375 − 0.00005625
        "return_skewness": 0.00012740625 / 0.00431875**1.5,  # m3 = 0.000225 − 0.0000984375 + 0.00000084375
        # m4 = 0.0002378125 − 0.00000675 + 0.0000014765625 − 0.0000000094921875
        "return_kurtosis": 0.0002325295703125 / 0.00431875**2,
        "intraday_maxdrawdown": 0.25,  # 1 − 9/12
        "trend_ratio": -1 / 59,  # (9.9 − 10)/(2 + 3 + 0.9)
        "close_vwap_dev": -2 / 35,  # 9.9/10.5 − 1
        "return_last_30min": -0.175,  # 9.9/12 − 1
        "return_open_30min": 0.125,  # 9/8 − 1
        "return_am": 0.125,  # 9/8 − 1
        "return_pm": 0.1,  # 9.9/9 − 1
        "return_upward_var": 7 / 1800,  # 0.1125/3 − (0.55/3)² = (0.3375 − 0.3025)/9
        "return_downward_var": 0.0,  # one fall
        "return_upward_var_ratio": 9 / 14,  # 0.1125/0.175
        "return_downward_var_ratio": 5 / 14,  # 0.0625/0.175
        "return_updown_asym": 2 / 7,  # (9 − 5)/14
        # −1/4 and 1/10 in 30 minutes: Σr = −0.15, S_rr = 0.0725 − 0.00075 = 0.07175
        "return_var_last_30min": 287 / 120000,  # 0.07175/30
        "return_skewness_last_30min": -0.0004515 / (287 / 120000) ** 1.5,  # m3 = −0.0004875 + 0.00003625 − 0.00000025
        # m4 = (0.00400625 − 0.0002925 + 0.000010875 − 0.00000005625)/30
        "return_kurtosis_last_30min": 30 * 0.00372456875 / 0.07175**2,
        "volume_open_30min_ratio": 0.5,  # (1000 + 1000)/4000
        "volume_last_30min_ratio": 0.75,  # (1000 + 2000)/4000
        "volume_perc_2": NAN,  # 40 minutes
        "volume_share_std": sqrt(3750) / 4000,  # var V = 150000/40
        "volume_skewness": sqrt(2 / 3),  # m3 = (−20·50³ + 10·100³)/40 = 187500; 187500/3750^1.5 = 50/√3750
        "volume_kurtosis": 2.0,  # m4 = (20·50⁴ + 10·100⁴)/40 = 28125000 = 2·3750²
        "volume_entropy": 1 - 0.25 * log(2) / log(40),  # (ln 40 + ln 80 + 2·ln 20)/4 over ln 40
        "amount_autocorr": -1 / 38,  # one spike at two places of 39: −(1/39)/(38/39)
        "amount_out_order_avg_ratio": 79 / 14,  # (3000/5)/(42000/395)
        "amount_in_order_avg_ratio": 79 / 84,  # (3000/30)/(42000/395)
        # ⌊3·40/10⌋ = 12 bars: minute 11 (A/K = 600), then the earliest of those at 100: 1..10 and 12
        "cum_return_top30_order": 0.125,  # 1.25·1.2·0.75 − 1
        "netinflow_top30_order": -1 / 42,  # (1000 + 1000 − 3000)/42000
        # ⌊40/3⌋ = 13 bars: 31..40 (V = 200), then 1, 2, 3 (V = 100): r = 1/4, 1/10 and eleven 0, S_rr = 0.82/13
        "return_var_top33_volume": 0.82 / 169,
        "return_skewness_top33_volume": 1.90575 / 0.82**1.5,  # 169·0.016625 − 39·0.35·0.0725 + 2·0.35³
        # 2197·0.00400625 − 676·0.35·0.016625 + 78·0.35²·0.0725 − 3·0.35⁴
        "return_kurtosis_top33_volume": 5.515975 / 0.82**2,
        "VP": 450 / sqrt(39.04375 * 150000),  # S_CV = −50·9·20 + 100·(9 + 9.9)·5; S_CC = 3735.05 − 384.5²/40
        "VP_top33_volume": -1650 / sqrt(35.4 * 300000),  # 13·S_CV = 100·30·(9.45 − 10), S_CC = 35.4/13
        "VP_last_30min": 2 / sqrt(10),  # (1/6 − 1/3·1/6)/√(2/9·5/36)
        "VR": 22.5 / sqrt(0.17275 * 150000),  # −1/4·−50 + 1/10·100; 0.175 − 0.09/40
        "VR_1min_lag": 22.5 / sqrt((0.175 - 0.09 / 39) * 150000),  # V_2..V_40 keep the mean 100, as V_1 = 100
        # r_2..r_40: Σr = 0.05, Σr² = 0.1125; V_1..V_39: ΣV = 3800, ΣV² = 510000; ΣrV = 20 − 25 + 20
        "VR_1min_lead": (15 - 0.05 * 3800 / 39) / sqrt((0.1125 - 0.0025 / 39) * (510000 - 3800**2 / 39)),
        "VR_top33_volume": -220 / sqrt(0.82 * 300000),  # 13·S_rV = 13·45 − 0.35·2300
        # 12 bars, as minute 1 has no return before it: 12·S_rr = 0.87 − 0.1225, 12·S_rV = 540 − 770
        "VR_1min_lag_top33_volume": -230 / sqrt(0.7475 * 200000),
        "VR_last_30min": 22.5 / sqrt(0.07175 * 150000),
        "corr_volume_item": 250 / sqrt(150000 * 24.375),  # −50·−5; 25·39/40
        "corr_volume_amplitude": -2.5 / sqrt(0.159 * 150000),  # |r_t|: −50/4 + 100/10; 0.175 − 0.8²/40
        "corr_ret_lastret": -0.05 * 0.3 / 39 / sqrt((0.1125 - 0.0025 / 39) * (0.175 - 0.09 / 39)),
        "corr_close_nextopen": 1.0,
        "amihud_mean": 4750 / 3,  # 1e8·(0.55/1000 + 0.25/3000)/40
    },
)

# The same without an opening price (some feeds send 0): no O_d, no r_1. Σr = 0.05, Σr² = 0.1125 over 39 minutes.
NO_OPEN = Case(
    "first open missing",
    {**STEPS.fields, "open": put(STEPS.fields["open"], t1=0)},
    40,
    20,
    {
        **STEPS.expected,
        "return_intraday": NAN,
        "return_open_30min": NAN,
        "return_am": NAN,
        "return_var": 0.1125 / 39 - (0.05 / 39) ** 2,
        "return_upward_var": 0.0025,  # 0.2 and 0.1
        "return_upward_var_ratio": 4 / 9,  # 0.05/0.1125
        "return_downward_var_ratio": 5 / 9,
        "return_updown_asym": -1 / 9,
        # Σr³ = 0.008 − 1/64 + 0.001 = −0.006625, Σr⁴ = 0.0016 + 1/256 + 0.0001 = 0.00560625
        "return_skewness": (39**2 * -0.006625 - 3 * 39 * 0.05 * 0.1125 + 2 * 0.05**3) / (39 * 0.1125 - 0.0025) ** 1.5,
        "return_kurtosis": (39**3 * 0.00560625 - 4 * 39**2 * 0.05 * -0.006625 + 6 * 39 * 0.05**2 * 0.1125 - 3 * 0.05**4)
        / (39 * 0.1125 - 0.0025) ** 2,
        "cum_return_top30_order": -0.1,  # n = 39, 11 bars: 11, 2..10, 12: 1.2·0.75 − 1
        "netinflow_top30_order": -1 / 21,  # (1000 − 3000)/42000
        # minutes 2, 3, 31..40 have a return: 1/10 and eleven 0
        "return_var_top33_volume": 0.01 * 11 / 144,
        "return_skewness_top33_volume": 10 / sqrt(11),  # p = 1/12
        "return_kurtosis_top33_volume": (1 - 33 / 144) / (11 / 144),
        "VR": 22.5 / sqrt((0.1125 - 0.0025 / 39) * 150000),
        "VR_1min_lag": 22.5 / sqrt((0.1125 - 0.0025 / 38) * 150000),
        "VR_top33_volume": (20 - 0.1 * 2200 / 12) / sqrt(0.01 * 11 / 12 * 200000 / 12),
        # minutes 3, 31..40 have a return before them
        "VR_1min_lag_top33_volume": (20 - 0.1 * 2100 / 11) / sqrt(0.01 * 10 / 11 * 100000 / 11),
        # the first minute has no (H − L)/O: 1/5, 1/4, 1/10, and V_2..V_40 keep the mean 100
        "corr_volume_amplitude": -2.5 / sqrt((0.1125 - 0.55**2 / 39) * 150000),
        "corr_ret_lastret": -0.05 * 0.05 / 38 / (0.1125 - 0.0025 / 38),
        "amihud_mean": 1e8 * (0.3 / 1000 + 0.25 / 3000) / 39,
    },
)

# No lunch break, no amounts, no trade counts. r is −1/2 at minutes 31, 41, 51 and 0 elsewhere; V is 500 at minutes
# 32, 42, 53 and 100 elsewhere: ΣV = 7200.
HALVINGS = Case(
    "halvings",
    {
        **bars(64, runs((64, 30), (32, 10), (16, 10), (8, 10))),
        "volume": put(runs((100, 60)), t32=500, t42=500, t53=500),
    },
    60,
    None,
    all_else_nan(
        return_intraday=-0.875,
        return_improved=-0.875,
        tp_diff=-0.875,
        return_var=0.25 * 57 * 3 / 3600,
        return_skewness=-54 / sqrt(171),  # p = 3/60
        return_kurtosis=(3600 - 513) / 171,
        intraday_maxdrawdown=0.875,
        trend_ratio=-1.0,
        return_last_30min=-0.875,  # C_30 = 64
        return_open_30min=0.0,
        return_downward_var=0.0,  # three equal falls
        return_upward_var_ratio=0.0,
        return_downward_var_ratio=1.0,
        return_updown_asym=-1.0,
        return_var_last_30min=0.0225,  # p = 3/30: 0.25·0.09
        return_skewness_last_30min=-8 / 3,  # 0.8/0.3
        return_kurtosis_last_30min=73 / 9,  # 0.73/0.09
        volume_open_30min_ratio=5 / 12,  # 3000/7200
        volume_last_30min_ratio=7 / 12,
        volume_perc_2=7 / 12,
        volume_share_std=sqrt(400**2 * 171 / 3600) / 7200,
        volume_skewness=54 / sqrt(171),
        volume_kurtosis=(3600 - 513) / 171,
        volume_entropy=(log(72) - 15 / 72 * log(5)) / log(60),  # 57 shares of 1/72, three of 5/72
        # ⌊60/3⌋ = 20 bars: 32, 42, 53, then 1..17
        return_var_top33_volume=0.0,
        # ΣC over S = 56 + 17·64; S_CV = 400·(3·17/20)·(56/3 − 64), S_CC = 70976 − 1144²/20, S_VV = 400²·51/20
        VP_top33_volume=-46240 / sqrt(5539.2 * 408000),
        VR_1min_lag_top33_volume=-32 / sqrt(1632),  # n = 19, 2 returns meet 2 of 3: (2·19 − 2·3)/√(2·17·3·16)
        # S_CV = 400·(32 + 16 + 8 − 3·2480/60), S_CC = 30·4096 + 10·(1024 + 256 + 64) − 2480²/60
        VP=400 * (56 - 124) / sqrt((136320 - 2480**2 / 60) * 400**2 * 171 / 60),
        VP_last_30min=0.0,  # the same volumes at every price
        VR=1 / 19,  # 3 and 3 of 60 that never meet: −(−9)/(3·57)
        VR_1min_lag=-109 / 168,  # 2 of 3 meet in 59: (2·59 − 9)/(3·56)
        VR_1min_lead=3 / 56,  # never in 59: 9/(3·56)
        VR_last_30min=1 / 9,  # never in 30: 9/(3·27)
        corr_volume_amplitude=-1 / 19,  # (H − L)/O is 1/2 where r is −1/2
        corr_ret_lastret=-3 / 56,
        corr_close_nextopen=1.0,
    ),
)

# Bars at minutes 3..20 and 22..36 only: a late first bar, a hole, a gap at the close. Over the n = 38 minutes of E
# r_13 = −1/5, r_31 = 1/4, r_34 = −1/10, else 0: Σr = −0.05, Σr² = 0.1125. ΣV = 3300, ΣA = 34000, ΣK = 358.
HOLES = [1, 2, 21, 37, 38, 39, 40]
GAPS = Case(
    "gaps",
    {
        name: put(series, **{f"t{minute}": NAN for minute in HOLES})
        for name, series in {
            **bars(10, runs((10, 12), (8, 18), (10, 3), (9, 7))),
            "high": put(runs((10, 40)), t3=11, t36=12),
            "low": put(runs((8, 40)), t3=9),
            "volume": runs((100, 40)),
            "amount": put(runs((1000, 40)), t13=2000),
            "trades": put(runs((10, 40)), t13=40, t31=8),
        }.items()
    },
    40,
    20,
    {
        "return_intraday": -0.1,
        "return_improved": 0.125,  # 9/8 − 1
        "tp_diff": -0.1,  # the last minute has no bar: 9/10, not (12 + 8 + 9)/3/10
        "return_var": 0.1125 / 38 - (0.05 / 38) ** 2,
        "intraday_maxdrawdown": 0.2,  # 1 − 8/10
        "trend_ratio": -0.2,  # −1/(2 + 2 + 1)
        "close_vwap_dev": 9 * 33 / 340 - 1,
        "return_last_30min": -0.1,  # C_10 = 10
        "return_open_30min": -0.2,
        "return_am": -0.2,
        "return_pm": 0.125,
        "return_upward_var": 0.0,
        "return_downward_var": 0.0025,  # ±0.05 about −0.15
        "return_upward_var_ratio": 5 / 9,  # 0.0625/0.1125
        "return_skewness_last_30min": 6.4685 / 3.3725**1.5,  # 900·0.006625 + 90·0.05·0.1125 − 2·0.05³; 3.375 − 0.0025
        "volume_open_30min_ratio": 9 / 11,  # 18 + 9 of 33 bars
        "volume_last_30min_ratio": 25 / 33,  # 10 + 15
        "volume_entropy": log(33) / log(40),  # of the T = 40 minutes of the session
        "amount_out_order_avg_ratio": 537 / 850,  # (3000/50)/(34000/358)
        "amount_in_order_avg_ratio": 179 / 136,  # (1000/8)/(34000/358)
        # n = 33, ⌊99/10⌋ = 9 bars: minute 31 (A/K = 125), then 3..10
        "cum_return_top30_order": 0.25,
        "netinflow_top30_order": 1 / 34,
        "return_var_top33_volume": 0.04 * 10 / 121,  # 11 equal volumes: minutes 3..13
        "VP": 13 / sqrt(1153 * 165),  # 38·S_CV = 100·(38·293 − 33·337), 38·S_CC = 38·3019 − 337²
        "VP_top33_volume": NAN,
        "VR_1min_lag": -25 / sqrt(4.16 * 1600000),  # n = 37, 32 with V: −0.05·100·5, 37·0.1125 − 0.0025, 100²·32·5
        "amihud_mean": 15000 / 11,  # 1e8·(0.2/2000 + 0.25/1000 + 0.1/1000)/33
    },
)

# Prices alone: every delivered bar counts as traded. r = 1, −1/4, −1/2, −1/2, 1/2, 1 at minutes 5, 10, ..., 30.
PRICES = Case(
    "prices alone",
    bars(8, runs((8, 4), (16, 5), (12, 5), (6, 5), (3, 5), (4.5, 5), (9, 11))),
    40,
    20,
    {
        "return_intraday": 0.125,
        "return_improved": 0.0,  # C_30 = 9
        "return_last_30min": -0.25,  # C_10 = 12
        "return_am": -0.625,  # C_20 = 3
        "return_pm": 2.0,
        "intraday_maxdrawdown": 13 / 16,  # 1 − 3/16
        "return_upward_var": 1 / 18,  # 2.25/3 − (2.5/3)²
        "return_downward_var": 1 / 72,  # 0.5625/3 − (1.25/3)²
        "return_upward_var_ratio": 0.8,  # 2.25/2.8125
        "return_updown_asym": 0.6,
        "volume_open_30min_ratio": NAN,
        "VP": NAN,
    },
)

GOLDEN = [STEPS, NO_OPEN, HALVINGS, GAPS, PRICES, *SPECIAL]
