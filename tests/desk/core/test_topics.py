"""Topics: every message that a room writes is of one that is told of."""

import ast
from pathlib import Path

import hubao.desk
from hubao.desk.core.topics import TOPICS

DESK = Path(hubao.desk.__path__[0])
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "webhooks.md"


def written() -> set[str]:
    calls = (
        node
        for path in DESK.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "send_later"
    )
    topics = (
        word.value.value
        for call in calls
        for word in call.keywords
        if word.arg == "topic" and isinstance(word.value, ast.Constant)
    )
    return set(map(str, topics))


def test_every_topic_is_written_somewhere_and_none_besides() -> None:
    assert written() == set(TOPICS)


def test_the_page_for_receivers_says_what_each_tells() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [topic for topic, told in TOPICS.items() if f"| `{topic}` | {told} |" not in page] == []
