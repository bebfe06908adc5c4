"""The operations of the graph: what each costs, what it means for missing values, and its C++.

An operation is one entry of the table at the end. Its text is a template: ``{0}`` and ``{1}`` stand for the operands of
an elementwise operation, ``{a}`` for the register of a running state or a reduction, ``{x}`` for its series, ``{mask}``
for where it counts, ``{b}`` for where a first value was met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Op:
    """An operation: an input, if it is of none of the kinds below.

    Attributes
    ----------
    name : str
        Its name.
    cost : int
        About how many instructions it takes a minute.
    in_memory : bool
        Whether its series lies in memory before any loop.
    """

    name: str
    cost: int = 1
    in_memory: bool = False


@dataclass(frozen=True)
class Offset(Op):
    """A series at another minute.

    Attributes
    ----------
    ahead : bool
        Whether at a later one.
    """

    ahead: bool = False


@dataclass(frozen=True)
class Elementwise(Op):
    """An operation on the values of a minute, or on values.

    Attributes
    ----------
    c : str
        Its C++.
    nan_propagates : bool
        Whether it is missing, or does not hold, where an operand is missing or does not hold.
    scales : bool
        Whether with a number that is finite and not 0 it exists exactly where the other operand does.
    keeps_values : bool
        Whether it has a value wherever its operands have one.
    header : str
        The file of the kernel folder that has its function, where not every text has it.
    """

    c: str = ""
    nan_propagates: bool = False
    scales: bool = False
    keeps_values: bool = False
    header: str = ""


@dataclass(frozen=True)
class Running(Op):
    """A state that runs through the minutes: a series in, a series out.

    Attributes
    ----------
    start : str
        What its register begins with.
    update : str
        What a minute does to it.
    early : bool
        Whether it waits for the first value of its series and stays; it is then the series' distance from that.
    """

    start: str = "NaN"
    update: str = ""
    early: bool = False


@dataclass(frozen=True)
class Reduction(Op):
    """A series in, a value out.

    Attributes
    ----------
    start : str
        What its register begins with.
    update : tuple of str
        What a minute does to it.
    every_minute : str
        The same for a series that always has a value; the operation then looks for where its series exists.
    empty : str
        What the register still is where there was nothing to reduce, if that means that the result is missing.
    early : bool
        Whether it waits for the first value of its series and stays.
    guarded : bool
        Whether its last operand says which stocks want it: where none of a block does, its loop is left out.
    """

    start: str = "NaN"
    update: tuple[str, ...] = ()
    every_minute: str = ""
    empty: str = ""
    early: bool = False
    guarded: bool = False


@dataclass(frozen=True)
class KernelCall(Op):
    """A C++ function ``k_<name>`` of whole series.

    Its arguments, in order: where the series it returns goes (`double*`, rows of STRIDE doubles), its series (`Col`),
    its values (`V`), begin and end of its window (`int`), then the constants of the node. One that returns a value
    returns a `V`. Masks are 1.0 and 0.0 throughout.

    Attributes
    ----------
    header : str
        The file that has it: ``kernel/<header>.h``.
    returns : {"series", "value"}
        What it makes.
    mask : bool
        Whether that is a mask.
    series : int
        Number of series it reads; the arguments after them are values.
    """

    header: str = ""
    returns: Literal["series", "value"] = "series"
    mask: bool = False
    series: int = 1


def _binary(name: str, sign: str, cost: int = 1, *, nan: bool = True, scales: bool = False, keeps: bool = False) -> Op:
    return Elementwise(
        name, cost, c=f"{{0}} {sign} {{1}}", nan_propagates=nan, scales=scales, keeps_values=keeps
    )  # fmt: skip


def _function(name: str, c: str, cost: int = 1, *, nan: bool = True, keeps: bool = False, header: str = "") -> Op:
    return Elementwise(name, cost, c=f"{c}({{0}})", nan_propagates=nan, keeps_values=keeps, header=header)


def _series(name: str, header: str, series: int = 1, *, mask: bool = False) -> Op:
    return KernelCall(name, header=header, returns="series", mask=mask, series=series)


def _value(name: str, header: str, series: int = 1) -> Op:
    return KernelCall(name, header=header, returns="value", series=series)


_TABLE = (
    # inputs
    Op("constant"),
    Op("minute"),
    Op("field", 0, in_memory=True),
    Op("stage_series", 0, in_memory=True),
    Op("stage_broadcast"),
    Op("stage_value"),
    # at another minute
    Offset("lag", 0),
    Offset("lead", 0, ahead=True),
    # arithmetic
    _binary("add", "+", scales=True, keeps=True),
    _binary("sub", "-", scales=True, keeps=True),
    _binary("mul", "*", scales=True, keeps=True),
    _binary("div", "/", 8, scales=True),
    Elementwise("ratio", 9, c="ratio({0}, {1})", nan_propagates=True),
    _function("neg", "-", keeps=True),
    _function("abs", "vabs", keeps=True),
    _function("sign", "vsign"),
    _function("floor", "vfloor", 2),
    Elementwise("larger", 3, c="larger({0}, {1})", nan_propagates=True),
    Elementwise("smaller", 3, c="smaller({0}, {1})", nan_propagates=True),
    # functions
    _function("sqrt", "vsqrt", 8),
    _function("log", "vlog", 25),
    _function("log1p", "vlog1p", 25),
    _function("exp", "vexp", 25),
    _function("cbrt", "vcbrt", 40, header="special"),
    _function("erf", "verf", 80, header="special"),
    _function("atan", "vatan", 45, header="special"),
    # comparisons and masks
    _binary("lt", "<"),
    _binary("le", "<="),
    _binary("gt", ">"),
    _binary("ge", ">="),
    _binary("eq", "=="),
    _binary("ne", "!=", nan=False),
    _binary("and", "&", 0),
    _binary("or", "|", nan=False),
    _function("not", "not_", 0, nan=False),
    _function("isnan", "isnan_", nan=False),
    Elementwise("select", c="select({0}, {1}, {2})"),
    # running states
    Running("cummax", 3, update="{a} = select(not_({x} <= {a}) & ({x} == {x}), {x}, {a});"),
    Running("cummin", 3, update="{a} = select(not_({x} >= {a}) & ({x} == {x}), {x}, {a});"),
    Running("cumsum", 2, start="0.0", update="{a} = select({x} == {x}, {a} + {x}, {a});"),
    Running("ffill", update="{a} = select({x} == {x}, {x}, {a});"),
    Running("shift", update="{a} = select({a} == {a}, {a}, {x});", early=True),
    # reductions
    Reduction(
        "sum", start="0.0", update=("{a} = select({mask}, {a} + {x}, {a});",), every_minute="{a} = {a} + {x};"
    ),
    Reduction("count", start="0.0", update=("{a} = select({x}, {a} + cst(1.0), {a});",)),
    Reduction("prod", start="1.0", update=("{a} = select({x} == {x}, {a} * {x}, {a});",)),
    Reduction("max", start="-INF", update=("{a} = select({x} > {a}, {x}, {a});",), empty="-INF"),
    Reduction("min", start="INF", update=("{a} = select({x} < {a}, {x}, {a});",), empty="INF"),
    Reduction(
        "first", update=("{a} = select({mask} & not_({b}), {x}, {a});", "{b} = {b} | ({mask});"), early=True
    ),
    Reduction("last", update=("{a} = select({mask}, {x}, {a});",)),
    Reduction("at", update=("{a} = {x};",)),
    Reduction("origin", update=("{a} = select({a} == {a}, {a}, {x});",), early=True),  # of a "shift"
    Reduction("highest", start="-INF", update=("{a} = select({x} > {a}, {x}, {a});",), empty="-INF", guarded=True),
    Reduction("lowest", start="INF", update=("{a} = select({x} < {a}, {x}, {a});",), empty="INF", guarded=True),
    Reduction("sum_again", start="0.0", update=("{a} = select({x} == {x}, {a} + {x}, {a});",), guarded=True),
    # calls: the minutes in order
    _series("top", "common", mask=True),
    _series("order", "order"),
    _series("ahead", "order", 3),
    _series("rank", "order"),
    _series("foremost", "order", 2, mask=True),
    _value("quantile", "order", 2),
    _value("quantile_rest", "order", 2),
    _value("quantile_away", "order", 2),
    _series("group_sum", "order", 3),
    _series("area", "order", 3, mask=True),
    _value("half_var", "order", 2),
    _series("spaced", "order", mask=True),
    # calls: moving windows, blocks, frequencies
    _series("moving_sum", "moving"),
    _series("moving_mean", "moving"),
    _series("moving_var", "moving"),
    _series("moving_square", "moving"),
    _series("moving_cov", "moving", 2),
    _series("packed", "blocks"),
    _value("rescaled_range", "blocks"),
    _value("bucket_flow", "blocks", 2),
    _value("spectrum", "blocks"),
    # calls: between stages
    _value("put", "given"),
)  # fmt: skip

OPS: dict[str, Op] = {op.name: op for op in _TABLE}
"""Every operation by its name."""


def _named(*kinds: type[Op]) -> frozenset[str]:
    return frozenset(op.name for op in _TABLE if isinstance(op, kinds))


def _having(flag: str) -> frozenset[str]:
    return frozenset(op.name for op in _TABLE if getattr(op, flag, False))


IN_MEMORY = _having("in_memory")
"""Series that lie in memory before any loop."""
OFFSETS = _named(Offset)
"""Series at another minute."""
RUNNING = _named(Running)
"""Series that are states running through the minutes."""
REDUCTIONS = _named(Reduction)
"""Values made of series by a loop."""
GUARDED = _having("guarded")
"""Reductions that are left out where no stock wants them."""
NAN_PROPAGATING = _having("nan_propagates")
"""Operations that are missing, or do not hold, where an operand is missing or does not hold."""
SCALING = _having("scales")
"""Operations that with a number leave missing values missing, and make none."""
