"""A text gets a longest length, and loses it again: nothing is cut and nothing forgotten."""

from collections.abc import Callable

import pytest

from chalicelib import ddl, migrate
from chalicelib.migrate import NotMigrated
from tests.migrations.catalogue import differences, schema_of
from tests.migrations.conftest import Make
from tests.migrations.people import expected, files, names, people
from tests.migrations.versions import Versions
from tests.support.databases import TestDatabase

__all__ = ["people"]  # the fixture
Change = Callable[[Callable[[], None]], None]


def test_a_narrowed_column_is_as_if_it_had_always_been_so(
    people: TestDatabase, change: Change, make_empty: Make
) -> None:
    before = names(people)

    change(lambda: ddl.narrow("people", "name", 10))

    assert differences(schema_of(people.url), expected(make_empty, "varchar(10)")) == []
    assert names(people) == before
    people.run("INSERT INTO people (city) VALUES ('Bergen')")
    assert people.one("SELECT name FROM people WHERE city = 'Bergen'") == "nobody"


def test_widened_again_it_is_as_it_was(people: TestDatabase, change: Change, make_empty: Make) -> None:
    before = names(people)
    change(lambda: ddl.narrow("people", "name", 10))
    change(lambda: ddl.widen("people", "name"))

    assert differences(schema_of(people.url), expected(make_empty, "text")) == []
    assert names(people) == before


def test_to_widen_what_nothing_but_plain_indexes_hang_on_writes_nothing_anew(
    people: TestDatabase, change: Change
) -> None:
    people.run("ALTER TABLE people DROP CONSTRAINT ck_people_name")
    people.run('DROP INDEX ix_people_lower, "ix people"')
    change(lambda: ddl.narrow("people", "name", 10))
    before = files(people)

    change(lambda: ddl.widen("people", "name"))

    assert files(people) == before
    assert schema_of(people.url)["column people.name"].startswith("text NOT NULL DEFAULT 'nobody'::text")


def test_what_is_done_already_is_not_done_again(people: TestDatabase, change: Change) -> None:
    change(lambda: ddl.narrow("people", "name", 10))
    before = files(people)
    change(lambda: ddl.narrow("people", "name", 10))

    assert files(people) == before


def test_values_that_would_be_cut_are_refused_with_their_rows(people: TestDatabase, change: Change) -> None:
    people.run("UPDATE people SET name = 'ünïcödé €' WHERE id = 3")  # nine characters of many bytes
    people.run("UPDATE people SET name = 'a long name' WHERE id IN (4, 8)")
    people.run("UPDATE people SET name = 'spaces     ' WHERE id = 9")
    before, rows = schema_of(people.url), names(people)

    with pytest.raises(
        ddl.Refused, match=r"cannot become character varying\(10\): rows 4, 8, 9 hold longer values"
    ):
        change(lambda: ddl.narrow("people", "name", 10))
    with pytest.raises(
        ddl.Refused, match=r": rows 1, 2, .*, 20 and more hold longer values, and nothing was"
    ):
        change(lambda: ddl.narrow("people", "name", 3))

    assert schema_of(people.url) == before
    assert names(people) == rows


def test_a_migration_that_is_refused_says_why_in_one_line(people: TestDatabase, versions: Versions) -> None:
    versions.add("first", 'ddl.narrow("people", "name", 6)')

    with pytest.raises(NotMigrated, match=r"first failed, .*\(6\): rows 10, 11, .*29 and more hold") as told:
        migrate.run(scripts=versions.path)

    assert "name 10" not in str(told.value), "what people have written is nobody's business"
    people.run("UPDATE people SET name = id::text")
    assert migrate.run(scripts=versions.path)["applied"] == ["first"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("CREATE VIEW v AS SELECT name FROM people", "rule _RETURN on view v"),
        ("CREATE STATISTICS s ON name, city FROM people", "statistics object s"),
        ("ALTER TABLE people ADD length int GENERATED ALWAYS AS (length(name)) STORED", "column length of table"),
        ("ALTER TABLE people ADD UNIQUE (name); CREATE TABLE o (n text REFERENCES people (name))", "constraint o_n_fkey"),
        (
            (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
                "CREATE TRIGGER t AFTER UPDATE OF name ON people EXECUTE FUNCTION f()"
            ),
            "trigger t on table people",
        ),
        ("ALTER TABLE people ADD CONSTRAINT c UNIQUE (name, id) DEFERRABLE", "constraint c on table people"),
        ("ALTER TABLE people ADD CONSTRAINT c CHECK (name > '') NOT VALID", "constraint c on table people"),
        ("CLUSTER people USING ix_people_name", "index ix_people_name"),
        ("GRANT SELECT (name) ON people TO public", "has rights, statistics or a storage of its own"),
        ("ALTER TABLE people DROP CONSTRAINT pk_people", "not a plain table with an id"),
        ("CREATE TABLE child () INHERITS (people)", "not a plain table with an id"),
        ("DROP TABLE people", "there is no table people"),
        ("ALTER TABLE people RENAME name TO nome", "there is no column people.name"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_refused_by_name(
    people: TestDatabase, change: Change, given: str, told: str
) -> None:
    people.run(given)
    before = schema_of(people.url)

    with pytest.raises(ddl.Refused, match=told):
        change(lambda: ddl.narrow("people", "name", 10))

    assert schema_of(people.url) == before


@pytest.mark.parametrize(("column", "length"), [("id", 10), ("name", 0), ("name", 20_000_000)])
def test_what_is_no_text_or_no_length_is_refused(
    people: TestDatabase, change: Change, column: str, length: int
) -> None:
    with pytest.raises(ddl.Refused, match=r"is no text, but bigint|a VARCHAR holds 1 to"):
        change(lambda: ddl.narrow("people", column, length))
