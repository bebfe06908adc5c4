"""From what pytest-benchmark wrote to the report, on results made up here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.report import claims, machine, pictures, results
from bench.report import text as report

MACHINE = {
    "cpu": "Some CPU", "cores": 2, "caches": {"L1": "48 KiB", "L3": "32 MiB"}, "compiler": "c++ 12.2.0",
    "python": "3.11.1", "packages": {},
}  # fmt: skip
AT = {"stocks": 5000, "days": 1, "factors": 50}


def measured(group: str, row: str, column: str, ratio: float, **info: Any) -> dict[str, Any]:
    info |= {"row": row, "column": column, "ratio": ratio}
    return {"group": group, "extra_info": info, "stats": {"min": 0.123}}


def run(*benchmarks: dict[str, Any]) -> results.Results:
    skipped = {"no GPU": ["bench_each.py::bench_gpu[VP]", "bench_each.py::bench_gpu[VR]"]}
    return results.collect({
        "benchmarks": [*benchmarks, {"group": "each", "extra_info": {}, "stats": {}}],
        "measured_on": MACHINE, "datetime": "2024-01-08T10:00:00", "full": False, "skipped": skipped,
    })  # fmt: skip


@pytest.fixture
def found() -> results.Results:
    return run(
        measured("twelve", "fused, 2 threads", "twelve factors", 2.0, times=1.03, unit="times"),
        measured("twelve", "hand-written C++, 1 thread", "twelve factors", 4.0, times=1.2),
        measured("twelve", "hand-written C++, 2 threads", "twelve factors", 1.5, times=0.8),
        measured("twelve", "pandas", "twelve factors", 1234.56, times=617.28),
        measured("article", "22 rewritten factors", "loop, CPU", 5000.0, note="200 stocks, scaled"),
        measured("article", "22 rewritten factors", "fused, CPU", 2.0),
        measured("each", "all 50", "fused, CPU", 4.0, factors=50),
        measured("each", "VP", "fused, CPU", 0.5),
        measured("each", "VP", "matrix, CPU", 12.5),
        measured("files", "read Parquet, 1 day", "pandas", 40.0),
        measured("files", "read Parquet, 1 day", "cuDF", 80.0, seconds=0.02),
        measured("growth", "5000 stocks", "fused, CPU", 4.0, along="stocks", at=AT),
        measured("growth", "4 days", "fused, CPU", 16.0, along="days", at=AT | {"days": 4}),
        measured("growth", "4 days", "matrix, GPU", 8.0, along="days", at=AT | {"days": 4}),
        measured("end to end", "file to 50 factors", "CPU", 60.0, times=2.5,
                 steps={"read": 0.5, "prepare": 0.2, "compute": 0.2, "frame": 0.1}),
    )  # fmt: skip


def test_results_keep_ratios_and_no_times_of_a_cpu(found: results.Results) -> None:
    assert found.skipped == {"no GPU": ["bench_each.py::bench_gpu"]}
    assert found.command == "pytest --benchmark-only"
    assert found.value("twelve", "fused, 2 threads", "twelve factors", "times") == 1.0  # the unit
    assert found.value("twelve", "pandas", "twelve factors") == 1235.0
    assert "0.123" not in str(found)
    assert found.entries[0]["group"] == "article"


def test_results_come_back(found: results.Results, tmp_path: Path) -> None:
    results.write(found, tmp_path / "results.json")
    assert results.read(tmp_path / "results.json") == found


def test_claims_are_held_against_the_best_of_their_rows(found: results.Results) -> None:
    values = {claim.text: claim.measured(found) for claim in claims.CLAIMS}
    assert values["twelve factors, fused: times hand-written C++"] == pytest.approx(1.25)
    assert values["one of 50 fused factors, in reads of the day"] == pytest.approx(0.08)
    assert values["file to 50 factors, times pyarrow's reading of the file"] == 2.5
    assert values["twelve factors: Polars `group_by.agg`, times fused"] is None
    assert claims.Claim("", lambda _: 1.0, most=1.0).holds(1.0)
    assert not claims.Claim("", lambda _: 1.0, least=2.0).holds(1.0)


def test_the_report(found: results.Results) -> None:
    text = report.report(found)
    assert "| file to 50 factors, times pyarrow's reading of the file | at most 2 | 2.50 | missed |" in text
    assert "| fused, CPU | 2.00 | 2,500 |  |  |" in text
    assert "| loop, GPU |  |  | over 100 s |  |" in text
    assert "| read Parquet, 1 day | 1.00 | 2.00 |" in text
    assert "cuDF 0.5, (not measured), (not measured) times as fast as pandas" in text
    assert "- matrix, GPU, faster than fused, CPU: from 20,000 stock-days on." in text
    assert "- no GPU: bench_each.py::bench_gpu" in text


def test_pictures_are_drawn_of_what_was_measured(found: results.Results, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    pictures.draw(found, tmp_path)
    drawn = {path.stem for path in tmp_path.glob("*.png")}
    assert drawn == {"twelve", "article", "each", "files", "growth", "time"}
    pictures.draw(run(), tmp_path / "none")  # nothing measured, nothing drawn


def test_figures() -> None:
    assert [report.figure(x) for x in (None, 0.0694, 0.5, 25.54, 617.28, 12345.0)] == [
        "", "0.069", "0.50", "25.5", "617", "12,300",
    ]  # fmt: skip


def test_a_machine_has_no_host_name() -> None:
    import platform

    described = machine.describe()
    assert platform.node() not in str(described).split() or not platform.node()
    assert machine.slug({"cpu": "AMD EPYC 9B14 96-Core Processor", "cores": 2}) == "cpu-2-cores-amd-epyc-9b14-96-core"
    assert machine.slug({"cpu": "x", "cores": 2, "gpu": "NVIDIA H100 80GB HBM3"}) == "gpu-nvidia-h100-80gb-hbm3"
