"""From long rows to the lane-blocked cube: clean, scatter with integer codes, merge auction bars, fill.

Where the input has volumes, a bar without volume is as if it were absent, and the day begins with the first traded one;
a stock-day of which no bar has volume keeps them all. Each step works on whole columns; nothing is sorted or pivoted.
`factors.data.native.passes` does the large ones in C++ where it can; the NumPy forms here say what it has to do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.fields import FIELDS, PRICES
from factors.data.calendar.session import BEFORE, CLOCKS, OWN
from factors.data.native import scatter as native
from factors.data.rows import Columns, DayRows, InputReport, contradictions, report_contradictions
from factors.errors import DuplicateBarsError, choice

DUPLICATES = ("error", "first", "last")
"""What may be done with different bars for one symbol and minute."""

Rows = npt.NDArray[np.intp]


def check_duplicates(duplicates: str) -> None:
    """Refuse what cannot be done with duplicates."""
    if duplicates not in DUPLICATES:
        raise choice("duplicates", duplicates, DUPLICATES)


def clean(day: DayRows, report: InputReport) -> dict[str, Floats]:
    """Return the fields with impossible values made missing; each rule's hits are counted in the report.

    So are the high and low of a bar that contradicts itself.
    """
    values: dict[str, Floats] = {}
    for name in (f for f in FIELDS if f in day.fields):  # in storage order, whatever the reader's
        column = day.fields[name]
        price = name in PRICES
        bad = column <= 0 if price else column < 0
        infinite = np.isinf(column)
        report.count(f"{name} infinite", int(infinite.sum()))
        report.count(f"{name} <= 0" if price else f"{name} < 0", int((bad & ~infinite).sum()))
        bad |= infinite
        values[name] = np.where(bad, np.nan, column) if bad.any() else column
    crossed, outside = contradictions(values)
    report_contradictions(day, int(crossed.sum()), int(outside.sum()), report)
    both = crossed | outside
    ranged = [name for name in ("high", "low") if name in values]
    return values | {name: np.where(both, np.nan, values[name]) for name in ranged if both.any()}


def scatter(
    day: DayRows,
    code: npt.NDArray[np.int32],
    symbols: npt.NDArray[np.object_],
    storage: Floats,
    present: npt.NDArray[np.bool_],
    traded: npt.NDArray[np.bool_],
    auction_volume: Floats,
    duplicates: str,
    report: InputReport,
) -> None:
    """Write the rows of a day into `storage`, shape (blocks, fields, minutes, lanes), filled; whatever it held goes.

    `code` indexes `symbols`, the cube's, and `auction_volume` and `traded`, shape (stocks,), which receives the stocks
    with a traded bar. `present`, shape (blocks, minutes, lanes), comes empty and receives the delivered bars.
    """
    report.rows += len(code)
    if not native.write(day, code, storage, present, len(symbols), report):
        storage[:] = np.nan
        write(day, code, symbols, storage, duplicates, report)
    merged = np.flatnonzero(day.role != OWN)
    if len(merged):
        _merge(_pick_rows(day, merged), code[merged], symbols, storage, auction_volume, duplicates, report)
    minutes = day.session.minutes
    if not native.fill(storage, present, traded, day.names, minutes):
        fill(storage, present, traded, day.names, minutes)


def write(
    day: DayRows, code: npt.NDArray[np.int32], symbols: npt.NDArray[np.object_], storage: Floats, duplicates: str,
    report: InputReport,
) -> None:  # fmt: skip
    """Write the bars that are a minute's own into `storage`, which comes full of NaN."""
    values = clean(day, report)
    flat = storage.reshape(-1)
    stride = storage.shape[2] * storage.shape[3]
    cell = cells(day, code, storage)
    priced = ~np.isnan(values["close"])  # a bar without a close counts as not delivered
    report.count("bars without a close", int((~priced).sum()))
    rows = np.flatnonzero(priced & (day.role == OWN))
    minute = code.astype(np.int64) * day.session.minutes + day.minute
    rows = _unique(day, code, minute, len(symbols) * day.session.minutes, rows, values, symbols, duplicates, report)
    whole = len(rows) == len(code)
    cell = cell if whole else cell[rows]
    for f, (name, column) in enumerate(values.items()):
        delivered = column if whole else column[rows]
        if name not in PRICES:
            delivered = np.where(np.isnan(delivered), 0.0, delivered)
        flat[cell + f * stride] = delivered


