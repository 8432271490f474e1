"""JSON lines: one object a line; numbers are kept as they are written."""

import json
from collections.abc import Iterator

from hubao.kit.errors import BadInput
from hubao.lake.readers.layout import Layout, keyed
from hubao.lake.readers.lines import Line
from hubao.lake.readers.rows import Row, spoilt
from hubao.lake.rejects import Reason

PEEK = 1_000  # objects looked at for their keys


class JsonLines:
    """One file of JSON lines; its columns are the keys of its first objects.

    Raises:
        BadInput: there is no object at all, or none of the first ones has a needed column.
    """

    def __init__(self, source: Iterator[Line], layout: Layout, file: str) -> None:
        self._source = source
        self._first = [line for _, line in zip(range(PEEK), source, strict=False)]
        objects = [one for one in map(_object, self._first) if isinstance(one, dict)]
        if not objects:
            array = any(line.text.lstrip().startswith("[") for line in self._first[:1])
            fault = "is one JSON array" if array else "holds no JSON object"
            raise BadInput(f"{file} {fault}: write one object per line.")
        keys = list(dict.fromkeys(key for one in objects for key in one))
        self.places = keyed(layout, keys, file)
        self._known = set(keys) if layout.rest else None
        self._lists = layout.lists()
        self._file = file

    def rows(self) -> Iterator[Row]:
        """Every line that is not blank."""
        for line in (line for part in (self._first, self._source) for line in part):
            if not line.text.strip():
                continue
            found = _object(line)
            if isinstance(found, Reason):
                yield line.number, found, ()
                continue
            if self._known is not None and not self._known.issuperset(found):
                raise BadInput(
                    f"{self._file} line {line.number}: it has a column that the first"
                    f" {PEEK} rows lack: give every row the same columns."
                )
            cells = [self._cell(name, found.get(key)) for name, key in self.places.items()]
            if spoilt(cells):
                yield line.number, Reason.BAD_BYTES, ()
            else:
                yield line.number, None, cells

    def _cell(self, name: str, value: object) -> str | None:
        if isinstance(value, list) and name in self._lists:
            return ";".join(text for text in map(_text, value) if text is not None)
        return _text(value)


def _object(line: Line) -> "dict[str, object] | Reason":
    if line.long:
        return Reason.TOO_LONG
    if line.bad:
        return Reason.BAD_BYTES
    try:
        found = json.loads(line.text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    return found if isinstance(found, dict) else Reason.NOT_JSON


def _text(value: object) -> str | None:
    """Text and numbers as written; truth values as JSON has them; lists and objects are no cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None
