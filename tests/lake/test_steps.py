import pytest
from sqlglot import exp

from hubao.lake.engines.duckdb import DuckDB
from hubao.lake.steps import expression, select_all, step, union_all


def sql(query: exp.Query | exp.Expression) -> str:
    return query.sql(dialect="duckdb", identify=True)


class TestStep:
    def test_puts_names_in_as_syntax_whatever_they_hold(self) -> None:
        hostile = 'a" FROM secrets; --'

        query = step("SELECT x_ AS y FROM t", tables={"t": "some table"}, columns={"x_": hostile})

        assert sql(query) == 'SELECT "a"" FROM secrets; --" AS "y" FROM "some table"'

    def test_leaves_the_template_as_it_was(self) -> None:
        template = "SELECT x_ FROM t"
        step(template, columns={"x_": "a"})

        assert sql(step(template, columns={"x_": "b"})) == 'SELECT "b" FROM "t"'

    def test_puts_a_query_for_a_table(self) -> None:
        query = step("SELECT n FROM t AS u", tables={"t": step("SELECT 1 AS n")})

        assert sql(query) == 'SELECT "n" FROM (SELECT 1 AS "n") AS "u"'

    def test_keeps_marks_for_values(self) -> None:
        assert sql(step("SELECT $n AS n")) == 'SELECT $n AS "n"'

    def test_names_a_relation_of_an_attached_database(self) -> None:
        assert sql(step("SELECT 1 FROM t", tables={"t": "index.seen"})) == (
            'SELECT 1 FROM "index"."seen"'
        )


def test_expression_may_be_one_column() -> None:
    assert sql(expression("x_", columns={"x_": "a b"})) == '"a b"'


def test_select_all_takes_a_condition() -> None:
    assert sql(select_all("t", ["a"], "b IS NULL")) == 'SELECT "a" FROM "t" WHERE "b" IS NULL'


class TestUnionAll:
    def test_puts_thousands_of_queries_together(self, engine: DuckDB) -> None:
        query = union_all([step("SELECT 1 AS n") for _ in range(1500)])

        assert engine.fetch(step("SELECT count(*) AS c FROM t", tables={"t": query}))[
            "c"
        ].to_pylist() == [1500]

    def test_needs_one(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            union_all([])
