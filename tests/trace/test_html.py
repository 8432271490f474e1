"""The report as one HTML file: complete, closed to the outside, and quick to make."""

import re
import subprocess
import sys
import time
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import etree
from lxml import html as lxml_html

from hubao.trace.html import html_report, write_html
from hubao.trace.html.charts import drawn_lines, drawn_rows, spread
from hubao.trace.html.frame import NARROW, PALETTE, WIDE
from hubao.trace.html.page import _DARK
from hubao.trace.html.rows import cell_size
from hubao.trace.report import Report
from hubao.trace.words import limits, verdict_sentence
from tests.makers import reports

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Strict(HTMLParser):
    """Fails where a tag is left open or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def parsed(page: str) -> Strict:
    parser = Strict()
    parser.feed(page)
    return parser


def text_of(page: str, path: str) -> list[str]:
    tree = lxml_html.fromstring(page)
    found = etree.XPath(path)(tree)
    assert isinstance(found, list)
    nodes = [node for node in found if isinstance(node, etree._Element)]
    return ["".join(map(str, node.itertext())).strip() for node in nodes]


@cache  # drawing takes most of a second; many tests read the same page
def page_of(kind: str, lang: str = "en") -> str:
    return html_report(reports.every_report()[kind], lang)


@pytest.mark.parametrize(
    ("kind", "lang"),
    [*((kind, "en") for kind in reports.every_report()), ("named_source", "zh"), ("ring", "zh")],
)
def test_every_report_makes_a_sound_page(kind: str, lang: str) -> None:
    report = reports.every_report()[kind]

    page = page_of(kind, lang)
    strict = parsed(page)

    assert strict.open == []
    assert text_of(page, "//h1") == [verdict_sentence(report, lang)]
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert "None" not in " ".join(text_of(page, "//td"))


def test_the_page_has_no_script_and_asks_for_nothing() -> None:
    page = page_of("hostile_names")

    strict = parsed(page)
    tags = {tag for tag, _ in strict.seen}
    reaching = {"href", "src", "srcset", "action", "xlink:href", "data", "onerror", "onload"}

    assert tags.isdisjoint({"script", "img", "link", "iframe", "object", "a", "image", "use"})
    assert not [attrs for _, attrs in strict.seen if reaching & attrs.keys()]
    assert not re.search(r"url\(|@import|javascript:", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_hostile_names_are_text() -> None:
    page = page_of("hostile_names")

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_sections_come_in_order() -> None:
    page = page_of("named_source", "zh")

    assert text_of(page, "//main//h2") == [
        "要点",
        "来源在第 12 位受害者后超过界限",
        "来源看过 33 位受害者，工作量只能解释约 3.6 位",
        "所列 8 个账号里，领先者看过 60 位受害者中的 33 位",
        "嫌疑账号",
        "在哪些层内比较",
        "本报告不能证明什么",
        "所用文件",
    ]


def test_every_picture_is_drawn_for_both_widths_and_has_its_data() -> None:
    page = page_of("ring")

    assert len(text_of(page, "//figure/div[contains(@class, 'wide')]")) == 3
    assert len(text_of(page, "//figure/div[contains(@class, 'narrow')]")) == 3
    assert len(text_of(page, "//section[figure]/details//table")) == 3
    assert " id=" not in "".join(re.findall(r"<svg viewBox.*?</svg>", page, flags=re.DOTALL))


def test_state_is_told_by_a_word_not_by_colour_alone() -> None:
    for kind, word in (("named_source", "Source named"), ("shortlist", "Shortlist")):
        page = page_of(kind)

        assert text_of(page, "//p[@class='state']") == [word]


def test_limits_inputs_and_digests_are_on_the_page() -> None:
    page = page_of("report")

    assert text_of(page, "//section[@class='limits']//li") == limits("en")
    assert "3f" * 32 in page
    assert "1,204,331" in page
    assert "P900001, P900002" in page


def test_an_explained_colleague_is_told_as_such_in_the_table() -> None:
    page = page_of("explained_colleague")

    assert "explained by the records of agent-0001" in text_of(page, "//td")


def test_columns_that_nobody_has_are_left_out() -> None:
    head = text_of(page_of("report"), "//table[@class='suspects'][1]//th")
    full = text_of(page_of("named_source"), "//table[@class='suspects'][1]//th")

    assert "Strong evidence" not in head
    assert "Strong evidence" in full


def test_rows_beyond_the_first_unfold() -> None:
    page = page_of("large")

    assert text_of(page, "//summary[contains(., 'The other')]") == ["The other 45 rows"]
    assert len(text_of(page, "//table[@class='suspects']//tbody/tr")) == 60


def test_a_report_without_suspects_says_what_will_appear() -> None:
    page = page_of("no_suspects")

    assert "<figure" not in page
    assert "Check that the victims table uses the same policy ids" in page


def test_every_colour_of_the_charts_has_its_light_and_dark() -> None:
    page = page_of("report")

    assert PALETTE.keys() == _DARK.keys()
    for name, colour in PALETTE.items():
        assert f'.chart [fill="{colour}"] {{ fill: var(--{name}) }}' in page
    drawn = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', page))
    assert drawn <= set(PALETTE.values())


def test_a_language_we_do_not_speak_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        html_report(reports.report(), "fr")


def test_the_file_is_utf8(tmp_path: Path) -> None:
    path = tmp_path / "r.html"

    write_html(reports.long_names(), path, "zh")

    assert "王小明" in path.read_text(encoding="utf-8")


def test_the_same_report_gives_the_same_page() -> None:
    assert html_report(reports.ring(), "zh") == page_of("ring", "zh")


def test_ten_times_the_report_takes_at_most_ten_times_as_long() -> None:
    small, large = (reports.large(suspects=6 * k, victims=50 * k) for k in (1, 10))
    html_report(reports.one_victim(), "en")  # what is loaded once is not counted

    short, long = _seconds(small), _seconds(large)

    assert long < 10 * short
    assert len(html_report(large, "zh")) < 1_000_000


def _seconds(report: Report) -> float:
    """Processor time of a page: other work on the machine doesn't count."""
    began = time.process_time()
    html_report(report, "zh")
    return time.process_time() - began


def test_asking_for_no_page_loads_no_drawing_library() -> None:
    code = (
        "import sys, hubao.trace.html, hubao.trace.terminal, hubao.trace.jsonout;"
        "print([m for m in ('altair', 'vl_convert', 'jinja2') if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def test_labels_are_moved_apart_within_the_picture() -> None:
    moved = spread([100.0, 101.0, 319.0, 320.0], 18, 320)

    assert moved[1] - moved[0] >= 18
    assert moved[3] - moved[2] >= 18
    assert max(moved) <= 320


def test_identical_lines_of_a_group_are_labelled_once() -> None:
    leads = drawn_lines(reports.group_named(), most=5)

    assert leads[0].label(24) == "1 agent-0001 +2"
    assert not [lead for lead in leads[1:] if lead.actor in {"agent-0002", "agent-0003"}]


def test_a_dozen_suspects_are_drawn_row_by_row() -> None:
    rows = drawn_rows(reports.large())

    assert [lead.rank for lead in rows] == list(range(1, 13))


def test_many_victims_share_a_cell_so_that_the_strip_stays_readable() -> None:
    report = reports.large(victims=300)

    assert cell_size(report, WIDE) == 3
    assert cell_size(report, NARROW) == 5
