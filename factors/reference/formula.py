"""LaTeX formulas as MathML, which every browser sets by itself."""

from __future__ import annotations

import html
import re
from importlib.util import find_spec

from factors.errors import ArgumentError

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
    """Return a formula as MathML; an empty one as nothing, one that cannot be set as its text."""
    if not formula:
        return ""
    from latex2mathml.converter import convert

    text = _SIZED.sub("", formula).replace(r"\arg\max", r"\operatorname{arg max}")
    text = text.replace(r"\arg\min", r"\operatorname{arg min}")
    try:
        found: str = convert(text, display="block")
    except Exception:  # a user's formula may be no LaTeX at all
        return f"<code>{html.escape(formula)}</code>"
    return found if "\\" not in found else f"<code>{html.escape(formula)}</code>"
