"""Form fields: well-known ones and questions of one's own, with options and translations."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.custom_form import attributes, make_custom_form
from tests.factories.custom_form_option import make_custom_form_option
from tests.factories.event import attributes as event_attributes
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def create(client: Client, event: Any, **values: object) -> Reply:
    sent = {**attributes(), **{name.replace("_", "-"): value for name, value in values.items()}}
    return client.post("/v1/custom-forms", document("custom-form", sent, event=("event", event)))


def test_a_new_event_asks_attendees_for_their_address(client: Client, database: TestDatabase) -> None:
    asking = client.signed_in_as(stored(make_user))
    assert asking.post("/v1/events", document("event", event_attributes())).status == 201
    fields = database.rows(
        "SELECT form, field_identifier, type, is_required, is_included, is_fixed FROM custom_forms"
    )
    assert fields == [
        {
            "form": "attendee",
            "field_identifier": "email",
            "type": "email",
            "is_required": True,
            "is_included": True,
            "is_fixed": True,
        }
    ]


def test_well_known_fields_keep_their_names(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    known = create(asking, event, field_identifier="shortBiography", name="About you").data["attributes"]
    assert (known["name"], known["is-complex"]) == ("Short Biography", False)
    assert known["translations"] is None
    own = create(asking, event, field_identifier="shoeSize", name="Shoe size").data["attributes"]
    assert (own["name"], own["is-complex"]) == ("Shoe size", True)
    nameless = create(asking, event, field_identifier="hatSize", name=None)
    assert (nameless.status, nameless.errors[0]["source"]["pointer"]) == (422, "/data/attributes/name")


def test_a_form_has_each_field_once(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    same = {"field_identifier": "phone", "form": "attendee"}
    assert create(asking, event, **same).status == 201
    assert create(asking, event, **same).status == 409
    assert create(asking, event, **same, form_id="vip").status == 201
    assert create(asking, event, **same, form_id="vip").status == 409
    listed = client.get(f"/v1/events/{event.identifier}/custom-forms/vip")
    assert [resource["attributes"]["form-id"] for resource in listed.data] == ["vip"]
    assert client.get(f"/v1/events/{event.id}/custom-forms").json["meta"]["count"] == 2


def test_translations_travel_with_the_field(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    field = stored(make_custom_form, event=stored(make_event, owner=owner))
    asking = client.signed_in_as(owner)
    address = f"/v1/custom-forms/{field.id}"

    def send(*entries: dict[str, object]) -> Any:
        reply = asking.patch(address, document("custom-form", {"translations": list(entries)}, field.id))
        assert reply.status == 200, reply.text
        return reply.data["attributes"]["translations"]

    shown = send({"name": "Größe", "language_code": "de"}, {"name": "Taille", "language_code": "fr"})
    assert [(item["name"], item["language_code"], item["isDeleted"]) for item in shown] == [
        ("Größe", "de", False),
        ("Taille", "fr", False),
    ]
    german, french = shown
    left = send({**german, "name": "Konfektionsgröße"}, {**french, "isDeleted": True})
    assert left == [{**german, "name": "Konfektionsgröße"}]
    other = stored(make_custom_form)
    foreign = {"translations": [german]}
    theirs = client.signed_in_as(stored(make_user, is_admin=True))
    refused = theirs.patch(f"/v1/custom-forms/{other.id}", document("custom-form", foreign, other.id))
    assert refused.status == 404


def test_options_are_made_below_their_field_by_the_team(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    field = stored(make_custom_form, event=stored(make_event, owner=owner))
    address = f"/v1/custom-forms/{field.id}/custom-form-options"
    sent = document("custom-form-option", {"value": "S"})
    assert client.post(address, sent).status == 401
    assert client.signed_in_as(stored(make_user)).post(address, sent).status == 403
    asking = client.signed_in_as(owner)
    made = asking.post(address, sent)
    assert made.status == 201, made.text
    assert [resource["id"] for resource in client.get(address).data] == [made.data["id"]]
    assert asking.post("/v1/custom-form-options", sent).status == 405
    foreign = stored(make_custom_form_option)
    for method in ("PATCH", "DELETE"):
        body = document("custom-form-option", {"value": "M"}, foreign.id)
        assert asking.request(method, f"/v1/custom-form-options/{foreign.id}", body).status == 403
    moved = {"data": {"type": "custom_form", "id": str(foreign.custom_form_id)}}
    there = f"/v1/custom-form-options/{made.data['id']}/relationships/custom-form"
    assert asking.patch(there, moved).status == 403


@pytest.mark.parametrize(
    "path", ["/v1/custom-form-translates", "/v1/custom-forms/{id}/custom-form-translates"]
)
def test_translations_are_written_by_the_team(client: Client, path: str) -> None:
    owner = stored(make_user)
    field = stored(make_custom_form, event=stored(make_event, owner=owner))
    sent = document(
        "custom-form-translate",
        {"name": "Größe", "language-code": "de", "form-id": "1"},
        custom_form=("custom-form", field),
    )
    address = path.replace("{id}", str(field.id))
    assert client.post(address, sent).status == 401
    assert client.signed_in_as(stored(make_user)).post(address, sent).status == 403
    assert client.signed_in_as(owner).post(address, sent).status == 201
