"""No list that the API offers is found by going through a table that grows: indexes lead to its rows.

Each list is asked for as an organizer and as staff, among rows that PostgreSQL takes for a million in
each table (tests/support/many_rows.py). What the system sends then is planned and carried out again,
and what each place of the plan has read is held against what the list's owner has.
"""

import json
from collections.abc import Iterator
from hashlib import md5
from urllib.parse import quote

import pytest

from chalicelib import db
from chalicelib.jsonapi.ground.profiles import CURSOR_PAGINATION
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase, fresh_copy
from tests.support.http_client import Client, Reply
from tests.support.lists import BUSY, REPORTS
from tests.support.many_rows import FIRST, GROUP, LARGE, OWNER, SMALL, TABLES, fill
from tests.support.plans import Explainer, Statement, readings, statements_heard
from tests.support.servers import DatabaseServer

# Twice what the owner of a crowd has, and a twenty-fifth of the table.
MOST_READ = 2 * GROUP
BY_CURSOR = {"Accept": f'application/vnd.api+json; profile="{CURSOR_PAGINATION}"'}
WHO = ("organizer", "staff")

# Lists that read more, who gets them, and why. One that no longer does is to be taken out.
EXCEPTIONS = {
    ("/v1/event-locations", "organizer"): "the six places with most events are known when all are counted",
    ("/v1/event-locations", "staff"): "the six places with most events are known when all are counted",
}
# Reports for staff are left out: they sum up all rows, and say so.
BARE = [
    f"/v1/{resource.path}"
    for resource in REGISTRY
    if "list" in resource.methods and resource.select_sql is None
]
RELATED = [
    (resource, f"/v1/{resource.path}/{{id}}/{relation.wire}")
    for resource in REGISTRY
    if resource.model is not None
    for relation in REGISTRY.relations[resource.type].values()
    if relation.many
]


class Desk:
    """Asks as an organizer or as staff, and looks at how PostgreSQL finds the answer."""

    def __init__(self, database: TestDatabase, staff_id: int) -> None:
        self.database = database
        self.explainer = Explainer(database.url)
        self._ids = {"organizer": OWNER, "staff": staff_id}

    def ask(self, who: str, path: str, *, cursor: bool = False) -> tuple[Reply, list[Statement]]:
        """The answer, and what was sent to the database for it."""
        with statements_heard() as heard:
            reply = Client().signed_in_as(self._ids[who]).get(path, headers=BY_CURSOR if cursor else {})
        return reply, heard

    def complaints(self, statements: list[Statement], *, counting: bool = True) -> list[str]:
        """Each place in the statements' plans where more is read than there should be."""
        return [
            f"{reading} ({how} plan)"
            for statement in statements
            for how, plan in self.explainer.plans(statement).items()
            for reading in readings(plan, counting=counting)
            if (reading.how == "Seq Scan" and reading.source in LARGE)
            or (reading.rows > MOST_READ and reading.source not in SMALL)
        ]

    def look(self, who: str, path: str, *, counting: bool) -> list[str] | None:
        """The complaints about a list's numbered page and about its first two by cursor; None if refused."""
        reply, numbered = self.ask(who, path)
        if reply.status != 200:
            assert reply.status in {403, 404}, reply.text
            return None
        reply, by_cursor = self.ask(who, path, cursor=True)
        if reply.status != 200:  # sorted by what may be absent: there are no cursors
            assert reply.status == 400, reply.text
            by_cursor = []
        elif "next" in reply.json["links"]:
            by_cursor += self.ask(who, reply.json["links"]["next"], cursor=True)[1]
        return self.complaints(numbered, counting=counting) + self.complaints(by_cursor)


@pytest.fixture(scope="module")
def desk(database_server: DatabaseServer, template: str) -> Iterator[Desk]:
    """Among many rows, which nothing here changes."""
    with fresh_copy(database_server, template) as copy:
        if not copy.one("SELECT current_setting('is_superuser')::boolean"):
            pytest.fail("only a superuser of PostgreSQL may say how many rows it is to believe in")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", copy.url)
            _forget()
            fill(copy.url)
            staff_id = stored(make_user, is_admin=True, is_super_admin=True).id
        _forget()
        made = Desk(copy, staff_id)
        yield made
        made.explainer.close()


@pytest.fixture(autouse=True)
def _at_the_desk(desk: Desk, environment: pytest.MonkeyPatch) -> Iterator[None]:
    environment.setenv("DATABASE_URL", desk.database.url)
    _forget()
    yield
    db.forget()


def _forget() -> None:
    db.forget()
    settings.cache_clear()


def held_against_the_exceptions(desk: Desk, path: str, id: int, *, counting: bool) -> None:
    found = {who: desk.look(who, path.replace("{id}", str(id)), counting=counting) for who in WHO}
    assert any(complaints is not None for complaints in found.values()), "nobody gets this list"
    for who, complaints in found.items():
        if (path, who) in EXCEPTIONS:
            assert complaints, f"{who} needs no exception for {path} any more"
        else:
            assert not complaints, (
                f"{who}: the table needs an index that begins with what the list is narrowed by and goes on with "
                "its order (migrations/versions/2026_11_21_1_indexes_of_lists.py has examples)"
            )


