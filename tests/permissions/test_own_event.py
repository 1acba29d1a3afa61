"""What is known of one's own event is not taken for granted at others that the same answer has."""

from typing import Any

import pytest

from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply


def two_of_a_group(**values: Any) -> tuple[Any, Event, Event]:
    """Somebody, their event, and somebody else's in the same group."""
    owner = stored(make_user)
    group = stored(make_group)
    mine = stored(make_event, owner=owner, group_id=group.id)
    return owner, mine, stored(make_event, owner=stored(make_user), group_id=group.id, **values)


def links_of(reply: Reply, id: int) -> set[str]:
    """The relationships shown of an event that was asked for or came along."""
    (found,) = [
        item
        for item in [reply.data, *reply.json["included"]]
        if (item["type"], item["id"]) == ("event", str(id))
    ]
    return set(found["relationships"])


def test_events_that_come_along_with_ones_own_show_what_strangers_see(client: Client) -> None:
    owner, mine, other = two_of_a_group()
    reply = client.signed_in_as(owner).get(f"/v1/events/{mine.id}?include=group.events")
    assert reply.status == 200, reply.text
    assert "attendees" in links_of(reply, mine.id)
    assert "attendees" not in links_of(reply, other.id)


def test_drafts_of_others_do_not_come_along_with_ones_own(client: Client) -> None:
    owner, mine, other = two_of_a_group(state="draft")
    for path in (f"/v1/events/{mine.id}?include=group.events", f"/v1/events/{mine.id}/group?include=events"):
        reply = client.signed_in_as(owner).get(path)
        events = {resource["id"] for resource in reply.json["included"] if resource["type"] == "event"}
        assert str(other.id) not in events
        assert reply.status == 200, reply.text


@pytest.mark.parametrize("query", ["", "?include=event", "?include=event.group.events"])
def test_people_of_other_events_stay_hidden(client: Client, query: str) -> None:
    owner, mine, other = two_of_a_group()
    at_mine, at_other = stored(make_attendee, event=mine), stored(make_attendee, event=other)
    asking = client.signed_in_as(owner)
    seen = asking.get(f"/v1/events/{mine.id}/attendees{query}")
    assert ([resource["id"] for resource in seen.data], seen.json["meta"]["count"]) == ([str(at_mine.id)], 1)
    assert asking.get(f"/v1/events/{other.id}/attendees{query}").status == 404
    assert asking.get(f"/v1/attendees/{at_other.id}").status == 404


def test_who_no_longer_is_of_the_team_sees_no_more_than_others(
    client: Client, database: TestDatabase
) -> None:
    owner, mine, _ = two_of_a_group()
    stored(make_attendee, event=mine)
    asking = client.signed_in_as(owner)
    assert len(asking.get(f"/v1/events/{mine.id}/attendees").data) == 1
    database.run("DELETE FROM users_events_roles WHERE user_id = :user", user=owner.id)
    assert asking.get(f"/v1/events/{mine.id}/attendees").status == 404


def test_what_a_draft_has_stays_hidden_with_it(client: Client) -> None:
    owner, _, draft = two_of_a_group(state="draft")
    stored(make_session, event=draft)
    for asking in (client, client.signed_in_as(owner)):
        for id in (draft.id, draft.identifier):
            assert asking.get(f"/v1/events/{id}/sessions").status == 404


def test_what_lies_in_the_trash_with_its_event_is_not_listed(client: Client, database: TestDatabase) -> None:
    owner, mine, _ = two_of_a_group()
    stored(make_session, event=mine, state="accepted")
    asking = client.signed_in_as(owner)
    path = f"/v1/events/{mine.id}/sessions?get_trashed=true"
    assert len(asking.get(path).data) == 1
    database.run("UPDATE events SET deleted_at = now() WHERE id = :id", id=mine.id)
    listed = asking.get(path)
    assert (listed.status, listed.data, listed.json["meta"]["count"]) == (200, [], 0)
