"""Names: which input column is the time, the symbol and each field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from factors.common.fields import DAY_FIELDS, FIELDS
from factors.data.conventions.schema import Schema
from factors.errors import MissingFieldError

NAMES: dict[str, tuple[str, ...]] = {
    "time": (
        "datetime", "time", "trade_time", "timestamp", "date_time", "bar_time", "window_start", "ts_event",
        "open_time", "candle_begin_time", "dt", "时间", "日期时间", "交易时间",
    ),
    "symbol": (
        "symbol", "code", "ts_code", "order_book_id", "ticker", "asset", "instrument", "instrument_id", "wind_code",
        "sid", "stock_code", "security", "证券代码", "股票代码", "代码",
    ),
    "open": ("open", "open_price", "o", "开盘", "开盘价"),
    "high": ("high", "high_price", "h", "最高", "最高价"),
    "low": ("low", "low_price", "l", "最低", "最低价"),
    "close": ("close", "close_price", "c", "收盘", "收盘价"),
    "volume": ("volume", "vol", "v", "成交量"),
    "amount": ("amount", "money", "total_turnover", "amt", "quote_volume", "quote_asset_volume", "成交额", "成交金额"),
    "trades": ("trades", "num_trades", "trade_count", "transactions", "number_of_trades", "n", "成交笔数"),
    "pre_close": (
        "pre_close", "prev_close", "previous_close", "pre_close_price", "yclose", "昨收", "昨收价", "前收盘",
        "前收盘价",
    ),
}  # fmt: skip
"""Names each role is known by; letter case, blanks, underscores and dashes do not count."""

DATE_NAMES = ("date", "day", "trade_date", "trading_date", "trading_day", "日期", "交易日", "交易日期")
"""Names of a date: half of the time beside a column of clock times, the whole of it where nothing else is one."""

_TURNOVER = "turnover"  # an amount at one vendor, a rate at others: the values decide


@dataclass(frozen=True)
class ColumnMap:
    """Input column of each role.

    Parameters
    ----------
    time : str
        Column of times, or of clock times where `date` is in use.
    date : str or None
        Column of dates beside it.
    symbol : str or None
        Column of symbols; None where the schema names the one symbol.
    fields : dict of str to str
        Column by field.
    doubtful : bool
        Whether ``amount`` is a column called turnover, which the values have yet to confirm.
    """

    time: str
    date: str | None
    symbol: str | None
    fields: dict[str, str]
    doubtful: bool = False


def plain(name: str) -> str:
    """Return a column name without case, blanks and separators, as names are compared."""
    return re.sub(r"[\s_\-$.]+", "", str(name)).casefold()


_ROLE_OF = {plain(alias): role for role, aliases in NAMES.items() for alias in aliases}
_DATES = {plain(alias) for alias in DATE_NAMES}


def role_of(name: str) -> str | None:
    """Return the role a column name is known by."""
    return _ROLE_OF.get(plain(name))


def map_columns(names: Sequence[str], schema: Schema, *, where: str, time_index: str | None = None,
         symbol_index: str | None = None) -> ColumnMap:  # fmt: skip
    """Find the column of each role.

    Parameters
    ----------
    names : sequence of str
        The input's columns.
    schema : Schema
        Declared columns; they win over names that are recognised.
    where : str
        What the input is called in messages.
    time_index, symbol_index : str or None
        Unnamed index levels that serve where no column does.

    Raises
    ------
    MissingFieldError
        If time, symbol or close is not found, a declared column does not exist, or two columns claim one role.
    """
    found = _declared(names, schema, where)
    taken = set(found.values())
    claims: dict[str, list[str]] = {}
    for name in names:
        role = role_of(name)
        if role and role not in found and name not in taken:
            claims.setdefault(role, []).append(name)
    for role, several in claims.items():
        found[role] = _only(role, several, where)
    if "date" not in found:
        dates = [name for name in names if plain(name) in _DATES and name not in taken]
        if "time" in found:
            found.update({"date": dates[0]} if len(dates) == 1 else {})
        elif dates:
            found["time"] = _only("time", dates, where)
    if "time" not in found and time_index:
        found["time"] = time_index
    if "symbol" not in found and symbol_index:
        found["symbol"] = symbol_index
    rates = [name for name in names if plain(name) == _TURNOVER]
    doubtful = "amount" not in found and len(rates) == 1
    if doubtful:
        found["amount"] = rates[0]
    for role in ("time", "close", *(() if schema.symbol else ("symbol",))):
        if role not in found:
            raise _missing(role, names, where)
    fields = {name: found[name] for name in (*FIELDS, *DAY_FIELDS) if name in found}
    symbol = None if schema.symbol else found["symbol"]
    return ColumnMap(found["time"], found.get("date"), symbol, fields, doubtful)


def _declared(names: Sequence[str], schema: Schema, where: str) -> dict[str, str]:
    by_name = {str(name).strip(): name for name in names}
    found: dict[str, str] = {}
    for role, column in schema.columns.items():
        if column in by_name:
            found[role] = _only(role, [name for name in names if str(name).strip() == column], where)
        elif not schema.preset:
            raise MissingFieldError(
                f"{where}: the schema takes {role} from column {column!r}, which does not exist. "
                f"Columns found: {_listed(names)}."
            )
    return found


def _only(role: str, several: list[str], where: str) -> str:
    if len(several) == 1:
        return several[0]
    both = " and ".join(repr(name) for name in several)
    how = "rename one of them" if len(set(several)) == 1 else f"choose with schema={{{role!r}: {several[0]!r}}}"
    raise MissingFieldError(f"{where}: columns {both} are both read as {role}; {how}.")


def _missing(role: str, names: Iterable[str], where: str) -> MissingFieldError:
    known = ", ".join(NAMES[role])
    more = " or as constant, schema=factors.Schema(symbol='000001.XSHE')" if role == "symbol" else ""
    if role == "symbol":
        more += "; for the frame of a single stock: bars.assign(symbol='000001.XSHE')"
    listed = _listed(names)
    if listed and re.fullmatch(r"'-?[\d.]+'.*", listed):
        more += ". The first line looks like data: name the columns with schema=factors.Schema(header=(...))"
    return MissingFieldError(
        f"{where}: no column for {role}. Looked for: {known}. Columns found: {listed or 'none'}. "
        f"Name it with schema={{{role!r}: '<column>'}}{more}."
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(str(name)) for name in names)
