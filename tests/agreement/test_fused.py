"""The fused engine against loops and matrices; random definitions; what does not fuse."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factors
from factors import backends, factor
from factors import ops as m
from factors.catalogue import resolve
from factors.engine.codegen.cache import ProgramCache
from factors.engine.fused import libraries
from factors.engine.fused import run as fused
from factors.engine.ir.table import LOWER
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.errors import ArgumentError
from tests.support.agreement import assert_agree
from tests.support.profile import reproducible, thorough

CORE = list(resolve("core").values())
CPU = backends.get("cpu")

pytestmark = pytest.mark.usefixtures("needs_compiler")


SERIES = ("open", "high", "low", "close", "volume", "amount", "trades", "returns", "log_returns", "volume_share")
UNARY = ("m.abs({})", "m.sqrt(m.abs({}))", "m.log({})", "m.exp(m.ratio({}, 1 + m.abs({})))", "m.sign({})", "-{}",
         "m.lag({}, 2)", "m.lead({})", "m.cummax({})", "m.cummin({})", "m.cumsum({})",
         "({} - m.first({}))", "m.ffill({})", "m.erf({})", "m.atan({})", "({}) ** 3")  # fmt: skip
BINARY = (
    "({} + {})",
    "({} - {})",
    "({} * {})",
    "m.ratio({}, {})",
    "m.where({} > {}, {})",
    "m.where(m.exists({}) | ({} < 3), {})",
    "m.larger({}, {})",
    "m.smaller({}, m.lag({}, 3))",
)
REDUCE = ("m.sum({})", "m.mean({})", "m.var({})", "m.std({})", "m.skew({})", "m.kurt({})", "m.max({})", "m.min({})",
          "m.first({})", "m.last({})", "m.count({})", "m.at({}, -1)", "m.at({}, 5)", "m.mean(m.tail({}, 7))",
          "m.sum(m.head({}, 6))", "m.var(m.between({}, 3, 15))", "m.count({} > 0)", "m.skew(m.lag(m.tail({}, 12)))",
          "m.mean(m.cummax(m.head({}, 9)))", "m.mean(m.ffill(m.between({}, 2, 30)))",
          "m.mean(m.abs(m.centred(m.tail({}, 11))))", "m.where(m.any({} > 2), m.mean({}))")  # fmt: skip
TOPS = (
    "m.mean(m.where(m.top({}, '1/3'), {}))",
    "m.sum(m.where(m.top({}, '3/10'), {}))",
    "m.mean(m.where(m.top({}, k=9), {}))",
    "m.mean(m.where(m.floor({} * 8) / 8 > 10, {}))",
)
PAIRS = ("m.corr({}, {})", "m.corr(m.tail({}, 15), m.tail({}, 15))",
         "m.last({}, {} > 1)", "m.ratio(m.sum({}), m.sum(m.abs({})))")  # fmt: skip


def fill(form: str, *parts: str) -> str:
    """Put one part into every hole of a form, or the parts in turn."""
    holes = form.count("{}")
    return form.format(*(parts[i % len(parts)] for i in range(holes)))


EXPRESSIONS = st.recursive(
    st.sampled_from(SERIES),
    lambda inner: st.one_of(
        st.builds(lambda form, x: fill(form, x), st.sampled_from(UNARY), inner),
        st.builds(lambda form, x, y: fill(form, x, y), st.sampled_from(BINARY), inner, inner),
    ),
    max_leaves=4,
)
KEYS = st.builds(  # no logarithms, sums or products: another rounding would choose another minute
    fill, st.sampled_from(("{}", "m.abs({})", "-{}", "m.lag({}, 2)", "m.cummax({})")),
    st.sampled_from([s for s in SERIES if s != "log_returns"]),
)  # fmt: skip
FACTORS = st.one_of(
    st.builds(lambda form, key, x: fill(form, key, x), st.sampled_from(TOPS), KEYS, EXPRESSIONS),
    st.builds(lambda form, x: fill(form, x), st.sampled_from(REDUCE), EXPRESSIONS),
    st.builds(lambda form, x, y: fill(form, x, y), st.sampled_from(PAIRS), EXPRESSIONS, EXPRESSIONS),
)


def define(name: str, expression: str) -> factors.Factor:
    inputs = ", ".join(
        s for s in SERIES if s in expression.replace("log_returns", "") or (s == "log_returns" and s in expression)
    )
    scope: dict[str, object] = {"m": m}
    exec(compile(f"def {name}({inputs}):\n    return {expression}", "<hypothesis>", "exec"), scope)
    return factor(scope[name])


# derandomised, or there is something to compile in every run
@settings(max_examples=12, derandomize=reproducible() or not thorough())
@given(expressions=st.lists(FACTORS, min_size=6, max_size=12, unique=True))
def test_random_definitions(expressions: list[str]) -> None:
    cube = factors.cube(factors.simulate_bars(stocks=19, days=1, seed=len(expressions)))
    plan = make_plan([define(f"random_{i}", e) for i, e in enumerate(expressions)])
    notes: dict[str, str] = {}
    ours = fused.run(plan, cube, CPU, notes=notes)
    assert notes == {}, expressions
    theirs = matrix.run(plan, cube, CPU)
    # values of any size: the tolerance is relative to the largest of the factor, and sums of large numbers cancel
    for i, e in enumerate(expressions):
        a, b = ours[..., i], theirs[..., i]
        scale = np.nanmax(np.abs(b), initial=0.0)
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9 * scale, err_msg=e)


def test_a_product_is_rounded_before_it_is_subtracted() -> None:
    def square(close):
        """A difference of products, which is exactly 0 in the first minute."""
        return m.sum(m.ratio(close, close * close - m.first(close * close)))

    cube = factors.cube(factors.simulate_bars(stocks=19, days=1, seed=0))
    plan = make_plan([factor(square)])
    np.testing.assert_allclose(fused.run(plan, cube, CPU), matrix.run(plan, cube, CPU), rtol=1e-12)


def test_a_stored_series_is_read_in_a_window_of_its_own() -> None:
    def in_windows(close, volume):
        """A series that is stored, and read by others that are."""
        x = m.log(close) * m.ratio(volume, close)
        parts = [m.lag(m.cumsum(m.head(x, 30))), m.lead(m.ffill(m.between(x, 30, 50))), m.lag(m.cummax(m.tail(x, 9)))]
        return sum((m.sum(part) for part in parts), m.sum(x * x) + m.skew(m.tail(x, 50)))

    cube = factors.cube(factors.simulate_bars(stocks=20))
    plan = make_plan([factor(in_windows)])
    np.testing.assert_allclose(fused.run(plan, cube, CPU), matrix.run(plan, cube, CPU), rtol=1e-9)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return m.mean(close) if close[0, 0] > 1 else m.max(close)", "subscriptable|getitem|attribute"),
        ("if m.max(close) > 1:\n        return m.mean(close)\n    return m.max(close)", "a decision on data"),
        ("import numpy as np\n    return np.nanmean(close, axis=1, keepdims=True)", "NumPy function|TypeError"),
        ("return close.mean(axis=1, keepdims=True)", r"attribute \.mean does not fuse"),
    ],
)  # fmt: skip
def test_what_does_not_fuse_runs_on_the_matrix_engine(body: str, reason: str) -> None:
    scope: dict[str, object] = {"m": m}
    exec(compile(f"def plain(close):\n    {body}", "<test>", "exec"), scope)
    plan = make_plan([factor(scope["plain"]), *resolve("VP").values()])
    cube = factors.cube(factors.simulate_bars(stocks=1, kinds={}))
    notes: dict[str, str] = {}
    ours = fused.run(plan, cube, CPU, notes=notes)
    assert list(notes) == ["plain"]
    import re

    assert re.search(reason, notes["plain"]), notes
    np.testing.assert_allclose(ours, matrix.run(plan, cube, CPU), rtol=1e-12)


def test_a_changed_declaration_is_traced_again() -> None:
    bars = factors.simulate_bars(stocks=20, kinds={})

    def mean_close(close):
        """Mean close."""
        return m.mean(close)

    assert factors.compute(bars, factor(mean_close), engine="fused").notna().all().all()
    strict = factor(min_bars=10_000)(mean_close)  # the same function, declared otherwise
    assert factors.compute(bars, strict, engine="fused").isna().all().all()


def test_a_changed_global_is_traced_again() -> None:
    bars = factors.simulate_bars(stocks=20, kinds={})
    scope = {"m": m, "MINUTE": 10}
    exec("def at_minute(close):\n    return m.at(close, MINUTE)", scope)
    chosen = factor(scope["at_minute"])
    for minute in (10, 200):
        scope["MINUTE"] = minute
        ours, theirs = (factors.compute(bars, chosen, engine=engine) for engine in ("fused", "matrix"))
        np.testing.assert_array_equal(ours, theirs)


def test_every_verb_fuses() -> None:
    assert set(LOWER) == set(m.__all__) - set(m.DERIVED)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names x86-64's widths")
@pytest.mark.parametrize(("flags", "lanes"), [("-march=x86-64", 2), ("-march=x86-64-v3", 4), ("-march=x86-64-v4", 8)])
def test_every_width_of_the_registers(monkeypatch: pytest.MonkeyPatch, flags: str, lanes: int) -> None:
    probe = Path("/proc/cpuinfo")
    has = probe.read_text() if probe.is_file() else ""
    if {"-march=x86-64-v3": "avx2", "-march=x86-64-v4": "avx512dq"}.get(flags, "") not in has:
        pytest.skip(f"this processor cannot run {flags}")
    monkeypatch.setenv("FACTORS_CXXFLAGS", flags)
    monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    cube = factors.cube(factors.simulate_bars(stocks=61, days=2, seed=8))
    plan = make_plan(CORE)
    assert_agree(plan, fused.run(plan, cube, CPU, threads=2), matrix.run(plan, cube, CPU), flags)
    assert libraries.library(fused.fuse(plan, cube.sessions[0], cube.fields).graph.program).width() == lanes


def test_a_backend_without_compiler_is_refused() -> None:
    from tests.support.devices.strict import StrictBackend

    cube = factors.cube(factors.simulate_bars(stocks=3))
    with pytest.raises(ArgumentError, match="runs on backends 'cpu' and 'gpu', not 'strict'"):
        fused.run(make_plan(CORE), cube, StrictBackend())
    with pytest.raises(ArgumentError, match="runs on backends 'cpu' and 'gpu', not 'strict'"):
        factors.compute("no such file", engine="fused", backend=StrictBackend())
