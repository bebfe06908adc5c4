"""Boards of the mainland exchanges that count volume in units of their own."""

from __future__ import annotations

import re
from functools import lru_cache

BOARDS = {
    "STAR market": re.compile(r"68[89]\d{3}"),
    "Beijing": re.compile(r"(4|8|92)\d{4,5}"),
    "bonds": re.compile(r"1[12]\d{4}"),
}
"""Form of the six digits, by board."""


@lru_cache(maxsize=20_000)
def board(symbol: str) -> str:
    """Return the mainland board that trades in units of its own, else ``""``."""
    digits = re.search(r"\d{6}", symbol)
    return next((name for name, form in BOARDS.items() if digits and form.fullmatch(digits[0])), "")


@lru_cache(maxsize=2)
def boards_of(symbols: tuple[str, ...]) -> list[str]:
    """Return the board of each symbol."""
    digits = re.findall(r"^[^\d\n]*(\d{6})", "\n".join(symbols), re.MULTILINE)
    if len(digits) != len(symbols):
        return [board(symbol) for symbol in symbols]
    of_start = {start: board(f"{start}000") for start in {number[:3] for number in digits}}  # three digits tell it
    return [of_start[number[:3]] for number in digits]
