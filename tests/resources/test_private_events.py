"""Private events: in no list, and reachable for whoever knows the identifier, links included."""

import json
from typing import Any

import pytest

from chalicelib import db, signals
from chalicelib.resources import REGISTRY
from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.event_topic import make_event_topic
from tests.factories.event_type import make_event_type
from tests.factories.group import make_group
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.user_favourite_event import make_user_favourite_event
from tests.factories.users_events_roles import make_users_events_roles
from tests.permissions import stage as stages
from tests.permissions.stage import Stage
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def private(**values: Any) -> Event:
    return stored(make_event, privacy="private", name="Rosebud", **values)


def test_a_private_event_is_in_no_list(client: Client) -> None:
    group, topic, kind = stored(make_group), stored(make_event_topic), stored(make_event_type)
    event = private(
        group_id=group.id, event_topic_id=topic.id, event_type_id=kind.id, searchable_location_name="Lisbon"
    )
    asking = client.signed_in_as(stored(make_user))
    for who in (client, asking):
        for address in (
            "/v1/events?page[size]=0",
            "/v1/events?filter[name]=Rosebud",
            "/v1/events/upcoming",
            f"/v1/groups/{group.id}/events",
            f"/v1/groups/{group.id}?include=events",
            f"/v1/groups/{group.id}/relationships/events",
            f"/v1/event-topics/{topic.id}/events",
            f"/v1/event-types/{kind.id}/events",
            "/v1/event-locations",
        ):
            reply = who.get(address)
            assert reply.status == 200, (address, reply.text)
            assert "Rosebud" not in reply.text.replace("filter%5Bname%5D=Rosebud", "")
            assert f'"type":"event","id":"{event.id}"' not in reply.text
            assert reply.json.get("meta", {"count": 0})["count"] == 0 or address.startswith("/v1/event-l")
        named = '[{"name":"events","op":"any","val":{"name":"name","op":"eq","val":"Rosebud"}}]'
        assert who.get("/v1/groups", query={"filter": named}).data == []


def test_a_private_event_is_not_found_by_counting_ids(client: Client) -> None:
    event = private()
    ticket, talk = stored(make_ticket, event=event), stored(make_session, event=event)
    for who in (client, client.signed_in_as(stored(make_user))):
        for address in (
            f"/v1/events/{event.id}",
            f"/v1/events/{event.id}/tickets",
            f"/v1/events/{event.id}/tickets/availability",
            f"/v1/events/{event.id}/sessions/dates",
            f"/v1/tickets/{ticket.id}",
            f"/v1/tickets/{ticket.id}/event",
            f"/v1/sessions/{talk.id}?include=event",
            f"/v1/sessions/{talk.id}?event=0000aaaa",
        ):
            assert who.get(address).status == 404, address
        assert who.get("/v1/sessions").data == []


def links_in(document: Any) -> set[str]:
    found: set[str] = set()
    for item in [document["data"], *document.get("included", ())]:
        found.add(item["links"]["self"])
        found |= {link for relation in item["relationships"].values() for link in relation["links"].values()}
    return found


def test_whoever_knows_the_identifier_sees_it_and_can_follow_every_link(client: Client) -> None:
    event = private()
    stored(make_ticket, event=event)
    stored(make_session, event=event)
    for who in (client, client.signed_in_as(stored(make_user))):
        reply = who.get(f"/v1/events/{event.identifier}?include=tickets,sessions")
        assert (reply.status, len(reply.json["included"])) == (200, 2)
        nowhere = {item.wire for item in REGISTRY.relations["event"].values() if item.or_404}
        for link in links_in(reply.json):
            leads = link.partition("?")[0].rpartition("/")[2] not in nowhere or "/relationships/" in link
            assert who.get(link).status == (200 if leads else 404), link
        (ticket,) = who.get(f"/v1/events/{event.identifier}/tickets").data
        assert who.get(ticket["relationships"]["event"]["links"]["related"]).data["id"] == str(event.id)


def test_links_of_public_events_carry_nothing(client: Client) -> None:
    event = stored(make_event)
    shown = client.get(f"/v1/events/{event.identifier}").data
    assert shown["links"]["self"] == f"/v1/events/{event.id}"
    assert "?" not in json.dumps(shown["relationships"])


@pytest.mark.parametrize("part", ["buyer", "registrar", "owner", "staff", "speaker"])
def test_whoever_has_to_do_with_it_sees_it_by_its_id(client: Client, part: str) -> None:
    user, event = stored(make_user, is_admin=part == "staff"), private()
    if part == "buyer":
        stored(make_order, event=event, user=user)
    elif part == "speaker":
        stored(make_session, event=event, creator_id=user.id)
    elif part != "staff":
        stored(make_users_events_roles, event=event, user=user, role=part)
    asking = client.signed_in_as(user)
    assert asking.get(f"/v1/events/{event.id}").status == 200
    assert asking.get(f"/v1/events/{event.id}/tickets").status == 200
    listed = asking.get("/v1/events").data
    assert [item["id"] for item in listed] == (
        [str(event.id)] if part in {"registrar", "owner", "staff"} else []
    )


def test_a_private_draft_is_its_organizers_alone(client: Client) -> None:
    event = private(state="draft")
    assert client.get(f"/v1/events/{event.identifier}").status == 404
    assert client.get(f"/v1/events/{event.identifier}/tickets").status == 404


def test_a_private_event_is_linked_by_its_identifier(client: Client) -> None:
    user, event = stored(make_user), private()
    asking = client.signed_in_as(user)

    def mark(id: object) -> Reply:
        return asking.post("/v1/user-favourite-events", document("user-favourite-event", event=("event", id)))

    assert mark(event.id).status == 404
    assert mark(event.identifier).status == 201


def test_favourites_of_others_do_not_tell_of_it(client: Client) -> None:
    fan, event = stored(make_user), private()
    stored(make_user_favourite_event, event=event, user=fan)
    assert client.signed_in_as(fan).get("/v1/user-favourite-events?include=event").json["included"] == []


def test_an_event_is_public_or_private(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    sent = document("event", {"privacy": "hidden"}, event.id)
    reply = client.signed_in_as(owner).patch(f"/v1/events/{event.id}", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/privacy")


OF_EVENTS = sorted(
    resource.type
    for resource in REGISTRY
    if resource.model is not None and stages.path_to_event(resource) and resource.type != "event"
)


@pytest.mark.parametrize("type_name", OF_EVENTS)
def test_what_hangs_on_a_private_event_is_hidden_with_it(client: Client, type_name: str) -> None:
    event = private(is_sessions_speakers_enabled=True, is_tax_enabled=True)
    noun = REGISTRY[type_name]
    stage = Stage({"stranger": stored(make_user).id}, {"foreign": event})
    with db.transaction() as session, signals.muted():
        id = stages.make_row(session, noun, stages.parents(session, noun, stage, "foreign")).id
    for who in (client, client.signed_in_as(stage.users["stranger"])):
        assert who.get(f"/v1/{noun.path}/{id}").status in {401, 404, 405}
        if "list" in noun.methods:
            listed = who.get(f"/v1/{noun.path}?page[size]=0")
            assert listed.status in {401, 403} or str(id) not in [resource["id"] for resource in listed.data]
        for relation in REGISTRY.relations["event"].values():
            if relation.target == type_name:
                assert who.get(f"/v1/events/{event.id}/{relation.wire}").status in {401, 404}
