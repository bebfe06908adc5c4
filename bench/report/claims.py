"""What the library promises about its speed, and what the article observed, held against results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.report.article import DRAWDOWN, EVERYTHING, SECONDS, SETS, TWO_POINTS
from bench.report.results import Results

Measured = Callable[[Results], "float | None"]


@dataclass(frozen=True)
class Claim:
    """A bound on a ratio: at most `most`, or at least `least`."""

    text: str
    measured: Measured
    most: float | None = None
    least: float | None = None

    def bound(self) -> str:
        """Return the bound in words."""
        return f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"

    def holds(self, value: float) -> bool:
        """Return whether a value is within the bound."""
        return value <= self.most if self.most is not None else value >= (self.least or 0.0)


def _twelve(name: str) -> Measured:
    """Return how many times as long as the fused engine something takes."""
    return lambda results: results.value("twelve", name, "twelve factors", "times")


def _by_hand(results: Results) -> float | None:
    threads = f"{results.machine['cores']} threads" if results.machine["cores"] > 1 else "1 thread"
    times = _twelve(f"hand-written C++, {threads}")(results)
    return times and 1 / times


def _one_factor(results: Results) -> float | None:
    for one in results.group("each"):
        if "factors" in one:
            return float(one["ratio"]) / int(one["factors"])
    return None


def _file(results: Results) -> float | None:
    return results.value("end to end", "file to 50 factors", "CPU", "times")


def _reads(results: Results) -> float | None:
    return results.value("device", EVERYTHING, "fused, GPU, resident", "device_reads")


def _buses(results: Results) -> float | None:
    return results.value("device", EVERYTHING, "fused, GPU, from the host", "bus_copies")


def _article(results: Results) -> float | None:
    row = next(iter(SETS))
    ways = ("fused, GPU, resident", "fused, GPU")  # resident, as the article's, where it was measured
    seconds = next((s for way in ways if (s := results.value("article", row, way, "seconds"))), None)
    return seconds and SECONDS[row]["matrix, GPU"] / seconds


CLAIMS = (
    Claim("twelve factors, fused: times hand-written C++", _by_hand, most=1.5),
    Claim("twelve factors: NumPy matrices in blocks, times fused", _twelve("NumPy matrices in blocks"), least=25),
    Claim("twelve factors: Polars `group_by.agg`, times fused", _twelve("Polars, all within groups"), least=100),
    Claim("one of 50 fused factors, in reads of the day", _one_factor, most=0.1),
    Claim("file to 50 factors, times pyarrow's reading of the file", _file, most=2),
    Claim("GPU: all factors, 20 days resident, in reads of the data by the device", _reads, most=10),
    Claim("GPU: the same from the host, times the copy over the bus", _buses, most=1.3),
    Claim("GPU: the article's 22 factors on one day, times as fast as its 0.11 s", _article, least=50),
)


def speed_up(results: Results, group: str, row: str, slow: str, fast: str) -> float | None:
    """Return how many times as long one column takes as another."""
    a, b = results.value(group, row, slow), results.value(group, row, fast)
    return None if a is None or b is None else a / b


def observations(results: Results) -> list[tuple[str, str]]:
    """Return what the article observed, each with what was found here."""
    found = []
    gains = [speed_up(results, "each", name, "matrix, CPU", "matrix, GPU, resident") for name in TWO_POINTS]
    text = f"Factors of two prices ({', '.join(TWO_POINTS)}) gain nothing from a GPU."
    found.append((text, _told(gains, "{} times as fast on the GPU (matrices, resident)")))
    slower = speed_up(results, "each", DRAWDOWN, "matrix, CPU", "matrix, GPU, resident")
    found.append((f"{DRAWDOWN} is slower on a GPU.", _told([slower], "{} times as fast on the GPU")))
    names = [f"{n} day{'s' if n > 1 else ''}" for n in (1, 4, 20)]
    for what, text in {
        "read Parquet": "Reading a day in cuDF loses to pandas until the data grow about 4 times.",
        "prepare": "Preparing likewise.",
        "export CSV": "cuDF exports CSV about 5 times faster.",
    }.items():
        gains = [speed_up(results, "files", f"{what}, {name}", "pandas", "cuDF") for name in names]
        found.append((text, _told(gains, "cuDF {} times as fast as pandas at 1, 4 and 20 days")))
    return found


def _told(gains: list[float | None], words: str) -> str:
    if all(gain is None for gain in gains):
        return "not measured here"
    return words.format(", ".join("(not measured)" if gain is None else f"{gain:.3g}" for gain in gains))
