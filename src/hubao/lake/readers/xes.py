"""XES event logs (IEEE 1849), read as a stream; document types and entities are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from lxml import etree

from hubao.kit.errors import BadInput
from hubao.lake.readers.layout import XES_HEADERS, Layout, keyed
from hubao.lake.readers.rows import Row

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

PEEK = 1_000  # events looked at for their keys
Event = tuple[int, dict[str, str]]


class Xes:
    """One XES log; a trace's attributes are columns of its events, prefixed `case:`.

    Without `--columns`, the standard's own names are taken: the case is the policy, `org:resource`
    the actor, `time:timestamp` the time.

    Raises:
        BadInput: it is no XES log, or none of the first events has a needed column.
    """

    def __init__(self, file: IO[bytes], layout: Layout, name: str) -> None:
        self._name = name
        self._events = _events(file, name)
        with _wellformed(name):
            self._first = list(islice(self._events, PEEK))
        if not self._first:
            raise BadInput(f"{name} holds no XES event: give a file with events.")
        keys = list(dict.fromkeys(key for _, event in self._first for key in event))
        self.places = keyed(_with_standard_names(layout, keys), keys, name)

    def rows(self) -> Iterator[Row]:
        """Every event, with the line where it starts."""
        with _wellformed(self._name):
            for line, event in chain(self._first, self._events):
                yield line, None, [event.get(key) for key in self.places.values()]


def _with_standard_names(layout: Layout, keys: list[str]) -> Layout:
    names = {column.name for column in layout.columns}
    usual = {
        name: header
        for name, header in XES_HEADERS.items()
        if name in names and name not in keys and header in keys
    }
    return Layout(
        layout.role, layout.columns, layout.rest, layout.numbered, {**usual, **layout.headers}
    )


@contextmanager
def _wellformed(name: str) -> Iterator[None]:
    """lxml's own words quote the document, so only the line is passed on."""
    try:
        yield
    except etree.XMLSyntaxError as error:
        raise BadInput(f"{name} line {error.lineno or 1}: this is not well-formed XML.") from None


def _events(file: IO[bytes], name: str) -> Iterator[Event]:
    walk = etree.iterparse(
        file,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    seen_root = False
    for moment, element in walk:
        if not seen_root:
            _refuse(element, name)
            seen_root = True
        if moment == "end":
            yield from _ended(element)


def _refuse(root: "Element", name: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadInput(f"{name} brings its own document type, which XES has not: remove it.")
    if _local(root) != "log":
        raise BadInput(f"{name} is XML but no XES log: its outermost element must be <log>.")


def _ended(element: "Element") -> Iterator[Event]:
    parent = element.getparent()
    kind = _local(element)
    if kind == "trace":
        case = {f"case:{key}": value for key, value in _attributes(element).items()}
        for child in element:
            if _local(child) == "event":
                yield _line(child), {**case, **_attributes(child)}
        _free(element)
    elif parent is not None and _local(parent) == "log":
        if kind == "event":
            yield _line(element), _attributes(element)
        _free(element)


def _attributes(element: "Element") -> dict[str, str]:
    return {
        child.get("key", ""): child.get("value", "")
        for child in element
        if child.get("key") is not None and child.get("value") is not None
    }


def _line(element: "Element") -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _local(element: "Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _free(element: "Element") -> None:
    """Forget what has been handed on, so that memory holds one trace, not the log."""
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
