import json
from pathlib import Path

import pytest

from figures import Figure, at_least, at_most, finish, last_line, table, write_page


def test_table_is_markdown_with_aligned_columns() -> None:
    drawn = table(["n", "top-1"], [(10, 0.5), (1_000_000, None)])

    assert drawn.splitlines() == [
        "| n         | top-1 |",
        "|-----------|-------|",
        "| 10        | 0.5   |",
        "| 1,000,000 | –     |",
    ]


def test_finish_ends_with_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    code = finish("speed", {"wall": at_most(9.5, 10, unit="s")})

    output = capsys.readouterr().out
    assert code == 0
    assert json.loads(output.splitlines()[-1]) == {
        "bench": "speed",
        "figures": {"wall": {"value": 9.5, "goal": "<= 10 s", "ok": True}},
    }
    assert last_line(output)["bench"] == "speed"


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (at_least(0.9, 0.95), 1),
        (at_least(0.95, 0.95), 0),
        (at_least(0.9, 0.95, gates=False), 0),
        (at_most(None, 1), 0),
        (Figure(float("inf"), "<= 1", ok=False), 1),
    ],
)
def test_only_a_gating_miss_fails_the_run(
    figure: Figure, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finish("any", {"it": figure}) == code
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["bench"] == "any"


def test_page_tells_machine_and_command_and_keeps_the_tables(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "benchmarks.md"

    ran = {"Speed": ("python x.py", '| a |\n\n{"b": 1}\n')}
    write_page(page, date="2026-01-02", titles=["Speed"], ran=ran)

    text = page.read_text(encoding="utf-8")
    assert "## Speed\n\n`python x.py`\n\nRun on 2026-01-02; " in text
    assert "cores" in text
    assert '.\n\n| a |\n\n```json\n{"b": 1}\n```' in text


def test_page_keeps_what_was_not_run_in_its_place(tmp_path: Path) -> None:
    page, titles = tmp_path / "benchmarks.md", ["One", "Two", "Three"]
    write_page(page, date="2026-01-02", titles=titles, ran=dict.fromkeys(titles, ("x", "old")))

    write_page(page, date="2026-02-03", titles=titles, ran={"Two": ("x", "new")})

    text = page.read_text(encoding="utf-8")
    assert [part.split("\n")[0] for part in text.split("\n## ")[1:]] == titles
    assert text.count("old") == 2
    assert text.count("Run on 2026-01-02") == 2
    assert text.split("\n## ")[2].endswith("new\n")
