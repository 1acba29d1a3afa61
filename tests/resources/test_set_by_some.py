"""Attributes that only some may set, of every noun: refused to others, who may send back what they found."""

from typing import Any

import pytest
from marshmallow import fields, validate

from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.factories import maker, stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.order import make_order
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

GUARDED = [
    (noun, item)
    for noun in REGISTRY
    if noun.model is not None and "update" in noun.methods
    for item in noun.guarded
    if item.column in noun.model_or_raise.__table__.columns and not item.field.dump_only
]
_OTHER: dict[type, Any] = {
    fields.Integer: 2031,
    fields.Number: 99.5,
    fields.AwareDateTime: "2031-05-01T12:00:00+00:00",
    fields.Url: "https://example.org/another",
    fields.String: "17",
    fields.Dict: {"score": "9"},
}


def other_than(present: Any, attribute: Attribute) -> Any:
    """A value of the attribute's kind that it does not have."""
    if isinstance(attribute.field, fields.Boolean):
        return not present
    for rule in attribute.field.validators:
        if isinstance(rule, validate.OneOf):
            return next(choice for choice in rule.choices if choice != present)
        if isinstance(rule, validate.Range) and rule.max is not None and rule.max < 10_000:
            return next(number for number in (rule.max, rule.max - 1) if number != present)
    return next(value for kind, value in _OTHER.items() if isinstance(attribute.field, kind))


# Attributes that the rest of the event's team may not set.
OF_OWNERS = {"bulk_mails_need_approval"}


def somebody_who_may_change(noun: Resource, attribute: Attribute) -> tuple[Any, Any]:
    """A row, and the id of somebody who may change it without being of the platform or the team."""
    user = stored(make_user)
    event = stored(make_event, is_tax_enabled=True)
    if noun.type == "event":
        role = "organizer" if attribute.column in OF_OWNERS else "owner"
        return event, stored(make_users_events_roles, event=event, role=role).user_id
    if noun.type == "attendee":
        order = stored(make_order, event=event, user=user)
        return stored(make_attendee, event=event, order=order), user.id
    if noun.type == "group":
        return stored(make_group, user=user), user.id
    if noun.type == "session":
        return stored(maker("session"), event=event, creator_id=user.id), user.id
    if noun.type == "speaker":
        return stored(maker("speaker"), event=event, user_id=user.id), user.id
    if noun.type == "user":
        return user, user.id
    if "user_id" in noun.model_or_raise.__table__.columns:
        return stored(maker(noun.type), user=user), user.id
    row = stored(maker(noun.type))
    held = getattr(row, "event_id", None)
    if held is None:
        return row, user.id
    return row, stored(make_users_events_roles, event=_Id(held), role="coorganizer").user_id


class _Id:
    def __init__(self, id: int) -> None:
        self.id = id


@pytest.mark.parametrize(("noun", "one"), GUARDED, ids=lambda it: getattr(it, "type", None) or it.name)
def test_it_is_refused_to_others_and_what_they_found_is_no_change(
    noun: Resource, one: Attribute, client: Client, database: TestDatabase
) -> None:
    row, who = somebody_who_may_change(noun, one)
    asking = client.signed_in_as(who)
    address = f"/v1/{noun.path}/{row.id}"
    where = f'SELECT "{one.column}" FROM "{noun.table}" WHERE id = :id'
    before = database.one(where, id=row.id)
    refused = asking.patch(address, document(noun.type, {one.wire: other_than(before, one)}, row.id))
    assert refused.status == 403, refused.text
    assert refused.errors[0]["source"]["pointer"] == f"/data/attributes/{one.wire}"
    assert database.one(where, id=row.id) == before
    found = asking.get(address)
    if found.status == 200 and one.wire in found.data["attributes"]:
        same = document(noun.type, {one.wire: found.data["attributes"][one.wire]}, row.id)
        assert asking.patch(address, same).status == 200


@pytest.mark.parametrize(
    ("noun", "one"),
    [
        (noun, value)
        for noun, value in GUARDED
        if isinstance(value.field, fields.Boolean)
        and noun.model_or_raise.__table__.columns[value.column].nullable
    ],
    ids=lambda it: getattr(it, "type", None) or it.name,
)
def test_null_sent_back_as_false_is_no_change(
    noun: Resource, one: Attribute, client: Client, database: TestDatabase
) -> None:
    row, who = somebody_who_may_change(noun, one)
    database.run(f'UPDATE "{noun.table}" SET "{one.column}" = NULL')
    sent = document(noun.type, {one.wire: False}, row.id)
    assert client.signed_in_as(who).patch(f"/v1/{noun.path}/{row.id}", sent).status == 200
    assert database.one(f'SELECT "{one.column}" FROM "{noun.table}" WHERE id = :id', id=row.id) is None


@pytest.mark.parametrize("role", ["registrar", "coorganizer", "owner"])
@pytest.mark.parametrize("status", ["placed", "completed"])
def test_the_organizers_client_checks_in_by_sending_everything_back(
    client: Client, database: TestDatabase, role: str, status: str
) -> None:
    event = stored(make_event)
    someone = stored(make_attendee, event=event, order=stored(make_order, event=event, status=status))
    flags = [
        name
        for name, column in REGISTRY["attendee"].attributes.items()
        if isinstance(column.field, fields.Boolean)
        and REGISTRY["attendee"].model_or_raise.__table__.columns[column.column].nullable
    ]
    database.run("UPDATE attendees SET " + ", ".join(f"{name} = NULL" for name in flags))
    asking = client.signed_in_as(stored(make_users_events_roles, event=event, role=role).user_id)
    address = f"/v1/attendees/{someone.id}"
    shown = asking.get(address).data["attributes"]
    whole = {name: False if name.replace("-", "_") in flags else value for name, value in shown.items()}
    come = {**whole, "is-checked-in": True, "checkin-times": "2030-05-01T12:00:00+00:00"}
    reply = asking.patch(address, document("attendee", come, someone.id))
    assert reply.status == 200, reply.text
    assert reply.data["attributes"]["is-checked-in"] is True
    kept = database.rows(f"SELECT {', '.join(flags)} FROM attendees")[0]
    assert {name for name, value in kept.items() if value is not None} <= {"is_badge_printed"}


def test_a_buyer_who_says_no_has_said_so(client: Client, database: TestDatabase) -> None:
    buyer = stored(make_user)
    event = stored(make_event)
    someone = stored(make_attendee, event=event, order=stored(make_order, event=event, user=buyer))
    sent = document("attendee", {"accept-share-details": False}, someone.id)
    reply = client.signed_in_as(buyer).patch(f"/v1/attendees/{someone.id}", sent)
    assert reply.data["attributes"]["accept-share-details"] is False
    assert database.one("SELECT accept_share_details FROM attendees") is False


def test_what_the_platform_sells_nobody_takes_on_creation(client: Client) -> None:
    asking = client.signed_in_as(stored(make_user))
    event = {
        "name": "Fair",
        "starts-at": "2031-05-01T10:00:00Z",
        "ends-at": "2031-05-02T10:00:00Z",
        "timezone": "UTC",
        "state": "draft",
    }
    for type, sent in (("event", event), ("group", {"name": "Friends"})):
        path = REGISTRY[type].path
        for name in ("is-promoted", "is-featured", "is-demoted", "is-announced"):
            if name.replace("-", "_") not in REGISTRY[type].attributes:
                continue
            assert asking.post(f"/v1/{path}", document(type, {**sent, name: True})).status == 403
            assert asking.post(f"/v1/{path}", document(type, {**sent, name: False})).status == 201
