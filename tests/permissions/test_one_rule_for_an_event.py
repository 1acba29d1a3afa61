"""Who may work at an event is one rule: what is asked of the event, its lists and its searches agree."""

from collections.abc import Iterator

import pytest

from chalicelib import entrypoints
from chalicelib.jsonapi.http.action import ACTIONS
from chalicelib.resources import REGISTRY
from tests.factories import stored
from tests.factories.event import make_event
from tests.permissions import stage as stages
from tests.permissions.stage import VIEWERS, Stage
from tests.support.http_client import Client

_QUERIES = {"search": "?q=a"}


def below(id: object) -> Iterator[str]:
    """Every address below an event at which something is read: relationships, and verbs."""
    entrypoints.import_all()
    for relation in REGISTRY.relations["event"].values():
        yield f"/v1/events/{id}/{relation.wire}"
        yield f"/v1/events/{id}/relationships/{relation.wire}"
    for listed in ACTIONS.values():
        for item in listed:
            if item.method == "GET" and item.pattern[:2] == ("v1", "events") and len(item.pattern) > 3:
                words = ["x" if part.startswith("{") else part for part in item.pattern[3:]]
                yield f"/v1/events/{id}/{'/'.join(words)}{_QUERIES.get(words[-1], '')}"


def asking_as(client: Client, stage: Stage, viewer: str) -> Client:
    return client.signed_in_as(stage.users[viewer]) if viewer in stage.users else client


@pytest.mark.parametrize("viewer", VIEWERS)
def test_whoever_does_not_see_an_event_is_told_nothing_of_it(client: Client, viewer: str) -> None:
    stage = stages.furnish()
    stage.events["private"] = stored(make_event, privacy="private")
    asking = asking_as(client, stage, viewer)
    for event in stage.events.values():
        if asking.get(f"/v1/events/{event.id}").status != 404:
            continue
        told = {address: asking.get(address).status for address in below(event.id)}
        assert {address: status for address, status in told.items() if status not in {401, 404}} == {}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_whoever_finds_attendees_may_list_them_and_the_other_way_round(client: Client, viewer: str) -> None:
    stage = stages.furnish()
    asking = asking_as(client, stage, viewer)
    for event in stage.events.values():
        found = asking.get(f"/v1/events/{event.id}/attendees/search?q=a").status == 200
        listed = asking.get(f"/v1/events/{event.id}/attendees").status == 200
        assert found == listed, (viewer, event.state)
        people = (
            {resource["id"] for resource in asking.get(f"/v1/events/{event.id}/attendees").data}
            if listed
            else ()
        )
        assert all(asking.get(f"/v1/attendees/{id}").status == 200 for id in people)


def test_a_registrar_of_a_draft_finds_nobody(client: Client) -> None:
    stage = stages.furnish()
    registrar, draft = asking_as(client, stage, "registrar"), stage.events["draft"]
    for address in ("", "/attendees", "/attendees/search?q=a", "/stations"):
        assert registrar.get(f"/v1/events/{draft.id}{address}").status == 404
    published = stage.events["published"]
    for address in ("", "/attendees", "/attendees/search?q=a", "/stations"):
        assert registrar.get(f"/v1/events/{published.id}{address}").status == 200
