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
    if text is None:
        return None
    columns: dict[str, str] = {}
    for part in text.split(","):
        name, equals, header = (piece.strip() for piece in part.partition("="))
        if not (name and equals and header):
            _refuse("--columns", f"'{part}' is not NAME=HEADER, as in policy=case_id.")
        if name in columns:
            _refuse("--columns", f"'{name}' is given twice.")
        columns[name] = header
    return columns


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
