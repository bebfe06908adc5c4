"""The reference page: every factor with its formula, conventions and distribution, generated from the definitions."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from factors.catalogue import Wanted, describe, resolve
from factors.compute import compute
from factors.data.simulate.bars import simulate_bars
from factors.definitions.decorators import FAMILIES, Factor
from factors.reference.drawing import histogram
from factors.reference.formula import mathml, require

STOCKS, DAYS = 400, 8
"""The simulated market whose distribution is shown: its last two days, so that look-backs are filled."""


def reference_page(path: str | Path | None = None, factors: Wanted = "all") -> str:
    """Return the reference of factors as one HTML page that needs nothing else; written to `path` if one is given.

    Parameters
    ----------
    path : str or Path, optional
        File to write; a file of that name is replaced as a whole.
    factors : str, Factor, or list of these
        As in `factors.compute`; default: all.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ArgumentError
        If the package latex2mathml, which sets the formulas, is not installed.
    UnknownFactorError
        If a factor is unknown.
    """
    require()
    chosen = list(dict.fromkeys(resolve(factors).values()))
    frame = _computed(chosen)
    groups: dict[str, list[Factor]] = {}
    for factor in chosen:
        groups.setdefault(factor.family, []).append(factor)
    style = (Path(__file__).with_name("page.css")).read_text(encoding="utf-8")
    script = (Path(__file__).with_name("page.js")).read_text(encoding="utf-8")
    body = "\n".join(_family(code, members, frame) for code, members in groups.items())
    links = "".join(f'<a href="#family-{code}">{_title(code)}</a>' for code in groups)
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>minute-factors: reference</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>\n{style}</style></head><body>\n'
        f"<header><h1>{len(chosen)} factors</h1><p>Generated from the definitions. Each picture shows the factor over "
        f"{STOCKS} stocks of the simulated market on two days, its outer 1 % left out.</p>"
        '<input id="filter" type="search" placeholder="name, field, source ..." aria-label="Filter">'
        f"<nav>{links}</nav></header>\n<main>\n{body}\n</main><script>\n{script}</script></body></html>\n"
    )
    if path is not None:
        from factors.store.files import save

        save(Path(path), page.encode())
    return page


def _computed(chosen: Sequence[Factor]) -> Any:
    """Return the factors of the simulated market's last two days."""
    bars = simulate_bars(stocks=STOCKS, days=DAYS)
    frame = compute(bars, chosen)
    return frame.loc[frame.index.get_level_values("date").unique()[-2:]]


def _title(code: str) -> str:
    return html.escape(f"{code} {FAMILIES[code]}".strip() or "Your own")


def _family(code: str, members: Sequence[Factor], frame: Any) -> str:
    cards = "\n".join(_card(factor, frame[factor.name].to_numpy()) for factor in members)
    return f'<section><h2 id="family-{code}">{_title(code)} <small>{len(members)}</small></h2>\n{cards}\n</section>'


def _card(factor: Factor, values: np.ndarray[Any, Any]) -> str:
    description = describe(factor)
    shown = [fact for fact in description.facts() if fact[0] not in ("formula", "family", "defined in", "version")]
    facts = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in shown)
    conventions = "".join(f"<p>{html.escape(text)}</p>" for text in _rest(factor))
    words = html.escape(
        " ".join([factor.name, *factor.aliases, *description.inputs, factor.source, factor.summary]).lower()
    )
    return (
        f'<article id="{html.escape(factor.name)}" data-words="{words}"><h3><a href="#{html.escape(factor.name)}">'
        f"{html.escape(factor.name)}</a></h3><p>{html.escape(factor.summary)}</p>{conventions}"
        f'<div class="formula">{mathml(factor.formula)}</div><div class="beside"><dl>{facts}</dl>'
        f"<figure>{histogram(values)}</figure></div></article>"
    )


def _rest(factor: Factor) -> list[str]:
    """Return the paragraphs of the docstring after its first line."""
    import inspect

    text = (inspect.getdoc(factor.body) or "").partition("\n")[2]
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
