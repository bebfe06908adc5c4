"""The table of ratios that `make bench` writes."""

from __future__ import annotations

from typing import Any

from bench.ratios import tables


def one(name: str, group: str | None = "some factors", **info: Any) -> dict[str, Any]:
    return {"name": name, "group": group, "extra_info": info, "stats": {"min": 1.0}}


def test_groups_with_ratios_become_tables() -> None:
    measured = [
        one("bench_by_hand[2]", ratio=1.5),
        one("bench_fused[1]", ratio=1.0, unit=True),
        one("bench_polars[all in groups]", ratio=123.456, added=-0.25),
        one("bench_all", ratio=5.0, factors=50),
        one("bench_other", "times alone"),
    ]
    assert tables({"benchmarks": measured}).splitlines() == [
        "### some factors",
        "",
        "|  | times fused, 1 thread | added by it |",
        "| --- | ---: | ---: |",
        "| fused, 1 thread | 1.00 |  |",
        "| by hand, 2 threads | 1.50 |  |",
        "| all | 5.00 |  |",
        "| all, each of 50 | 0.100 |  |",
        "| polars, all in groups | 123.46 | -0.25 |",
    ]
    assert "added" not in tables({"benchmarks": measured[:2]})
    assert tables({"benchmarks": measured[4:]}) == ""
