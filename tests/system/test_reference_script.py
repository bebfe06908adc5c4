"""No text of a definition becomes script on the reference page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

import factors
from factors.reference.formula import ATTRIBUTES, ELEMENTS, mathml

pytest.importorskip("latex2mathml", reason="the package latex2mathml is not installed (the extra `docs`)")

MARKUP = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "</math><script>alert(1)</script>",
    "</code></div></article></main><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)" x="',
    '<a href="javascript:alert(1)">x</a>',
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<mglyph src=//evil.example/x.png></mglyph>",
    "<annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml>",
    "<style>@import '//evil.example/x.css'</style>",
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction>",
]
FORMULAS = [
    *MARKUP,
    *(rf"\{command}{{{text}}}" for command in ("text", "mathrm", "operatorname", "mbox", "textbf") for text in MARKUP),
    r"\href{javascript:alert(1)}{x}",
    r"\href{JaVaScRiPt:alert(1)}{x}",
    r"\href{data:text/html,<script>alert(1)</script>}{x}",
    r'\href{"onclick="alert(1)}{x}',
    r"\href{//evil.example}{x}",
    r"\style{background:url(javascript:alert(1))}{x}",
    r'\style{x" onmouseover="alert(1)}{x}',
    r'\class{x" onmouseover="alert(1)}{x}',
    r'\color{red" onmouseover="alert(1)}{x}',
    r"\id{x}{y}",
    r"\unicode{x3c}script\unicode{x3e}",
    r"\begin{matrix}\text{<script>alert(1)</script>}&1\\2&3\end{matrix}",
    r"\frac{\text{<b onclick=alert(1)>x</b>}}{2}",
    "{" * 3000 + "x" + "}" * 3000,
]


class Page(HTMLParser):
    """What a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def harmless(page: Page) -> None:
    for name, value in page.attributes:
        assert not name.startswith("on"), (name, value)
        assert name in ("href", "id") or ":" not in value or name in ("xmlns", "data-words"), (name, value)
        assert name not in ("src", "srcdoc", "style", "action", "formaction", "xlink:href", "http-equiv"), (name, value)
        assert name != "href" or value.startswith("#"), value


@pytest.mark.parametrize("formula", FORMULAS, ids=range(len(FORMULAS)))
def test_a_formula(formula: str) -> None:
    page = Page(mathml(formula))
    assert set(page.tags) <= ELEMENTS | {"code"}
    assert {name for name, _ in page.attributes} <= ATTRIBUTES | {"xmlns"}
    harmless(page)


def test_formulas_keep_what_is_allowed() -> None:
    assert mathml(r"\frac{a}{b}").count("mfrac") == 2
    assert "a &lt; b" in mathml(r"\text{a &lt; b}").replace("\xa0", " ")
    kept = mathml(r"x + \href{javascript:alert(1)}{y}")
    assert "<mi>y</mi>" in kept
    assert "javascript" not in kept


@pytest.mark.parametrize("text", MARKUP, ids=range(len(MARKUP)))
def test_every_text_of_a_definition(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docstring, formula, unit and source; names cannot be markup, parameters of variants can."""
    from factors import reference

    def plain(close: Any, word: str = "plain") -> Any:
        return factors.ops.last(close)

    monkeypatch.setattr(reference, "_computed", lambda chosen: {f.name: EMPTY for f in chosen})
    plain.__doc__ = f"{text}\n\n    {text}\n\n    {text}"
    told = factors.factor(formula=text, unit=text, source=text)(plain)
    chosen = [told]
    if text.isprintable() and "[" not in text:
        chosen.append(factors.variant("plain", word=text))
    page = Page(factors.reference_page(factors=chosen))
    before = Page(factors.reference_page(factors="VP"))
    assert page.tags.count("script") == before.tags.count("script") == 1
    assert set(page.tags) <= set(before.tags) | ELEMENTS | {"code"}
    harmless(page)
    assert text.split("\t")[0] in page.text


class _Empty:
    def to_numpy(self) -> Any:
        import numpy as np

        return np.array([np.nan])


EMPTY = _Empty()
