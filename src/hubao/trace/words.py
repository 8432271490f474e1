"""The trace report in plain Chinese and English: one way to say each thing."""

import math
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from hubao.trace import reading
from hubao.trace.phrases import CAUTIONS, LIMITS, PHRASES
from hubao.trace.reading import Standing
from hubao.trace.report import Report, Suspect, Verdict
from hubao.trace.wrapping import shortened

NAMES_SHOWN: Final = 5  # of more names than this, a sentence gives the first and a count
BRIEF_CELLS: Final = 20  # names quoted inside a table's cell; the full name has its own row
_UNSHOWABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Lang(StrEnum):
    """The report's languages."""

    ZH = "zh"
    EN = "en"


def say(key: str, lang: str, **fields: str | int) -> str:
    """The phrase `key` in `lang` ("zh" or "en"), its fields filled; KeyError if there is none."""
    phrase = PHRASES[key]
    template = phrase.zh if Lang(lang) is Lang.ZH else phrase.en
    shown_fields = {
        name: count(value) if isinstance(value, int) else value for name, value in fields.items()
    }
    return template.format(**shown_fields)


def shown(name: str) -> str:
    """A name from the data, safe to print: control and direction-changing characters become �."""
    return "".join("�" if unicodedata.category(c) in _UNSHOWABLE else c for c in name)


def brief(names: Sequence[str], lang: str) -> str:
    """Names quoted where room is short: as `listing`, each cut in its middle."""
    return listing([shortened(shown(name), BRIEF_CELLS) for name in names], lang)


def listing(names: Sequence[str], lang: str) -> str:
    """Names in a sentence, at most five of them and the number of the others."""
    first = [shown(name) for name in names[:NAMES_SHOWN]]
    more = len(names) - len(first)
    rest = say("verdict.and_others", lang, count=more) if more else ""
    if Lang(lang) is Lang.ZH:
        return "、".join(first) + rest
    return ", ".join(first) + (f" {rest}" if rest else "")


def count(number: int) -> str:
    """A whole number with separators: 1,234."""
    return f"{number:,}"


def decimal(number: float | None, places: int = 2) -> str:
    """A number with fixed places, a dash where there is none."""
    if number is None or math.isnan(number):
        return "–"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    text = f"{number:,.{places}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def g_star(number: float | None) -> str:
    """G* to one place, rounded down so that it never promises more than was found."""
    if number is None or not math.isfinite(number):
        return decimal(number)
    return decimal(math.floor(round(number * 10, 6)) / 10, 1)


def percent(share: float) -> str:
    """A share in whole percents; near 0 or 1 it says so instead of rounding to certainty."""
    if share == 0:
        return "0%"
    if share < 0.001:
        return "<0.1%"
    if share > 0.999:
        return ">99.9%"
    return f"{share:.1%}" if share < 0.1 or share > 0.9 else f"{share:.0%}"


def bound_percent(alpha: float) -> str:
    """The accusation bound as a percentage, exact to three figures: 1%, 0.05%."""
    return f"{100 * alpha:.3g}%" if alpha >= 1e-4 else f"{100 * alpha:.6f}".rstrip("0") + "%"


def verdict_sentence(report: Report, lang: str) -> str:
    """What may be said about the source, with its bound, in one or two plain sentences."""
    if not report.suspects:
        return say("verdict.no_suspects", lang)
    if report.verdict is Verdict.SOURCE_NAMED:
        return _named_sentence(report, lang)
    if report.verdict is Verdict.OUTSIDE_LOG:
        return _outside_sentence(report, lang)
    if report.verdict is Verdict.SHORTLIST:
        return _shortlist_sentence(report, lang)
    return say("verdict.not_enough", lang) + _needs(report, lang)


def _named_sentence(report: Report, lang: str) -> str:
    star = reading.weakest_g_star(report)
    unless = say("verdict.unless", lang, g_star=g_star(star)) if star is not None else ""
    return (
        _sources(report.named, lang)
        + unless
        + say("verdict.bound", lang, alpha=bound_percent(report.alpha))
    )


def _sources(groups: Sequence[Sequence[str]], lang: str) -> str:
    if len(groups) == 1:
        key = "verdict.named.group" if len(groups[0]) > 1 else "verdict.named.one"
        return say(key, lang, names=listing(groups[0], lang))
    parts = [_source(group, lang) for group in groups]
    joined = ("；" if Lang(lang) is Lang.ZH else "; ").join(parts)
    return say("verdict.named.several", lang, count=len(groups), sources=joined)


def _source(group: Sequence[str], lang: str) -> str:
    names = listing(group, lang)
    return say("verdict.several.group", lang, names=names) if len(group) > 1 else names


def _shortlist_sentence(report: Report, lang: str) -> str:
    names = listing([s.actor for s in reading.shortlisted(report)], lang)
    if not reading.passing(report):
        return say("verdict.shortlist.lead", lang, names=names) + _needs(report, lang)
    bound = say("verdict.shortlist.bound", lang, alpha=bound_percent(report.alpha))
    return say("verdict.shortlist", lang, names=names) + bound + _needs(report, lang)


def _outside_sentence(report: Report, lang: str) -> str:
    sentence = say("verdict.outside_log", lang, largest=percent(report.largest_share))
    if not report.too_wide:
        return sentence
    return sentence + say("verdict.outside.wide", lang, names=listing(report.too_wide, lang))


def _needs(report: Report, lang: str) -> str:
    if report.victims_needed is None:
        return say("verdict.needs.none", lang)
    if report.victims_needed == 0:
        return ""
    return say("verdict.needs", lang, count=report.victims_needed) + _needs_targeted(report, lang)


