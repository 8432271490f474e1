import json
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from hubao.trace import Suspect, Verdict
from hubao.trace.leaked import words
from hubao.trace.leaked.jsonout import json_schema, to_json
from hubao.trace.leaked.phrases import PHRASES
from hubao.trace.leaked.report import (
    Dating,
    FileRead,
    Kind,
    LeakedReport,
    Marks,
    Origin,
    Rows,
)
from hubao.trace.leaked.terminal import print_report
from hubao.trace.report import Proof

DATED = Dating("2025-03-01T01:02:03+00:00", "2025-03-01T04:00:00+00:00",
               "2025-02-28T01:02:03+00:00", "2025-03-02T04:00:00+00:00", 60, 58)  # fmt: skip
ROWS = Rows(70, 0, 40, 20, 4, 6, 58, ["name", "phone"], ["branch"])
MARKS = Marks("CSV", "gb18030", ";", "CRLF", ["姓名", "phone"], ["备注"], [("", 3), ("NULL", 2)],
              ["phone"], 2, 1)  # fmt: skip


def origin(name: str, **changes: Any) -> Origin:  # noqa: ANN401 - any field's new value
    plain = Origin(name, Kind.ACTOR, name, 100, 58, 0.9, 40.0, [], "2025-02-01T00:00:00+00:00",
                   "2025-02-09T00:00:00+00:00", DATED)  # fmt: skip
    return replace(plain, **changes)


def suspect(name: str, log10_e_value: float = 30.0) -> Suspect:
    return Suspect(
        name, 0.99, 0.9, log10_e_value, None, 20.0, Proof.SEARCHED, 50, 3.0, 0.01, 4.56, []
    )


def report(**changes: Any) -> LeakedReport:  # noqa: ANN401 - any field's new value
    plain = LeakedReport(
        verdict=Verdict.SOURCE_NAMED,
        named=[["batch:B 7"], ["a-2", "a-3"]],
        rows=ROWS,
        origins=[origin("B 7", kind=Kind.BATCH, actor="a-1"), origin("a-2", dating=None)],
        elsewhere=0.02,
        suspects=[suspect("batch:B 7"), suspect("a-2"), suspect("a-9", 1.0)],
        sample=58,
        dating=DATED,
        marks=MARKS,
        found_at="2025-05-01T00:00:00+00:00",
        alpha=0.01,
        family=30,
        strata=["branch"],
        records=2_000,
        inputs=[FileRead("found.csv", "leaked", 70, 1, "0" * 64)],
        cautions=sorted(words.caution_codes()),
        version="0",
    )
    return replace(plain, **changes)


def printed(one: LeakedReport, lang: str, width: int = 100) -> str:
    out = StringIO()
    print_report(one, Console(file=out, width=width), lang)
    return out.getvalue()


class TestPhrases:
    @pytest.mark.parametrize("key", sorted(PHRASES))
    def test_have_the_same_fields_in_both_languages(self, key: str) -> None:
        chinese, english = (re.findall(r"\{(\w+)\}", text) for text in PHRASES[key])

        assert set(chinese) == set(english)

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_never_call_anybody_a_perpetrator(self, lang: str) -> None:
        text = " ".join(one.en if lang == "en" else one.zh for one in PHRASES.values())

        assert not re.search("perpetrator|culprit|thief|guilty|嫌犯|罪", text)


class TestVerdict:
    def test_gives_the_bound_and_the_strength_of_targeting(self) -> None:
        assert words.verdict(report(), "en") == (
            "The records in this file came from export B 7 (made by a-1); one of a-2, a-3 (which "
            "hold the same records), unless hidden targeting is stronger than G* = 4.5. The chance "
            "of naming any innocent is at most 1%."
        )

    @pytest.mark.parametrize("lang", ["en", "zh"])
    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_has_words_for_each(self, verdict: Verdict, lang: str) -> None:
        named = [["a-2"]] if verdict is Verdict.SOURCE_NAMED else []

        told = words.verdict(report(verdict=verdict, named=named), lang)

        assert len(told) > 10
        assert ("a-9" not in told) or verdict is not Verdict.SHORTLIST

    def test_lists_only_those_near_the_lead(self) -> None:
        told = words.verdict(report(verdict=Verdict.SHORTLIST, named=[]), "en")

        assert "a-2" in told
        assert "a-9" not in told


class TestPrintReport:
    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_says_everything_that_was_found(self, lang: str) -> None:
        text = printed(report(), lang)

        for part in ("B 7", "2025-03-01 01:02Z", "gb18030", "found.csv", "G* = 4.5", "备注"):
            assert part in text
        assert text.count("! ") == len(words.caution_codes())

    @pytest.mark.parametrize("width", [40, 80, 200])
    def test_fits_the_screen(self, width: int) -> None:
        lines = printed(report(), "en", width).splitlines()

        assert max(map(len, lines)) <= width

    def test_prints_names_as_text_and_never_as_markup_or_control(self) -> None:
        evil = "[bold]\x1b[31m\u202ename"
        one = report(
            named=[[evil]],
            suspects=[suspect(evil)],
            origins=[origin(evil)],
            marks=replace(MARKS, columns=[evil], null_styles=[(evil, 1)], sorted_by=[evil]),
            inputs=[FileRead(evil, "leaked", 1, 0, None)],
        )

        text = printed(one, "en")

        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold]" in text

    def test_says_so_where_nothing_explains_the_file(self) -> None:
        text = printed(report(verdict=Verdict.NOT_ENOUGH_EVIDENCE, named=[], origins=[]), "en")

        assert "No actor or export explains the file" in text


class TestToJson:
    def test_holds_every_field_as_plain_json(self) -> None:
        made = json.loads(json.dumps(to_json(report()), allow_nan=False))

        assert made["verdict"] == "source_named"
        assert made["origins"][0]["kind"] == "batch"
        assert made["dating"]["consistent"] == 58
        assert made["marks"]["null_styles"] == [["", 3], ["NULL", 2]]

    def test_is_as_its_schema_says(self) -> None:
        schema = json_schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        made = json.loads(json.dumps(to_json(report())))

        jsonschema.validate(made, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(made | {"named": []}, schema)

        assert schema["required"][0] == "verdict"
