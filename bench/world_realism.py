"""Set a simulated insurer's accesses beside real logs: who opens how much, how often, and when.

The real logs are a bank's loan applications and a municipality's permits: other trades, other
sizes. So the yardstick is how far these are from each other: a world lies within the spread of
the real logs if its distance to the nearest one is no larger.

Run: python bench/world_realism.py --data ../shared/data [--quick]
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from figures import Cell, Figure, finish, table
from hubao.world.model import Floats, Scale
from real_logs import FILES
from realism_accesses import NOT_PEOPLE, QUARTER, Accesses, read_logs, simulate
from realism_measures import (
    CLOCK,
    SAMPLED,
    Compared,
    by_chance,
    cases_per_person,
    compare,
    gaps,
    gini,
    hours,
    people_per_case,
    weekdays,
)
from realism_plots import CURVES, DAYS, draw_plots, image_of

IMAGES = Path(__file__).parent.parent / "docs" / "images"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
HEADERS = tuple(f"{q:.0%}" for q in QUANTILES)
NO_DATA = 3
Found = Mapping[str, Mapping[str, Compared]]


def main() -> int:
    options = _options()
    missing = [f for f in FILES.values() if not (options.data / f).exists()]
    if missing:
        print(f"Not run: {', '.join(missing)} not found in the folder given as --data.")
        return NO_DATA
    logs = read_logs(options.data)
    policies = options.policies or (10_000 if options.quick else 60_000)
    scale = Scale(policies=policies, years=options.years, seed=options.seed)
    readings = simulate(scale).readings
    distances = found(readings, logs)
    images = options.images or (None if options.quick else IMAGES)
    if images:
        draw_plots(readings, logs, distances, images)
    _show(scale, readings, logs, distances, pictures=images is not None)
    return finish("world_realism", _figures(distances))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--quick", action="store_true", help="a small world, no pictures")
    parser.add_argument("--policies", type=int, help="60,000; 10,000 with --quick")
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--images", type=Path, help="where the pictures go: docs/images")
    return parser.parse_args()


def found(readings: Mapping[str, Accesses], logs: Sequence[Accesses]) -> Found:
    """Compare a world with the logs in everything, by measure and reading."""
    sampled = {
        name: {reading: compare(measure, log, logs) for reading, log in readings.items()}
        for name, measure in SAMPLED.items()
    }
    clock = {
        name: {"record": compare(measure, readings["record"], logs)}
        for name, measure in CLOCK.items()
    }
    return {**sampled, **clock}


def _show(
    scale: Scale,
    readings: Mapping[str, Accesses],
    logs: Sequence[Accesses],
    distances: Found,
    *,
    pictures: bool,
) -> None:
    print(_about(scale, logs))
    sources = [*((f"world, {name}", log) for name, log in readings.items())]
    sources += [(log.name, log) for log in logs]
    print("\n### Cases per person\n")
    print(table(["log", "people", "mean", *HEADERS, "Gini"], _loads(sources)))
    print("\n### People per case\n")
    print(table(["log", "cases", "mean", *HEADERS], _crowds(sources)))
    print("\n### From one access of a case to the next\n")
    print(table(["log", "gaps", *HEADERS], _pauses(sources)))
    print("\n### Hour and day\n\nShare of the accesses, %.\n")
    whole = [("world", readings["record"]), *((log.name, log) for log in logs)]
    shown = range(6, 22)
    print(table(["log", *(f"{h}h" for h in shown)], _shares(whole, hours, shown)))
    print()
    print(table(["log", *DAYS], _shares(whole, weekdays, range(7))))
    if pictures:
        _reference()
    print("\n### Distances\n")
    names = [log.name for log in logs]
    print(table(["measure", "reading", "distance", *names, "between logs"], _distances(distances)))
    print(f"\n{_chance(logs)}")


def _about(scale: Scale, logs: Sequence[Accesses]) -> str:
    left_out = "; ".join(
        f"{', '.join(NOT_PEOPLE[log.name])} in {log.name}" for log in logs if log.name in NOT_PEOPLE
    )
    return (
        f"A world of {scale.policies:,} policies and {scale.years} years (seed {scale.seed}), "
        "ordinary work only, no leak. People only: the world's partners, systems and jobs are "
        f"left out, and so are accounts that are nobody's own ({left_out}).\n\n"
        "A world is read in three ways. *record*: a case is a policy's record, over all years; "
        f"this is what a trace reads. *quarter*: the same in the last {QUARTER} days, as long as "
        "the loan log. *work*: a case is what was done with one record under one ticket."
    )


def _loads(sources: Iterable[tuple[str, Accesses]]) -> Iterable[Sequence[Cell]]:
    for name, log in sources:
        load = cases_per_person(log)
        yield name, len(load), float(load.mean()), *_quantiles(load), gini(load)


def _crowds(sources: Iterable[tuple[str, Accesses]]) -> Iterable[Sequence[Cell]]:
    for name, log in sources:
        crowd = people_per_case(log)
        yield name, len(crowd), float(crowd.mean()), *_quantiles(crowd)


def _pauses(sources: Iterable[tuple[str, Accesses]]) -> Iterable[Sequence[Cell]]:
    for name, log in sources:
        pause = gaps(log)
        yield name, len(pause), *(duration(seconds) for seconds in _quantiles(pause))


def duration(seconds: float) -> str:
    """Write a time span with the largest unit that it fills."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"


def _shares(
    logs: Iterable[tuple[str, Accesses]], of: Callable[[Accesses], Floats], shown: Iterable[int]
) -> Iterable[Sequence[Cell]]:
    for name, log in logs:
        shares = 100 * of(log)
        yield name, *(f"{shares[place]:.1f}" for place in shown)


def _quantiles(sample: Floats) -> list[float]:
    found: list[float] = np.quantile(sample, QUANTILES).tolist()
    return found


def _distances(distances: Found) -> Iterable[Sequence[Cell]]:
    measures = {**SAMPLED, **CLOCK}
    for name, by_reading in distances.items():
        measure = measures[name]
        for reading, compared in by_reading.items():
            yield measure.title, reading, measure.kind, *compared.to.values(), compared.spread


def _chance(logs: Sequence[Accesses]) -> str:
    sizes = [len(cases_per_person(log)) for log in logs]
    return (
        "The nearest log is not the same one in every measure: a world can be near in each and "
        "still be like neither.\n\n"
        f"People are few: of one distribution, samples as small as {' and '.join(map(str, sizes))} "
        f"would be {by_chance(sizes):.2f} apart or more in one case of 20 (KS). The real logs "
        "say what offices can look like, not what an insurer does look like; and parts of the "
        "world were fitted to them (see src/hubao/world/README.md), so a small distance shows a "
        "fit, not a forecast."
    )


def _reference() -> None:
    titles = {name: SAMPLED[name].title for name in CURVES}
    titles["clock"] = "Hour of day and day of the week"
    for name, title in titles.items():
        print(f"\n![{title}: the world beside the real logs](images/{image_of(name)})")


def _figures(distances: Found) -> dict[str, Figure]:
    return {
        f"{name}_{reading}": Figure(
            compared.nearest,
            f"<= {compared.spread:.3g}, the real logs' own distance",
            compared.within,
            gates=False,
        )
        for name, by_reading in distances.items()
        for reading, compared in by_reading.items()
    }


if __name__ == "__main__":
    sys.exit(main())
