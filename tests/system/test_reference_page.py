"""The reference page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import factors
from factors.catalogue import resolve
from factors.errors import ArgumentError
from factors.reference import formula
from factors.reference.drawing import histogram
from factors.reference.formula import mathml

pytest.importorskip("latex2mathml", reason="the package latex2mathml is not installed (the extra `docs`)")


@pytest.mark.parametrize("factor", resolve("all").values(), ids=lambda f: f.name)
def test_every_formula_can_be_set(factor: factors.Factor) -> None:
    found = mathml(factor.formula)
    assert found.startswith("<math"), factor.formula
    ET.fromstring(found.replace("&", "&amp;") if "&" in found and ";" not in found else found)


def test_the_page_has_every_factor_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "reference.html"
    page = factors.reference_page(file, ["VP", "intraday_maxdrawdown", "amihud_mean"])
    assert file.read_text() == page
    for name in ("VP", "intraday_maxdrawdown", "amihud_mean"):
        assert f'<article id="{name}"' in page
        assert f'href="#{name}"' in page
    assert page.count("<svg") == page.count("<math") == 3
    assert page.count("<section>") == len({"A", "E", "G"})
    assert "scale=100000000.0" in page
    assert "src=" not in page  # nothing is loaded from elsewhere
    assert "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")


def test_a_users_factor_is_shown_as_text_where_its_formula_is_none(tmp_path: Path) -> None:
    @factors.factor(formula=r"\nosuch{<b>")
    def mine(close):
        """Mine & <yours>."""
        return factors.ops.last(close)

    page = factors.reference_page(factors=[mine])
    assert "<b>" not in page
    assert "Mine &amp; &lt;yours&gt;." in page
    assert "Custom" in page


def test_histograms() -> None:
    assert "no values" in histogram(np.array([np.nan, np.nan]))
    assert "always 2" in histogram(np.array([2.0, 2.0, np.nan]))
    drawn = histogram(np.append(np.linspace(0, 1, 999), np.nan))
    assert "from 0.005 to 0.995, median 0.5, 0.1% missing" in drawn
    assert drawn.count("<rect") == 40
    assert 'x1="120.0"' in drawn


def test_without_the_package_that_sets_formulas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(formula, "find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"needs latex2mathml .*pip install 'minute-factors\[docs\]'"):
        factors.reference_page(tmp_path / "page.html", ["VP"])
    assert not list(tmp_path.iterdir())