def _needs_targeted(report: Report, lang: str) -> str:
    needed_then = report.victims_needed_targeted
    if needed_then is None or needed_then <= (report.victims_needed or 0):
        return ""
    return say("verdict.needs.targeted", lang, count=needed_then)


def next_step(report: Report, lang: str) -> str:
    """What to do with this verdict, and what not to."""
    return say(f"next.{report.verdict.value}", lang)


def caution_sentence(code: str, report: Report, lang: str) -> str:
    """The sentence of one caution code; KeyError if the code has none."""
    return say(
        f"caution.{code}",
        lang,
        used=report.victims.used,
        unknown=len(report.victims.unknown),
        chosen=report.victims.chosen,
        doubted=report.victims.doubted,
        rejected=sum(source.rejected for source in report.inputs),
    )


def caution_codes() -> frozenset[str]:
    """All caution codes that have a sentence."""
    return frozenset(key.removeprefix("caution.") for key in CAUTIONS)


def limits(lang: str) -> list[str]:
    """What no trace proves, one sentence each, the weightiest first."""
    return [say(key, lang) for key in LIMITS]


def needed(report: Report, lang: str) -> str:
    """Further victims needed, as a figure."""
    if report.victims_needed is None:
        return say("needed.none", lang)
    return count(report.victims_needed) if report.victims_needed else say("needed.zero", lang)


def explanation(report: Report, suspect: Suspect, lang: str) -> str:
    """Why this suspect is named or is not, in a few words."""
    why = reading.standing(report, suspect)
    if why is Standing.NAMED_GROUP:
        group = next(group for group in report.named if suspect.actor in group)
        others = [actor for actor in group if actor != suspect.actor]
        return say("reading.named_group", lang, names=brief(others, lang))
    same = _same(suspect, lang)
    if why is Standing.EXPLAINED:
        leads = [group[0] for group in report.named]
        return say("reading.explained", lang, names=brief(leads, lang)) + same
    return say(f"reading.{why.value}", lang) + same


def _same(suspect: Suspect, lang: str) -> str:
    if not suspect.same_records_as:
        return ""
    gap = "" if Lang(lang) is Lang.ZH else " "
    return gap + say("reading.same", lang, names=brief(suspect.same_records_as, lang))


def victims_line(report: Report, lang: str) -> str:
    """What became of the rows of the victims table."""
    victims = report.victims
    return say(
        "line.victims",
        lang,
        used=victims.used,
        rows=victims.rows,
        merged=victims.merged,
        unknown=len(victims.unknown),
        order=say(f"order.{victims.ordered_by}", lang),
    )


def after_lines(report: Report, lang: str) -> list[str]:
    """What follows from the verdict: the copy, contacts to come, accesses after leaving, asking."""
    named = {group[0] for group in report.named}
    lines = [
        line for s in report.suspects if s.actor in named for line in _after_named(report, s, lang)
    ]
    if not report.ask_next:
        return lines
    asked = say("after.ask", lang, names=listing([one.policy for one in report.ask_next], lang))
    if report.answers_needed is None:
        return [*lines, asked + say("after.ask.record", lang)]
    return [*lines, asked + say("after.ask.answers", lang, count=report.answers_needed)]


def _after_named(report: Report, suspect: Suspect, lang: str) -> list[str]:
    group = next(group for group in report.named if suspect.actor in group)
    names, lines = listing(group, lang), []
    if suspect.copied_between is not None:
        first, last = suspect.copied_between
        key = "after.copied.one_day" if first == last else "after.copied"
        lines.append(say(key, lang, names=names, first=first, last=last))
    if suspect.expected_victims_left is not None and suspect.expected_victims_left_between:
        low, high = suspect.expected_victims_left_between
        left = round(suspect.expected_victims_left)
        lines.append(say("after.left", lang, names=names, count=left, low=low, high=high))
    if suspect.accesses_after_leaving:
        after = suspect.accesses_after_leaving
        lines.append(say("after.leaving", lang, names=names, count=after))
    return lines


def curve_title(report: Report, lang: str) -> str:
    """What the evidence curve shows."""
    if report.named:
        return _named_curve_title(report, lang)
    passed = reading.passing(report)
    if passed:
        return say("curve.passed", lang, count=len(passed))
    if not report.suspects:
        return say("curve.plain", lang)
    best = max(s.log10_e_value for s in report.suspects)
    return say("curve.below", lang, best=decimal(best), bound=decimal(report.evidence.bound))


def _named_curve_title(report: Report, lang: str) -> str:
    victim = reading.named_crossing(report)
    if victim is None:
        return say("curve.plain", lang)
    if len(report.named) == 1:
        return say("curve.named.one", lang, victim=victim)
    return say("curve.named.several", lang, count=len(report.named), victim=victim)


def forest_title(report: Report, lang: str) -> str:
    """What the comparison of seen and expected victims shows."""
    leader = reading.leader(report)
    rows = dict(zip(report.evidence.actors, report.evidence.expected, strict=True))
    alone = reading.work_alone(rows.get(leader.actor, ()))
    if leader.victims_touched <= alone.high:
        return say("forest.normal", lang)
    key = "forest.named" if len(report.named) == 1 else "forest.over"
    return say(key, lang, seen=leader.victims_touched, expected=decimal(alone.mean, 1))


def strip_title(report: Report, rows: int, lang: str) -> str:
    """What the victims x suspects strip shows; `rows` suspects are drawn."""
    evidence = report.evidence
    seen, total = sum(evidence.touched[0]), len(evidence.policies)
    if rows == 1:
        return say("strip.title.one", lang, seen=seen, total=total)
    return say("strip.title", lang, rows=rows, seen=seen, total=total)
