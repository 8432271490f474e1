from pathlib import Path

import numpy as np
import pytest

from hubao.world.insurer import make_world
from hubao.world.model import EMPTY, Scale
from hubao.world.sights import keep_first_seen
from hubao.world.work import work
from hubao.world.work.seen import first_seen


@pytest.mark.parametrize("groups", [1, 2, 7])
def test_first_sights_on_disk_are_those_of_memory(tmp_path: Path, groups: int) -> None:
    world = make_world(Scale(policies=1_000, years=1))
    months = list(work(world))

    kept = keep_first_seen(months, tmp_path, actors=len(world.staff.role), groups=groups)

    for name, column in vars(first_seen(months)).items():
        assert np.array_equal(getattr(kept, name), column), name


def test_a_log_without_accesses_has_no_first_sights(tmp_path: Path) -> None:
    kept = keep_first_seen([EMPTY, EMPTY], tmp_path, actors=5, groups=2)

    assert kept.counts(5).tolist() == [0, 0, 0, 0, 0]
    assert len(kept.of(3)[0]) == 0
