"""Pictures of a run: who is how much faster, what each factor costs, how the cost grows, and where the time goes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.report.article import MACHINE, SECONDS
from bench.report.machine import sentence
from bench.report.results import Results

# Okabe and Ito's colours, told apart by everyone
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#999999",
)
STYLE = {
    "fused, CPU": (BLUE, "o", "-"), "matrix, CPU": (ORANGE, "s", "-"),
    "fused, GPU": (GREEN, "^", "--"), "matrix, GPU": (RED, "v", "--"),
    "fused, GPU, resident": (GREEN, "^", "-"), "matrix, GPU, resident": (RED, "v", "-"),
}  # fmt: skip
RC = {
    "font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 13,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.grid": True, "grid.color": "#E6E6E6",
    "axes.axisbelow": True, "figure.facecolor": "white", "savefig.bbox": "tight", "savefig.dpi": 150,
}  # fmt: skip


def draw(found: Results, folder: Path) -> None:
    """Write the pictures of a run into a folder: those for which something was measured."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    pictures = {
        "twelve": _twelve,
        "article": _article,
        "each": _each,
        "files": _files,
        "growth": _growth,
        "time": _time,
    }
    with plt.rc_context(RC):
        for name, picture in pictures.items():
            drawn = picture(found, plt)
            if drawn is not None:
                told, below = f"{sentence(found.machine)}; {found.date}", {"textcoords": "offset points", "va": "top"}
                lowest = min(drawn.axes, key=lambda axes: (axes.get_position().y0, axes.get_position().x0))
                lowest.annotate(told, (0, 0), (0, -50), xycoords="axes fraction", fontsize=8, color="#666666", **below)
                drawn.savefig(folder / f"{name}.png")
                plt.close(drawn)


def _bars(axes: Any, labels: list[str], values: list[float], colours: list[str], unit: str) -> None:
    """Draw horizontal bars on a logarithmic scale, each with its figure."""
    axes.barh(labels, values, color=colours, height=0.72)
    axes.set_xscale("log")
    axes.set_xlim(min(min(values), 1) * 0.7, max(values) * 2.6)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    for k, value in enumerate(values):
        told = f"{float(f'{value:.3g}'):,.10g}{unit}"
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.annotate(told, (value, k), (5, 0), textcoords="offset points", va="center", fontsize=10, bbox=white)
    plain(axes.xaxis)


def plain(axis: Any) -> None:
    """Label a logarithmic axis with plain numbers."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def _twelve(found: Results, plt: Any) -> Any:
    ones = sorted(found.group("twelve"), key=lambda one: one["times"])
    if not ones:
        return None
    figure, axes = plt.subplots(figsize=(9, 0.42 * len(ones) + 1.2))

    def colour(row: str) -> str:
        ours = {"fused on": GREEN, "fused": BLUE, "NumPy matrices in blocks": ORANGE, "matrix on": RED}
        return next((c for name, c in ours.items() if row.startswith(name)), GREY)

    _bars(axes, [o["row"] for o in ones], [o["times"] for o in ones], [colour(o["row"]) for o in ones], "")
    axes.axvline(1, color=BLUE, linewidth=1, zorder=0.5)
    axes.set_title("Twelve factors, one day: time as a multiple of the fused engine's")
    axes.set_xlabel("times the fused engine on all cores (logarithmic; shorter is faster)")
    return figure


def _article(found: Results, plt: Any) -> Any:
    sets = [(row, ratios) for row, ratios in found.table("article").items() if "loop, CPU" in ratios]
    if not sets:
        return None
    heights = [len(_speed_ups(row, ratios)[0]) for row, ratios in sets]
    figure, all_axes = plt.subplots(len(sets), figsize=(9, 0.42 * sum(heights) + 1.6 * len(sets)), squeeze=False,
                                    gridspec_kw={"height_ratios": heights}, sharex=True)  # fmt: skip
    for (row, ratios), axes in zip(sets, all_axes[:, 0], strict=True):
        labels, values, colours = _speed_ups(row, ratios)
        _bars(axes, labels, values, colours, "x")
        axes.set_title(f"{row[0].upper()}{row[1:]}, one day: times as fast as plain loops on the CPU")
    all_axes[-1, 0].set_xlabel(f"logarithmic; grey: the article's own, against its loops, on {MACHINE}")
    top = max(axes.get_xlim()[1] for axes in all_axes[:, 0])
    all_axes[-1, 0].set_xlim(0.7, top)
    figure.tight_layout(h_pad=1.5)
    return figure


def _speed_ups(row: str, ratios: dict[str, float]) -> tuple[list[str], list[float], list[str]]:
    """Return labels, speed-ups over the loops, and colours; the article's in grey."""
    bars = [(way, ratios["loop, CPU"] / ratio, STYLE.get(way, (PURPLE,))[0]) for way, ratio in ratios.items()]
    theirs = SECONDS.get(row, {})
    if "loop, CPU" in theirs:
        bars += [(f"article: {way}", theirs["loop, CPU"] / s, GREY) for way, s in theirs.items() if s < 100 and s > 0]
    bars.sort(key=lambda bar: bar[1])
    return [b[0] for b in bars], [b[1] for b in bars], [b[2] for b in bars]


