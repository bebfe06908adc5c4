"""LaTeX formulas as MathML, which every browser sets by itself."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from importlib.util import find_spec

from factors.errors import ArgumentError

NAMESPACE = "http://www.w3.org/1998/Math/MathML"

ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded",
    "mphantom", "menclose", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts",
    "mprescripts", "none", "mtable", "mtr", "mtd",
})  # fmt: skip
"""What a formula is made of; other elements are left out with what is in them."""

ATTRIBUTES = frozenset({
    "display", "displaystyle", "scriptlevel", "mathvariant", "mathsize", "mathcolor", "mathbackground",
    "stretchy", "fence", "separator", "form", "largeop", "symmetric", "movablelimits", "accent", "accentunder",
    "lspace", "rspace", "minsize", "maxsize", "width", "height", "depth", "voffset", "linethickness",
    "notation", "columnalign", "columnspacing", "columnlines", "rowalign", "rowspacing", "rowlines", "frame",
    "columnspan", "rowspan",
})  # fmt: skip
"""How it looks: none that refers to a place, names a style, or does something; others are left out."""

DEEPEST = 100
"""Elements within each other; a formula that goes deeper is shown as its text."""

_VALUE = re.compile(r"[A-Za-z0-9 .#%+-]*")
_SIZED = re.compile(r"\\[bB]igg?[lr]?(?=[\\({|\[\])}])")  # the converter does not stretch braces by hand


def require() -> None:
    """Raise if the formulas cannot be set.

    Raises
    ------
    ArgumentError
        If the package latex2mathml is not installed.
    """
    if find_spec("latex2mathml") is None:
        raise ArgumentError(
            "the reference page needs latex2mathml to set formulas: pip install 'minute-factors[docs]'."
        )


def mathml(formula: str) -> str:
    """Return a formula as MathML; an empty one as nothing, one that cannot be set as its text.

    The converter hands on what a formula says of links, styles and tags; here only `ELEMENTS` and `ATTRIBUTES` pass.
    """
    if not formula:
        return ""
    from latex2mathml.converter import convert

    text = _SIZED.sub("", formula).replace(r"\arg\max", r"\operatorname{arg max}")
    text = text.replace(r"\arg\min", r"\operatorname{arg min}")
    try:
        found = _allowed(ET.fromstring(convert(text, display="block")), DEEPEST)
    except Exception:  # a user's formula may be no LaTeX at all
        found = ""
    return found if found and "\\" not in found else f"<code>{html.escape(formula)}</code>"


def _allowed(element: ET.Element, depth: int) -> str:
    """Return an element as text, with what is on the lists."""
    if depth == 0:
        raise ValueError("too deep")
    space, _, name = element.tag.rpartition("}")
    if space != "{" + NAMESPACE or name not in ELEMENTS:
        return ""
    attributes = f' xmlns="{NAMESPACE}"' if name == "math" else ""
    for word, value in element.attrib.items():
        if word in ATTRIBUTES and _VALUE.fullmatch(value):
            attributes += f' {word}="{html.escape(value)}"'
    inner = "".join(_allowed(child, depth - 1) + html.escape(child.tail or "", quote=False) for child in element)
    return f"<{name}{attributes}>{html.escape(element.text or '', quote=False)}{inner}</{name}>"
