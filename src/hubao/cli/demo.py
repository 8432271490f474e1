"""`hubao demo`: a small insurer with one leak, traced before the reader's eyes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.cli.language import Language, our_language
from hubao.cli.options import Lang
from hubao.cli.outputs import CannotWrite, check_writable
from hubao.cli.progress import progress_bar
from hubao.cli.trace import show

if TYPE_CHECKING:
    from hubao.world.small import SmallLeak

_TRUTH: Final = {
    Language.EN: "This insurer is made up. Its records were in truth copied by {source}.",
    Language.ZH: "以上保险公司是模拟的。其资料实际由 {source} 复制。",
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
        from hubao.world.small import write_small_leak  # noqa: PLC0415

        leak = write_small_leak(out, seed=seed)
        with progress_bar() as told:
            report = trace(
                [leak.access],
                victims=leak.victims,
                policies=leak.policies,
                actors=leak.actors,
                rejects=rejects,
                progress=told,
            )
        show(report, json=report_json, html=page, rejects=rejects, lang=lang)
        _tell_truth(leak, lang)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{folder} can't be made: {error.strerror}.") from error


def _tell_truth(leak: "SmallLeak", lang: Language) -> None:
    truth = json.loads(leak.truth.read_text(encoding="utf-8"))
    typer.echo()
    typer.echo(_TRUTH[lang].format(source=truth["source"]))
    typer.echo(_AGAIN[lang])
    typer.echo(
        f"  hubao trace {leak.access} --victims {leak.victims} "
        f"--policies {leak.policies} --actors {leak.actors}"
    )
