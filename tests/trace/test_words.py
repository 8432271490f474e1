"""The words of the trace report: both languages, no promise beyond the figures."""

import re
import string
from dataclasses import replace
from pathlib import Path

import pytest

from hubao.trace import phrases, reading, words
from hubao.trace.report import Verdict
from hubao.trace.words import Lang
from tests.makers import reports

SOURCES = Path(words.__file__).parent
LANGS = ("zh", "en")
# Parts of keys that are put together from codes: caution.<code>, next.<verdict> and so on.
BUILT = (
    "verdict.word.", "next.", "caution.", "limit.", "proof.", "order.", "role.", "reading.",
    "column.", "short.", "figure.", "forest.key.",
)  # fmt: skip


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("key", phrases.PHRASES)
def test_every_phrase_has_both_languages_with_the_same_fields(key: str) -> None:
    phrase = phrases.PHRASES[key]

    assert phrase.zh
    assert phrase.en
    assert fields_of(phrase.zh) == fields_of(phrase.en)


def test_no_key_is_in_two_tables() -> None:
    tables = (phrases.VERDICTS, phrases.CAUTIONS, phrases.LIMITS, phrases.LABELS, phrases.CHARTS)

    assert sum(map(len, tables)) == len(phrases.PHRASES)


@pytest.mark.parametrize("key", phrases.PHRASES)
def test_every_phrase_is_said_somewhere(key: str) -> None:
    spoken = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted(SOURCES.rglob("*"))
        if path.suffix in {".py", ".j2"} and path.name != "phrases.py"
    )

    assert f'"{key}"' in spoken or key.startswith(BUILT)


@pytest.mark.parametrize("key", phrases.PHRASES)
def test_no_phrase_calls_anybody_guilty(key: str) -> None:
    said = " ".join(phrases.PHRASES[key]).lower()

    assert not re.search(r"perpetrator|culprit|criminal|违规人员|罪犯|作案|嫌犯", said)


def test_a_language_we_do_not_speak_is_refused() -> None:
    assert words.say("brand", "zh") != words.say("brand", "en")
    with pytest.raises(ValueError, match="fr"):
        words.say("brand", "fr")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", reports.every_report())
def test_every_report_gets_a_verdict_sentence(kind: str, lang: str) -> None:
    sentence = words.verdict_sentence(reports.every_report()[kind], lang)

    assert sentence.endswith("。" if lang == "zh" else ".")
    assert "None" not in sentence
    assert "  " not in sentence


def test_a_named_source_comes_with_its_bound_and_g_star() -> None:
    report = reports.named_source()

    assert words.verdict_sentence(report, "en") == (
        "agent-0001 is the source of the records, unless hidden targeting is stronger than "
        "G* = 3.2. The chance of naming any innocent is at most 1%."
    )
    assert words.verdict_sentence(report, "zh") == (
        "资料来源是 agent-0001，除非隐藏的定向选择强于 G* = 3.2。错指任何无辜者的概率至多 1%。"
    )


def test_a_group_is_named_as_a_group() -> None:
    sentence = words.verdict_sentence(reports.group_named(), "en")

    assert "one of agent-0001, agent-0002, agent-0003, which saw the same records" in sentence


def test_a_large_group_gives_five_names_and_a_count() -> None:
    names = reports.actor_names(40)
    report = replace(reports.named_source(names=names), named=[names])

    sentence = words.verdict_sentence(report, "en")

    assert "agent-0005 and 35 more" in sentence
    assert "agent-0006" not in sentence


def test_several_sources_give_the_weakest_g_star() -> None:
    sentence = words.verdict_sentence(reports.ring(), "en")

    assert sentence.startswith("The records came from 2 sources: agent-0001; agent-0002, ")
    assert "G* = 1.9." in sentence


def test_a_named_source_without_a_g_star_of_its_own_promises_none() -> None:
    ring = reports.ring()
    suspects = [replace(s, g_star=None) if s.actor == "agent-0002" else s for s in ring.suspects]

    assert "G* = 1.0." in words.verdict_sentence(replace(ring, suspects=suspects), "en")


def test_a_shortlist_says_who_and_how_many_more_victims() -> None:
    sentence = words.verdict_sentence(reports.shortlist(), "en")

    assert "is among agent-0001, agent-0002; the victims so far can't tell which" in sentence
    assert "about 1,240" in sentence


def test_a_shortlist_below_the_bound_claims_no_bound() -> None:
    report = replace(reports.report(), verdict=Verdict.SHORTLIST)

    sentence = words.verdict_sentence(report, "en")

    assert "still below the bound" in sentence
    assert "1%" not in sentence


def test_too_little_evidence_says_how_many_victims_are_needed() -> None:
    assert "about 34" in words.verdict_sentence(reports.report(), "en")
    without = words.verdict_sentence(reports.report(victims_needed=None), "en")
    assert "can't be said" in without


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", sorted(words.caution_codes()))
def test_every_caution_has_its_sentence(code: str, lang: str) -> None:
    report = reports.report(inputs=reports.inputs(rejected=1204))

    sentence = words.caution_sentence(code, report, lang)

    assert sentence.endswith("。" if lang == "zh" else ".")
    assert "{" not in sentence


