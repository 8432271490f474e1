"""`hubao world`: a simulated insurer, its leak and its scammers, written as files."""

import shlex
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hubao.cli.exits import told_as_exit_code
from hubao.cli.language import Language, our_language
from hubao.cli.options import Lang
from hubao.cli.outputs import CannotWrite
from hubao.cli.progress import progress_bar
from hubao.cli.scenarios import SENTENCES
from hubao.kit.errors import BadInput
from hubao.world.scenarios import Scenario

if TYPE_CHECKING:
    from hubao.world.build import Built


class Written(StrEnum):
    """What the tables are written as."""

    BOTH = "both"
    PARQUET = "parquet"
    CSV = "csv"


FIRST = date(2023, 1, 1)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)  # of a first day
_SUMMARY: Final = {
    Language.EN: (
        "{folder}: {events:,} accesses by {actors:,} actors to {policies:,} policies, "
        "{contacts:,} reported contacts; {size:,.1f} MB"
    ),
    Language.ZH: (
        "{folder}：{actors:,} 个账号对 {policies:,} 份保单的 {events:,} 次访问，"
        "{contacts:,} 份报告；{size:,.1f} MB"
    ),
}
_TRUTH: Final = {
    Language.EN: "What is true of it is in {truth}; trace it first:",
    Language.ZH: "真相写在 {truth} 中；先追查一下：",
}

world = typer.Typer(
    name="world",
    no_args_is_help=True,
    help="Make up an insurer with a leak, to try things on and to measure them.",
)


@world.command("scenarios")
def scenarios(lang: Lang = None) -> None:
    """List the leaks that can be simulated.

    Example: hubao world scenarios --lang en
    """
    lang = lang or our_language()
    width = max(map(len, Scenario))
    for scenario in Scenario:
        typer.echo(f"{scenario:{width}}  {SENTENCES[scenario][lang]}")


ScenarioName = Annotated[
    Scenario,
    typer.Option(metavar="NAME", help="How the records get out; see `hubao world scenarios`."),
]
Out = Annotated[
    Path, typer.Option(metavar="DIR", help="The folder that is made; it must not hold files.")
]
Policies = Annotated[
    int, typer.Option(min=200, max=30_000_000, metavar="NUMBER", help="How many records.")
]
Years = Annotated[
    int, typer.Option(min=1, max=30, metavar="NUMBER", help="Whole years of accesses.")
]
Seed = Annotated[
    int,
    typer.Option(min=0, metavar="NUMBER", help="The same seed gives the same bytes."),
]
Actors = Annotated[
    int | None,
    typer.Option(
        min=60,
        metavar="NUMBER",
        help="Accounts over all the years; left out, one for 40 policies.",
    ),
]
Reports = Annotated[
    int, typer.Option(min=1, max=1_000_000, metavar="NUMBER", help="Contacts reported.")
]
Noise = Annotated[
    float,
    typer.Option(min=0, max=1, metavar="SHARE", help="Share of them that are cold calls."),
]
Wave = Annotated[
    float,
    typer.Option(
        min=1, max=1e6, metavar="TIMES", help="How much likelier a cold call is in one region."
    ),
]
Hidden = Annotated[
    float,
    typer.Option(
        min=1,
        max=1e6,
        metavar="TIMES",
        help="How much likelier a cold call is to those with a trait that no table holds.",
    ),
]
TimeError = Annotated[
    float,
    typer.Option(
        min=0, max=365, metavar="DAYS", help="By how much stated times of contact are off."
    ),
]
Wrong = Annotated[
    float,
    typer.Option(min=0, max=1, metavar="SHARE", help="Share of the reports that are mistakes."),
]
Price = Annotated[
    int,
    typer.Option(min=0, max=1_000_000, metavar="FEN", help="What the callers pay for a record."),
]
Start = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The first day; left out, 2023-01-01."),
]
Formats = Annotated[
    Written,
    typer.Option("--format", metavar="both/parquet/csv", help="What tables are written as."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a world that is in the folder.")]


@world.command("build")
def build(
    context: typer.Context,
    *,
    scenario: ScenarioName,
    out: Out,
    policies: Policies = 20_000,
    years: Years = 3,
    seed: Seed = 7,
    actors: Actors = None,
    reports: Reports = 60,
    noise: Noise = 0.5,
    wave: Wave = 30.0,
    hidden: Hidden = 1.0,
    time_error: TimeError = 0.0,
    wrong: Wrong = 0.0,
    price: Price = 5,
    start: Start = None,
    written: Formats = Written.BOTH,
    force: Force = False,
    lang: Lang = None,
) -> None:
    """Make up an insurer with a leak: its access log, its tables, its victims, and the truth.

    Nobody in it lives: identity numbers, phones and cards are of ranges that were never issued.

    Example: hubao world build --scenario leaver --policies 20000 --years 3 --seed 7 --out insurer
    """
    with told_as_exit_code(context):
        first = start.date() if start else FIRST
        _check(first)
        from hubao.world.build import build as build_world  # noqa: PLC0415 - `--help` stays quick
        from hubao.world.files import Format  # noqa: PLC0415
        from hubao.world.model import Campaign, Scale  # noqa: PLC0415

        formats = tuple(Format) if written is Written.BOTH else (Format(written.value),)
        try:
            with progress_bar() as told:
                built = build_world(
                    scenario,
                    scale=Scale(policies, years, seed, actors, first),
                    campaign=Campaign(
                        reports=reports,
                        noise=noise,
                        wave=wave,
                        hidden=hidden,
                        time_error=time_error,
                        wrong=wrong,
                        price=price,
                    ),
                    out=out,
                    formats=formats,
                    force=force,
                    progress=told,
                )
        except OSError as error:
            raise CannotWrite(f"{out} can't be written: {error.strerror or error}.") from error
        tell(built, lang or our_language())


def _check(start: date) -> None:
    if not _EARLIEST <= start <= _LATEST:
        raise BadInput(f"--start must be a day from {_EARLIEST} to {_LATEST}; it is {start}.")


def tell(built: "Built", lang: Language) -> None:
    """Say what was made, and what to type next."""
    said = _SUMMARY[lang].format(
        folder=built.folder,
        events=built.events,
        actors=built.people,
        policies=built.records,
        contacts=built.contacts,
        size=built.size / 1e6,
    )
    typer.echo(said)
    typer.echo(_TRUTH[lang].format(truth=built.truth))
    typer.echo(f"  {command(built)}")


def command(built: "Built") -> str:
    """Give the command that traces the leak of this world."""
    return shlex.join(
        [
            *("hubao", "trace", str(built.access), "--victims", str(built.victims)),
            *("--policies", str(built.policies), "--actors", str(built.actors)),
        ]
    )
