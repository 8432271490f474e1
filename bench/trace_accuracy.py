"""The accuracy scoreboard: leaks in simulated insurers, traced as shipped, against what could be.

Each world is made once, and leaks and contacts are drawn anew in it many times; every draw goes
through the product's own path and becomes one line of a results file, so a run that is killed
goes on where it was. Worlds come in two families: the one that the tracer was tuned on, and one
that was written before and is never looked at while tuning. Tuning seeds are 1 to 99; scores come
from seeds of 10,001 on, and the board gives none for tuning seeds.

Run: python bench/trace_accuracy.py [--quick | --report | --keep | --tuning 1-5]
"""

import argparse
import sys
from pathlib import Path

from accuracy_cells import Draw, World, draws_of, every_cell, quick_cells
from accuracy_family import HELD_OUT, TUNED_ON
from accuracy_figures import Board, figures
from accuracy_plots import draw_plots
from accuracy_runs import draws_digest, keep, latest, read, run, unpack, worlds_digest
from accuracy_tables import show
from figures import finish

FOLDER = Path("var/accuracy")
KEPT = Path(__file__).parent / "results"
IMAGES = Path(__file__).parent.parent / "docs" / "images"
TUNING = range(1, 100)
FIRST_SCORED, FIRST_QUICK = 10_001, 20_001
WORLDS = {TUNED_ON.name: 34, HELD_OUT.name: 17}  # two hours or so on two cores
NO_DATA = 3  # nothing to report yet: said, not failed


def main() -> int:
    options = _options()
    if options.quick:
        return _quick(options)
    if options.keep:
        return _keep(_results(options, "scored"))
    seeds = tuning_seeds(options.tuning) if options.tuning else None
    draws = tuning_draws(seeds) if seeds else scored_draws(options.worlds)
    if options.cells:
        draws = [draw for draw in draws if draw.cell.name in options.cells]
    results = _results(options, "tuning" if seeds else "scored")
    if options.report:
        found = latest(results, KEPT)
        if found != results:
            print("These draws were made before the last change of the code.\n")
        results = found
    else:
        unpack(results, KEPT)
        run(draws, results, _worlds(options))
    board = Board(read(results), draws)
    if not board.outcomes:
        print("Not run: there are no results yet; make bench-trace makes them.")
        return NO_DATA
    show(board)
    if seeds:
        print("\nTuning seeds: nothing of this is a score.")
        return 0
    if not options.cells:
        for name, title in draw_plots(board, options.images).items():
            print(f"![{title}](images/{name}.svg)\n")
    return finish("trace_accuracy", figures(board))


def _keep(results: Path) -> int:
    if not results.exists():
        print("Not kept: there are no results of this code; make bench-trace makes them.")
        return NO_DATA
    print(keep(results, KEPT))
    return 0


def _quick(options: argparse.Namespace) -> int:
    """Two small worlds of fixed seeds, anew each time; only innocents named count."""
    worlds = [World(TUNED_ON.name, FIRST_QUICK + i, 15_000, 400, 3) for i in range(2)]
    draws = list(draws_of(quick_cells(), worlds))
    results = _results(options, "quick")
    results.unlink(missing_ok=True)
    run(draws, results, _worlds(options))
    board = Board(read(results), draws, quick=True)
    show(board)
    return finish("trace_accuracy", figures(board))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part, in under a minute")
    parser.add_argument("--report", action="store_true", help="show what there is; draw nothing")
    parser.add_argument("--keep", action="store_true", help="pack the results into bench/results")
    parser.add_argument("--tuning", metavar="A-B", help="tuning seeds (1-99) instead; no scores")
    parser.add_argument("--cells", nargs="+", default=[], help="only these cells")
    parser.add_argument("--worlds", type=float, default=1.0, help="part of the worlds, in (0, 1]")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="worlds and results")
    parser.add_argument("--images", type=Path, default=IMAGES, help="where the plots go")
    return parser.parse_args()


def tuning_seeds(asked: str) -> list[int]:
    """Read "1-5"; SystemExit where a seed is none to tune on."""
    first, _, last = asked.partition("-")
    seeds = list(range(int(first), int(last or first) + 1))
    if not seeds or any(seed not in TUNING for seed in seeds):
        raise SystemExit("Tuning seeds are 1 to 99; leave --tuning out to score.")
    return seeds


def tuning_draws(seeds: list[int]) -> list[Draw]:
    """Give all draws in worlds of the family that is tuned on."""
    worlds = [World(TUNED_ON.name, seed, 60_000, 1_500, 3) for seed in seeds]
    return list(draws_of(every_cell(), worlds))


def scored_draws(part: float) -> list[Draw]:
    """Give all draws that are scored, or those of the first part of the worlds.

    The families take turns by their numbers, so that a part of a run is a fair part of both.
    """
    counts = {family: max(round(count * part), 1) for family, count in WORLDS.items()}
    places = sorted(
        (i / count, family, i) for family, count in counts.items() for i in range(count)
    )
    worlds = [World(family, FIRST_SCORED + i, 60_000, 1_500, 3) for _, family, i in places]
    return list(draws_of(every_cell(), worlds))


def _results(options: argparse.Namespace, kind: str) -> Path:
    path: Path = options.folder / f"{kind}-{draws_digest()}.jsonl"
    return path


def _worlds(options: argparse.Namespace) -> Path:
    path: Path = options.folder / f"worlds-{worlds_digest()}"
    return path


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        sys.exit(130)