@pytest.mark.parametrize("path", BARE)
def test_a_page_of_a_collection_is_read_in_the_order_of_an_index(desk: Desk, path: str) -> None:
    # To count them all costs what there is; whoever minds asks by cursor, where nothing is counted.
    held_against_the_exceptions(desk, path, 0, counting=False)


@pytest.mark.parametrize(("resource", "path"), RELATED, ids=[path for _, path in RELATED])
def test_what_belongs_to_a_row_is_found_by_an_index(desk: Desk, resource: Resource, path: str) -> None:
    id = OWNER
    if resource.table in SMALL:
        id = desk.database.one(f'SELECT max(id) FROM "{resource.table}"')
    held_against_the_exceptions(desk, path, id, counting=True)


@pytest.mark.parametrize("path", BUSY)
def test_a_list_at_the_door_reads_no_more_than_its_event(desk: Desk, path: str) -> None:
    reply, statements = desk.ask("organizer", path.replace("{id}", str(OWNER)))
    assert reply.status == 200, reply.text
    assert reply.data
    assert not desk.complaints(statements)


@pytest.mark.parametrize("path", REPORTS)
def test_a_report_about_an_event_reads_no_more_than_its_event(desk: Desk, path: str) -> None:
    reply, statements = desk.ask("organizer", path.replace("{id}", str(OWNER)))
    assert reply.status == 200, reply.text
    assert not desk.complaints(
        [statement for statement in statements if not statement[0].startswith("begin transaction")]
    )


@pytest.mark.parametrize(
    ("index", "path", "complaint"),
    [
        ("ix_sessions_event_id_id", "/v1/events/{id}/sessions", "of sessions"),
        ("ix_attendees_email", "/v1/users/{id}/attendees", "Seq Scan of attendees"),
        ("ix_faqs_event_id", "/v1/events/{id}/faqs", "Seq Scan of faqs"),
    ],
)
def test_a_missing_index_is_noticed(desk: Desk, index: str, path: str, complaint: str) -> None:
    _, statements = desk.ask("staff", path.replace("{id}", str(OWNER)))
    assert not desk.complaints(statements)
    with desk.explainer.without(index):
        complaints = desk.complaints(statements)
    assert any(complaint in item for item in complaints), complaints


def test_what_is_excepted_and_what_is_small_is_there() -> None:
    offered = {*BARE, *(path for _, path in RELATED)}
    assert {path for path, _ in EXCEPTIONS} <= offered
    assert TABLES.keys() >= SMALL


# The name of the row in the middle.
HASH = md5(str(OWNER - FIRST).encode(), usedforsecurity=False).hexdigest()[:12]
# What is searched for, by column: a part of what one row in the middle has (tests/support/many_rows.py).
PARTS = {"email": f"person.{OWNER - FIRST}", "firstname": HASH, "lastname": HASH, "name": HASH, "title": HASH}
SEARCHED = [
    (resource, attribute.wire, PARTS.get(attribute.column, "nowhere"))
    for resource in REGISTRY
    if resource.model is not None
    for attribute in resource.attributes.values()
    if attribute.searched is not None
]


@pytest.mark.parametrize(
    ("resource", "name", "part"), SEARCHED, ids=[f"{resource.type}.{name}" for resource, name, _ in SEARCHED]
)
def test_a_search_by_text_is_led_by_its_index(desk: Desk, resource: Resource, name: str, part: str) -> None:
    condition = json.dumps([{"name": name, "op": "ilike", "val": f"%{part}%"}])
    within = "" if resource.type in {"event", "user"} else f"/events/{OWNER}"
    index = f"ix_{resource.table}_search"
    for who in ("staff",) if resource.type == "user" else WHO:
        path = f"/v1{within}/{resource.path}?filter={quote(condition)}"
        reply, statements = desk.ask(who, path)
        assert reply.status == 200, reply.text
        assert reply.json["meta"]["count"] == (part != "nowhere")
        statements += desk.ask(who, path, cursor=True)[1]
        assert not desk.complaints(statements)
        plans = [plan for statement in statements for plan in desk.explainer.plans(statement).values()]
        looked = [plan for plan in plans if f'"{resource.table}"' in str(plan) or index in str(plan)]
        assert looked
        assert any(index in str(plan) for plan in looked)


def test_a_search_for_several_columns_at_once_is_led_too(desk: Desk) -> None:
    condition = [
        {"name": name, "op": "ilike", "val": f"%{HASH}%"} for name in ("firstname", "lastname", "email")
    ]
    path = f"/v1/events/{OWNER}/attendees?filter={quote(json.dumps([{'or': condition}]))}"
    reply, statements = desk.ask("organizer", path)
    assert reply.json["meta"]["count"] == 1
    assert not desk.complaints(statements)
    with desk.explainer.without("ix_attendees_search"):
        assert desk.complaints(statements)