def test_cautions_give_their_counts() -> None:
    report = reports.report(inputs=reports.inputs(rejected=1204))

    assert "1,204" in words.caution_sentence("rejected_rows", report, "zh")
    assert "2 位" in words.caution_sentence("unknown_victims", report, "zh")


def test_the_first_limit_is_that_this_is_no_ground_for_a_personnel_step() -> None:
    assert "no ground for a personnel step" in words.limits("en")[0]
    assert "人事措施" in words.limits("zh")[0]
    assert len(words.limits("en")) == 9


def test_g_star_is_never_rounded_up() -> None:
    assert words.g_star(1.99) == "1.9"
    assert words.g_star(2.0) == "2.0"
    assert words.g_star(3.3) == "3.3"
    assert words.g_star(None) == "–"


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.0, "0%"), (0.0004, "<0.1%"), (0.05, "5.0%"), (0.45, "45%"), (0.97, "97.0%"),
     (1.0, ">99.9%")],
)  # fmt: skip
def test_a_share_never_rounds_to_certainty(share: float, told: str) -> None:
    assert words.percent(share) == told


@pytest.mark.parametrize(
    ("alpha", "told"), [(0.01, "1%"), (0.2, "20%"), (0.0005, "0.05%"), (1e-6, "0.0001%")]
)
def test_the_bound_is_told_exactly(alpha: float, told: str) -> None:
    assert words.bound_percent(alpha) == told


def test_numbers_use_separators_and_a_true_minus() -> None:
    assert words.count(1234567) == "1,234,567"
    assert words.decimal(-3.25) == "−3.25"
    assert words.decimal(-0.001) == "0.00"
    assert words.decimal(None) == "–"
    assert words.decimal(float("inf")) == "∞"


def test_names_can_hold_no_control_or_direction_characters() -> None:
    assert words.shown("\x1b[31mred\u202e\u2028") == "�[31mred��"
    assert words.shown("王小明 <b>") == "王小明 <b>"


def test_a_name_with_braces_is_only_a_name() -> None:
    report = reports.named_source(names=["{0} {names}", *reports.actor_names(3)])

    assert words.verdict_sentence(report, "en").startswith("{0} {names} is the source")


def test_a_colleague_past_the_bound_is_explained_by_the_source() -> None:
    report = reports.explained_colleague()
    colleague = report.suspects[1]

    assert words.explanation(report, colleague, "en") == "explained by the records of agent-0001"
    assert words.explanation(report, colleague, "zh") == "因 agent-0001 看过的资料而显得可疑"


def test_members_of_a_group_are_told_with_each_other() -> None:
    report = reports.group_named()

    told = words.explanation(report, report.suspects[0], "en")

    assert told == "named as a group with agent-0002, agent-0003"


def test_an_actor_that_sees_too_much_is_told_as_such() -> None:
    wide = reports.suspect(exposure=0.97, victims_touched=45, victims_expected=43.0)
    report = reports.report(suspects=[wide])

    assert words.explanation(report, wide, "en") == "sees too much to be judged from victims"


def test_the_curve_title_states_the_finding() -> None:
    assert words.curve_title(reports.named_source(), "zh") == "来源在第 12 位受害者后超过界限"
    assert words.curve_title(reports.ring(), "en").startswith("All 2 sources have passed")
    assert words.curve_title(reports.shortlist(), "en").startswith("Actors past the bound: 2")
    assert words.curve_title(reports.report(), "en").startswith("Nobody passes the bound")


def test_the_forest_title_compares_with_work_alone() -> None:
    assert "had seen 33" in words.forest_title(reports.named_source(), "en")
    assert "no more than work explains" in words.forest_title(reports.report(), "en")


def test_work_alone_is_the_sum_of_the_chances_with_its_range() -> None:
    coin = reading.work_alone([0.5] * 4)  # 1, 4, 6, 4, 1 sixteenths: 0 and 4 hold 6.25 % each

    assert (coin.mean, coin.low, coin.high) == (2.0, 0, 4)
    assert reading.work_alone([1.0, 1.0, 0.0]) == reading.Range(2.0, 2, 2)
    assert reading.work_alone([]) == reading.Range(0.0, 0, 0)


def test_the_crossing_is_the_first_victim_at_the_bound() -> None:
    report = reports.named_source()
    curve = report.evidence.log10_e_values[0]

    victim = reading.crossing(report.evidence, "agent-0001")

    assert victim is not None
    assert curve[victim - 1] >= report.evidence.bound
    assert max(curve[: victim - 1]) < report.evidence.bound
    assert reading.crossing(report.evidence, "nobody") is None


def test_the_languages_are_chinese_and_english() -> None:
    assert [lang.value for lang in Lang] == ["zh", "en"]
