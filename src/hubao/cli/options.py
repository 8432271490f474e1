"""Options that several commands share, and how their text becomes values."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hubao.cli.language import Language


def parse_columns(text: str | None) -> dict[str, str] | None:
    """Read `policy=case_id,actor=org:resource` as {our name: header in the access log}.

    Raises:
        typer.BadParameter: a part is not NAME=HEADER, or a name is given twice.
    """
    return parse_pairs(text, option="--columns", example="policy=case_id")


def parse_pairs(text: str | None, *, option: str, example: str) -> dict[str, str] | None:
    """Read `a=b,c=d` as {a: b, c: d}; None stays None.

    Raises:
        typer.BadParameter: a part is no such pair, or a name is given twice.
    """
    if text is None:
        return None
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, equals, other = (piece.strip() for piece in part.partition("="))
        if not (name and equals and other):
            _refuse(option, f"'{part}' is not NAME=HEADER, as in {example}.")
        if name in pairs:
            _refuse(option, f"'{name}' is given twice.")
        pairs[name] = other
    return pairs


def parse_names(text: str | None) -> list[str] | None:
    """Read `branch,product` as a list of column names.

    Raises:
        typer.BadParameter: a name is empty or given twice.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(names) or len(set(names)) < len(names):
        _refuse("--strata", f"'{text}' is not a list of different names, as in branch,product.")
    return names


def _refuse(option: str, sentence: str) -> NoReturn:
    raise typer.BadParameter(sentence, param_hint=option)


Columns = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=HEADER,…",
        help="Which header of the access log holds what, as in policy=case_id,actor=org:resource.",
    ),
]
Strata = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,…",
        help="Columns of --policies within which records are compared; "
        "left out, every column with few values.",
    ),
]
Policies = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Records: policy, issued (a date), any columns."),
]
Identities = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Accounts of one person, counted as one: login, actor."),
]
Timezone = Annotated[str, typer.Option(metavar="ZONE", help="Time zone of times that name none.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first row that can't be read.")]
Lang = Annotated[
    Language | None,
    typer.Option(
        metavar="en/zh", help="Language of the report; left out, that of the environment."
    ),
]
