"""Places are counted by the database, whoever writes an attendee and however."""

import threading
from collections.abc import Callable
from typing import Any

import pg8000.dbapi
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from chalicelib import db
from chalicelib.db_errors import constraint
from chalicelib.resources.tickets.stock import TOO_MANY
from chalicelib.resources.tickets.ticket import Ticket
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def taken(database: TestDatabase, **of: Any) -> int:
    """How many places are counted as taken; `of` is for instance ticket_id=1."""
    ((column, id),) = of.items()
    return int(database.one(f"SELECT taken FROM stocks WHERE {column} = :id", id=id))


def come(ticket: Ticket, number: int = 1, **values: Any) -> None:
    """Attendees with this ticket, in one statement."""
    codes = {"discount_code_id": None, **values}
    with db.transaction() as session:
        db.fetch(
            session,
            "INSERT INTO attendees (identifier, event_id, ticket_id, discount_code_id, is_checked_in, "
            "is_checked_out, is_registered, is_consent_of_refund_policy) "
            "SELECT 'abc123', $1, $2, $3, false, false, false, false FROM generate_series(1, $4::int)",
            [ticket.event_id, ticket.id, codes["discount_code_id"], number],
        )


def refused(act: Callable[[], object]) -> bool:
    """Whether the database says that there are not so many places."""
    with pytest.raises(DBAPIError) as failure:
        act()
    return constraint(failure.value) == TOO_MANY


def test_every_way_of_coming_and_going_counts(database: TestDatabase) -> None:
    event = stored(make_event)
    pool = stored(make_ticket_pool, event=event, quantity=10)
    ticket = stored(make_ticket, event=event, quantity=6, pool_id=pool.id)
    code = stored(make_discount_code, event=event, tickets_number=4)
    come(ticket, 3)
    come(ticket, 2, discount_code_id=code.id)

    def counted() -> tuple[int, int, int]:
        return (
            taken(database, ticket_id=ticket.id),
            taken(database, pool_id=pool.id),
            taken(database, discount_code_id=code.id),
        )

    assert counted() == (5, 5, 2)
    database.run("UPDATE attendees SET deleted_at = now() WHERE discount_code_id IS NOT NULL")
    assert counted() == (3, 3, 0)
    database.run("UPDATE attendees SET city = 'Basel'")
    assert counted() == (3, 3, 0)
    database.run("UPDATE attendees SET deleted_at = NULL")
    assert counted() == (5, 5, 2)
    database.run("DELETE FROM attendees")
    assert counted() == (0, 0, 0)


def test_one_too_many_is_refused_by_the_ticket_the_pool_and_the_code(database: TestDatabase) -> None:
    event = stored(make_event)
    pool = stored(make_ticket_pool, event=event, quantity=5)
    one = stored(make_ticket, event=event, quantity=4, pool_id=pool.id)
    other = stored(make_ticket, event=event, quantity=None, pool_id=pool.id)
    code = stored(make_discount_code, event=event, tickets_number=1, max_quantity=1)
    assert refused(lambda: come(one, 5))
    come(one, 4)
    assert refused(lambda: come(one))
    assert refused(lambda: come(other, 2))
    assert refused(lambda: come(other, 2, discount_code_id=code.id))
    come(other, discount_code_id=code.id)
    assert (taken(database, ticket_id=other.id), taken(database, pool_id=pool.id)) == (1, 5)
    assert database.one("SELECT count(*) FROM attendees") == 5