def cells(day: DayRows, code: npt.NDArray[np.int32], storage: Floats) -> npt.NDArray[np.int64]:
    """Return where each row's cell of the first field lies in the flat storage."""
    _, fields, minutes, lanes = storage.shape
    block, lane = np.divmod(code.astype(np.int64), lanes)
    cell: npt.NDArray[np.int64] = block * (fields * minutes * lanes) + day.minute.astype(np.int64) * lanes + lane
    return cell


def _pick_rows(day: DayRows, rows: Rows) -> DayRows:
    """Return some rows of a day."""
    picked = Columns({name: [day.fields.pick(name, rows)] for name in day.fields})
    return replace(
        day, code=day.code[rows], minute=day.minute[rows], role=day.role[rows], clock=day.clock[rows], fields=picked
    )


def _unique(
    day: DayRows,
    code: npt.NDArray[np.int32],
    key: npt.NDArray[np.int64],
    keys: int,
    rows: Rows,
    values: dict[str, Floats],
    symbols: npt.NDArray[np.object_],
    duplicates: str,
    report: InputReport,
) -> Rows:
    """Return the rows to write, one per key (symbol and minute, or symbol and clock); keys are below `keys`."""
    owner = np.full(keys, -1, dtype=np.int64)
    chosen = rows if duplicates != "first" else rows[::-1]
    owner[key[chosen]] = chosen  # of equal keys the one written last stays
    winner = owner[key[rows]]
    extra = rows[winner != rows]
    if not len(extra):
        return rows
    winner = owner[key[extra]]
    differs = np.zeros(len(extra), dtype=bool)
    for column in values.values():
        a, b = column[extra], column[winner]
        differs |= (a != b) & ~(np.isnan(a) & np.isnan(b))
    report.count("duplicate bars, equal", int((~differs).sum()))
    report.count("duplicate bars, different", int(differs.sum()))
    if differs.any() and duplicates == "error":
        one, other = int(extra[differs][0]), int(winner[differs][0])
        clock = int(day.clock[one])
        pairs = {name: (float(column[one]), float(column[other])) for name, column in values.items()}
        what = ", ".join(f"{name} {a:.10g} and {b:.10g}" for name, (a, b) in pairs.items() if a != b)
        raise DuplicateBarsError(
            f"{day.source}: {int(differs.sum()):,} bars differ from another bar of the same symbol and minute; the "
            f"first is {symbols[code[one]]} {day.date} {clock // 60:02d}:{clock % 60:02d} with {what}. "
            "Remove one of them, or pass duplicates='last' or 'first'."
        )
    kept: Rows = rows[owner[key[rows]] == rows]
    return kept


