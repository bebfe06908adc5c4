"""Worked values of when prices move, on the days of `stock_days.days`."""

from __future__ import annotations

from tests.golden.stock_days.days import GAPS, HALVINGS, NO_OPEN, STEPS
from tests.golden.stock_days.special import LATE, LOCKED, ONE_BAR
from tests.golden.stock_days.tools import NAN, also

GOLDEN = [
    also(
        STEPS,
        drawdown_duration=1 / 40,  # 12 until minute 10, 9 from minute 11: the deepest first there
        high_time=5 / 39,  # minute 6
        low_time=0,
        high_low_time_gap=5 / 39,
        up_time_center=5.05 / 22,  # (1/4 + 6/5 + 36/10)/(40·0.55)
        down_time_center=11 / 40,
        time_center_gap=11 / 40 - 5.05 / 22,
        direction_change_ratio=2 / 3,  # + + − +
        up_bar_ratio=3 / 4,
        newhigh_count=1 / 39,  # minute 6
        newlow_count=0,
        conf_persist=5 / 40,  # 11, and the median of 1, 6, 36
    ),
    also(
        NO_OPEN,
        up_time_center=4.8 / 12,  # (6/5 + 36/10)/(40·0.3)
        direction_change_ratio=1,  # + − +
        up_bar_ratio=2 / 3,
        conf_persist=-10 / 40,  # 11 − (6 + 36)/2
    ),
    also(
        GAPS,
        drawdown_duration=1 / 40,  # 10 until minute 12, 8 from minute 13
        high_time=35 / 39,  # minute 36
        low_time=3 / 39,  # minute 4
        high_low_time_gap=32 / 39,
        up_time_center=31 / 40,
        down_time_center=0.5,  # (13/5 + 34/10)/(40·0.3)
        time_center_gap=0.5 - 31 / 40,
        direction_change_ratio=1,  # − + −
        up_bar_ratio=1 / 3,
        newhigh_count=1 / 39,  # 11, then 12 in minute 36
        newlow_count=1 / 39,  # 9, then 8 in minute 4
        conf_persist=-7.5 / 40,  # (13 + 34)/2 − 31
    ),
    also(
        HALVINGS,
        drawdown_duration=21 / 60,  # 64 until minute 30, 8 from minute 51
        high_time=0,
        low_time=50 / 59,
        high_low_time_gap=-50 / 59,
        up_time_center=NAN,
        down_time_center=41 / 60,
        time_center_gap=NAN,
        direction_change_ratio=0,
        up_bar_ratio=0,
        newhigh_count=0,
        newlow_count=3 / 59,
        conf_persist=NAN,
    ),
    also(
        LATE,
        drawdown_duration=0,
        high_time=50 / 59,  # minute 51
        low_time=40 / 59,  # minute 41
        high_low_time_gap=10 / 59,
        up_time_center=51 / 60,
        direction_change_ratio=NAN,  # one return that is not 0
        newhigh_count=1 / 59,
    ),
    also(ONE_BAR, high_time=4 / 239, low_time=4 / 239, high_low_time_gap=0, newhigh_count=NAN),
    also(
        LOCKED,
        drawdown_duration=0,
        high_time=NAN,
        low_time=NAN,
        high_low_time_gap=NAN,
        direction_change_ratio=NAN,
        up_bar_ratio=NAN,
        newhigh_count=0,
        newlow_count=0,
        conf_persist=NAN,
    ),
]
