"""The twelve factors as JAX computes them: one compiled scan over the minutes, on all stocks at once.

A scan keeps its sums per stock in the cache; the same written on whole matrices takes four times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.peers.frames import masked
from factors.common.arrays import Floats
from factors.data.cube.cube import MinuteCube

FIELDS = ("open", "close", "volume", "amount")


def jax_twelve(cube: MinuteCube) -> Callable[[], Floats]:
    """Return a call that computes the twelve of a cube of one day, shape (stocks, twelve); compiled, in float64."""
    import jax

    jax.config.update("jax_enable_x64", True)
    host = jax.devices("cpu")[0]
    bars = [jax.device_put(np.ascontiguousarray(cube[name].T), host) for name in FIELDS]
    compiled = jax.jit(_twelve).lower(*bars).compile()
    return lambda: np.asarray(compiled(*bars))


def _twelve(open_: Any, close: Any, volume: Any, amount: Any) -> Any:
    """Return the twelve of series shaped (minutes, stocks)."""
    import jax.numpy as jnp
    from jax import lax

    minutes, stocks = close.shape
    zero, none = jnp.zeros(stocks), jnp.full(stocks, jnp.nan)
    sums = "n s1 s2 s3 s4 falls fall fall2 sx sy sxx syy sxy sry money shares impact paid traded traded_late late"
    start = dict.fromkeys(sums.split(), zero) | {"depth": zero}
    start |= dict.fromkeys(("before", "open", "close", "volume", "peak"), none)

    def step(c: dict[str, Any], bar: tuple[Any, ...]) -> tuple[dict[str, Any], None]:
        o, p, v, a, tail = bar
        there = ~jnp.isnan(p)
        new = there & jnp.isnan(c["close"])
        first = {name: jnp.where(new, x, c[name]) for name, x in {"open": o, "close": p, "volume": v}.items()}
        r = jnp.where(there, p / jnp.where(new, o, c["before"]) - 1, 0.0)
        # about the first bar's, so that a one-price stock has exactly no variance
        x, y = (jnp.where(there, s - first[name], 0.0) for s, name in ((p, "close"), (v, "volume")))
        v, a = jnp.where(there, v, 0.0), jnp.where(there, a, 0.0)
        fall, peak = jnp.minimum(r, 0.0), jnp.fmax(c["peak"], p)
        dealt = jnp.where(v > 0, 1.0, 0.0)
        added = {
            "n": there, "s1": r, "s2": r * r, "s3": r * r * r, "s4": r * r * r * r, "falls": r < 0, "fall": fall,
            "fall2": fall * fall, "sx": x, "sy": y, "sxx": x * x, "syy": y * y, "sxy": x * y, "sry": r * y, "money": a,
            "shares": v, "impact": jnp.where(a > 0, jnp.abs(r) / a, 0.0), "paid": a > 0, "traded": dealt,
            "traded_late": tail * dealt, "late": tail * v,
        }  # fmt: skip
        after = {name: c[name] + value for name, value in added.items()}
        return after | first | {"before": p, "peak": peak, "depth": jnp.fmax(c["depth"], 1 - p / peak)}, None

    tail = jnp.where(jnp.arange(minutes) >= minutes - 30, 1.0, 0.0)
    c, _ = lax.scan(step, start, (open_, close, volume, amount, tail))
    n, s1, s2, s3, s4, end = c["n"], c["s1"], c["s2"], c["s3"], c["s4"], close[-1]
    mean = s1 / n
    m2 = s2 / n - mean**2
    m3 = s3 / n - 3 * mean * s2 / n + 2 * mean**3
    m4 = s4 / n - 4 * mean * s3 / n + 6 * mean**2 * s2 / n - 3 * mean**4
    x2, y2, r2 = c["sxx"] - c["sx"] ** 2 / n, c["syy"] - c["sy"] ** 2 / n, s2 - s1**2 / n
    found = {
        "return_downward_var": c["fall2"] / c["falls"] - (c["fall"] / c["falls"]) ** 2, "sum_of_squares": s2,
        "return_skewness": m3 / m2**1.5, "return_kurtosis": m4 / m2**2, "intraday_maxdrawdown": c["depth"],
        "return_last_30min": end / close[-31] - 1, "return_intraday": end / c["open"] - 1,
        "close_vwap_dev": end / (c["money"] / c["shares"]) - 1,
        "VP": (c["sxy"] - c["sx"] * c["sy"] / n) / jnp.sqrt(x2 * y2),
        "VR": (c["sry"] - s1 * c["sy"] / n) / jnp.sqrt(r2 * y2),
        "amihud_mean": 1e8 * c["impact"] / c["paid"], "volume_last_30min_ratio": c["late"] / c["shares"],
    }  # fmt: skip
    return masked(jnp, found, c["traded"], c["traded_late"])
