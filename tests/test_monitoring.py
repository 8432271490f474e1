"""What `docs/how-to/monitor.md` tells to copy fits what the desk tells."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/how-to/monitor.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
FUNCTIONS = {"absent", "histogram_quantile", "increase", "rate", "time"}
AGGREGATIONS = {"max", "min", "sum"}
WORDS = {"and", "or", "unless", "by"}
# One by one and to the end: whatever isn't one of these is no PromQL that we write.
TOKEN = re.compile(
    r"""\s*(?:(?P<matchers>\{[^{}]*\})|(?P<range>\[\d+[smhd]\])|(?P<text>"[^"]*")
    |(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-zA-Z_:][\w:]*)|(?P<sign>==|!=|>=|<=|[-+*/><(),]))""",
    re.VERBOSE,
)
MATCHER = re.compile(r'([a-z_]+)(?:=|!=|=~|!~)"([^"]*)"')


def metrics() -> dict[str, tuple[str, set[str]]]:
    """Each metric's kind and labels, as its reference has them."""
    rows = re.findall(r"^\| `(hubao_\w+)` \| (\w+) \| ([^|]*) \|", REFERENCE, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def series() -> dict[str, set[str]]:
    """What can be asked for, and its labels."""
    found = dict[str, set[str]]()
    for name, (kind, labels) in metrics().items():
        if kind == "histogram":
            found |= {f"{name}_sum": labels, f"{name}_count": labels}
            found[f"{name}_bucket"] = labels | {"le"}
        else:
            found[name] = labels
    return found


def rules() -> list[dict[str, Any]]:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    told = [yaml.safe_load(block) for block in blocks]
    (groups,) = [one["groups"] for one in told if "groups" in one]
    return cast(list[dict[str, Any]], groups[0]["rules"])


def tokens(expression: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(expression):
        match = TOKEN.match(expression, at)
        assert match, f"not PromQL from here: {expression[at:]}"
        assert match.lastgroup
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
class TestRule:
    def test_asks_for_metrics_and_labels_that_are_there(self, rule: dict[str, Any]) -> None:
        known, asked, last = series(), list[str](), ""
        for kind, token in tokens(rule["expr"]):
            if kind == "word" and token.startswith("hubao_"):
                assert token in known
                asked.append(token)
            if kind == "matchers":
                labels = [label for label, _ in MATCHER.findall(token)]
                assert labels
                assert set(labels) <= known[last]
            last = token

        assert asked

    def test_is_written_as_prometheus_reads_it(self, rule: dict[str, Any]) -> None:
        found = tokens(rule["expr"])
        signs = [token for kind, token in found if kind == "sign"]
        words = {
            token for kind, token in found if kind == "word" and not token.startswith("hubao_")
        }
        labels = set(re.findall(r"by \(([^)]*)\)", rule["expr"])) or {""}
        grouped = {one.strip() for some in labels for one in some.split(",")} - {""}

        assert signs.count("(") == signs.count(")")
        assert words - grouped <= FUNCTIONS | AGGREGATIONS | WORDS
        assert re.fullmatch(r"\d+[mh]|", rule.get("for", ""))
        assert rule["annotations"]["summary"]

    def test_takes_rises_of_counters_only(self, rule: dict[str, Any]) -> None:
        kinds = {name: kind for name, (kind, _) in metrics().items()}
        for name in re.findall(r"(?:rate|increase)\((\w+)", rule["expr"]):
            assert kinds.get(name) == "counter" or name.endswith(("_bucket", "_sum", "_count"))
        for name in re.findall(r"hubao_\w+_total", rule["expr"]):
            assert re.search(rf"(?:rate|increase)\({name}[^)]*\[\d+[mhd]\]\)", rule["expr"])


def test_rules_fall_back_on_nothing_that_a_code_would_rename() -> None:
    """Codes in rules are codes of the errors' reference."""
    errors = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    outcomes = {
        value
        for rule in rules()
        for label, value in MATCHER.findall(rule["expr"])
        if label == "outcome" and "." in value
    }

    assert outcomes
    assert all(f"`{code}`" in errors for code in outcomes)


def test_every_code_of_readiness_is_told() -> None:
    source = (ROOT / "src/hubao/desk/site/health.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'(?:yield |append\(|\[)"([a-z]+)"', source))

    assert {"keys", "database", "worker"} <= codes
    assert all(f"| `{code}` |" in PAGE for code in codes)


def test_the_reference_has_every_metric_of_the_code() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src/hubao/desk").rglob("*.py")
    )
    declaring = r'(?:counter|histogram|newest|reading)\(\s*"(hubao_[a-z0-9_]+)"'
    declared = set(re.findall(declaring, sources))

    assert {"hubao_reveals_total", "hubao_ledger_size"} <= declared
    assert declared == set(metrics())