def test_who_comes_back_from_the_trash_needs_a_place(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    ticket = stored(make_ticket, event=event, quantity=1)
    order = stored(make_order, event=event, status="completed")
    gone = stored(make_attendee, event=event, order=order, ticket=ticket)
    stored(make_attendee, event=event, order=order)  # the order goes with its last attendee
    mine = client.signed_in_as(owner)
    assert mine.delete(f"/v1/attendees/{gone.id}").status == 200
    stored(make_attendee, event=event, order=order, ticket=ticket)
    back = document("attendee", {"deleted-at": None}, id=gone.id)
    assert mine.patch(f"/v1/attendees/{gone.id}?get_trashed=true", back).status == 409
    database.run("UPDATE tickets SET quantity = 2")
    assert mine.patch(f"/v1/attendees/{gone.id}?get_trashed=true", back).status == 200


def test_a_ticket_cannot_have_fewer_places_than_are_taken(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    ticket = stored(make_ticket, event=stored(make_event, owner=owner), quantity=5, max_order=2)
    come(ticket, 3)
    mine = client.signed_in_as(owner)

    def lowered_to(quantity: int) -> Any:
        return mine.patch(
            f"/v1/tickets/{ticket.id}", document("ticket", {"quantity": quantity}, id=ticket.id)
        )

    answer = lowered_to(2)
    assert (answer.status, answer.json["errors"][0]["source"]) == (
        409,
        {"pointer": "/data/attributes/quantity"},
    )
    assert database.one("SELECT quantity FROM tickets") == 5
    assert lowered_to(3).status == 200
    assert database.one("SELECT capacity FROM stocks") == 3


def test_a_ticket_takes_its_people_along_to_another_pool(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    hall = stored(make_ticket_pool, event=event, quantity=5)
    cellar = stored(make_ticket_pool, event=event, quantity=2)
    ticket = stored(make_ticket, event=event, pool_id=hall.id)
    come(ticket, 3)
    mine = client.signed_in_as(owner)

    def moved_to(pool: Any) -> int:
        return mine.patch(
            f"/v1/tickets/{ticket.id}", document("ticket", id=ticket.id, pool=("ticket-pool", pool))
        ).status

    assert moved_to(cellar) == 409
    assert (taken(database, pool_id=hall.id), taken(database, pool_id=cellar.id)) == (3, 0)
    database.run("UPDATE ticket_pools SET quantity = 3")
    assert moved_to(cellar) == 200
    assert (taken(database, pool_id=hall.id), taken(database, pool_id=cellar.id)) == (0, 3)
    assert mine.delete(f"/v1/ticket-pools/{cellar.id}").status == 409
    assert mine.delete(f"/v1/ticket-pools/{hall.id}").status == 200


def test_many_who_come_at_once_get_no_more_than_there_is(database: TestDatabase) -> None:
    event = stored(make_event)
    pool = stored(make_ticket_pool, event=event, quantity=20)
    tickets = [stored(make_ticket, event=event, pool_id=pool.id) for _ in range(3)]
    outcomes: list[str] = []

    def buy(number: int) -> None:
        url = make_url(database.url)
        connection = pg8000.dbapi.connect(
            url.username or "", url.host or "", url.database, url.port or 5432, url.password
        )
        for turn in range(10):
            first, second = tickets[(number + turn) % 3], tickets[(number * turn) % 3]
            cursor = connection.cursor()
            try:
                cursor.execute(
                    "INSERT INTO attendees (identifier, event_id, ticket_id, is_checked_in, is_checked_out, "
                    "is_registered, is_consent_of_refund_policy) SELECT 'abc123', %s, ticket, false, false, "
                    "false, false FROM unnest(%s::bigint[]) AS ticket",
                    (event.id, [first.id, second.id]),
                )
                connection.commit()
                outcomes.append("sold")
            except pg8000.dbapi.DatabaseError as refusal:
                connection.rollback()
                outcomes.append(refusal.args[0].get("n", refusal.args[0]["C"]))
        connection.close()

    buyers = [threading.Thread(target=buy, args=(number,)) for number in range(6)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert (outcomes.count("sold"), outcomes.count(TOO_MANY)) == (10, 50)
    assert taken(database, pool_id=pool.id) == 20
    assert database.one("SELECT sum(taken) FROM stocks WHERE ticket_id IS NOT NULL") == 20
