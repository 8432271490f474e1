"""Write the reference pages that are read off the code; `--check` only names the stale ones.

Run: make docs
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import django
from django.conf import settings
from pydantic.fields import FieldInfo
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

import hubao
from hubao.cli import app
from hubao.cli.exits import EXIT_CODES
from hubao.desk.config.env import Env
from hubao.desk.config.mapping import django_settings
from hubao.desk.config.settings_test import ENV
from hubao.desk.core.actor import ALLOWED, SECOND_FACTOR_ROLES, Permission, Role
from hubao.desk.core.metrics import DECLARED
from hubao.desk.policies.rules import OUTSIDE_A_DAY, PURPOSES, Purpose
from hubao.kit.errors import HubaoError
from hubao.kit.parameter_file import Parameter
from hubao.kit.parameters import all_parameters
from hubao.trace.jsonout import json_schema
from hubao.trace.leaked import jsonout as leaked_json

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- made by `make docs` from the code; edit the code, not this page -->\n"
# Offered by the command line framework on every program; they need no line of ours.
NOT_OURS = {"--install-completion", "--show-completion", "--help"}
RUN = {"hubao.__main__", "hubao.desk.config.settings"}  # not to be imported, but run
_ABOUT_CODES = """\
What went wrong is one sentence on stderr that ends with one of these codes in brackets. The codes
are stable, the sentences are not.
"""
_ABOUT_SETTINGS = """\
Variables of the environment. A secret may instead be a file of that name, in small letters: in the
folder `HUBAO_SECRETS` and nowhere else if that is set; else in `/run/secrets`, and if it isn't
there, in `secrets` in `HUBAO_DATA`. A variable counts before a file. Where both folders have a
secret, the one in `/run/secrets` counts, and every start says so.
"""
_ABOUT_ROLES = """\
A person may have several roles; what one of them allows is allowed. Everybody sees the records of
their own unit and of those below it, whatever the role. Nobody gives roles to himself. Roles that
reveal or administer need a second factor: whoever has one of them sets it up before anything else.
"""
_ABOUT_SCOPES = """\
A service account has no role: its token is given some of these permissions as scopes. Those that no
role has are for systems, and for whoever runs the server.
"""
_ABOUT_METRICS = """\
What `/metrics` tells, in Prometheus' text format; what to do with it is in
[monitor the desk](../how-to/monitor.md). Labels are names of views, codes and fixed words: never an
id, a name or a record.

Counters and histograms are what the desk's processes counted since it was started as a whole, on
this machine: add those of several machines up. What is read from the database is the same on every
machine: take the highest.
"""
_ABOUT_NUMBERS = """\
What laws and regulations set, from `src/hubao/kit/parameters.yaml`. What is no longer in force
stays, for days that are past. A number is in force from the first day of the text that was read; it
may be older. What an insurer chooses itself is not here.

Evidence: V is read in the text of the law or circular, N in a report, D in a copy whose version is
uncertain; R is recalled, to be taken as an assumption; A is worked out from others.

- `crime`: records, or gain, from which a leak of personal information is a serious crime, for
  anybody and for `staff` who sell or provide what came by their work. `property` is whereabouts,
  communications, credit, property; `transaction` is lodging, call records, health, transactions.
- `incident`: `nfra` is the National Financial Regulatory Administration, updates only of an
  especially major incident; `cac` is the provincial Cyberspace Administration, of a major one or
  worse.
- `retention`: at least; of vouchers and recordings from the end of the contract (`short_term` is a
  year or less), of customers' identity and transactions from the end of the relation with them.
- `service` is about keeping a contract in force and `objection` about measures against money
  laundering: for a surrender they hold by analogy.
"""
_STATED = frozenset().union(*PURPOSES.values())
_ABOUT_FAULTS = """\
A fault in hubao itself has no code: it exits with 1 and says where in hubao it was, but not what
the row held. `hubao --debug ...` shows everything.
"""


def main() -> int:
    """Write the pages, or with --check name those that are out of date and return 1."""
    pages = {
        "command-line.md": command_line(),
        "errors.md": errors(),
        "legal-numbers.md": legal_numbers(),
        "metrics.md": metrics(),
        "permissions.md": permissions(),
        "settings.md": settings_page(),
        "trace-report.schema.json": _text(json_schema()),
        "leaked-report.schema.json": _text(leaked_json.json_schema()),
    }
    stale = [name for name, text in pages.items() if _now(name) != text]
    if "--check" in sys.argv:
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is out of date: run make docs\n")
        return 1 if stale else 0
    for name in stale:
        (REFERENCE / name).write_text(pages[name], encoding="utf-8")
    return 0


def _text(schema: dict[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def command_line() -> str:
    """The page of commands, arguments and options."""
    command = cast("TyperGroup", get_command(app))
    parts = [MADE, "# Command line\n", f"{_prose(command)}\n", *_options("hubao", command)]
    for name, known in commands("hubao", command):
        parts += [f"## {name}\n", f"{_prose(known)}\n", *_options(name, known)]
    return "\n".join(parts)


def commands(name: str, group: TyperGroup) -> Iterator[tuple[str, TyperCommand]]:
    """Every command of a group and of the groups in it, under its whole name."""
    for word, sub in group.commands.items():
        if isinstance(sub, TyperGroup):
            yield from commands(f"{name} {word}", sub)
        else:
            yield f"{name} {word}", cast("TyperCommand", sub)


def errors() -> str:
    """The page of error codes."""
    rows = [
        f"| `{error.code}` | {EXIT_CODES[error.kind]} | {_sentence(error)} |"
        for error in sorted(known_errors(), key=lambda error: error.code)
    ]
    head = "# Errors\n", _ABOUT_CODES, "| code | exit | what it means |", "|---|---|---|"
    return "\n".join([MADE, *head, *rows, "", _ABOUT_FAULTS])


def metrics() -> str:
    """The page of metrics."""
    known_errors()  # imports every module, and so all that declare some
    rows = [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{name}`' for name in one.labels)} |"
        f" {'database' if one.is_read else 'processes'} | {one.about} |"
        for one in sorted(DECLARED.values(), key=lambda one: one.name)
    ]
    head = "| metric | kind | labels | from | what |", "|---|---|---|---|---|"
    return "\n".join([MADE, "# Metrics\n", _ABOUT_METRICS, *head, *rows, ""])


def settings_page() -> str:
    """The page of the desk's settings."""
    rows = [
        f"| `HUBAO_{name.upper()}` | {_setting_default(one)} | {one.description or ''} |"
        for name, one in Env.model_fields.items()
    ]
    head = (
        "# Settings of the desk\n",
        _ABOUT_SETTINGS,
        "| variable | default | what |",
        "|---|---|---|",
    )
    return "\n".join([MADE, *head, *rows, ""])


