"""Names and small builders for the hand-worked stock-days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

NAN = float("nan")

KNOWN = """
    return_intraday return_improved tp_diff return_var intraday_maxdrawdown return_last_30min return_upward_var
    return_downward_var return_skewness_last_30min volume_open_30min_ratio amount_out_order_avg_ratio
    cum_return_top30_order VP VP_top33_volume VR_1min_lag
"""  # core factors whose name is published

RECONSTRUCTED = """
    return_skewness return_kurtosis trend_ratio close_vwap_dev return_open_30min return_am return_pm
    return_upward_var_ratio return_downward_var_ratio return_updown_asym return_var_last_30min
    return_kurtosis_last_30min volume_last_30min_ratio volume_perc_2 volume_share_std volume_skewness
    volume_kurtosis volume_entropy amount_autocorr amount_in_order_avg_ratio netinflow_top30_order
    return_var_top33_volume return_skewness_top33_volume return_kurtosis_top33_volume VP_last_30min VR VR_1min_lead
    VR_top33_volume VR_1min_lag_top33_volume VR_last_30min corr_volume_item corr_volume_amplitude corr_ret_lastret
    corr_close_nextopen amihud_mean
"""  # the other core factors

CORE = [*KNOWN.split(), *RECONSTRUCTED.split()]


@dataclass(frozen=True)
class Case:
    """A stock-day as delivered (NaN = nothing), its session, and what the factors must be."""

    name: str
    fields: dict[str, list[float]]
    minutes: int
    lunch: int | None
    expected: dict[str, float]


def runs(*parts: tuple[float, int]) -> list[float]:
    """runs((10, 2), (11, 1)) = [10, 10, 11]."""
    return [float(value) for value, times in parts for _ in range(times)]


def put(series: Sequence[float], **minutes: float) -> list[float]:
    """The series with other values in some minutes: put(volume, t11=500)."""
    out = list(series)
    for minute, value in minutes.items():
        out[int(minute[1:]) - 1] = float(value)
    return out


def bars(first_open: float, close: list[float]) -> dict[str, list[float]]:
    """Bars that open at the close before them, without shadows."""
    opens = [float(first_open), *close[:-1]]
    highs = [max(o, c) for o, c in zip(opens, close, strict=True)]
    lows = [min(o, c) for o, c in zip(opens, close, strict=True)]
    return {"open": opens, "high": highs, "low": lows, "close": close}


def all_else_nan(**expected: float) -> dict[str, float]:
    """Every core factor: these values, NaN for the others."""
    return {**dict.fromkeys(CORE, NAN), **expected}


def also(case: Case, **expected: float) -> Case:
    """The same stock-day, with other factors' values."""
    return replace(case, expected=expected)
