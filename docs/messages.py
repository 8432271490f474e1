"""Gather every sentence that the console can show, and compile the Chinese ones.

Sentences are English in code and templates; `locale/zh_Hans` holds their Chinese. Those of the
shell that the console stands in (unfold ships no translations) are gathered too, unless Django
has them already. `--check` only says what lacks a translation.

Run: make messages
"""

import io
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import django
import unfold
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import gettext as translated
from django.utils.translation import override
from django.utils.translation.template import templatize

DESK: Final = Path(__file__).parents[1] / "src" / "hubao" / "desk"
PO: Final = DESK / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
_WORDS: Final = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "sentence")),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_TEXT: Final = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL: Final = re.compile(
    rf"\b(?:_|n?p?gettext)\(\s*{_TEXT}(?:\s*,\s*(?:{_TEXT}|\w+))*\s*\)", re.DOTALL
)
Message = str | tuple[str, ...]


def main() -> int:
    """Write the catalogue, or with --check name what it lacks and return 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubao.desk.config.settings_test")
    django.setup()
    lacking = missing()
    if "--check" in sys.argv:
        for message in lacking:
            sys.stderr.write(f"no Chinese for: {message}\n")
        return 1 if lacking else 0
    catalogue = _written()
    for message in lacking:
        catalogue.add(message)
    used = _ours() | set(_shell())
    for known in list(catalogue):
        if known.id and known.id not in used:
            catalogue.delete(known.id)
    with PO.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=True, sort_output=True, no_location=True)
    PO.with_suffix(".mo").write_bytes(compiled())
    return 0


def missing() -> list[Message]:
    """Name the sentences without Chinese."""
    have = {one.id for one in _written() if one.id and _is_translated(one.string)}
    return sorted((_ours() | set(_shell())) - have, key=str)


def compiled() -> bytes:
    """Compile the catalogue as it is written."""
    out = io.BytesIO()
    write_mo(out, _written())
    return out.getvalue()


def _written() -> Catalog:
    if not PO.exists():
        return Catalog(locale="zh_Hans", project="hubao", charset="utf-8")
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    # No dates of our own: the same sentences are the same bytes.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalogue.fuzzy = False
    return catalogue


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def _ours() -> set[Message]:
    return set(_in_folder(DESK))


def _shell() -> Iterator[Message]:
    """Sentences of the shell that no installed library translates."""
    known = {one.id for one in _written()}
    for message in set(_in_folder(Path(unfold.__file__).parent)):
        with override("zh-hans"):
            single = message if isinstance(message, str) else message[0]
            if message in known or translated(single) == single:
                yield message


def _in_folder(folder: Path) -> Iterator[Message]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
        elif path.suffix == ".html":
            # What templatize leaves besides the calls is no Python that could be read.
            calls = _CALL.finditer(templatize(path.read_text(encoding="utf-8")))
            text = "\n".join(call.group() for call in calls)
        else:
            continue
        for _, message, _, _ in extract("python", io.BytesIO(text.encode()), keywords=_WORDS):
            if message:
                yield message


if __name__ == "__main__":
    sys.exit(main())
