"""Sign-ups for sessions: who may, when and with which ticket; the waiting line; never overbooked, never a free place."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.orders.attendee.attendee import Attendee
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

PATH = "/v1/session-sign-ups"


class Workshop:
    """A session of an event in a month with one place, and attendees with tickets that admit."""

    def __init__(self, client: Client) -> None:
        self.client, self.owner = client, stored(make_user)
        self.start = clock.now().replace(microsecond=0) + timedelta(days=30)
        times = {"starts_at": self.start, "ends_at": self.start + timedelta(days=3)}
        self.event = stored(make_event, owner=self.owner, name="Code Days", timezone="Asia/Tokyo", **times)
        self.ticket = stored(make_ticket, event=self.event, name="Standard")
        self.by = client.signed_in_as(self.owner)
        self.session = self.talk(0, 60, sign_up_places=1)

    def talk(self, begins: int, ends: int, **values: Any) -> Any:
        starts_at, ends_at = (self.start + timedelta(minutes=minutes) for minutes in (begins, ends))
        return stored(make_session, event=self.event, starts_at=starts_at, ends_at=ends_at, **values)

    def guest(
        self, *, status: str = "completed", ticket: Any = None, **values: Any
    ) -> tuple[Client, Attendee]:
        """The client of a new account, and the attendee that it has bought a ticket for, which is itself."""
        user = stored(make_user)
        order = stored(make_order, event=self.event, user=user, status=status)
        values = {"email": user.email, "ticket": ticket or self.ticket, **values}
        attendee = stored(make_attendee, event=self.event, order=order, **values)
        return self.client.signed_in_as(user), attendee

    def join(self, who: tuple[Client, Attendee], session: Any = None) -> Reply:
        asking, attendee = who
        linked = {"session": ("session", session or self.session), "attendee": ("attendee", attendee)}
        return asking.post(PATH, document("session-sign-up", {}, **linked))

    def set(self, session: Any = None, **values: object) -> Reply:
        id = (session or self.session).id
        sent = {name.replace("_", "-"): value for name, value in values.items()}
        return self.by.patch(f"/v1/sessions/{id}", document("session", sent, id))

    def line(self, session: Any = None) -> list[tuple[str, Any]]:
        """State and place in the line of everybody, as the team sees it, by time."""
        reply = self.by.get(f"/v1/sessions/{(session or self.session).id}/sign-ups?sort=id&page[size]=0")
        assert reply.status == 200, reply.text
        return [(item["attributes"]["state"], item["attributes"]["place-in-line"]) for item in reply.data]


def cancel(asking: Client, id: str, **attributes: Any) -> Reply:
    return asking.patch(f"{PATH}/{id}", document("session-sign-up", attributes or {"state": "cancelled"}, id))


@pytest.fixture
def workshop(client: Client, database: TestDatabase) -> Workshop:
    return Workshop(client)


def refused(reply: Reply, status: int, pointer: str, said: str) -> None:
    assert reply.status == status, reply.text
    assert reply.errors[0]["source"]["pointer"] == f"/data/{pointer}"
    assert said in reply.errors[0]["detail"]


def test_the_first_has_the_place_and_the_line_moves_up_by_time(workshop: Workshop) -> None:
    people = [workshop.guest() for _ in range(4)]
    joined = [workshop.join(person).data for person in people]
    states = [(item["attributes"]["state"], item["attributes"]["place-in-line"]) for item in joined]
    assert states == [("confirmed", None), ("waiting", 1), ("waiting", 2), ("waiting", 3)]
    assert [bool(item["attributes"]["confirmed-at"]) for item in joined] == [True, False, False, False]

    assert cancel(people[1][0], joined[1]["id"]).status == 200, "who waits may leave the line"
    reply = cancel(people[0][0], joined[0]["id"])
    assert reply.data["attributes"]["state"] == "cancelled"
    assert reply.data["attributes"]["cancelled-at"]
    assert workshop.line() == [("cancelled", None), ("cancelled", None), ("confirmed", None), ("waiting", 1)]

    again = workshop.join(people[0]).data["attributes"]
    assert (again["state"], again["place-in-line"]) == ("waiting", 2), "at the end of the line"
    assert workshop.set(sign_up_places=3).status == 200
    assert workshop.line()[2:] == [("confirmed", None)] * 3


def test_a_place_comes_back_whoever_takes_the_attendee_away(
    workshop: Workshop, database: TestDatabase
) -> None:
    ways: list[Callable[[tuple[Client, Attendee]], object]] = [
        lambda person: workshop.by.delete(f"/v1/attendees/{person[1].id}").status == 200,
        lambda person: database.run("DELETE FROM attendees WHERE id = :id", id=person[1].id),
        lambda person: database.run("DELETE FROM orders WHERE id = :id", id=person[1].order_id),
        lambda person: (
            workshop.by.patch(
                f"/v1/orders/{person[1].order_id}",
                document("order", {"status": "cancelled"}, person[1].order_id),
            ).status
            == 200
        ),
    ]
    for take_away in ways:
        talk = workshop.talk(0, 60, sign_up_places=1, is_sign_up_overlap_allowed=True)
        first, second = workshop.guest(), workshop.guest()
        assert workshop.join(first, talk).status == 201
        assert workshop.join(second, talk).data["attributes"]["state"] == "waiting"
        assert take_away(first) in {None, True}
        assert workshop.line(talk)[-1] == ("confirmed", None)
        assert database.one("SELECT taken FROM stocks WHERE session_id = :id", id=talk.id) == 1


def test_places_do_not_become_fewer_than_are_taken(workshop: Workshop) -> None:
    assert workshop.set(sign_up_places=2).status == 200
    joined = [workshop.join(workshop.guest()) for _ in range(3)]
    assert [reply.status for reply in joined] == [201, 201, 201]
    for places in (1, 0, None):
        refused(workshop.set(sign_up_places=places), 409, "attributes/sign-up-places", "signed up already")
    assert workshop.set(sign_up_places=-1).status == 422
    assert workshop.line() == [("confirmed", None), ("confirmed", None), ("waiting", 1)]
    assert workshop.set(sign_up_places=2, title="Renamed").status == 200


def test_who_may_sign_up(workshop: Workshop, client: Client) -> None:
    someone = workshop.guest()
    for status, expected in (("placed", 201), ("initializing", 409), ("pending", 409)):
        guest = workshop.guest(status=status)
        assert workshop.join(guest).status == expected
    stranger = client.signed_in_as(stored(make_user))
    refused(workshop.join((stranger, someone[1])), 404, "relationships/attendee/data", "no attendee")
    assert workshop.join((client, someone[1])).status in {401, 404}
    elsewhere = stored(make_session, sign_up_places=5)
    refused(workshop.join(someone, elsewhere), 422, "relationships/attendee", "another event")
    assert workshop.join((workshop.by, someone[1])).status == 201, "the team may do it for them"
    refused(workshop.join(someone), 409, "relationships/session", "already")


def test_an_attendee_who_is_not_the_buyer_signs_up_by_the_verified_address(
    workshop: Workshop, client: Client
) -> None:
    user = stored(make_user, email="friend@example.org")
    _, attendee = workshop.guest(email="friend@example.org")
    friend = client.signed_in_as(user)
    id = workshop.join((friend, attendee)).data["id"]
    own = friend.get(f"/v1/attendees/{attendee.id}/session-sign-ups")
    assert [item["id"] for item in own.data] == [id]
    stranger, _ = workshop.guest()
    assert stranger.get(PATH).status == 403 == workshop.by.get(PATH).status
    for asking, expected in ((workshop.by, 200), (stranger, 404)):
        assert asking.get(f"/v1/events/{workshop.event.id}/session-sign-ups").status == expected
    assert stranger.get(f"{PATH}/{id}").status == 404 == cancel(stranger, id).status
    assert stranger.get(f"/v1/sessions/{workshop.session.id}/sign-ups").data == []
    assert cancel(friend, id).status == 200


def test_the_window_and_the_programme(workshop: Workshop) -> None:
    soon, late = clock.now() + timedelta(days=1), clock.now() - timedelta(hours=1)
    wrong = workshop.set(sign_up_opens_at=soon.isoformat(), sign_up_closes_at=late.isoformat())
    refused(wrong, 422, "attributes/sign-up-closes-at", "after it opens")
    for values, said in (
        ({"sign_up_places": 1, "sign_up_opens_at": soon}, "has not begun"),
        ({"sign_up_places": 1, "sign_up_closes_at": late}, "is over"),
        ({"sign_up_places": 1, "state": "pending"}, "not on the programme"),
        ({}, "no sign-up"),
    ):
        closed = workshop.talk(0, 60, **values)
        reply = workshop.join((workshop.by, workshop.guest()[1]), closed)
        refused(reply, 409, "relationships/session", said)
    begun = stored(
        make_session,
        event=workshop.event,
        sign_up_places=1,
        starts_at=late,
        ends_at=late + timedelta(hours=2),
    )
    refused(workshop.join(workshop.guest(), begun), 409, "relationships/session", "is over")


def test_only_certain_tickets(workshop: Workshop, client: Client) -> None:
    gold = stored(make_ticket, event=workshop.event, name="Gold")
    path = f"/v1/sessions/{workshop.session.id}/relationships/sign-up-tickets"
    linkage = {"data": [{"type": "ticket", "id": str(gold.id)}]}
    speaker = stored(make_user)
    own = stored(make_session, event=workshop.event, creator_id=speaker.id)
    by_speaker = f"/v1/sessions/{own.id}/relationships/sign-up-tickets"
    assert client.signed_in_as(speaker).patch(by_speaker, linkage).status == 403
    elsewhere = {"data": [{"type": "ticket", "id": str(stored(make_ticket).id)}]}
    assert workshop.by.patch(path, elsewhere).status == 422
    assert workshop.by.patch(path, linkage).status in {200, 204}
    refused(workshop.join(workshop.guest()), 409, "relationships/attendee", "kind of ticket")
    assert workshop.join(workshop.guest(ticket=gold)).status == 201


def test_nobody_is_in_two_places_unless_a_session_allows_it(workshop: Workshop) -> None:
    guest = workshop.guest()
    assert workshop.join(guest).status == 201
    same_time, after = workshop.talk(30, 90, sign_up_places=9), workshop.talk(60, 90, sign_up_places=9)
    refused(workshop.join(guest, same_time), 409, "relationships/session", workshop.session.title)
    assert workshop.join(guest, after).status == 201
    assert workshop.set(same_time, is_sign_up_overlap_allowed=True).status == 200
    assert workshop.join(guest, same_time).status == 201


def test_an_event_limits_the_sign_ups_of_each(workshop: Workshop) -> None:
    sent = document("event", {"sign-ups-per-attendee": 1}, workshop.event.id)
    assert workshop.by.patch(f"/v1/events/{workshop.event.id}", sent).status == 200
    guest, after = workshop.guest(), workshop.talk(60, 90, sign_up_places=9)
    id = workshop.join(guest).data["id"]
    refused(workshop.join(guest, after), 409, "relationships/attendee", "for 1 sessions")
    assert cancel(guest[0], id).status == 200
    assert workshop.join(guest, after).status == 201


def test_a_sign_up_stays_as_it_was_made(workshop: Workshop) -> None:
    guest = workshop.guest()
    linked = {"session": ("session", workshop.session), "attendee": ("attendee", guest[1])}
    sent = document("session-sign-up", {"state": "confirmed"}, **linked)
    refused(guest[0].post(PATH, sent), 422, "attributes/state", "no state")
    id = workshop.join(guest).data["id"]
    refused(cancel(guest[0], id, state="waiting"), 409, "attributes/state", "only be cancelled")
    other = document("session-sign-up", {}, id, session=("session", workshop.talk(60, 90, sign_up_places=1)))
    refused(guest[0].patch(f"{PATH}/{id}", other), 403, "relationships/session", "stays")
    assert cancel(guest[0], id, state="confirmed").status == 200, "it is"
    assert cancel(guest[0], id).status == 200
    refused(cancel(guest[0], id, state="confirmed"), 409, "attributes/state", "signs up again")
    assert workshop.by.delete(f"{PATH}/{id}").status == 403


def test_counts_are_the_team_s_unless_the_organizer_says_so(workshop: Workshop, client: Client) -> None:
    for _ in range(3):
        assert workshop.join(workshop.guest()).status == 201
    speaker = stored(make_user)
    stored(make_users_events_roles, event=workshop.event, user=speaker, role="coorganizer")
    path = f"/v1/sessions/{workshop.session.id}"

    def counts(asking: Client) -> tuple[Any, Any]:
        shown = asking.get(path).data["attributes"]
        return shown.get("sign-up-confirmed"), shown.get("sign-up-waiting")

    assert counts(workshop.by) == counts(client.signed_in_as(speaker)) == (1, 2)
    assert counts(client) == (None, None)
    assert workshop.set(is_sign_up_count_public=True).status == 200
    assert counts(client) == (1, 2)


@pytest.mark.usefixtures("signals_on")
def test_who_has_signed_up_is_told_of_a_place_of_a_move_and_of_the_end(
    workshop: Workshop, pump: Pump
) -> None:
    first, second = workshop.guest(), workshop.guest()
    id = workshop.join(first).data["id"]
    assert workshop.join(second).status == 201

    def told() -> list[tuple[str, str]]:
        before = len(pump.mails())
        pump.everything()
        return sorted((mail["to"][0], mail["subject"]) for mail in pump.mails()[before:])

    title = workshop.session.title
    assert told() == [(first[1].email, f"You have a place in {title}")]
    assert cancel(first[0], id).status == 200
    assert told() == [(second[1].email, f"You have a place in {title}")]
    later = workshop.start + timedelta(hours=5)
    moved = {"starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=1)).isoformat()}
    assert workshop.set(**moved).status == 200
    assert told() == [(second[1].email, f"{title} was moved")]
    assert workshop.set(title=f"{title}!").status == 200
    assert told() == []
    assert workshop.set(state="canceled").status == 200
    assert told() == [(second[1].email, f"{title}! does not take place")]
    inbox = second[0].get("/v1/notifications")
    if inbox.status == 200:
        assert len(inbox.data) == 3


@pytest.mark.usefixtures("signals_on")
def test_a_copy_of_the_event_takes_the_places_and_not_the_people(
    workshop: Workshop, database: TestDatabase, pump: Pump
) -> None:
    assert workshop.join(workshop.guest()).status == 201
    path = f"/v1/sessions/{workshop.session.id}/relationships/sign-up-tickets"
    assert workshop.by.patch(path, {"data": [{"type": "ticket", "id": str(workshop.ticket.id)}]}).status < 300
    copies = f"/v1/events/{workshop.event.id}/copies"
    started = workshop.by.post(copies, {}, content_type="application/json").json
    pump.everything()
    result = workshop.by.get(started["task_url"]).json
    assert result["state"] == "SUCCESS", result
    talks = workshop.by.get(f"/v1/events/{result['result']['id']}/sessions?include=sign-up-tickets").json
    assert [talk["attributes"]["sign-up-places"] for talk in talks["data"]] == [1]
    assert [talk["attributes"]["sign-up-confirmed"] for talk in talks["data"]] == [0]
    assert [ticket["attributes"]["name"] for ticket in talks["included"]] == ["Standard"]
    assert database.one("SELECT count(*) FROM session_sign_ups") == 1


@pytest.mark.parametrize("places", [1, 3])
def test_a_storm_of_joins_and_cancellations_overbooks_nothing_and_leaves_no_place_free(
    workshop: Workshop, database: TestDatabase, places: int
) -> None:
    """Threads join, cancel, take attendees away and change the places, on PostgreSQL, all at once."""
    talks = [
        workshop.talk(0, 60, sign_up_places=places, is_sign_up_overlap_allowed=True, title=f"Talk {number}")
        for number in range(2)
    ]
    people = [workshop.guest() for _ in range(12)]
    overbooked = (
        "SELECT count(*) FROM sessions talk WHERE talk.sign_up_places < (SELECT count(*) FROM session_sign_ups line "
        "WHERE line.session_id = talk.id AND line.state = 'confirmed')"
    )
    answers: list[int] = []

    def act(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - a history that can be repeated
        person = people[number]
        for talk in chance.sample(talks, 2):
            reply = workshop.join(person, talk)
            answers.append(reply.status)
            assert reply.status == 201, reply.text
            if chance.random() < 0.6:
                answers.append(cancel(person[0], reply.data["id"]).status)
            if chance.random() < 0.3:
                answers.append(workshop.join(person, talk).status)
        if number % 4 == 0:
            answers.append(workshop.by.delete(f"/v1/attendees/{person[1].id}").status)
        if number == 5:
            answers.append(workshop.set(talks[0], sign_up_places=places + 1).status)
        assert database.one(overbooked) == 0

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(act, range(len(people))))
    assert set(answers) <= {200, 201, 409}
    for talk in talks:
        capacity, taken, confirmed, waiting = database.rows(
            "SELECT stock.capacity, stock.taken, (SELECT count(*) FROM session_sign_ups line WHERE "
            "line.session_id = :id AND state = 'confirmed') AS confirmed, (SELECT count(*) FROM session_sign_ups "
            "line WHERE line.session_id = :id AND state = 'waiting') AS waiting FROM stocks stock "
            "WHERE stock.session_id = :id",
            id=talk.id,
        )[0].values()
        assert taken == confirmed <= capacity
        assert taken == capacity or waiting == 0, "a free place while somebody waits"
    assert (
        database.one(
            "SELECT count(*) FROM session_sign_ups line JOIN attendees person ON person.id = line.attendee_id "
            "WHERE person.deleted_at IS NOT NULL AND line.state <> 'cancelled'"
        )
        == 0
    )
    early = database.one(
        "SELECT count(*) FROM session_sign_ups waits JOIN session_sign_ups later ON later.session_id = waits.session_id "
        "AND later.id > waits.id AND later.state = 'confirmed' WHERE waits.state = 'waiting'"
    )
    assert early == 0, "somebody was passed by who came later"
