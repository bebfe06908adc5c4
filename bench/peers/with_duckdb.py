"""The twelve factors as DuckDB computes them: one query over a table in memory, on all threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.peers.frames import LEAST
from factors.common.arrays import Floats

QUERY = """
with series as (
  select *,
    close / coalesce(lag(close) over day, open) - 1 as r,
    close / max(close) over (day rows between unbounded preceding and current row) as depth
  from bars window day as (partition by stock order by minute)
), sums as (
  select stock,
    var_pop(r) filter (r < 0) as return_downward_var,
    count(*) as n, sum(r) as s1, sum(r * r) as s2, sum(r * r * r) as s3, sum(r * r * r * r) as s4,
    1 - min(depth) as intraday_maxdrawdown,
    max(close) filter (minute = {minutes}) as last,
    max(close) filter (minute = {minutes} - 30) as half_hour_before,
    arg_min(open, minute) as opened,
    sum(amount) as money, sum(volume) as shares,
    min(r) < max(r) as varies,
    case when min(close) < max(close) and min(volume) < max(volume) then corr(close, volume) end as VP,
    case when min(r) < max(r) and min(volume) < max(volume) then corr(r, volume) end as VR,
    1e8 * avg(abs(r) / amount) filter (amount > 0) as amihud_mean,
    sum(volume) filter (minute > {minutes} - 30) as late,
    count(*) filter (volume > 0) as traded,
    count(*) filter (volume > 0 and minute > {minutes} - 30) as traded_late
  from series group by stock
)
select return_downward_var, s2 as sum_of_squares, intraday_maxdrawdown, VP, VR, amihud_mean, traded, traded_late,
  case when varies then (s3 / n - 3 * (s1 / n) * s2 / n + 2 * (s1 / n) ** 3) / (s2 / n - (s1 / n) ** 2) ** 1.5 end
    as return_skewness,
  case when varies then (s4 / n - 4 * (s1 / n) * s3 / n + 6 * (s1 / n) ** 2 * s2 / n - 3 * (s1 / n) ** 4)
    / (s2 / n - (s1 / n) ** 2) ** 2 end as return_kurtosis,
  last / half_hour_before - 1 as return_last_30min,
  last / opened - 1 as return_intraday,
  last / (money / shares) - 1 as close_vwap_dev,
  late / shares as volume_last_30min_ratio
from sums order by stock
"""


def duckdb_table(columns: dict[str, Any], threads: int) -> Any:
    """Return a connection whose table `bars` holds the long columns, sorted by stock and minute."""
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(":memory:", config={"threads": threads})
    connection.register("given", pa.table(columns))
    connection.execute("create table bars as select * from given")
    return connection


def duckdb_twelve(connection: Any, minutes: int) -> Floats:
    """Return the twelve, shape (stocks with bars, twelve), in the order of the stocks."""
    found = connection.execute(QUERY.format(minutes=minutes)).fetchnumpy()
    columns = []
    for name, least in LEAST.items():
        value = np.ma.filled(np.ma.asarray(found[name], dtype=np.float64), np.nan)
        enough = found["traded"] >= least
        if name == "return_last_30min":
            enough = enough & (found["traded_late"] >= least)
        columns.append(np.where(enough & np.isfinite(value), value, np.nan))
    return np.stack(columns, axis=1)
