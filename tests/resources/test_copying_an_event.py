"""Copying an event: the set-up comes along, what people did with it stays behind."""

from chalicelib import clock
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.custom_form_option import make_custom_form_option
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.speakers_call import make_speakers_call
from tests.factories.sponsor import make_sponsor
from tests.factories.ticket import make_ticket
from tests.factories.ticket_pool import make_ticket_pool
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


def test_the_set_up_is_copied_and_the_rest_is_not(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, is_promoted=True)
    helper = stored(make_users_events_roles, event=event, role="coorganizer").user_id
    for make in (make_microlocation, make_speakers_call, make_sponsor, make_ticket, make_track, make_session):
        stored(make, event=event)
    stored(make_custom_form_option, custom_form=stored(make_custom_form, event=event))
    stored(make_discount_code, event=event)
    reply = client.signed_in_as(helper).post(f"/v1/events/{event.identifier}/copy")
    assert reply.status == 200, reply.text
    made = reply.json
    assert made["copied"] is True
    assert made["identifier"] != event.identifier
    shown = client.signed_in_as(owner).get(f"/v1/events/{made['identifier']}").data
    assert shown["id"] == str(made["id"])
    assert (shown["attributes"]["state"], shown["attributes"]["is-promoted"]) == ("draft", False)
    assert shown["attributes"]["name"] == event.name
    copied = {
        table: database.one(f"SELECT count(*) FROM {table} WHERE event_id = :id", id=made["id"])
        for table in (
            *("microlocations", "speakers_calls", "sponsors", "tickets", "tracks", "custom_forms"),
            *("discount_codes", "users_events_roles", "sessions"),
        )
    }
    assert copied == {**dict.fromkeys(copied, 1), "users_events_roles": 2, "sessions": 0}
    assert database.one("SELECT count(*) FROM custom_form_options") == 2


def test_tickets_that_share_places_share_those_of_the_copy(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    hall = stored(make_ticket_pool, event=event, name="Hall", quantity=30)
    stored(make_ticket_pool, event=event, name="Cellar", deleted_at=clock.now())
    for name, pool_id in (("Front", hall.id), ("Back", hall.id), ("Online", None)):
        attendee_of = stored(make_ticket, event=event, name=name, pool_id=pool_id)
        stored(make_attendee, event=event, ticket=attendee_of)
    made = client.signed_in_as(owner).post(f"/v1/events/{event.id}/copy").json
    pools = database.rows("SELECT id, name, quantity FROM ticket_pools WHERE event_id = :id", id=made["id"])
    assert [(pool["name"], pool["quantity"]) for pool in pools] == [("Hall", 30)]
    assert pools[0]["id"] != hall.id
    tickets = database.rows("SELECT name, pool_id FROM tickets WHERE event_id = :id", id=made["id"])
    assert {ticket["name"]: ticket["pool_id"] for ticket in tickets} == {
        "Front": pools[0]["id"],
        "Back": pools[0]["id"],
        "Online": None,
    }
    # Nobody has come to the copy yet, and nobody has left the hall of the first.
    taken = {row["pool_id"]: row["taken"] for row in database.rows("SELECT * FROM stocks WHERE pool_id > 0")}
    assert (taken[hall.id], taken[pools[0]["id"]]) == (2, 0)


def test_only_the_team_copies(client: Client, database: TestDatabase) -> None:
    event = stored(make_event)
    address = f"/v1/events/{event.id}/copy"
    assert client.post(address).status == 401
    assert client.signed_in_as(stored(make_user)).post(address).status == 403
    assert database.one("SELECT count(*) FROM events") == 1
