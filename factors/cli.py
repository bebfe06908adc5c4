"""The command line: `factors list`, `describe`, `compute`, `batch`, `simulate`, `doctor`."""

from __future__ import annotations

import shutil
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from factors.errors import ArgumentError, BackendUnavailable, FactorsError, InputWarning, StoreLocked

app = typer.Typer(
    name="factors",
    help="Daily stock factors from minute bars.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Factors = Annotated[str, typer.Option(help="Names, a family, 'core' or 'all', separated by commas.")]
Backend = Annotated[str, typer.Option(help="auto, cpu, gpu or cuda:N. A device asked for is used or refused.")]
Engine = Annotated[str, typer.Option(help="auto, or the engine to run; all give the same numbers.")]
Storage = Annotated[str, typer.Option(help="How series go to a GPU: float64, or ticks, half the size and exact.")]
SessionName = Annotated[str, typer.Option("--session", help="auto, or an exchange: XSHG, XHKG, XNYS, 24H.")]
SchemaName = Annotated[
    str, typer.Option("--schema", help="auto, a vendor's preset, or columns by role: 'close=px,time=bar_time'.")
]
Label = Annotated[str, typer.Option(help="auto, or the side a bar is named by: right (its end), left (its start).")]
Zone = Annotated[str | None, typer.Option("--tz", help="Time zone of naive times, where it is not the exchange's.")]
Unit = Annotated[str, typer.Option("--volume-unit", help="auto, or shares per unit of volume: 100 for lots.")]
Outside = Annotated[str, typer.Option(help="Bars outside the session: error or drop.")]
Duplicates = Annotated[str, typer.Option(help="Different bars for one stock and minute: error, first or last.")]
Market = Annotated[str, typer.Option(help="The market's return: mean, amount, or a file of one security's bars.")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads; default: all cores.")]


def _tell_version(wanted: bool) -> None:
    if wanted:
        from factors.common.version import __version__

        typer.echo(f"minute-factors {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Daily stock factors from minute bars."""


@app.command("list")
def list_command(
    family: Annotated[str | None, typer.Option(help="Only this family, by code ('A') or title.")] = None,
    text: Annotated[str | None, typer.Option(help="Only those with this text in their name or description.")] = None,
    core: Annotated[bool, typer.Option("--core", help="Only the core factors.")] = False,
) -> None:
    """List the factors."""
    from factors.catalogue import list_factors

    table = list_factors(family=family, text=text, core=core or None)
    cells = [["name", "family", "min_bars", "inputs", "unit", "summary"]]
    cells += [[str(name), *(str(row[c]) for c in cells[0][1:])] for name, row in table.iterrows()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        typer.echo(line[:limit])
    typer.echo(f"{len(table)} factors", err=True)


@app.command()
def describe(name: Annotated[str, typer.Argument(help="Name of a factor.")]) -> None:
    """Tell what is known of a factor: formula, inputs, unit, source."""
    from factors.catalogue import describe as describe_factor

    typer.echo(str(describe_factor(name)))


@app.command()
def compute(
    bars: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Minute bars: Parquet, CSV or Feather files, folders, globs."),
    ],
    factors: Factors = "core",
    output: Annotated[Path | None, typer.Option(help="File to write, .parquet or .csv; default: print.")] = None,
    backend: Backend = "auto",
    engine: Engine = "auto",
    storage: Storage = "float64",
    session: SessionName = "auto",
    schema: SchemaName = "auto",
    label: Label = "auto",
    tz: Zone = None,
    volume_unit: Unit = "auto",
    outside: Outside = "error",
    duplicates: Duplicates = "error",
    market: Market = "mean",
    threads: Threads = None,
) -> None:
    """Compute factors from minute bars."""
    from factors.compute import compute as compute_factors

    if output is not None and output.suffix not in (".parquet", ".csv"):
        raise ArgumentError(f"--output {output}: the name must end in .parquet or .csv.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)  # the provenance has the same sentences
        frame = compute_factors(
            bars[0] if len(bars) == 1 else bars, _names(factors), backend=backend, engine=engine, storage=storage,
            session=session, schema=_schema(schema), label=label, tz=tz, volume_unit=_unit(volume_unit),
            outside=outside, duplicates=duplicates, market=market, threads=threads,
        )  # fmt: skip
    about = frame.attrs["minute_factors"]
    for note in dict.fromkeys(about["input"]["notes"]):
        typer.echo(f"note: {note}", err=True)
    if output is None:
        import pandas as pd

        width = shutil.get_terminal_size().columns
        with pd.option_context("display.width", width, "display.max_rows", 20, "display.show_dimensions", False):
            typer.echo(str(frame))
    else:
        from factors.store.files import write_frame

        write_frame(frame, output)
    stocks = f"{frame.shape[0]} stock-days, {frame.shape[1]} factors"
    typer.echo(f"{stocks}; {about['device']}, engine {about['engine']}, {about['seconds']['total']:.2f} s", err=True)


@app.command()
def batch(
    bars: Annotated[
        list[str], typer.Argument(metavar="INPUT... STORE", help="Folders, files or globs; the store last.")
    ],
    factors: Factors = "core",
    backend: Backend = "auto",
    engine: Engine = "auto",
    storage: Storage = "float64",
    session: SessionName = "auto",
    schema: SchemaName = "auto",
    label: Label = "auto",
    tz: Zone = None,
    volume_unit: Unit = "auto",
    outside: Outside = "error",
    duplicates: Duplicates = "error",
    market: Market = "mean",
    threads: Threads = None,
    min_coverage: Annotated[
        float, typer.Option(min=0, max=1, help="Withhold days that cover less than this share of the session.")
    ] = 0.0,
    force: Annotated[
        bool, typer.Option("--force", help="Do every day again, and let it lose stocks or factors.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every input, even of unchanged size and time.")
    ] = False,
) -> None:
    """Keep a store of daily factor files up to date; days that are done are skipped.

    Exit codes: 0 all days done or skipped; 1 some failed; 2 wrong usage; 3 days withheld by the quality gate; 4 no GPU;
    75 another run holds the store; 130 interrupted.
    """
    if len(bars) < 2:
        raise typer.BadParameter("name the input and the store: factors batch INPUT STORE", param_hint="INPUT... STORE")
    try:
        from factors.batch import run_batch

        report = run_batch(
            bars[:-1], bars[-1], _names(factors), backend=backend, engine=engine, storage=storage,
            session=session, schema=_schema(schema), label=label, tz=tz, volume_unit=_unit(volume_unit),
            outside=outside, duplicates=duplicates, market=market, threads=threads, min_coverage=min_coverage,
            force=force, verify=verify,
        )  # fmt: skip
    except KeyboardInterrupt as stop:
        typer.echo(str(stop.args[0]) if stop.args else "interrupted")
        raise typer.Exit(130) from None
    typer.echo(str(report))
    raise typer.Exit(report.exit_code)


@app.command()
def simulate(
    out_dir: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="Folder for one Parquet file per day.")],
    stocks: Annotated[int, typer.Option(min=1, help="Number of stocks.")] = 5000,
    days: Annotated[int, typer.Option(min=1, help="Number of trading days.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bars.")] = 0,
    start: Annotated[str, typer.Option(help="First day.")] = "2024-01-08",
    session: Annotated[str, typer.Option(help="Exchange: XSHG, XHKG, XNYS, 24H.")] = "XSHG",
) -> None:
    """Write simulated minute bars, one Parquet file per day."""
    from factors.data.simulate.bars import simulate_days
    from factors.store.files import make_folder, write_bars

    frames = simulate_days(stocks, days, seed, start=start, session=session)
    make_folder(out_dir)
    for frame in frames:
        if frame.empty:
            typer.echo("a day without bars: every stock is suspended; simulate more stocks", err=True)
            continue
        path = out_dir / f"{frame['datetime'].iloc[0]:%Y-%m-%d}.parquet"
        write_bars(frame, path)
        typer.echo(f"{path}  {len(frame):,} bars")


@app.command()
def warmup(
    factors: Annotated[str, typer.Option(help="Names, a family, core or all; separated by commas.")] = "core",
    session: Annotated[str, typer.Option(help="Session of the bars to come.")] = "XSHG",
) -> None:
    """Compile factors ahead of their first use, as for a nightly job on a new machine."""
    from factors.compute import warmup as compile_ahead

    seconds = compile_ahead(_names(factors), session=session)
    typer.echo(f"{factors} for {session}: ready after {seconds:.2f} s")


@app.command()
def reference(
    output: Annotated[Path, typer.Argument(help="HTML file to write.")],
    factors: Factors = "all",
) -> None:
    """Write the reference page: every factor with its formula, conventions and distribution."""
    from factors.reference import reference_page

    if output.suffix not in (".html", ".htm"):
        raise ArgumentError(f"{output}: the name must end in .html.")
    reference_page(output, _names(factors))
    typer.echo(f"{output} written", err=True)


@app.command()
def doctor() -> None:
    """Examine the installation: versions, devices, time zones."""
    from factors.doctor import doctor as examine

    findings = examine()
    for finding in findings:
        typer.echo(str(finding))
    if any(finding.needed for finding in findings):
        raise typer.Exit(1)


def _names(factors: str) -> list[str]:
    return [name.strip() for name in factors.split(",") if name.strip()]


def _schema(schema: str) -> str | dict[str, str]:
    if "=" not in schema:
        return schema
    pairs = [pair.partition("=") for pair in schema.split(",")]
    return {role.strip(): column.strip() for role, _, column in pairs}


def _unit(unit: str) -> float | str:
    try:
        return unit if unit == "auto" else float(unit)
    except ValueError:
        raise ArgumentError(
            f"--volume-unit {unit}: give the number of shares in a unit (100 for lots), or auto."
        ) from None


def _exit_code(error: FactorsError) -> int:
    if isinstance(error, StoreLocked):
        return 75
    return 4 if isinstance(error, BackendUnavailable) else 2


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:  # fmt: skip
    typer.echo(f"warning: {message}", err=True)


def main(args: list[str] | None = None) -> Any:
    """Run the command line; the library's own errors end it with one message instead of a traceback."""
    warnings.showwarning = _show_warning
    try:
        app(args, prog_name="factors")
    except FactorsError as error:
        typer.echo(f"factors: {error}", err=True)
        raise SystemExit(_exit_code(error)) from None


if __name__ == "__main__":
    main()
