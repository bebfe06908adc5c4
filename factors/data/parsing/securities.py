"""What the digits of mainland symbols say: one security, however it is spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from factors.errors import InputError

_MAINLAND = re.compile(
    r"(?:(?P<before>sh|sz|bj)[._]?)?(?P<digits>\d{6})|(?P<digits_>\d{6})[._](?P<after>xshe|xshg|xbei|sh|ss|sz|bj|sse|szse|bse)",
    re.IGNORECASE,
)
_SIX = re.compile(r"^[^\d\n]{0,3}(\d{6})(?!\d)", re.MULTILINE)  # all that _MAINLAND takes, and more
_EXCHANGES = {"xshe": "sz", "szse": "sz", "xshg": "sh", "ss": "sh", "sse": "sh", "xbei": "bj", "bse": "bj"}


class Spellings:
    """The mainland securities of an input, each of which must be spelled in one way."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._by_digits: dict[str, str] = {}
        self._alike: dict[str, list[str]] = {}

    def add(self, symbols: Iterable[str], where: str, digits: Sequence[str] | None = None) -> None:
        """Take in the symbols of a day; `digits` are those of each, where they are known.

        Raises
        ------
        InputError
            If one of them is known under another spelling; both would be computed as stocks of their own.
        """
        every = tuple(symbols)
        new = tuple(symbol for symbol in every if symbol not in self._seen)
        self._seen.update(new)
        numbers = digits if digits is not None and len(new) == len(every) else digits_of(new)
        if len(set(numbers)) == len(new) and self._by_digits.keys().isdisjoint(numbers):  # nearly always
            self._by_digits.update(zip(numbers, new, strict=True))
            return
        for symbol, number in sorted(zip(new, numbers, strict=True)):
            first = self._by_digits.setdefault(number, symbol)
            if first == symbol:
                continue
            alike = self._alike.setdefault(number, [first])  # few share their digits: stock and index of two exchanges
            for other in alike:
                if _security(other) == _security(symbol):
                    raise InputError(
                        f"{where}: the symbols {other!r} and {symbol!r} are one security. Bring them to one spelling "
                        "first."
                    )
            alike.append(symbol)


@lru_cache(maxsize=2)
def digits_of(symbols: tuple[str, ...]) -> list[str]:
    """Return the digits of each symbol, or the symbol itself where it has not six of them."""
    found: list[str] = _SIX.findall("\n".join(symbols))
    if len(found) == len(symbols):
        return found
    return [match[1] if (match := _SIX.match(symbol)) else symbol for symbol in symbols]


def _security(symbol: str) -> str:
    """Return a mainland security as exchange and digits; of bare digits only where they tell the exchange."""
    match = _MAINLAND.fullmatch(symbol)
    if match is None:
        return symbol
    digits = match["digits"] or match["digits_"]
    exchange = (match["before"] or match["after"] or {"6": "sh", "3": "sz"}.get(digits[0], "")).lower()
    return f"{_EXCHANGES.get(exchange, exchange)}{digits}"
