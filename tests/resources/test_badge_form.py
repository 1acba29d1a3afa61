"""Badge forms: their fields come and go with them."""

from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm
from tests.factories import stored
from tests.factories.badge_field_form import make_badge_field_form
from tests.factories.badge_form import attributes, make_badge_form
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

NAME = {
    "field_identifier": "firstname",
    "font_size": 24,
    "font_weight": [{"name": "Bold", "font_weight": "700"}],
    "qr_custom_field": ["email"],
    "is_field_expanded": True,
}


def test_fields_travel_inside_their_form(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    asking = client.signed_in_as(owner)
    sent = {**attributes(), "badge-id": "speakers", "badge-fields": [NAME, {"badge_id": "own"}]}
    made = asking.post("/v1/badge-forms", document("badge-form", sent, event=("event", event)))
    assert made.status == 201, made.text
    first, second = made.data["attributes"]["badge-fields"]
    assert {name: first[name] for name in NAME} == NAME
    assert (first["badge_id"], second["badge_id"], first["margin_top"]) == ("speakers", "own", None)
    address = f"/v1/badge-forms/{made.data['id']}"
    # What was read can be sent back, and what is sent replaces what was there.
    same = document("badge-form", {"badge-fields": [second]}, made.data["id"])
    assert [
        field["badge_id"] for field in asking.patch(address, same).data["attributes"]["badge-fields"]
    ] == ["own"]
    kept = asking.patch(address, document("badge-form", {"badge-size": "A6"}, made.data["id"]))
    assert len(kept.data["attributes"]["badge-fields"]) == 1
    assert asking.delete(address).status == 200
    assert database.one("SELECT count(*) FROM badge_field_forms") == 0


def test_a_wrong_field_is_pointed_at(client: Client) -> None:
    owner = stored(make_user)
    form = stored(make_badge_form, event=stored(make_event, owner=owner))
    sent = document("badge-form", {"badge-fields": [{"font_size": "large"}]}, form.id)
    reply = client.signed_in_as(owner).patch(f"/v1/badge-forms/{form.id}", sent)
    assert reply.status == 422
    assert reply.errors[0]["source"]["pointer"] == "/data/attributes/badge-fields/0/font_size"


def test_forms_are_found_by_the_name_that_tickets_know(client: Client) -> None:
    event = stored(make_event)
    wanted = stored(make_badge_form, event=event, badge_id="press")
    stored(make_badge_form, event=event, badge_id="crew")
    asking = client.signed_in_as(stored(make_user))
    for id in (event.id, event.identifier):
        found = asking.get(f"/v1/events/{id}/badge-forms/press").data
        assert [item["id"] for item in found] == [str(wanted.id)]
    assert client.get(f"/v1/events/{event.id}/badge-forms").status == 404
    assert client.get(f"/v1/badge-forms/{wanted.id}").status == 200


def test_strangers_leave_badges_and_their_fields_alone(client: Client) -> None:
    field: BadgeFieldForm = stored(make_badge_field_form)
    stranger = client.signed_in_as(stored(make_user))
    address = f"/v1/badge-field-forms/{field.id}"
    assert stranger.patch(address, document("badge-field-form", {"font-size": 1}, field.id)).status == 403
    assert stranger.delete(address).status == 403
    sent = document("badge-field-form", {"badge-id": "x"})
    assert stranger.post(f"/v1/badge-forms/{field.badge_form_id}/badge-field-forms", sent).status == 403
    assert client.get(f"{address}/relationships/badge_form").data["id"] == str(field.badge_form_id)
