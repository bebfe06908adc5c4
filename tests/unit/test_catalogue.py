"""Lists, descriptions, plans."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import factors
from factors import catalogue
from factors.catalogue import resolve
from factors.definitions.decorators import FAMILIES
from factors.engine.planning.plan import field_inputs
from factors.errors import ArgumentError

SUPPORT = Path(__file__).resolve().parents[1] / "support"
ROWS = {row["name"]: row for row in json.loads((SUPPORT / "rows.json").read_text(encoding="utf-8"))}
"""What the catalogue says of each factor."""


def test_list_filters() -> None:
    table = factors.list()
    assert len(table) >= 50
    assert factors.list(family="G", core=True).index.tolist() == ["amihud_mean"]
    assert set(factors.list(family="G").family) == {"G"}
    assert factors.list(family=FAMILIES["G"]).equals(factors.list(family="G"))
    assert "VP" in factors.list(text="correlation of the close").index
    assert len(factors.list(core=True)) == 50
    assert table.loc["return_intraday", "inputs"] == "open, close"
    with pytest.raises(ArgumentError, match="family='Q' is unknown. Families: A"):
        factors.list(family="Q")


def test_describe_prints_what_a_researcher_wants_to_know() -> None:
    text = str(factors.describe("return_var_last_30min"))
    for part in ("variance", "t>T-30", "ratio²", "open, close", "16 traded, within the last 30 minutes", "returns.py"):
        assert part.lower() in text.lower() or part == "returns.py", part
    assert "$$" in factors.describe("VP")._repr_markdown_()
    assert factors.describe("return_half_hour_1").factor.name == "return_open_30min"
    with pytest.raises(ArgumentError, match="pass a factor's name"):
        factors.describe(3)  # type: ignore[arg-type]


def test_resolve() -> None:
    assert list(resolve(["VP", "return_half_hour_1", "VP"])) == ["VP", "return_half_hour_1"]
    assert list(resolve("A")) == list(resolve(FAMILIES["A"]))
    assert len(resolve()) == 50
    assert list(resolve())[:2] == ["close_vwap_dev", "intraday_maxdrawdown"]
    assert [f.family for f in resolve().values()] == sorted(f.family for f in resolve().values())
    assert next(iter(resolve(["amihud_mean", "core"]))) == "amihud_mean"
    for wrong, message in [
        ([], "asks for nothing"),
        (3, "neither a name"),
        ([3], "is a int"),
        ([len], "put @factor on it"),
        (len, "put @factor on it"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            resolve(wrong)  # type: ignore[arg-type]


def test_explain_orders_and_shares() -> None:
    plan = factors.explain(["return_var", "VR"])
    names = [s.name for s in plan.steps]
    assert names == ["day_open", "returns", "return_var", "VR"]
    assert plan.fields == ("open", "close", "volume")
    assert plan.readers()["returns"] == 2
    assert "returns     shared by 2  <- close, day_open" in str(plan)


def test_explain_shows_what_is_fused() -> None:
    whole = factors.explain("core")
    assert "50 of 50 factors; passes over a block: 3" in str(whole)
    assert 'extern "C"' not in str(whole)
    assert "STEP void block(" in whole.source
    shown = str(factors.explain("VP", session="XNYS", source=True))
    assert "#define T 390" in shown

    @factors.factor
    def decides(close):
        """Looks at the data."""
        return factors.ops.mean(close) if close.max() > 0 else factors.ops.max(close)

    assert "decides runs on the matrix engine: the array attribute .max does not fuse" in str(factors.explain(decides))


def test_registered_factors_are_rows() -> None:
    assert {f.name for f in resolve("all").values()} == set(ROWS)
    assert {name for name, row in ROWS.items() if row["core"]} == set(resolve("core"))


@pytest.mark.parametrize("name", [f.name for f in resolve("all").values()])
def test_a_factor_is_described_as_its_row(name: str) -> None:
    f, row = resolve(name)[name], ROWS[name]
    about = (f.family, f.unit, f.min_bars, f.core, f.direction, f.formula, list(f.aliases))
    assert about == tuple(row[k] for k in ("family", "unit", "min_bars", "core", "direction", "formula", "aliases"))
    needed = {i for i in row["inputs"] if i in factors.common.fields.FIELDS}
    assert set(field_inputs(f)) - needed <= {"close"}  # it says which bars were delivered
    assert needed <= set(field_inputs(f))
    assert row["windowed"] == (f.window is not None)
    listed = {"share" if k == "p" else k: v for k, v in row["params"].items()}
    for word in set(f.params) & set(listed):
        assert plain(f.params[word]) == plain(listed[word]), word


def plain(value: object) -> object:
    """Return a parameter so that "3/5" equals 0.6 and a tuple its list."""
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    try:
        return Fraction(str(value))
    except ValueError:
        return value


def test_describe_tells_how_far_a_factor_looks_back() -> None:
    assert "looks back     5 days of the input" in str(factors.describe("trend_capital_vwap_gap"))
    assert "looks back     1 day of the input" in str(factors.describe("return_overnight"))
    assert "looks back" not in str(factors.describe("VP"))


def test_names_are_found_without_sorting_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    names, sorted_for = list(resolve("core")), []
    real = catalogue._sorted_factors
    monkeypatch.setattr(catalogue, "_sorted_factors", lambda: (sorted_for.append(True), real())[1])
    assert list(resolve(names)) == names
    assert not sorted_for
    resolve("core")
    assert len(sorted_for) == 1
