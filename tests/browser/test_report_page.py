"""The report page as people see it: phone and desk, light and dark, Chinese and English."""

from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from hubao.trace.html import write_html
from tests.makers import reports

pytestmark = pytest.mark.needs("browser")

# What is not to be overlooked; axe's lesser findings are advice.
GRAVE = {"serious", "critical"}
KINDS = ("named_source", "long_names", "hostile_names", "no_suspects", "large")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The written reports, by kind and language."""
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    every = reports.every_report()
    for kind in KINDS:
        for lang in ("zh", "en"):
            written[kind, lang] = folder / f"{kind}.{lang}.html"
            write_html(every[kind], written[kind, lang], lang)
    return written


def opened(
    browser: Browser, path: Path, *, width: int, colours: Literal["light", "dark"]
) -> tuple[BrowserContext, Page, list[str]]:
    """The page, and a list that gathers what it should not do: console lines, requests, errors."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=colours)
    page = context.new_page()
    faults: list[str] = []
    address = path.as_uri()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on("request", lambda asked: None if asked.url == address else faults.append(asked.url))
    page.goto(address)
    return context, page, faults


UNFOLD = "for (const d of document.querySelectorAll('details')) d.open = true"
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (390, "light"), (390, "dark"), (1440, "light"), (1440, "dark"),
)  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_fits_and_keeps_to_itself(
    browser: Browser, pages: dict[tuple[str, str], Path], kind: str, lang: str
) -> None:
    context, page, faults = opened(browser, pages[kind, lang], width=390, colours="light")

    page.evaluate(UNFOLD)
    overflow = {}
    for width, colours in LOOKS:
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": 844})
        reach = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        overflow[width, colours] = reach
    context.close()

    assert {look: reach for look, reach in overflow.items() if reach > 0} == {}
    assert faults == []


@pytest.mark.parametrize(("width", "colours"), LOOKS)
@pytest.mark.parametrize("kind", ["named_source", "no_suspects"])
def test_axe_finds_nothing_serious(
    browser: Browser,
    pages: dict[tuple[str, str], Path],
    kind: str,
    width: int,
    colours: Literal["light", "dark"],
) -> None:
    context, page, _ = opened(browser, pages[kind, "zh"], width=width, colours=colours)

    page.evaluate(UNFOLD)
    found = violations(page)
    context.close()

    assert found == []


def test_axe_is_really_looking(browser: Browser, pages: dict[tuple[str, str], Path]) -> None:
    context, page, _ = opened(browser, pages["no_suspects", "en"], width=390, colours="light")

    page.evaluate("document.querySelector('h1').style.color = '#fee'")
    found = violations(page)
    context.close()

    assert [rule for rule, _ in found] == ["color-contrast"]


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Rules that the page breaks gravely, with the first elements that do."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(results => results.violations)")
    return [
        (one["id"], [node["html"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize(
    ("width", "shown", "hidden"), [(390, "narrow", "wide"), (1440, "wide", "narrow")]
)
def test_each_width_gets_its_own_drawing_in_readable_letters(
    browser: Browser, pages: dict[tuple[str, str], Path], width: int, shown: str, hidden: str
) -> None:
    path = pages["named_source", "zh"]
    context, page, _ = opened(browser, path, width=width, colours="light")

    letters = page.evaluate(
        "name => { const svg = document.querySelector(`.chart.${name} > svg`);"
        " return 13 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; }",
        shown,
    )
    other = page.locator(f".chart.{hidden}").first.is_visible()
    context.close()

    assert letters >= 11.5
    assert not other


@pytest.mark.parametrize("kind", ["named_source", "long_names"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_label_of_a_chart_leaves_its_card(
    browser: Browser, pages: dict[tuple[str, str], Path], kind: str, width: int
) -> None:
    context, page, _ = opened(browser, pages[kind, "zh"], width=width, colours="light")

    outside = page.evaluate(
        """() => [...document.querySelectorAll('.chart text')].filter(text => {
             const box = text.getBoundingClientRect();
             const card = text.closest('section').getBoundingClientRect();
             return box.width > 0 && (box.left < card.left || box.right > card.right);
           }).map(text => text.textContent)"""
    )
    context.close()

    assert outside == []


def test_dark_colours_reach_the_charts(
    browser: Browser, pages: dict[tuple[str, str], Path]
) -> None:
    colours = []
    for scheme in ("light", "dark"):
        context, page, _ = opened(
            browser, pages["named_source", "en"], width=1440,
            colours="dark" if scheme == "dark" else "light",
        )  # fmt: skip
        colours.append(
            page.evaluate("getComputedStyle(document.querySelector('.chart.wide text')).fill")
        )
        context.close()

    assert colours[0] != colours[1]


def test_it_prints_on_a4_without_the_folded_tables(
    browser: Browser, pages: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    context, page, _ = opened(browser, pages["named_source", "en"], width=390, colours="dark")

    page.pdf(path=tmp_path / "r.pdf", prefer_css_page_size=True)
    page.emulate_media(media="print")
    seen = [page.locator(f).first.is_visible() for f in (".chart.wide", ".chart.narrow", "details")]
    paper = page.evaluate("getComputedStyle(document.body).color")
    context.close()

    assert (tmp_path / "r.pdf").read_bytes().count(b"/Type /Page\n") in range(2, 6)
    assert seen == [True, False, False]
    assert paper == "rgb(31, 41, 55)"
