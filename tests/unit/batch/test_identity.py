"""What makes a custom factor another one: its code, and everything of the user's that it reaches."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import factors
from factors.batch import run_batch
from factors.batch.identity import Task
from factors.data.conventions.read_options import ReadOptions
from factors.data.cube.days_before import REACH
from factors.definitions.decorators import Factor
from tests.support.batch_tools import DAYS, known, write

PLAIN = """
def typed(close):
    return m.mean(close) * 2.0
"""


def made(source: str, name: str = "typed", **more: Any) -> Factor:
    """Make a factor of source text that no file holds, as at Python's prompt."""
    scope: dict[str, Any] = {"m": factors.ops, "np": np, "functools": functools, "__name__": "__main__", **more}
    exec(source, scope)
    return factors.factor(**scope.get("ABOUT", {}))(scope[name])


def identity(source: str, **more: Any) -> Any:
    return known(made(source, **more))


HELPERS = """
def low(x):
    return x / K
def half(x):
    return low(x)
K = 2
def typed(close):
    return half(m.mean(close))
"""
INNER = """
K = 2
def typed(close, k=1):
    return (lambda x: x * K + 7)(m.mean(close))
"""
VALUES = """
W = {'a': [1, {2, 3}], 'b': np.arange(500.0)}
class C:
    def __init__(self, k):
        self.k = k
    def f(self, x):
        return x + 5
    @property
    def g(self):
        return 6
c = C(9)
twice = functools.partial(pow, 8)
cached = functools.lru_cache(lambda x: x + 4)
each = np.vectorize(lambda x: x + 13)
def typed(close):
    import json, no_such_module
    return m.mean(close * W['a'][0]) * c.f(1) * c.g * twice(1) * cached(1) * each(close)
"""
CLOSURE = """
def outer(k):
    def typed(close):
        return m.sum(close * k)
    return typed
typed = outer(1)
"""
WRAPPED = """
def twice(f):
    @functools.wraps(f)
    def w(close):
        return f(close) * 2
    return w
@twice
def typed(close):
    return m.sum(close)
"""
CHANGES = {
    "constant": (PLAIN, "2.0", "3.0"),
    "name": (PLAIN, "m.mean", "m.sum"),
    "order": (PLAIN, "m.mean(close) * 2.0", "2.0 / m.mean(close)"),
    "input": (PLAIN, "close", "high"),
    "kind of constant": (PLAIN, "2.0", "2"),
    "min_bars": (PLAIN, "def", "ABOUT = {'min_bars': 7}\ndef"),
    "window": (PLAIN, "def", "ABOUT = {'window': (-30, None)}\ndef"),
    "default": (INNER, "k=1", "k=2"),
    "inner constant": (INNER, "7", "8"),
    "global of an inner function": (INNER, "K = 2", "K = 3"),
    "helper": (HELPERS, "low(x)\nK", "low(x) + 1\nK"),
    "helper's helper": (HELPERS, "x / K", "K / x"),
    "helper's constant": (HELPERS, "K = 2", "K = 3"),
    "closure": (CLOSURE, "outer(1)", "outer(2)"),
    "wrapped": (WRAPPED, "m.sum", "m.max"),
    "wrapper": (WRAPPED, "* 2", "* 3"),
    "global array": (VALUES, "500.0)", "500.0)[::-1]"),
    "global set": (VALUES, "{2, 3}", "{2, 4}"),
    "object": (VALUES, "C(9)", "C(10)"),
    "method": (VALUES, "x + 5", "x + 6"),
    "property": (VALUES, "return 6", "return 7"),
    "partial": (VALUES, "pow, 8", "pow, 9"),
    "cached": (VALUES, "x + 4", "x + 5"),
    "held by numpy": (VALUES, "x + 13", "x + 14"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: str) -> None:
    source, old, new = CHANGES[change]
    assert source.count(old)
    assert identity(source) == identity(source)
    assert identity(source) != identity(source.replace(old, new))


@pytest.mark.parametrize(
    "same",
    [
        PLAIN + "\n\n# a comment\n",
        "\n\n\n" + PLAIN,
        "UNUSED = 5\n" + PLAIN,
        PLAIN.replace("return", "# why\n    return"),
    ],
)
def test_what_changes_no_value_is_not_seen(same: str) -> None:
    assert identity(same) == identity(PLAIN)


def test_a_module_of_the_users_is_followed_and_the_library_is_not() -> None:
    helper = ModuleType("my_helpers")
    exec("K = 2\ndef half(x):\n    return x / K", helper.__dict__)
    source = "def typed(close):\n    return my.half(m.mean(close))"
    before = identity(source, my=helper)
    assert before == identity(source, my=helper)
    helper.K = 3  # type: ignore[attr-defined]
    assert identity(source, my=helper) != before
    assert "elementwise" not in str(identity("def typed(close):\n    return m.mean(m.log(close))"))


def test_functions_that_call_each_other_end() -> None:
    source = "def a(x, n):\n    return b(x, n - 1)\ndef b(x, n):\n    return x if n < 0 else a(x, n)\n"
    source += "def typed(close):\n    return m.mean(a(close, {}))"
    assert identity(source.format(1)) == identity(source.format(1)) != identity(source.format(2))


def test_a_body_without_a_module_is_taken() -> None:
    scope: dict[str, Any] = {"m": factors.ops}
    exec(PLAIN, scope)
    scope["typed"].__module__ = None
    assert known(factors.factor(scope["typed"]))


def test_a_shared_series_counts() -> None:
    def found(k: int) -> Any:
        scope: dict[str, Any] = {"m": factors.ops, "__name__": "__main__"}
        exec(f"def doubled_close(close):\n    return close * {k}\ndef typed(doubled_close):\n    return 1", scope)
        factors.shared(scope["doubled_close"])
        return known(factors.factor(scope["typed"]))

    assert found(2) == found(2) != found(3)


SCRIPT = """
import sys, factors, numpy as np
from tests.support.batch_tools import known
KNOWN = {"a", "bb", "ccc", "dddd"}
class Box:
    def __init__(self): self.known, self.weights = KNOWN, np.arange(3)
    def of(self, x): return x if "q" in {"x", "y", "z", "q"} else x + 1
box, nothing = Box(), object()
def typed(close):
    print(nothing) if close is None else 0
    return factors.ops.mean(box.of(close)) * len(KNOWN)
print(known(factors.factor(typed)))
"""


def test_every_process_finds_the_same() -> None:
    root = Path(__file__).resolve().parents[3]
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True, cwd=root,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(found) == 1


def test_a_day_is_done_again_after_a_change_at_the_prompt(tmp_path: Path) -> None:
    write(tmp_path / "in", DAYS[0])
    statuses = [
        run_batch(tmp_path / "in", tmp_path / "store", made(source)).days[0].status
        for source in (PLAIN, PLAIN, PLAIN.replace("2.0", "3.0"))
    ]
    assert statuses == ["passed", "skipped", "passed"]


def test_the_plan_of_a_run_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for the identity of the factors, for the days before that they read, and for the market."""
    plans: list[Any] = []
    compute = sys.modules["factors.compute"]
    real = compute.make_plan
    monkeypatch.setattr(compute, "make_plan", lambda *given: (plans.append(given), real(*given))[1])
    task = Task.of(
        ["panic_core"], ReadOptions(), backend="cpu", engine="auto", storage="float64", threads=None,
        market=factors.simulate_bars(stocks=1),
    )  # fmt: skip
    assert task.market is not None
    assert task.history == REACH
    assert len(plans) == 1
