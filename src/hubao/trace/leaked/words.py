"""The leaked-file report in plain Chinese and English: one way to say each thing."""

from collections.abc import Iterator, Sequence

from hubao.trace.leaked.phrases import CAUTIONS, PHRASES
from hubao.trace.leaked.reading import BATCH
from hubao.trace.leaked.report import Dating, Kind, LeakedReport, Origin
from hubao.trace.report import Verdict
from hubao.trace.words import Lang, bound_percent, count, g_star, listing, percent, shown

NAMES = 5


def say(key: str, lang: str, **fields: str | int) -> str:
    """The phrase `key` in `lang` ("zh" or "en"), its fields filled; KeyError if there is none."""
    phrase = PHRASES[key]
    template = phrase.zh if Lang(lang) is Lang.ZH else phrase.en
    told = {name: count(one) if isinstance(one, int) else one for name, one in fields.items()}
    return template.format(**told)


def verdict(report: LeakedReport, lang: str) -> str:
    """What may be said about the source, with its bound."""
    key = f"verdict.{report.verdict.value}"
    if report.verdict is Verdict.SHORTLIST:
        names = [one.actor for one in report.suspects if _leads(report, one.actor)]
        return say(key, lang, names=_listed(report, names, lang))
    if report.verdict is not Verdict.SOURCE_NAMED:
        return say(key, lang)
    stars = {one.actor: one.g_star for one in report.suspects}
    star = min(stars.get(group[0]) or 1.0 for group in report.named)
    unless = say("verdict.unless", lang, g_star=g_star(star))
    groups = [_group(report, group, lang) for group in report.named]
    return say(
        key, lang, names=_joined(groups, lang), unless=unless, alpha=bound_percent(report.alpha)
    )


def _leads(report: LeakedReport, actor: str) -> bool:
    best = max(one.log10_e_value for one in report.suspects)
    return any(
        one.actor == actor and one.log10_e_value > best / 2 for one in report.suspects[:NAMES]
    )


def _group(report: LeakedReport, group: Sequence[str], lang: str) -> str:
    names = _listed(report, group, lang)
    return say("name.group", lang, names=names) if len(group) > 1 else names


def _listed(report: LeakedReport, names: Sequence[str], lang: str) -> str:
    return listing([who(report, name, lang) for name in names], lang)


def _joined(parts: Sequence[str], lang: str) -> str:
    return ("；" if Lang(lang) is Lang.ZH else "; ").join(parts)


def who(report: LeakedReport, name: str, lang: str) -> str:
    """An actor or an export as a sentence calls it."""
    if not name.startswith(BATCH):
        return shown(name)
    batch = name.removeprefix(BATCH)
    known = [one for one in report.origins if one.kind is Kind.BATCH and one.origin == batch]
    return origin(known[0], lang) if known else say("name.batch.alone", lang, batch=shown(batch))


def origin(one: Origin, lang: str) -> str:
    """An origin with its maker, where it is an export."""
    if one.kind is Kind.ACTOR:
        return shown(one.origin)
    return say("name.batch", lang, batch=shown(one.origin), actor=shown(one.actor))


def next_step(report: LeakedReport, lang: str) -> str:
    """What to do with this verdict, and what not to."""
    return say(f"next.{report.verdict.value}", lang)


def caution(code: str, report: LeakedReport, lang: str) -> str:
    """The sentence of one caution code; KeyError if the code has none."""
    rows = report.rows
    return say(
        f"caution.{code}",
        lang,
        records=rows.records,
        unmatched=rows.unmatched,
        ambiguous=rows.ambiguous,
        names=listing(rows.coded_otherwise, lang),
        rejected=sum(one.rejected for one in report.inputs),
    )


def caution_codes() -> frozenset[str]:
    """All caution codes that have a sentence."""
    return frozenset(key.removeprefix("caution.") for key in CAUTIONS)


def facts(report: LeakedReport, lang: str) -> Iterator[str]:
    """What was read and compared, a line each."""
    rows = report.rows
    yield say(
        "line.rows",
        lang,
        rows=rows.rows,
        matched=rows.matched,
        records=rows.records,
        by_id=rows.by_id,
        by_columns=rows.by_columns,
        by_likeness=rows.by_likeness,
        ambiguous=rows.ambiguous,
        unmatched=rows.unmatched,
    )
    yield say("line.columns", lang, names=_every(rows.columns, lang))
    if report.dating:
        yield _dated(report.dating, lang)
    yield say("line.found", lang, found_at=day_and_hour(report.found_at))
    yield say("line.sample", lang, sample=report.sample)
    yield say("line.family", lang, family=report.family, records=report.records)
    for one in report.inputs:
        role = say(f"role.{one.role}", lang)
        path = shown(one.path)
        yield say("line.input", lang, role=role, path=path, rows=one.rows, rejected=one.rejected)


def _dated(one: Dating, lang: str) -> str:
    return say(
        "line.dated",
        lang,
        best_from=day_and_hour(one.best_from),
        best_until=day_and_hour(one.best_until),
        likely_from=day_and_hour(one.likely_from),
        likely_until=day_and_hour(one.likely_until),
        consistent=one.consistent,
        cells=one.cells,
    )


def day_and_hour(moment: str) -> str:
    """A moment of the report, to the minute, in UTC."""
    return f"{moment[:10]} {moment[11:16]}Z"


def between(first: str | None, last: str | None) -> str:
    """Two moments of the report as an interval."""
    if first is None or last is None:
        return "–"
    return f"{day_and_hour(first)} – {day_and_hour(last)}"


def days(first: str | None, last: str | None) -> str:
    """The days of two moments, in UTC."""
    if first is None or last is None:
        return "–"
    return first[:10] if first[:10] == last[:10] else f"{first[:10]} – {last[:10]}"


def share(number: float) -> str:
    """A share in whole percents."""
    return percent(number)


def mark_lines(report: LeakedReport, lang: str) -> Iterator[str]:
    """How the file was made, a line each."""
    marks = report.marks
    ends = [marks.encoding, _delimiter(marks.delimiter), marks.line_ends]
    yield say("mark.format", lang, names=_every([marks.format, *filter(None, ends)], lang))
    yield say("mark.columns", lang, names=_every(marks.columns, lang))
    if marks.unknown_columns:
        yield say("mark.unknown", lang, names=_every(marks.unknown_columns, lang))
    if marks.sorted_by:
        yield say("mark.sorted", lang, names=_every(marks.sorted_by, lang))
    else:
        yield say("mark.unsorted", lang)
    if marks.null_styles:
        styles = [
            f"{style or say('mark.blank', lang)} × {count(number)}"
            for style, number in marks.null_styles[:NAMES]
        ]
        yield say("mark.nulls", lang, names=_every(styles, lang))
    if marks.repeated_rows:
        yield say("mark.repeated", lang, count=marks.repeated_rows)
    if marks.formula_cells:
        yield say("mark.formulas", lang, count=marks.formula_cells)


def _delimiter(mark: str | None) -> str | None:
    return {",": None, "\t": "TAB"}.get(mark, mark) if mark else None


def _every(names: Sequence[str], lang: str) -> str:
    return ("、" if Lang(lang) is Lang.ZH else ", ").join(shown(one)[:60] for one in names[:40])
