"""`hubao demo`: a small insurer with one leak, traced before the reader's eyes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.cli.language import Language, our_language
from hubao.cli.options import Lang
from hubao.cli.outputs import CannotWrite, check_writable
from hubao.cli.progress import Told, progress_bar
from hubao.cli.trace import show
from hubao.cli.world import command
from hubao.world.scenarios import Scenario

if TYPE_CHECKING:
    from hubao.world.build import Built

POLICIES, REPORTS = 12_000, 45
_TRUTH: Final = {
    Language.EN: "This insurer is made up. Its records were in truth copied by {source}, who left.",
    Language.ZH: "以上保险公司是模拟的。其资料实际由已离职的 {source} 复制。",
}
_AGAIN: Final = {
    Language.EN: "The same again, by hand:",
    Language.ZH: "同样的结果也可手工得到：",
}


def demo(
    context: typer.Context,
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where its files go; made if it is missing.")
    ] = Path("hubao-demo"),
    seed: Annotated[
        int,
        typer.Option(
            min=0, metavar="NUMBER", help="The same seed gives the same insurer and the same leak."
        ),
    ] = 7,
    lang: Lang = None,
) -> None:
    """Make up a small insurer with one leak, trace it, and say what was true.

    Example: hubao demo --out demo
    """
    with told_as_exit_code(context):
        lang = lang or our_language()
        _make_folder(out)
        page, report_json = out / "report.html", out / "report.json"
        rejects = out / "report.rejects.csv"
        check_writable([page, report_json], inputs=[])
        from hubao.trace import trace  # noqa: PLC0415 - `hubao --help` stays quick

        with progress_bar() as told:
            built = _make_leak(out / "insurer", seed, told)
            report = trace(
                [built.access],
                victims=built.victims,
                policies=built.policies,
                actors=built.actors,
                rejects=rejects,
                progress=told,
            )
        show(report, json=report_json, html=page, rejects=rejects, lang=lang)
        _tell_truth(built, lang)


def _make_leak(folder: Path, seed: int, told: Told | None) -> "Built":
    """Make an insurer and somebody who copied its records in the notice period."""
    from hubao.world.build import build  # noqa: PLC0415
    from hubao.world.files import Format  # noqa: PLC0415
    from hubao.world.model import Campaign, Scale  # noqa: PLC0415

    try:
        return build(
            Scenario.LEAVER,
            scale=Scale(policies=POLICIES, years=1, seed=seed),
            campaign=Campaign(reports=REPORTS),
            out=folder,
            formats=[Format.CSV],
            force=True,
            progress=told,
        )
    except OSError as error:
        raise CannotWrite(f"{folder} can't be written: {error.strerror or error}.") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{folder} can't be made: {error.strerror}.") from error


def _tell_truth(built: "Built", lang: Language) -> None:
    (source,) = json.loads(built.truth.read_text(encoding="utf-8"))["sources"]
    typer.echo()
    typer.echo(_TRUTH[lang].format(source=source["actor"]))
    typer.echo(_AGAIN[lang])
    typer.echo(f"  {command(built)}")
