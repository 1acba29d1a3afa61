"""Every relationship from both sides, on every verb: wrong types, ids that are hidden or not there, states that are gone.

All of it is asked of one database, which holds a row of each noun at an event of an organizer, and another
at a draft of somebody else.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from chalicelib.jsonapi.http import relationships
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply

ABSENT: Final = "999999999"
VERBS: Final = ("POST", "PATCH", "DELETE")
# What says no before the linkage is looked at: nobody may do it, or not at this address.
CLOSED: Final = {401, 403, 405}

NOUNS: Final = [resource for resource in REGISTRY if resource.model is not None]


class World:
    """A row of each noun at an open event and at a hidden one, and who asks."""

    def __init__(self, client: Client) -> None:
        self.organizer = stored(make_user)
        self.staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
        self.team = client.signed_in_as(self.organizer)
        self.open = stored(make_event, owner=self.organizer)
        self.hidden = stored(make_event, owner=stored(make_user), state="draft")
        self.rows = {noun.type: self._row(noun, self.open) for noun in NOUNS}
        self.others = {noun.type: self._row(noun, self.hidden) for noun in NOUNS}

    @staticmethod
    def belongs_to_an_event(resource: Resource) -> bool:
        relation = REGISTRY.relations[resource.type].get("event")
        return resource.type == "event" or (relation is not None and relation.column is not None)

    def _row(self, resource: Resource, event: Any) -> str:
        if resource.type == "event":
            return str(event.id)
        values = {"event": event} if self.belongs_to_an_event(resource) else {}
        return str(stored(maker(resource.type), **values).id)

    def relationships(self) -> Iterator[tuple[Relation, str]]:
        """Each with the address at which it is read and changed."""
        for resource in NOUNS:
            for relation in REGISTRY.relations[resource.type].values():
                id = self.rows[resource.type]
                yield relation, f"/v1/{resource.path}/{id}/relationships/{relation.wire}"


@pytest.fixture
def world(client: Client) -> World:
    return World(client)


def body(relation: Relation, *identifiers: dict[str, str]) -> Any:
    return {"data": list(identifiers) if relation.many else identifiers[0]}


def identifier(type: str, id: str) -> dict[str, str]:
    return {"type": type, "id": id}


def told(reply: Reply, id: str) -> tuple[int, str]:
    """An answer, with the id that was asked about taken out."""
    return reply.status, reply.text.replace(f'"{id}"', "ID").replace(f" {id}.", " ID.")


def test_a_wrong_type_is_never_taken(world: World) -> None:
    tried = 0
    for relation, address in world.relationships():
        before = world.staff.get(address)
        # The id of a row that is linked, or could be: only the type is wrong.
        linked = before.data if relation.many else [before.data] if before.data else []
        id = linked[0]["id"] if linked else world.rows.get(relation.target, "1")
        wrong = "tax" if relation.target != "tax" else "faq"
        for method in relationships.methods(relation):
            if method == "GET":
                continue
            reply = world.staff.request(method, address, body(relation, identifier(wrong, id)))
            assert reply.status in {422, *CLOSED}, (method, address, reply.text)
            if reply.status == 422:
                tried += 1
                assert reply.errors[0]["source"]["pointer"] in {"/data/type", "/data/0/type"}
            else:
                assert reply.errors[0]["source"]
        assert world.staff.get(address).json == before.json, address
    assert tried > 200


def test_a_wrong_type_is_never_taken_in_a_document(world: World) -> None:
    tried = 0
    for resource in NOUNS:
        if "update" not in resource.methods:
            continue
        id = world.rows[resource.type]
        for relation in REGISTRY.relations[resource.type].values():
            if relation.read_only:
                continue
            wrong = identifier(
                "tax" if relation.target != "tax" else "faq", world.rows.get(relation.target, "1")
            )
            data = {"type": resource.type, "id": id, "relationships": {relation.wire: body(relation, wrong)}}
            reply = world.staff.patch(f"/v1/{resource.path}/{id}", {"data": data})
            assert reply.status in {422, *CLOSED}, (resource.type, relation.name, reply.text)
            if reply.status == 422:
                tried += 1
                start = f"/data/relationships/{relation.wire}/data"
                assert reply.errors[0]["source"]["pointer"] in {f"{start}/type", f"{start}/0/type"}
    assert tried > 100


def test_what_is_hidden_is_answered_like_what_is_not_there(world: World) -> None:
    """An organizer names rows of somebody else's draft, on every verb: nothing tells that there are any."""
    tried = 0
    for relation, address in world.relationships():
        target = REGISTRY[relation.target]
        if target.model is None or not world.belongs_to_an_event(target):
            continue
        hidden = world.others[target.type]
        if world.team.get(f"/v1/{target.path}/{hidden}").status != 404:
            continue
        before = world.team.get(address).text
        for method in VERBS:
            there, absent = (
                told(world.team.request(method, address, body(relation, identifier(relation.target, id))), id)
                for id in (hidden, ABSENT)
            )
            assert there == absent, (method, address)
            tried += there[0] not in CLOSED
        assert world.team.get(address).text == before, address
    assert tried > 100


