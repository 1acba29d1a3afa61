"""Many threads at the running system: one account for each address, and every count exact."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product

import pytest

from devstack import aws_stand_in
from devstack.aws_stand_in import Resources
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
from tests.factories.user import PASSWORD, make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.bombard import Shot, System, serving, slowest, statuses
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.running_system import eventually

pytestmark = pytest.mark.one_database
THREADS = 8


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[ExitStack, list[System]]]:
    """The system that the tests share, once there is one, and what ends it."""
    with ExitStack() as stack:
        yield stack, []


@pytest.fixture
def system(
    database: TestDatabase,
    stand_in: Resources,
    started: tuple[ExitStack, list[System]],
    tmp_path_factory: pytest.TempPathFactory,
) -> System:
    """The running system: its processes keep the addresses of the module's database and of the stand-in."""
    stack, systems = started
    if not systems:
        systems.append(stack.enter_context(serving(tmp_path_factory.mktemp("logs"))))
    return systems[0]


def sign_up(email: str) -> Shot:
    return Shot("POST", "/v1/users", document("user", {"email": email, "password": PASSWORD}))


def test_who_signs_up_many_times_at_once_has_one_account_and_one_mail(
    system: System, database: TestDatabase, stand_in: Resources
) -> None:
    spellings = ["ada@example.org", "Ada@Example.org", "ADA@EXAMPLE.ORG"] * 4
    others = [f"guest-{n}@example.org" for n in range(6)]
    hits = system.bombard([sign_up(email) for email in (*spellings, *others)], THREADS)
    done = "SELECT count(*) FROM outbox WHERE done_at IS NOT NULL AND task = 'send_verification_mail'"
    eventually(lambda: database.one(done) == 7, "the mails")

    assert statuses(hits) == {201: 7, 409: 11}
    refused = [hit.json["errors"][0]["source"]["pointer"] for hit in hits if hit.status == 409]
    assert set(refused) == {"/data/attributes/email"}
    named = "lower(email) LIKE 'ada@%' OR lower(email) LIKE 'guest-%'"
    found = database.rows(f"SELECT lower(email) AS email FROM users WHERE {named} ORDER BY 1")
    assert [row["email"] for row in found] == ["ada@example.org", *others]
    mailed = [mail["to"][0].lower() for mail in aws_stand_in.mails(stand_in.endpoint)]
    assert sorted(to for to in mailed if to.startswith(("ada@", "guest-"))) == ["ada@example.org", *others]


def test_every_session_that_is_answered_is_there_once_and_none_besides(
    system: System, database: TestDatabase
) -> None:
    event = stored(make_event)
    people = [stored(make_user) for _ in range(3)]
    team = [
        stored(make_users_events_roles, event=event, user=person, role="organizer").user_id
        for person in people
    ]
    tokens = system.logged_in(people)
    wanted = [document("session", {"title": f"Talk {n}"}, event=("event", event)) for n in range(16)]
    shots = [Shot("POST", "/v1/sessions", item, token) for item in wanted for token in tokens]
    without = document("session", {"title": "Nobody's"}, event=("event", event))
    hits = system.bombard([*shots, *[Shot("POST", "/v1/sessions", without)] * 6], THREADS)

    assert statuses(hits) == {201: 48, 401: 6}
    answered = sorted(int(hit.json["data"]["id"]) for hit in hits if hit.status == 201)
    kept = database.rows(
        "SELECT id, title, creator_id FROM sessions WHERE event_id = :event ORDER BY id", event=event.id
    )
    assert answered == [row["id"] for row in kept]
    assert {(row["title"], row["creator_id"]) for row in kept} == {
        (f"Talk {n}", who) for n in range(16) for who in team
    }


def test_each_is_a_favourite_of_each_once_and_the_count_on_the_session_is_exact(
    system: System, database: TestDatabase
) -> None:
    event = stored(make_event)
    talks = [stored(make_session, event=event) for _ in range(3)]
    fans = [stored(make_user) for _ in range(5)]
    tokens = system.logged_in(fans)
    shots = [
        Shot(
            "POST",
            "/v1/user-favourite-sessions",
            document("user-favourite-session", session=("session", talk)),
            token,
        )
        for token, talk in product(tokens, talks)
    ]
    hits = system.bombard(shots * 3, THREADS)
    assert statuses(hits) == {201: 15, 409: 30}
    assert favourites(database, event.id) == {talk.id: (5, 5) for talk in talks}

    mine = [
        Shot("DELETE", f"/v1/user-favourite-sessions/{hit.json['data']['id']}", token=hit.shot.token)
        for hit in hits
        if hit.status == 201 and hit.shot.token in tokens[:2]
    ]
    gone = system.bombard(mine * 2, THREADS)

    assert statuses(gone) == {200: 6, 404: 6}
    assert favourites(database, event.id) == {talk.id: (3, 3) for talk in talks}
    assert all(hit.seconds > 0 for hit in (*hits, *gone))
    assert 0 < slowest(hits, 0.5) <= slowest(hits)


def favourites(database: TestDatabase, event_id: int) -> dict[int, tuple[int, int]]:
    """By session: the count that it shows, and how many there are."""
    found = database.rows(
        "SELECT id, favourite_count AS told, "
        "(SELECT count(*) FROM user_favourite_sessions WHERE session_id = sessions.id) AS kept FROM sessions "
        "WHERE event_id = :event",
        event=event_id,
    )
    return {row["id"]: (row["told"], row["kept"]) for row in found}


def test_an_order_and_its_attendees_are_saved_at_the_same_time(
    system: System, database: TestDatabase
) -> None:
    event = stored(make_event, can_pay_by_bank=True)
    buyer = stored(make_user)
    order = stored(make_order, event=event, user=buyer)
    ticket = stored(make_ticket, event=event)
    people = [
        stored(make_attendee, event=event, order=order, ticket=ticket, firstname=None) for _ in range(4)
    ]
    (token,) = system.logged_in([buyer])
    shots = []
    for n in range(5):
        address = document("order", {"address": f"Street {n}"}, order.id)
        shots.append(Shot("PATCH", f"/v1/orders/{order.id}", address, token))
        for person in people:
            name = document("attendee", {"firstname": f"Ada {n}"}, person.id)
            shots.append(Shot("PATCH", f"/v1/attendees/{person.id}", name, token))
    hits = system.bombard(shots, THREADS)
    assert statuses(hits) == {200: len(shots)}
    named = "SELECT count(*) FROM attendees WHERE firstname LIKE 'Ada%' AND order_id = :order"
    assert database.one(named, order=order.id) == len(people)
