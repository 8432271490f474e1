"""Match the rows of a leaked file to records: by id, by equal columns, else by likeness.

Relations in: `leaked`, `known`. Relations out: `cells` (line, c0, c1, …) and `book` (policy, the
shared ones of c0, c1, …), both folded alike; `matched` (line, policy), one row for each line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from hubao.kit.errors import BadInput
from hubao.lake.engine import Engine
from hubao.lake.readers.layout import shown
from hubao.lake.steps import expression, named, select_all, step, union_all
from hubao.trace.leaked.columns import POLICY, Column, alike
from hubao.trace.leaked.likeness import likely
from hubao.trace.leaked.report import Match, Rows

if TYPE_CHECKING:
    import pyarrow as pa

UNIQUE = 0.95  # columns with this share of distinct values identify a record, whatever they are
SEVERAL = 0.3  # a customer may have this many values to a policy, and a number still be his own
CROWD = 100  # a value that more records have identifies nobody
AGREES = 0.2  # below this share of like cells a column is coded otherwise in the two tables

LEFT = """
SELECT cells.*, row_number() OVER (ORDER BY cells.line) - 1 AS r
FROM cells ANTI JOIN matched USING (line) ANTI JOIN unclear USING (line)
"""
NUMBER = "row_number() OVER (ORDER BY policy) - 1"
IDENTIFYING = ("identity_number", "phone", "bank_account", "email", "policy_number")
SPREAD = "SELECT count(cell_) AS n, count(DISTINCT cell_) AS kinds FROM book"
PAIRS = """
WITH few AS (
  SELECT cell_ AS k FROM book WHERE cell_ IS NOT NULL GROUP BY cell_ HAVING count(*) <= $crowd),
