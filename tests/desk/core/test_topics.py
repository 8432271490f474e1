"""Topics: every message that a room writes is of one that is told of."""

import ast
from pathlib import Path

import hubao.desk
from hubao.desk.core.topics import TOPICS

DESK = Path(hubao.desk.__path__[0])
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "webhooks.md"


# For the worker alone: it makes a code of it, which goes to nobody but the policyholder.
NOT_FOR_OUTSIDE = {"policyholder.code_asked"}


def written() -> set[str]:
    nodes = [
        node
        for path in DESK.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    constants = {
        node.target.id: node.value.value
        for node in nodes
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    topics = (
        word.value.value
        if isinstance(word.value, ast.Constant)
        else constants[ast.unparse(word.value)]
        for call in nodes
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "send_later"
        for word in call.keywords
        if word.arg == "topic"
    )
    return set(map(str, topics))


def test_every_topic_is_written_somewhere_and_none_besides() -> None:
    assert written() == set(TOPICS) | NOT_FOR_OUTSIDE


def test_the_page_for_receivers_says_what_each_tells() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [topic for topic, told in TOPICS.items() if f"| `{topic}` | {told} |" not in page] == []