def test_what_is_in_the_trash_is_answered_like_what_is_not_there(
    world: World, database: TestDatabase
) -> None:
    for resource in NOUNS:
        if resource.soft_delete:
            database.run(
                f'UPDATE "{resource.table}" SET deleted_at = now() WHERE id = :id',
                id=int(world.others[resource.type]),
            )
    for relation, address in world.relationships():
        target = REGISTRY[relation.target]
        if target.model is None or not target.soft_delete:
            continue
        for method in VERBS:
            there, absent = (
                told(
                    world.staff.request(method, address, body(relation, identifier(relation.target, id))), id
                )
                for id in (world.others[relation.target], ABSENT)
            )
            assert there == absent, (method, address)


def test_a_stale_tag_changes_nothing(world: World) -> None:
    tried = 0
    for relation, address in world.relationships():
        before = world.staff.get(address)
        linked = before.data
        for method in VERBS:
            sent = {"data": linked} if linked else body(relation, identifier(relation.target, ABSENT))
            for headers in ({"If-Match": 'W/"stale"'}, {"If-None-Match": before.headers["etag"]}):
                reply = world.staff.request(method, address, sent, headers=headers)
                assert reply.status in {412, *CLOSED}, (method, address, reply.text)
                if reply.status == 412:
                    tried += 1
                    assert reply.errors[0]["source"] == {"header": next(iter(headers))}
        assert world.staff.get(address).json == before.json, address
    assert tried > 400


def test_what_is_named_twice_counts_once(world: World) -> None:
    for relation, address in world.relationships():
        if not relation.many:
            continue
        linked = world.staff.get(address).data
        for method in ("PATCH", "POST"):
            reply = world.staff.request(method, address, {"data": [*linked, *linked]})
            assert reply.status in {204, *CLOSED}, (method, address, reply.text)
        assert world.staff.get(address).data == linked, address


# A form for such a thing is shown by old clients where there is none yet, which 404 tells them.
EMPTY: Final = {
    "event": {
        "speakers-call",
        "event-copyright",
        "tax",
        "stripe-authorization",
        "video-stream",
        "discount-code",
        "refund-rule",  # which the old server has not: like those beside it
    },
    "event-sub-topic": {"custom-placeholder"},
    "microlocation": {"video-stream"},
}


def test_a_to_one_that_leads_nowhere_is_404_where_the_old_server_said_so(client: Client) -> None:
    staff = client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    found: dict[str, set[str]] = {}
    for type_name in ("event", "event-sub-topic", "microlocation", "session", "ticket"):
        resource = REGISTRY[type_name]
        address = f"/v1/{resource.path}/{stored(maker(type_name)).id}"
        for relation in REGISTRY.relations[type_name].values():
            if relation.many or staff.get(f"{address}/relationships/{relation.wire}").data is not None:
                continue
            assert (
                staff.get(f"{address}?include={relation.wire}").data["relationships"][relation.wire]["data"]
                is None
            )
            related = staff.get(f"{address}/{relation.wire}")
            if related.status == 404:
                found.setdefault(type_name, set()).add(relation.wire)
                assert related.errors[0]["source"] == {"pointer": ""}
            else:
                assert (related.status, related.data) == (200, None)
    assert found == EMPTY
