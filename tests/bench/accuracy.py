"""A small insurer with its log, and lines of a results file, for the scoreboard's tests."""

from functools import cache
from typing import Any

import numpy as np

from accuracy_worlds import Site, daily_openings
from hubao.world.insurer import make_world
from hubao.world.leaks import Seen, plan_leak
from hubao.world.model import Leak, Scale
from hubao.world.scenarios import Scenario


@cache
def a_site() -> Site:
    """1,500 policies, 80 actors, two years."""
    insurer = make_world(Scale(policies=1_500, years=2, seed=5, actors=80))
    rows = daily_openings(insurer)
    columns = (rows.column(name).to_numpy().astype(np.int64) for name in rows.column_names)
    return Site(insurer, Seen(*columns))


@cache
def a_leak(scenario: Scenario = Scenario.BULK_COPY, seed: int = 1) -> Leak:
    """A leak of `a_site`."""
    site = a_site()
    return plan_leak(site.insurer, scenario, site.seen, seed=seed)


def a_source(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a JSON line
    """One source of a line: first, over the bound and named."""
    made = {
        "actor": 7, "records": 600, "share": 1.0, "rank": 0, "posterior": 0.99, "log10_e": 9.0,
        "log10_strong": 4.0, "named": True, "needed": 20.0, "planned": 22.0, "ceiling": 0.9,
        "copied": ["2024-03-03", "2024-03-09"], "dated": None,
    }  # fmt: skip
    return made | given


def a_line(key: str, cell: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - same
    """One line of a results file: a single source, named."""
    made = {
        "key": key, "family": "agency", "world": 1, "cell": cell, "scenario": "bulk-copy", "n": 40,
        "verdict": "source_named", "groups": 1, "wrong": 0, "marginal": 0, "bound": 5.0,
        "sources": [a_source()], "believed": [[0.99, True]], "others": {}, "warned": None,
        "seconds": 1.0, "failed": "",
    }  # fmt: skip
    return made | given
