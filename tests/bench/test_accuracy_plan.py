from pathlib import Path

import pytest

import trace_accuracy
from accuracy_cells import CLEAN_SIZES, Cell, Draw, World, draws_of, every_cell, quick_cells
from accuracy_family import FAMILIES, HELD_OUT, TUNED_ON
from accuracy_runs import keep, latest, read, unpack
from hubao.world.insurer import make_world
from hubao.world.model import Scale
from hubao.world.scenarios import Scenario

WORLD = World("agency", 1, 60_000, 1_500, 3)


def cell(name: str, *, like: str | None = None, draws: int = 8) -> Cell:
    return Cell(name, (Scenario.BULK_COPY,), 40, 0.5, like=like, draws=draws)


def test_a_full_board_draws_every_cell_of_every_world_once() -> None:
    worlds = [WORLD, World("agency", 2, 60_000, 1_500, 3)]

    keys = [draw.key for draw in draws_of(every_cell(), worlds)]

    assert len(keys) == len(set(keys)) == 2 * sum(one.draws for one in every_cell())


def test_a_first_round_shows_every_cell_of_every_world() -> None:
    cells = [cell("often", draws=8), cell("rarely", draws=2)]

    draws = list(draws_of(cells, [WORLD]))

    assert {draw.cell.name for draw in draws[:2]} == {"often", "rarely"}
    assert [draw.number for draw in draws if draw.cell.name == "often"] == list(range(8))


def test_fifty_worlds_give_two_thousand_clean_draws() -> None:
    clean = [
        one for one in every_cell() if one.name.startswith("clean") and one.way == "as shipped"
    ]

    drawn = sum(50 * one.draws for one in clean if one.hidden == 1.0)

    assert drawn == 2_000


def test_names_of_cells_differ() -> None:
    names = [one.name for one in every_cell()]

    assert len(names) == len(set(names))


def test_every_like_names_a_cell_or_a_common_seed() -> None:
    every = every_cell()
    names = {one.name for one in every}

    strangers = {one.like for one in every if one.like} - names

    assert strangers == {"t6 single 50%", "t6 single 80%", "t6 ring"}


def test_a_seed_differs_by_world_cell_and_number() -> None:
    other = World("agency", 2, 60_000, 1_500, 3)
    draws = [
        Draw(WORLD, cell("a"), 0), Draw(WORLD, cell("a"), 1),
        Draw(WORLD, cell("b"), 0), Draw(other, cell("a"), 0),
    ]  # fmt: skip

    seeds = {draw.seed for draw in draws}

    assert len(seeds) == 4


def test_a_cell_like_another_draws_the_same_leaks() -> None:
    ours, theirs = Draw(WORLD, cell("a"), 3), Draw(WORLD, cell("b", like="a"), 3)

    assert ours.seed == theirs.seed
    assert ours.key != theirs.key


@pytest.mark.parametrize("asked", ["0", "1-100", "10001", "99-101"])
def test_tuning_refuses_every_seed_that_is_not_a_tuning_seed(asked: str) -> None:
    with pytest.raises(SystemExit):
        trace_accuracy.tuning_seeds(asked)


def test_tuning_takes_a_range_and_never_the_held_out_family() -> None:
    seeds = trace_accuracy.tuning_seeds("3-4")

    draws = trace_accuracy.tuning_draws(seeds)

    assert {(draw.world.seed, draw.world.family) for draw in draws} == {
        (3, TUNED_ON.name),
        (4, TUNED_ON.name),
    }


def test_scores_come_from_no_tuning_seed_and_from_both_families() -> None:
    draws = trace_accuracy.scored_draws(0.1)

    assert all(draw.world.seed not in trace_accuracy.TUNING for draw in draws)
    assert {draw.world.family for draw in draws} == set(FAMILIES)


def test_the_whole_board_has_fifty_worlds_and_two_thousand_clean_draws() -> None:
    draws = trace_accuracy.scored_draws(1.0)

    assert len({draw.world for draw in draws}) >= 50
    assert sum(draw.cell.name in {f"clean {n}" for n in CLEAN_SIZES} for draw in draws) >= 2_000


def test_the_held_out_family_makes_another_insurer_than_the_default() -> None:
    scale = Scale(policies=2_000, years=1, seed=4, actors=120)

    ours, other = make_world(scale), make_world(scale, HELD_OUT)

    assert len(other.units.branch_region) < len(ours.units.branch_region)
    assert (other.book.channel == 1).mean() > 0.5


def test_a_quick_board_is_small() -> None:
    assert sum(one.draws for one in quick_cells()) <= 20


class TestKept:
    def test_results_are_taken_up_where_the_code_is_the_same(self, tmp_path: Path) -> None:
        here, there = (
            tmp_path / "here" / "scored-abc.jsonl",
            tmp_path / "there" / "scored-abc.jsonl",
        )
        here.parent.mkdir()
        here.write_text('{"key": "a"}\n', encoding="utf-8")
        keep(here, tmp_path / "kept")

        unpack(there, tmp_path / "kept")

        assert read(there) == [{"key": "a"}]

    def test_results_of_other_code_are_shown_but_not_gone_on_from(self, tmp_path: Path) -> None:
        old, new = tmp_path / "var" / "scored-abc.jsonl", tmp_path / "var" / "scored-def.jsonl"
        old.parent.mkdir()
        old.write_text('{"key": "a"}\n', encoding="utf-8")
        keep(old, tmp_path / "kept")
        old.unlink()

        unpack(new, tmp_path / "kept")

        assert not new.exists()
        assert latest(new, tmp_path / "kept") == old
        assert read(old) == [{"key": "a"}]

    def test_only_the_last_ones_of_a_kind_are_kept(self, tmp_path: Path) -> None:
        for name in ("scored-abc.jsonl", "quick-abc.jsonl", "scored-def.jsonl"):
            (tmp_path / name).write_text("{}\n", encoding="utf-8")
            keep(tmp_path / name, tmp_path / "kept")

        names = sorted(path.name for path in (tmp_path / "kept").iterdir())

        assert names == ["quick-abc.jsonl.xz", "scored-def.jsonl.xz"]
