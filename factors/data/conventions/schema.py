"""What is declared about the input: columns, label side, units, zone; by the caller or for a known vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real

from factors.common.fields import DAY_FIELDS, FIELDS
from factors.data.calendar.session import Session, get_session
from factors.errors import ArgumentError, choice

ROLES = ("time", "symbol", *FIELDS, *DAY_FIELDS)
"""What a column can be bound to."""

_LABELS = {"right": "right", "left": "left", "end": "right", "start": "left", "auto": "auto"}


@dataclass(frozen=True)
class Schema:
    """What is known about the input; everything left out is detected.

    Parameters
    ----------
    columns : mapping of str to str
        Input column of ``"time"``, ``"date"``, ``"symbol"`` or a field, by role: ``{"close": "px"}``.
    label : str
        ``"right"`` or ``"end"`` (a bar is named by its end), ``"left"`` or ``"start"``, or ``"auto"``.
    volume_unit : float or "auto"
        Shares per unit of volume; 100 for lots.
    amount_unit : float or "auto"
        Currency per unit of amount; 10000 for ten thousand yuan.
    price_scale : float or None
        Factor the prices are multiplied by; 1e-9 for integers in billionths.
    tz : str or None
        Time zone of naive times; None for the exchange's own.
    session : str or Session
        Trading session, or ``"auto"``.
    symbol : str or None
        The symbol of an input without a symbol column.
    header : tuple of str
        Column names of CSV files that have no header line.
    preset : str
        Name of the preset it came from. The columns of a preset are preferred, not required.

    Raises
    ------
    ArgumentError
        If a role or label is unknown, or a unit is not positive.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    label: str = "auto"
    volume_unit: float | str = "auto"
    amount_unit: float | str = "auto"
    price_scale: float | None = None
    tz: str | None = None
    session: str | Session = "auto"
    symbol: str | None = None
    header: tuple[str, ...] = ()
    preset: str = ""

    def __post_init__(self) -> None:
        for role in self.columns:
            if role not in (*ROLES, "date"):
                raise choice("schema columns key", role, (*ROLES, "date"))
        if not isinstance(self.label, str) or self.label not in _LABELS:
            raise choice("label", self.label, _LABELS)
        object.__setattr__(self, "label", _LABELS[self.label])
        for name, example, default in (
            ("volume_unit", "100 for lots of 100", "auto"), ("amount_unit", "10000 for ten thousands", "auto"),
            ("price_scale", "1e-9 for billionths", None),
        ):  # fmt: skip
            unit = getattr(self, name)
            known = isinstance(unit, Real) and not isinstance(unit, bool) and 0 < float(unit) < float("inf")
            if not known and not (unit is None if default is None else isinstance(unit, str) and unit == default):
                raise ArgumentError(f"{name}={unit!r}: pass a positive number ({example}) or {default!r}.")
        if self.session != "auto":
            object.__setattr__(self, "session", get_session(self.session))


def _vendor(name: str, columns: dict[str, str] | None = None, label: str = "auto", unit: float | str = "auto",
            session: str = "auto", header: tuple[str, ...] = ()) -> Schema:  # fmt: skip
    return Schema(columns or {}, label, unit, session=session, header=header, preset=name)


PRESETS: dict[str, Schema] = {
    s.preset: s
    for s in (
        _vendor("joinquant", {"symbol": "code", "amount": "money"}, "right", 1, "XSHG"),
        _vendor("ricequant", {"symbol": "order_book_id", "time": "datetime", "amount": "total_turnover",
                              "trades": "num_trades"}, "right", 1, "XSHG"),
        _vendor("tushare", {"symbol": "ts_code", "time": "trade_time", "volume": "vol"}, "right", 1, "XSHG"),
        _vendor("akshare_em", {"time": "时间", "open": "开盘", "high": "最高", "low": "最低", "close": "收盘",
                               "volume": "成交量", "amount": "成交额"}, "right", 100, "XSHG"),
        _vendor("qmt", {}, "auto", 100, "XSHG"),
        _vendor("baostock", {"symbol": "code", "time": "time"}, "right", 1, "XSHG"),
        _vendor("vnpy", {"time": "datetime", "symbol": "symbol", "open": "open_price", "high": "high_price",
                         "low": "low_price", "close": "close_price", "amount": "turnover"}, "left"),
        _vendor("polygon", {"symbol": "ticker", "time": "window_start", "trades": "transactions"}, "left", 1, "XNYS"),
        _vendor("databento", {"symbol": "symbol", "time": "ts_event"}, "left", 1),
        _vendor("alpaca", {"symbol": "symbol", "time": "timestamp", "trades": "trade_count"}, "left", 1, "XNYS"),
        _vendor("binance", {"time": "open_time", "volume": "volume", "amount": "quote_volume", "trades": "count"},
                "left", 1, "24H", ("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume",
                                   "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore")),
        _vendor("yfinance", {"close": "Close", "time": "Datetime"}, "left", 1),
    )
}  # fmt: skip
"""Schemas of known vendors. Label sides and units are the vendors' documented ones; "auto" where they are not."""


def as_schema(schema: str | Mapping[str, str] | Schema, *, session: str | Session = "auto", label: str = "auto",
              tz: str | None = None, volume_unit: float | str = "auto") -> Schema:  # fmt: skip
    """Return the schema meant by the arguments of a call; an explicit argument wins over the schema's own.

    Raises
    ------
    ArgumentError
        If a preset, role, label or session is unknown.
    """
    if isinstance(schema, str):
        if schema != "auto" and schema not in PRESETS:
            raise choice("schema", schema, ("auto", *PRESETS))
        schema = PRESETS.get(schema) or Schema()
    elif not isinstance(schema, Schema):
        if not isinstance(schema, Mapping):
            raise ArgumentError(
                f"schema={schema!r}: pass 'auto', a preset name, a dict of columns such as {{'close': 'px'}}, "
                "or a factors.Schema."
            )
        schema = Schema(columns=dict(schema))
    if session != "auto":
        schema = replace(schema, session=session)
    if label != "auto":
        schema = replace(schema, label=label)
    if volume_unit != "auto":
        schema = replace(schema, volume_unit=volume_unit)
    return replace(schema, tz=tz) if tz is not None else schema