ours AS (SELECT line, cell_ AS k FROM rest),
theirs AS (SELECT policy, cell_ AS k FROM book)
SELECT ours.line, theirs.policy FROM ours JOIN few USING (k) JOIN theirs USING (k)
"""
BY_ID = """
SELECT line, min(policy) AS policy, count(*) AS n
FROM cells JOIN book ON book.id = cells.id GROUP BY line
"""
# A slip or two is no other way of writing; in a short code every letter counts.
_LIKE = """avg(CASE WHEN a_ = b_ THEN 1 WHEN a_ IS NULL OR b_ IS NULL THEN NULL
    WHEN length(b_) >= 5 AND damerau_levenshtein(a_, b_) <= 2 THEN 1 ELSE 0 END)"""
CHOSEN = """
WITH standing AS (SELECT line, policy, equal FROM compared WHERE against = 0),
best AS (SELECT line, max(equal) AS equal FROM standing GROUP BY line)
SELECT standing.line, min(standing.policy) AS policy, count(*) AS n
FROM standing JOIN best USING (line, equal) GROUP BY standing.line
"""


@dataclass
class Matcher:
    """Matches step by step; what one step leaves the next one tries.

    Args:
        engine: holds `leaked` and `known`.
        columns: the leaked file's columns, paired with those of the policies table.
        changing: meanings of columns whose values change over time; they never contradict.
    """

    engine: Engine
    columns: Sequence[Column]
    changing: Sequence[str] = ()
    coded_otherwise: list[str] = field(default_factory=list)
    _by: dict[str, int] = field(default_factory=dict)

    def run(self, how: Match) -> Rows:
        """Match every row that can be.

        Raises:
            BadInput: there is nothing to match on, or nothing matched.
        """
        shared = [one for one in self.columns if one.policies and one.name != POLICY]
        ids = [one for one in self.columns if one.name == POLICY]
        self._check(shared, ids, how)
        self._prepare(shared, ids)
        if ids and how is not Match.FUZZY:
            self._choose("by_id", BY_ID)
        if shared and how is not Match.FUZZY:
            self._exactly(shared)
        if shared and how is not Match.EXACT:
            self._likely(shared)
        return self._rows(shared, ids)

    def _check(self, shared: list[Column], ids: list[Column], how: Match) -> None:
        if shared or (ids and how is not Match.FUZZY):
            return
        found = shown([one.leaked for one in self.columns])  # none where they look like data
        raise BadInput(
            f"The leaked file and the policies table share no column ({found}): say"
            " which belong together with --leaked-columns NAME=HEADER, as in phone=tel."
        )

    def _prepare(self, shared: list[Column], ids: list[Column]) -> None:
        cells = exp.select(exp.column("line", quoted=True)).from_(named("leaked"))
        for one in self.columns:
            cells = cells.select(_as(alike(_column(one.leaked)), one.cell), copy=False)
        policy = _column(POLICY)
        given = alike(_column(ids[0].leaked)) if ids else expression("CAST(NULL AS VARCHAR)")
        self.engine.create("cells", cells.select(_as(given, "id"), copy=False))
        folded = exp.select(policy, _as(alike(policy), "id")).from_(named("known"))
        least = exp.select(policy, _as(exp.Min(this=_column("id")), "id"))
        for one in shared:
            folded = folded.select(_as(alike(_column(one.policies or "")), one.cell), copy=False)
            cell = exp.Min(this=_column(one.cell))
            least = least.select(_as(cell, one.cell), copy=False)
        # A policy that stands in the table twice is one record.
        book = least.from_(folded.subquery("folded")).group_by(policy)
        self.engine.create("book", book.select(_as(expression(NUMBER), "b"), copy=False))
        self.engine.create("matched", step("SELECT line, id AS policy FROM cells WHERE FALSE"))
        self.engine.create("unclear", step("SELECT line FROM cells WHERE FALSE"))

    def _exactly(self, shared: list[Column]) -> None:
        self.engine.create("rest", step(LEFT))
        pairs = self._pairs(shared)
        if pairs is None:
            return
        self.engine.create("pairs", pairs, {"crowd": CROWD})
        firm = [one for one in shared if one.name not in self.changing]
        # A number of one's own that differs is another person, however it is written.
        coded = self._coded_otherwise([one for one in firm if not self._is_key(one)])
        self.coded_otherwise += [one.policies or "" for one in coded]
        firm = [one for one in firm if one not in coded]
        self.engine.create("compared", _compared(shared, firm))
        self._choose("by_columns", CHOSEN)

    def _choose(self, how: str, template: str) -> None:
        """Take the lines that have one candidate; those with several are unclear."""
        self.engine.create("chosen", step(template))
        one = self.engine.fetch(step("SELECT line, policy FROM chosen WHERE n = 1"))
        several = self.engine.fetch(step("SELECT line FROM chosen WHERE n > 1"))
        self._add(how, one, several)

    def _pairs(self, shared: list[Column]) -> exp.Query | None:
        """Candidates: equal in a column that identifies, or in all columns where none does."""
        keys = self._keys(shared)
        queries = [step(PAIRS, columns={"cell_": key}) for key in keys]
        if not queries:
            return None
        return exp.select("line", "policy").distinct().from_(union_all(queries).subquery("every"))

    def _keys(self, shared: list[Column]) -> list[exp.Expression]:
        firm = [one for one in shared if one.name not in self.changing]
        keys: list[exp.Expression] = [_column(one.cell) for one in shared if self._is_key(one)]
        whole = _together([_column(one.cell) for one in firm]) if firm else None
        if not keys and whole is not None and self._spread(whole) >= UNIQUE:
            return [whole]
        return keys

    def _is_key(self, one: Column) -> bool:
        least = SEVERAL if one.name in IDENTIFYING else UNIQUE
        return self._spread(_column(one.cell)) >= least

    def _spread(self, cell: exp.Expression) -> float:
        """Distinct values for each filled cell of the book."""
        found = self.engine.fetch(step(SPREAD, columns={"cell_": cell})).to_pylist()[0]
        return found["kinds"] / found["n"] if found["n"] else 0.0

    def _coded_otherwise(self, columns: list[Column]) -> list[Column]:
        """Columns that rarely agree even where the best candidate agrees in something."""
        if not columns:
            return []
        self.engine.create("compared", _compared(columns, columns))
        best = step("SELECT line, max_by(policy, equal) AS policy FROM compared GROUP BY line")
        joined = _joined(best)
        for one in columns:
            left, right = _of("cells", one), _of("book", one)
            like = expression(_LIKE, columns={"a_": left, "b_": right})
            joined = joined.select(_as(like, one.cell), copy=False)
        rates = self.engine.fetch(joined).to_pylist()[0]
        return [one for one in columns if rates[one.cell] is not None and rates[one.cell] < AGREES]

    def _likely(self, shared: list[Column]) -> None:
        self.engine.create("rest", step(LEFT))
        used = [one for one in shared if one.policies not in self.coded_otherwise]
        one, several = likely(self.engine, [column.cell for column in used])
        self._add("by_likeness", one, several)

    def _add(self, how: str, found: "pa.Table", unclear: "pa.Table") -> None:
        self._by[how] = found.num_rows
        for relation, columns, more in (
            ("matched", ["line", "policy"], found),
            ("unclear", ["line"], unclear),
        ):
            self.engine.load("more", more)
            parts = [select_all(one, columns) for one in (relation, "more")]
            self.engine.create("both", union_all(parts))
            self.engine.create(relation, select_all("both", columns))

    def _rows(self, shared: list[Column], ids: list[Column]) -> Rows:
        count = self.engine.fetch(
            step(
                "SELECT (SELECT count(*) FROM cells) AS n, count(*) AS matched,"
                " count(DISTINCT policy) AS records, (SELECT count(*) FROM unclear) AS unclear"
                " FROM matched"
            )
        ).to_pylist()[0]
        if not count["matched"]:
            raise _nothing(count["n"], count["unclear"])
        return Rows(
            rows=count["n"],
            by_id=self._by.get("by_id", 0),
            by_columns=self._by.get("by_columns", 0),
            by_likeness=self._by.get("by_likeness", 0),
            ambiguous=count["unclear"],
            unmatched=count["n"] - count["matched"] - count["unclear"],
            records=count["records"],
            columns=[one.policies or one.leaked for one in (*ids, *shared)],
            coded_otherwise=self.coded_otherwise,
        )


def _nothing(rows: int, unclear: int) -> BadInput:
    why = f"{unclear} of them fit several records" if unclear else "none is like a record"
    return BadInput(
        f"None of the {rows} rows of the leaked file could be matched to one record ({why}):"
        " check that --policies is the book the file was taken from, and say which columns belong"
        " together with --leaked-columns.",
        rows=rows,
    )


def _compared(columns: Sequence[Column], firm: Sequence[Column]) -> exp.Query:
    """(line, policy, equal, against): columns that agree, firm columns that contradict."""
    query = _joined(step("SELECT line, policy FROM pairs")).select(
        exp.column("line", "pair"), exp.column("policy", "pair"), copy=False
    )
    equal: exp.Expression = exp.Literal.number(0)
    against: exp.Expression = exp.Literal.number(0)
    for one in columns:
        same = exp.EQ(this=_of("cells", one), expression=_of("book", one))
        equal = exp.Add(this=equal, expression=_counted(same))
        if one in firm:
            other = exp.NEQ(this=_of("cells", one), expression=_of("book", one))
            against = exp.Add(this=against, expression=_counted(other))
    return query.select(_as(equal, "equal"), _as(against, "against"), copy=False)


def _joined(pairs: exp.Query) -> exp.Select:
    return (
        exp.select()
        .from_(pairs.subquery("pair"))
        .join("cells", on="cells.line = pair.line")
        .join("book", on="book.policy = pair.policy")
    )


def _together(cells: "Sequence[exp.Expression]") -> exp.Expression:
    """All cells as one; null where one of them is."""
    whole = cells[0]
    for cell in cells[1:]:
        whole = expression("a_ || '|' || b_", columns={"a_": whole, "b_": cell})
    return whole


def _counted(test: exp.Expression) -> exp.Expression:
    return exp.Case().when(test, exp.Literal.number(1)).else_(exp.Literal.number(0))


def _of(relation: str, one: Column) -> exp.Column:
    return exp.column(one.cell, relation, quoted=True)


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _as(syntax: exp.Expression, name: str) -> exp.Expression:
    return exp.Alias(this=syntax, alias=exp.to_identifier(name, quoted=True))
