"""The twelve factors as KunQuant computes them: one compiled graph over minutes in blocks of stocks.

KunQuant is made for rolling windows; with the window set to the whole day each minute would sum the whole day again.
Its accumulators say the same as running sums, which is its best form here: one pass, all threads. It writes every
factor's value after every minute, of which the last is the day's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench.peers.frames import LEAST, masked
from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import MinuteCube

FIELDS = ("open", "close", "volume", "amount")


def kunquant_twelve(cube: MinuteCube, threads: int) -> Callable[[], Floats]:
    """Return a call that computes the twelve, shape (stocks, twelve); compiled, for a cube of one day.

    Raises
    ------
    Exception
        Of many kinds, if it finds no C++ compiler or cannot compile.
    """
    from KunQuant.Driver import KunCompilerConfig
    from KunQuant.jit import cfake
    from KunQuant.runner import KunRunner

    minutes = cube.sessions[0].minutes
    # its own choice of 3 cuts the graph into stages that hand whole series to each other: seven times slower
    config = KunCompilerConfig(
        partition_factor=100, dtype="double", blocking_len=LANES, input_layout="STs", output_layout="STs",
        options={"no_fast_stat": True},
    )  # fmt: skip
    library = cfake.compileit([("twelve", _graph(), config)], "twelve", cfake.CppCompilerConfig())
    executor = KunRunner.createMultiThreadExecutor(threads) if threads > 1 else KunRunner.createSingleThreadExecutor()
    # its storage "STs" is one field of the cube's: (blocks, minutes, lanes)
    inputs = {name: np.ascontiguousarray(cube.storage[0][:, cube.fields.index(name)]) for name in FIELDS}
    outputs = {name: np.empty_like(inputs["close"]) for name in (*LEAST, "traded", "traded_late")}
    return partial(_run, KunRunner.runGraph, executor, (library, library.getModule("twelve")), inputs, outputs, minutes)


def _run(
    run_graph: Callable[..., Any], executor: Any, loaded: tuple[Any, Any], inputs: dict[str, Floats],
    outputs: dict[str, Floats], minutes: int,
) -> Floats:  # fmt: skip
    run_graph(executor, loaded[1], inputs, 0, minutes, outputs)
    last = {name: series[:, -1].reshape(-1) for name, series in outputs.items()}
    found: Floats = masked(np, last, last["traded"], last["traded_late"])
    return found


def _graph() -> Any:
    from KunQuant import ops as k
    from KunQuant.Op import Builder, ConstantOp, Input, Output
    from KunQuant.Stage import Function

    names = iter(f"a{number}" for number in range(100))
    builder = Builder()
    with builder:
        open_, close, volume, amount = (Input(name) for name in FIELDS)
        zero = ConstantOp(0)
        there = k.Equals(close, close)

        def total(series: Any, where: Any = there) -> Any:
            so_far = k.Accumulator(close, next(names))
            return k.SetAccumulator(so_far, where, so_far + series)

        def first(series: Any) -> Any:
            kept = k.Accumulator(close, next(names), init_val="nan")
            return k.SetAccumulator(kept, there, k.Select(k.Equals(kept, kept), kept, series))

        def largest(series: Any) -> Any:
            kept = k.Accumulator(close, next(names), init_val="nan")
            return k.SetAccumulator(kept, there, k.Select(k.Equals(kept, kept), k.Max(kept, series), series))

        one = close / close
        before = k.BackRef(close, 1)
        r = close / k.Select(k.Equals(before, before), before, open_) - 1
        n = total(one)
        fallen, paid, dealt = k.LessThan(r, zero), k.GreaterThan(amount, zero), k.GreaterThan(volume, zero)
        falls, fall, fall2 = (total(x, k.And(there, fallen)) for x in (one, r, r * r))
        s1, s2, s3, s4 = total(r), total(r * r), total(r * r * r), total(r * r * r * r)
        mean = s1 / n
        m2 = s2 / n - mean * mean
        m3 = s3 / n - 3 * mean * s2 / n + 2 * mean * mean * mean
        m4 = s4 / n - 4 * mean * s3 / n + 6 * mean * mean * s2 / n - 3 * mean * mean * mean * mean
        # about the first bar's, so that a one-price stock has exactly no variance
        x, y = close - first(close), volume - first(volume)
        sx, sy, sxx, syy, sxy, sry = (total(v) for v in (x, y, x * x, y * y, x * y, r * y))
        x2, y2, r2 = sxx - sx * sx / n, syy - sy * sy / n, s2 - s1 * s1 / n
        traded = k.Select(dealt, one, zero)
        money, shares = total(amount), total(volume)
        found = {
            "return_downward_var": fall2 / falls - (fall / falls) * (fall / falls),
            "sum_of_squares": s2,
            "return_skewness": m3 / (m2 * k.Sqrt(m2)),
            "return_kurtosis": m4 / (m2 * m2),
            "intraday_maxdrawdown": largest(1 - close / largest(close)),
            "return_last_30min": close / k.BackRef(close, 30) - 1,
            "return_intraday": close / first(open_) - 1,
            "close_vwap_dev": close / (money / shares) - 1,
            "VP": (sxy - sx * sy / n) / k.Sqrt(x2 * y2),
            "VR": (sry - s1 * sy / n) / k.Sqrt(r2 * y2),
            "amihud_mean": 1e8 * total(k.Abs(r) / amount, k.And(there, paid)) / total(one, k.And(there, paid)),
            "volume_last_30min_ratio": k.WindowedSum(k.Select(there, volume, zero), 30) / shares,
            "traded": total(traded),
            "traded_late": k.WindowedSum(k.Select(there, traded, zero), 30),
        }
        for name, value in found.items():
            Output(value, name)
    return Function(builder.ops)
