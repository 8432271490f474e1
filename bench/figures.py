"""What every bench prints: Markdown tables, then one JSON line of figures against their goals."""

import json
import math
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Cell = str | int | float | None
_BY = "Written by `make bench` (`bench/run_all.py`); edits are overwritten."
LIBRARIES = ("hubao", "duckdb", "numpy", "pyarrow", "scipy")


@dataclass(frozen=True)
class Figure:
    """One published number against its goal.

    Attributes:
        value: what was measured; None if it could not be.
        goal: the goal in words, such as "<= 10 s".
        ok: whether the goal is reached; None where this run has no say (not measured).
        gates: whether a miss fails the run.
    """

    value: float | None
    goal: str
    ok: bool | None
    gates: bool = True


def at_most(value: float | None, limit: float, *, unit: str = "", gates: bool = True) -> Figure:
    """Return a figure that should be `limit` or less."""
    return _against(value, limit, "<=", lambda v: v <= limit, unit=unit, gates=gates)


def at_least(value: float | None, limit: float, *, unit: str = "", gates: bool = True) -> Figure:
    """Return a figure that should be `limit` or more."""
    return _against(value, limit, ">=", lambda v: v >= limit, unit=unit, gates=gates)


def table(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return an aligned Markdown table; it reads the same in a terminal and on a page."""
    cells = [list(headers), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def finish(bench: str, figures: Mapping[str, Figure]) -> int:
    """Print the goals and, last, the JSON line.

    Returns:
        The exit code: 1 if a figure that gates misses its goal, else 0.
    """
    said = {True: "yes", False: "NO", None: "not measured"}
    rows = [
        (name, f.value, f.goal, said[f.ok] + ("" if f.gates else " (does not gate)"))
        for name, f in figures.items()
    ]
    print("\n" + table(["figure", "value", "goal", "reached"], rows) + "\n")
    print(json.dumps({"bench": bench, "figures": {n: _entry(f) for n, f in figures.items()}}))
    return int(any(f.gates and f.ok is False for f in figures.values()))


def machine() -> list[str]:
    """Return what a reader must know of the machine and the versions, a line each."""
    return [
        f"{os.cpu_count()} cores ({platform.machine()}), {_memory_gib():.0f} GiB of memory, "
        f"{platform.system()}",
        f"Python {platform.python_version()}; " + ", ".join(_versions()),
    ]


def write_page(
    path: Path, *, date: str, titles: Iterable[str], ran: Mapping[str, tuple[str, str]]
) -> None:
    """Write docs/benchmarks.md; what wasn't run stands as it stood.

    Args:
        path: the page.
        date: day of the run, ISO form.
        titles: of every bench, in order.
        ran: command and output of those that were run, by title.
    """
    kept = _kept(path)
    where = "; ".join([date, *machine()])
    fresh = {
        title: f"`{command}`\n\nRun on {where}.\n\n{_page_of(output)}"
        for title, (command, output) in ran.items()
    }
    parts = ["# Benchmarks", _BY]
    parts += [f"## {one}\n\n{text}" for one in titles if (text := (kept | fresh).get(one))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _kept(path: Path) -> dict[str, str]:
    """Give the sections of the page as it is, by title."""
    if not path.exists():
        return {}
    _, *sections = f"\n{path.read_text(encoding='utf-8')}".split("\n## ")
    parts = (section.partition("\n") for section in sections)
    return {title: text.strip() for title, _, text in parts}


def last_line(output: str) -> dict[str, Any]:
    """Return the JSON of a bench's last line; an empty dict if it printed none."""
    lines = output.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        return {}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _against(
    value: float | None,
    limit: float,
    sign: str,
    reached: Callable[[float], bool],
    *,
    unit: str,
    gates: bool,
) -> Figure:
    goal = f"{sign} {limit:g}{unit and ' ' + unit}"
    return Figure(value, goal, None if value is None else reached(value), gates)


def _entry(figure: Figure) -> dict[str, float | str | bool | None]:
    value = figure.value
    if value is not None and not math.isfinite(value):
        value = None  # JSON has no infinity
    return {"value": value, "goal": figure.goal, "ok": figure.ok}


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    return f"{cell:,.3g}" if isinstance(cell, float) and abs(cell) < 1000 else _whole(cell)


def _whole(cell: str | float) -> str:
    return cell if isinstance(cell, str) else f"{cell:,.0f}"


def _page_of(output: str) -> str:
    """Fence the JSON line, so that the tables above it render as tables."""
    body, _, last = output.strip().rpartition("\n")
    if not last.startswith("{"):
        return output.strip()
    return f"{body.strip()}\n\n```json\n{last}\n```"


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _versions() -> Iterable[str]:
    for name in LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} (from the checkout)"