def _each(found: Results, plt: Any) -> Any:
    ratios = {row: of for row, of in found.table("each").items() if "fused, CPU" in of and "matrix, CPU" in of}
    if not ratios:
        return None
    names = sorted(ratios, key=lambda name: ratios[name]["fused, CPU"], reverse=True)
    figure, axes = plt.subplots(figsize=(9, 0.21 * len(names) + 1.4))
    for way in ("fused, CPU", "matrix, CPU", "fused, GPU, resident", "matrix, GPU, resident"):
        at = [(ratios[name][way], k) for k, name in enumerate(names) if way in ratios[name]]
        if at:
            colour, marker, _ = STYLE[way]
            axes.scatter(*zip(*at, strict=True), color=colour, marker=marker, s=34, label=f"{way}, alone", zorder=3)
    for one in found.group("each"):
        if "factors" in one:
            shared = one["ratio"] / one["factors"]
            axes.axvline(shared, color=SKY, linewidth=2)
            axes.annotate(f"each of {one['factors']} together: {shared:.2g}", (shared, 1), (6, 0),
                          textcoords="offset points", fontsize=10, color=BLUE, va="center")  # fmt: skip
    axes.set_xscale("log")
    plain(axes.xaxis)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(-1, len(names))
    axes.set_title("What a factor costs", pad=28)
    axes.set_xlabel("reads of the day's six fields (logarithmic; left is cheaper)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, ncols=4, fontsize=10, handlelength=1.2)
    return figure


def _files(found: Results, plt: Any) -> Any:
    ratios = found.table("files")
    rows = [row for row in ratios if row.endswith(", 1 day")]
    rows += [row for row in ratios if row not in rows]
    tasks = list(dict.fromkeys(row.partition(",")[0] for row in rows))
    if not tasks:
        return None
    colours = {"pandas": ORANGE, "pyarrow": GREY, "Polars": SKY, "cuDF": GREEN, "minute-factors": BLUE}
    figure, all_axes = plt.subplots(1, len(tasks), figsize=(3.2 * len(tasks), 3.6), sharey=True, squeeze=False)
    for task, axes in zip(tasks, all_axes[0], strict=True):
        mine = {int(row.split(", ")[1].split()[0]): of for row, of in ratios.items() if row.startswith(f"{task},")}
        libraries = [name for name in colours if any(name in of for of in mine.values())]
        width = 0.8 / max(1, len(libraries))
        for k, name in enumerate(libraries):
            at = [
                (d + (k - (len(libraries) - 1) / 2) * width, mine[n][name])
                for d, n in enumerate(sorted(mine))
                if name in mine[n]
            ]
            axes.bar(*zip(*at, strict=True), width=width * 0.92, color=colours[name], label=name)
        axes.set_xticks(range(len(mine)), [f"{n} day{'s' if n > 1 else ''}" for n in sorted(mine)])
        axes.tick_params(axis="x", length=0)
        axes.set_yscale("log")
        axes.grid(axis="x", visible=False)
        axes.set_title(f"{task[0].upper()}{task[1:]}")
        plain(axes.yaxis)
    all_axes[0, 0].set_ylabel("reads of one day in memory\n(logarithmic; lower is faster)")
    _legend(figure, all_axes[0])
    figure.tight_layout()
    return figure


def _legend(figure: Any, axes: Iterable[Any]) -> None:
    """Put one legend over all axes."""
    entries = {label: handle for one in axes for handle, label in zip(*one.get_legend_handles_labels(), strict=True)}
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        frameon=False,
        ncols=len(entries),
    )


def _growth(found: Results, plt: Any) -> Any:
    ones = found.group("growth")
    if not ones:
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
    for way, (colour, marker, line) in STYLE.items():
        for axes, along in ((left, ("stocks", "days")), (right, ("factors",))):
            whole = [o for o in ones if o["column"] == way and o["row"] == "5000 stocks"] if "factors" in along else []
            mine = [o for o in ones if o["column"] == way and o["along"] in along] + whole
            points = sorted((_size(o["at"]) if "days" in along else o["at"]["factors"], o["ratio"]) for o in mine)
            if points:
                axes.plot(*zip(*points, strict=True), color=colour, marker=marker, linestyle=line, label=way)
    left.set_title("Cost against stocks x days")
    left.set_xlabel("stock-days, 50 factors")
    left.set_ylabel("reads of one day of 5,000 stocks")
    right.set_title("Cost against factors")
    right.set_xlabel("factors, 5,000 stocks, one day")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain(axes.xaxis)
        plain(axes.yaxis)
    _legend(figure, (left, right))
    figure.tight_layout(w_pad=2)
    return figure


def _size(at: dict[str, int]) -> int:
    return at["stocks"] * at["days"]


def _time(found: Results, plt: Any) -> Any:
    ones = [one for one in found.group("end to end") if "steps" in one]
    if not ones:
        return None
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(ones) + 1.5))
    names = {"read": ("read and place", SKY), "prepare": ("scatter into the cube", BLUE),
             "compute": ("compute 50 factors", ORANGE), "frame": ("make the frame", GREY)}  # fmt: skip
    for k, one in enumerate(ones):
        start = 0.0
        for step, (label, colour) in names.items():
            width = one["steps"][step] * one["times"]
            axes.barh(k, width, left=start, color=colour, height=0.62, label=label if k == 0 else None)
            if width > 0.1:
                ink = "white" if colour == BLUE else "black"
                axes.text(start + width / 2, k, f"{width:.2g}", ha="center", va="center", fontsize=10, color=ink)
            start += width
    axes.axvline(1, color="black", linewidth=1, linestyle=":")
    axes.set_yticks(range(len(ones)), [f"{one['row']}, {one['column']}" for one in ones])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("Where the time of a day goes", pad=28)
    axes.set_xlabel("times pyarrow's reading of the same day's file (dotted line: 1)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, ncols=4, fontsize=10, handlelength=1.2)
    return figure
