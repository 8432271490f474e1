"""No legal number is written in code: it would outlive its law unseen."""

from itertools import chain
from pathlib import Path
from typing import Final

import pytest

import hubao
from hubao.kit.parameters import all_parameters
from tests.kit.literals import MARK, slips

ROOT: Final = Path(hubao.__file__).parent
LEGAL: Final = list(chain.from_iterable(all_parameters().values()))
# The simulated insurer's years and sums describe it; nobody is held to them.
SIMULATED: Final = ("world/", "cli/world.py", "cli/demo.py")
MODULES: Final = [
    name
    for path in sorted(ROOT.rglob("*.py"))
    if not (name := path.relative_to(ROOT).as_posix()).startswith(SIMULATED)
    and "/migrations/" not in name  # made by makemigrations
]


def of(source: str, *, rules: bool = False) -> set[str]:
    return {slip.name for slip in slips(source, legal=LEGAL, rules=rules)}


def text(module: str) -> str:
    return (ROOT / module).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_code_has_none(module: str) -> None:
    found = slips(text(module), legal=LEGAL, rules=module.endswith("rules.py"))

    assert found == [], "ask kit.parameters for it, or end the line in # house rule: why"


def test_the_modules_looked_at_are_those_that_decide() -> None:
    assert {"desk/policies/rules.py", "desk/policies/operations/reveal.py"} <= set(MODULES)
    assert {"kit/calendars.py", "seal/signer.py", "trace/decide.py"} <= set(MODULES)


def test_every_house_rule_that_says_so_would_be_found() -> None:
    marked = {module: MARK.findall(text(module)) for module in MODULES}
    marked = {module: marks for module, marks in marked.items() if marks}

    assert "desk/policies/rules.py" in marked
    for module, marks in marked.items():
        bare = MARK.sub("# ", text(module))
        lines = {slip.line for slip in slips(bare, legal=LEGAL, rules=module.endswith("rules.py"))}
        assert len(lines) == len(marks), module


class TestFinder:
    @pytest.mark.parametrize(
        ("source", "name"),
        [
            ("due = received + timedelta(days=30)", "surrender.refund_days"),
            ("due = received + timedelta(30)", "surrender.refund_days"),
            ("due = received + datetime.timedelta(30)", "surrender.refund_days"),
            ("REFUND_DAYS: Final = 30", "surrender.refund_days"),
            ("limits.refund_days = 30", "surrender.refund_days"),
            ("LIMITS = {'refund_days': 30}", "surrender.refund_days"),
            ("refund_days: int = Field(default=30, ge=0)", "surrender.refund_days"),
            ("def due(received, days=30): ...", "surrender.refund_days"),
            ("def due(received, *, days=30): ...", "surrender.refund_days"),
            ("def refund_days() -> int:\n    return 30", "surrender.refund_days"),
            ("late = (now - received).days > 30", "surrender.refund_days"),
            ("report_by = at + timedelta(hours=24)", "incident.nfra_written_report_hours"),
            ("report_by = at + timedelta(days=1)", "incident.nfra_written_report_hours"),
            ("report_by = at + timedelta(minutes=120)", "incident.nfra_report_hours"),
            ("REPORT_WITHIN_SECONDS = 14_400", "incident.cac_report_hours"),
            ("by = later(at, working_days=5)", "incident.nfra_closing_working_days"),
            ("by = add_working_days(at, 5)", "incident.nfra_closing_working_days"),
            ("KEPT_YEARS = 3", "retention.impact_assessment_years"),
            ("logs_kept(months=6)", "retention.network_log_months"),
            ("if len(exported) >= 25: alert()", "crime.staff.property_records"),
            ("if 250 <= rows < 2_500: alert()", "crime.staff.transaction_records"),
            ("MOST_RECORDS = 25", "crime.staff.property_records"),
            (
                "if collected_fen > 100_000: notify()",
                "service.told_if_collected_by_another_above_yuan",
            ),
        ],
    )
    def test_sees_a_legal_number_wherever_it_is_written(self, source: str, name: str) -> None:
        assert name in of(source)

    @pytest.mark.parametrize("number", [25, 250, 2_500, 50, 500, 5_000])
    def test_sees_every_threshold_of_records_in_a_rooms_rules(self, number: int) -> None:
        source = f"TIERS = {{Role.CLERK: {number}}}"

        assert of(source, rules=True)
        assert not of(source)

    @pytest.mark.parametrize(
        "source",
        [
            "BATCH = 500",
            "number = CharField(max_length=25)",
            "due = received + timedelta(days=29)",
            "retry = at + timedelta(seconds=30)",
            "by = later(at, working_days=30)",  # no law has thirty of these
            "days = int(last - first) + 1",
            "days = True",
            "by = at + timedelta(days=parameter('surrender.refund_days', on=day))",
            "REVIEW = timedelta(days=1)  # house rule: the next morning",
        ],
    )
    def test_leaves_other_numbers_alone(self, source: str) -> None:
        assert not of(source)

    def test_wants_a_reason_beside_the_mark(self) -> None:
        assert of("REVIEW = timedelta(days=1)  # house rule:")
