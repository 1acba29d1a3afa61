"""While a text gets a longest length, people go on writing; killed at any moment, it goes on where it was."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from chalicelib import ddl
from devstack import database as servers
from tests.migrations.catalogue import differences, schema_of
from tests.migrations.conftest import Make
from tests.migrations.killing import killed_before
from tests.migrations.people import ROWS, expected, made, names, people
from tests.migrations.waiting import eventually
from tests.support.databases import TestDatabase

__all__ = ["people"]  # the fixture
Change = Callable[[Callable[[], None]], None]


@pytest.mark.parametrize("back", [False, True], ids=["narrowed", "widened"])
def test_killed_before_any_of_its_statements_it_goes_on_when_it_is_run_again(
    people: TestDatabase, change: Change, make_empty: Make, back: bool
) -> None:
    if back:
        step, start, end = (lambda: ddl.widen("people", "name")), "varchar(10)", "text"
    else:
        step, start, end = (lambda: ddl.narrow("people", "name", 10)), "text", "varchar(10)"
    wanted = expected(make_empty, end)
    number = 0
    finished = False
    while not finished:
        number += 1
        made(people, start)
        before = names(people)
        try:
            with killed_before(people, number):
                change(step)
            finished = True
        except (DBAPIError, SQLAlchemyError):
            pass  # which is what we wanted
        people.run("INSERT INTO people (name, city) VALUES ('meanwhile', 'here')")
        people.run("UPDATE people SET name = 'changed' WHERE id = 7")

        change(step)

        assert differences(schema_of(people.url), wanted) == [], number
        for row in before:
            row["name"] = "changed" if row["id"] == 7 else row["name"]
        assert names(people) == [*before, {"id": ROWS + 1, "name": "meanwhile", "city": "here"}], number
    assert number > 30, "it is done in many steps"


def test_another_length_after_an_interruption_begins_anew(
    people: TestDatabase, change: Change, make_empty: Make
) -> None:
    with killed_before(people, "FOR NO KEY UPDATE"), pytest.raises(SQLAlchemyError):
        change(lambda: ddl.narrow("people", "name", 20))
    assert [name for name in schema_of(people.url) if "retype" in name]

    change(lambda: ddl.narrow("people", "name", 10))

    assert differences(schema_of(people.url), expected(make_empty, "varchar(10)")) == []


def test_a_long_value_that_comes_after_an_interruption_is_not_taken(
    people: TestDatabase, change: Change
) -> None:
    with killed_before(people, "FOR NO KEY UPDATE"), pytest.raises(SQLAlchemyError):
        change(lambda: ddl.narrow("people", "name", 10))

    for statement in (
        "INSERT INTO people (name) VALUES (:name)",
        "UPDATE people SET name = :name WHERE id = 1",
    ):
        with pytest.raises(Exception, match=r"value too long for type character varying\(10\)"):
            people.run(statement, name="much too long")


def test_people_go_on_writing_and_nothing_of_it_is_lost(people: TestDatabase, change: Change) -> None:
    people.run("ALTER TABLE people DROP CONSTRAINT ck_people_name")
    people.run('DROP INDEX "ix people"')
    people.run("INSERT INTO people (name, city) SELECT 'old ' || n, 'c' || n FROM generate_series(1, 5000) n")
    done = threading.Event()
    wrote: dict[int, str] = {}

    def write(lane: int) -> None:
        with servers.connected(people.url) as writer:
            turn = 0
            while not done.is_set():
                turn += 1
                id = 31 + (turn * 37 + lane) % 2_500 * 2 + lane
                writer.run("UPDATE people SET name = :name WHERE id = :id", name=f"u{turn}", id=id)
                wrote[id] = f"u{turn}"
                (row,) = writer.run(
                    "INSERT INTO people (name, city) VALUES (:name, :city) RETURNING id",
                    name=f"i{turn}", city=f"lane {lane}",
                )  # fmt: skip
                wrote[row[0]] = f"i{turn}"

    writers = [threading.Thread(target=write, args=(lane,)) for lane in (0, 1)]
    for item in writers:
        item.start()
    try:
        eventually(lambda: len(wrote) > 20)
        change(lambda: ddl.narrow("people", "name", 10))
        so_far = len(wrote)
        eventually(lambda: len(wrote) > so_far + 20)
    finally:
        done.set()
        for item in writers:
            item.join()

    now = {row["id"]: row["name"] for row in names(people)}
    assert {id: now[id] for id in wrote} == wrote
    untouched = {id: name for id, name in now.items() if id not in wrote}
    assert all(name == (f"old {id - 30}" if id > 30 else f"name {id}") for id, name in untouched.items())


def test_while_somebody_holds_the_table_others_go_on_writing(people: TestDatabase, change: Change) -> None:
    with servers.connected(people.url) as holder:
        holder.run("BEGIN")
        holder.run("UPDATE people SET city = 'held' WHERE id = 5")
        running = threading.Thread(target=change, args=(lambda: ddl.narrow("people", "name", 10),))
        running.start()
        for turn in range(5):
            eventually(lambda: people.one("SELECT count(*) FROM pg_locks WHERE NOT granted"))
            people.run("UPDATE people SET city = :city WHERE id = 6", city=f"city {turn}")
        assert running.is_alive()
        holder.run("COMMIT")
        running.join()

    assert schema_of(people.url)["column people.name"].startswith("character varying(10)")
    assert people.one("SELECT city FROM people WHERE id = 5") == "held"