def _setting_default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be set"
    return "" if field.default in (None, "") else f"`{field.default}`"


def legal_numbers() -> str:
    """The page of what laws and regulations set."""
    rows = [_number(one) for versions in all_parameters().values() for one in versions]
    head = (
        "# Legal numbers\n",
        _ABOUT_NUMBERS,
        "| name | value | unit | in force | source | evidence |",
        "|---|---|---|---|---|---|",
    )
    return "\n".join([MADE, *head, *rows, ""])


def _number(one: Parameter) -> str:
    unit = one.unit.replace("_", " ")
    return f"| `{one.name}` | {one.value:,} | {unit} | {one.span} | {one.source} | {one.evidence} |"


def permissions() -> str:
    """The page of roles: what each may do, for which purposes, and how much outside own work."""
    head = f"| | {' | '.join(Role)} |\n|---|{'---|' * len(Role)}"
    may = [(one, [role in ALLOWED[one] for role in Role]) for one in Permission]
    why = [(one, [one in PURPOSES[role] for role in Role]) for one in Purpose if one in _STATED]
    outside = " | ".join(str(OUTSIDE_A_DAY[role]) for role in Role)
    return "\n".join(
        [
            *(MADE, "# Roles and what they may do\n", _ABOUT_ROLES, "## Permissions\n"),
            *(
                head,
                *map(_ticks, may),
                _second_factors(),
                "",
                _ABOUT_SCOPES,
                "## Purposes of a reveal\n",
                head,
            ),
            *(*map(_ticks, why), f"| fields a day outside own work | {outside} |", ""),
        ]
    )


def _second_factors() -> str:
    needed = " | ".join("yes" if role in SECOND_FACTOR_ROLES else "" for role in Role)
    return f"| needs a second factor | {needed} |"


def _ticks(row: tuple[str, list[bool]]) -> str:
    return f"| `{row[0]}` | {' | '.join('yes' if one else '' for one in row[1])} |"


def known_errors() -> list[type[HubaoError]]:
    """Every error class of hubao that has a code of its own."""
    if not settings.configured:
        settings.configure(**django_settings(ENV))
        django.setup()
    for module in pkgutil.walk_packages(hubao.__path__, "hubao."):
        if module.name not in RUN:
            importlib.import_module(module.name)
    return [error for error in _below(HubaoError) if "code" in vars(error)]


def _below(error: type[HubaoError]) -> Iterator[type[HubaoError]]:
    for child in error.__subclasses__():
        if child.__module__.startswith("hubao."):
            yield child
        yield from _below(child)


def _sentence(error: type[HubaoError]) -> str:
    return " ".join((error.__doc__ or "").partition("\n\n")[0].split())


def _prose(command: TyperGroup | TyperCommand) -> str:
    told = (command.help or "").strip()
    text, example, line = told.partition("Example: ")
    return f"{text.strip()}\n\n```text\n{line.strip()}\n```" if example else text.strip()


def _options(name: str, command: TyperGroup | TyperCommand) -> Iterator[str]:
    shown = [param for param in command.params if not NOT_OURS & set(param.opts)]
    yield f"| {name} | | default |\n|---|---|---|"
    yield "\n".join(_row(cast("TyperOption", param)) for param in shown) + "\n"


def _row(param: TyperOption) -> str:
    needed = " (needed)" if param.required else ""
    return f"| `{_label(param)}` | {param.help}{needed} | {_default(param)} |"


def _label(param: TyperOption) -> str:
    if param.param_type_name == "argument":
        return f"{param.opts[0].upper()}…"
    return param.opts[0] if param.is_flag else f"{param.opts[0]} {param.metavar}"


def _default(param: TyperOption) -> str:
    return "" if param.default in (None, False) or param.required else f"`{param.default}`"


def _now(name: str) -> str | None:
    path = REFERENCE / name
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
