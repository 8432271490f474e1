"""Find numbers in code that may be a legal one, by the name that they stand beside."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hubao.kit.parameter_file import Parameter, Unit

MARK: Final = re.compile(r"# house rule: \w+")
# A word in a name, and what a number beside it counts. The first that is found holds, so that
# working_days is no days; what is shorter than a month is counted in hours.
_WORDS: Final[dict[str, tuple[Unit, float]]] = {
    "working_days": (Unit.WORKING_DAYS, 1),
    "years": (Unit.YEARS, 1),
    "months": (Unit.MONTHS, 1),
    "weeks": (Unit.HOURS, 7 * 24),
    "days": (Unit.HOURS, 24),
    "timedelta": (Unit.HOURS, 24),  # its first argument, if it has no name
    "hours": (Unit.HOURS, 1),
    "minutes": (Unit.HOURS, 1 / 60),
    "seconds": (Unit.HOURS, 1 / 3600),
    "records": (Unit.RECORDS, 1),
    "yuan": (Unit.YUAN, 1),
    "fen": (Unit.YUAN, 1 / 100),
}
_COUNTS: Final = (_WORDS["records"], _WORDS["yuan"])
Measure = tuple[Unit, float]


@dataclass(frozen=True, order=True)
class Slip:
    """A literal that equals a legal number, and that number's name."""

    line: int
    value: float
    name: str


def slips(source: str, *, legal: Iterable[Parameter], rules: bool = False) -> list[Slip]:
    """List the literals that should come from `parameter`, or be marked.

    A literal is held against the legal numbers of a unit if it stands beside a name with that unit
    in it: `timedelta(days=30)`, `KEPT_YEARS = 3`, `if hours_left < 4`. In a comparison, and
    everywhere in a room's rules, it is held against those that count records or yuan too. A line
    that says "# house rule: why" is let through.

    Args:
        source: a module's text.
        legal: what to look for.
        rules: whether it is a room's `rules.py`.

    Limits: a number that is worked out (`30 * 24`), or stands in a string, isn't seen.
    """
    lines, numbers = source.splitlines(), list(legal)
    return sorted(
        {
            Slip(literal.lineno, value, name)
            for literal, value, measure in _measured(ast.parse(source), rules)
            if not MARK.search(lines[literal.lineno - 1])
            for name in _equal(value, measure, numbers)
        }
    )


def _measured(tree: ast.Module, rules: bool) -> Iterator[tuple[ast.Constant, float, Measure]]:
    for node in ast.walk(tree):
        for name, beside in _beside(node):
            if measure := _measure(name):
                yield from ((*one, measure) for one in _literals(beside))
        if rules or isinstance(node, ast.Compare):
            yield from ((*one, measure) for one in _literals(node) for measure in _COUNTS)


def _beside(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Names, and the expressions that they are given, compared with or return."""
    match node:
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Assign(targets=targets, value=value):
            yield from ((ast.unparse(target), value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield ast.unparse(target), value
        case ast.Compare():
            yield ast.unparse(node), node
        case ast.Call(func=func, args=args):
            yield from ((ast.unparse(func), arg) for arg in args)
        case ast.Dict(keys=keys, values=values):
            yield from (
                (ast.unparse(key), value) for key, value in zip(keys, values, strict=True) if key
            )
        case ast.arguments():
            yield from _defaults(node)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield from ((name, one) for one in ast.walk(node) if isinstance(one, ast.Return))


def _defaults(node: ast.arguments) -> Iterator[tuple[str, ast.AST]]:
    named = [*node.posonlyargs, *node.args]
    last = named[len(named) - len(node.defaults) :]
    yield from ((one.arg, default) for one, default in zip(last, node.defaults, strict=True))
    pairs = zip(node.kwonlyargs, node.kw_defaults, strict=True)
    yield from ((one.arg, default) for one, default in pairs if default)


def _measure(name: str) -> Measure | None:
    words = (word for word in _WORDS if re.search(rf"(?<![a-z]){word}(?![a-z])", name.lower()))
    return next((_WORDS[word] for word in words), None)


def _literals(node: ast.AST) -> Iterator[tuple[ast.Constant, float]]:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            yield node, value
        case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Constant(value=1)):
            yield from _literals(node.left)  # a step to the next, no number of its own
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _literals(child)


def _equal(value: float, measure: Measure, legal: Iterable[Parameter]) -> Iterator[str]:
    for one in legal:
        unit, times = _WORDS.get(one.unit, (one.unit, 1))
        if unit is measure[0] and abs(value * measure[1] - one.value * times) < 1e-9:
            yield one.name