def _merge(
    day: DayRows,
    code: npt.NDArray[np.int32],
    symbols: npt.NDArray[np.object_],
    storage: Floats,
    auction_volume: Floats,
    duplicates: str,
    report: InputReport,
) -> None:
    """Merge auction bars into their minute: the latest goes first in front of it, the earliest first behind it."""
    values = clean(day, InputReport())  # counted with the others
    rows = np.flatnonzero(~np.isnan(values["close"]))
    clocks = code.astype(np.int64) * CLOCKS + day.clock[:]
    merged = _unique(day, code, clocks, len(symbols) * CLOCKS, rows, values, symbols, duplicates, report)
    if "volume" in values:
        merged = _with_volume(merged, values["volume"], code, storage[:, list(values).index("volume")])
    report.count("auction and closing bars merged", len(merged))
    flat, cell = storage.reshape(-1), cells(day, code, storage)
    stride = storage.shape[2] * storage.shape[3]
    offsets = {name: f * stride for f, name in enumerate(values)}
    order = np.unique(day.clock[merged]).tolist()
    steps = [(role, clock) for role in (BEFORE, -BEFORE) for clock in (reversed(order) if role == BEFORE else order)]
    for role, clock in steps:
        rows = merged[(day.clock[merged] == clock) & (day.role[merged] == role)]
        if not len(rows):
            continue
        at = cell[rows]
        empty = np.isnan(flat[at + offsets["close"]])
        if "volume" in values:  # beside a bar with volume, one without is none
            empty |= (flat[at + offsets["volume"]] == 0) & (values["volume"][rows] > 0)
        for name, offset in offsets.items():
            old, new = np.where(empty, np.nan, flat[at + offset]), values[name][rows]
            if name == "high":
                value = np.fmax(old, new)
            elif name == "low":
                value = np.fmin(old, new)
            elif name in PRICES:  # the open is the earlier bar's, the close the later one's
                takes = (name == "open") == (role == BEFORE)
                value = np.where(np.isnan(new) | (~empty & (not takes)), old, new)
            else:
                value = np.where(empty, 0.0, old) + np.where(np.isnan(new), 0.0, new)
            flat[at + offset] = value
        if role == BEFORE and "volume" in values:
            opening = rows[day.minute[rows] == 0]
            volume = np.nan_to_num(values["volume"][opening])
            auction_volume[code[opening]] = np.nan_to_num(auction_volume[code[opening]]) + volume


def _with_volume(rows: Rows, volume: Floats, code: npt.NDArray[np.int32], held: Floats) -> Rows:
    """Return the rows without those that have no volume, of stocks that traded; `held` are the volumes of the cube."""
    empty = ~(volume[rows] > 0)
    if not empty.any():
        return rows
    traded = np.zeros(held.shape[0] * held.shape[2], np.bool_)
    traded[code[rows[~empty]]] = True
    others = np.unique(code[rows[empty]])
    block, lane = np.divmod(others, held.shape[2])
    traded[others] |= (held[block, :, lane] > 0).any(axis=1)
    kept: Rows = rows[~(empty & traded[code[rows]])]
    return kept


def fill(
    storage: Floats, present: npt.NDArray[np.bool_], traded: npt.NDArray[np.bool_], fields: tuple[str, ...],
    minutes: int,
) -> None:  # fmt: skip
    """Mark the delivered bars and the traded stocks of a day, and carry the close over the gaps of `storage`, in place.

    Of a stock that traded, a bar without volume is a gap. Prices of a gap are the last close, volume, amount and trades
    are 0; minutes before the first bar are NaN.
    """
    close = storage[:, fields.index("close"), :minutes]
    bars = ~np.isnan(close)
    present[:, :minutes] = bars
    some: npt.NDArray[np.bool_] = np.any(bars, axis=1)
    if "volume" in fields:
        volume = storage[:, fields.index("volume"), :minutes]
        some = np.any(volume > 0, axis=1)
        bars &= ~((volume == 0) & some[:, None])
    traded[:] = some.reshape(-1)[: len(traded)]
    gappy = np.flatnonzero(~bars.all(axis=(1, 2)))
    if not len(gappy):
        return
    bars = bars[gappy]
    clock = np.arange(minutes, dtype=np.int16)[:, None]
    latest = np.maximum.accumulate(np.where(bars, clock, np.int16(-1)), axis=1)
    which, minute, lane = np.nonzero(~bars)
    block, source = gappy[which], latest[which, minute, lane]
    carried = np.where(source >= 0, close[block, source, lane], np.nan)
    for f, name in enumerate(fields):
        storage[block, f, minute, lane] = carried if name in PRICES else np.where(source >= 0, 0.0, np.nan)
