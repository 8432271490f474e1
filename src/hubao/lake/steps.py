"""Queries as named steps: a template is parsed once, names are put in as syntax, never as text."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast

import sqlglot
from sqlglot import exp


@lru_cache(maxsize=256)
def _parsed(template: str) -> exp.Expression:
    return cast(exp.Expression, sqlglot.parse_one(template, dialect="duckdb"))


def step(
    template: str,
    *,
    tables: "Mapping[str, str | exp.Query] | None" = None,
    columns: "Mapping[str, str | exp.Expression] | None" = None,
) -> exp.Query:
    """Build a query from a template in DuckDB's dialect.

    Args:
        template: SQL; values stand as `$name` and are bound when the query runs.
        tables: what to put for a table of that name: a relation's name ("index.seen" for one of an
            attached database) or a query.
        columns: what to put for a bare column of that name: another column's name, or syntax.

    Raises:
        sqlglot.ParseError: the template is wrong; templates are ours, so that is a bug.
    """
    built = expression(template, columns=columns)
    for table in list(built.find_all(exp.Table)):
        if table.name in (tables or {}) and not table.db:
            table.replace(_source((tables or {})[table.name], table.alias))
    return cast(exp.Query, built)


def expression(
    template: str, *, columns: "Mapping[str, str | exp.Expression] | None" = None
) -> exp.Expression:
    """Build a scalar expression from a template; `columns` as in `step`."""
    built = _parsed(template).copy()
    found = [c for c in built.find_all(exp.Column) if not c.table and c.name in (columns or {})]
    for column in found:
        chosen = (columns or {})[column.name]
        put = exp.column(chosen, quoted=True) if isinstance(chosen, str) else chosen.copy()
        if column is built:
            return put
        column.replace(put)
    return built


def named(relation: str) -> exp.Table:
    """A relation by its name, quoted; one dot parts an attached database from its relation."""
    parts = [exp.to_identifier(part, quoted=True) for part in relation.rsplit(".", 1)]
    return exp.Table(this=parts[-1], db=parts[0] if len(parts) > 1 else None)


def select_all(relation: str, columns: Sequence[str], where: str | None = None) -> exp.Query:
    """Choose columns of a relation, in order; `where` is a template."""
    query = exp.select(*(exp.column(c, quoted=True) for c in columns)).from_(named(relation))
    return query if where is None else query.where(expression(where))


def union_all(queries: "Sequence[exp.Query]") -> exp.Query:
    """Put queries of the same columns one after another.

    The tree is balanced, so that thousands of files don't exhaust the stack.

    Raises:
        ValueError: there is no query.
    """
    if not queries:
        raise ValueError("union_all needs at least one query")
    if len(queries) == 1:
        return queries[0]
    middle = len(queries) // 2
    left, right = union_all(queries[:middle]), union_all(queries[middle:])
    both = left.subquery(copy=False), right.subquery(copy=False)
    return cast(exp.Query, exp.union(*both, distinct=False))


def _source(what: "str | exp.Query", alias: str) -> exp.Expression:
    if isinstance(what, str):
        table = named(what)
        return cast(exp.Expression, exp.alias_(table, alias, table=True)) if alias else table
    return what.copy().subquery(alias or None)
