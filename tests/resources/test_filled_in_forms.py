"""Filled-in forms: what must be answered before a session or a speaker's profile is handed in."""

from typing import Any

from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.event import make_event
from tests.factories.session import attributes as session_attributes
from tests.factories.speaker import attributes as speaker_attributes
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def hand_in(client: Client, event: Any, links: dict[str, Any] | None = None, **values: object) -> Reply:
    sent = {**session_attributes(), "state": "pending"}
    sent |= {name.replace("_", "-"): value for name, value in values.items()}
    return client.post("/v1/sessions", document("session", sent, event=("event", event), **(links or {})))


def test_required_fields_must_be_answered(client: Client) -> None:
    event = stored(make_event)
    stored(make_custom_form, event=event, form="session", field_identifier="slidesUrl", is_required=True)
    stored(make_custom_form, event=event, form="session", field_identifier="track", is_required=True)
    stored(make_custom_form, event=event, form="session", field_identifier="needsPiano", is_required=True)
    asking = client.signed_in_as(stored(make_user))
    refused = hand_in(asking, event)
    assert (refused.status, len(refused.errors)) == (422, 3)
    track = {"track": ("track", stored(make_track, event=event))}
    given = {"slides_url": "https://slides.example.org", "complex_field_values": {"needsPiano": False}}
    assert hand_in(asking, event, track, **given).status == 201


def test_fields_that_are_left_out_or_of_other_forms_do_not_matter(client: Client) -> None:
    event = stored(make_event)
    stored(make_custom_form, event=event, form="speaker", is_required=True)
    stored(make_custom_form, event=event, form="session", is_required=True, is_included=False)
    stored(make_custom_form, form="session", is_required=True)
    assert hand_in(client.signed_in_as(stored(make_user)), event).status == 201


def test_drafts_and_the_team_may_leave_gaps(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_custom_form, event=event, form="session", field_identifier="website", is_required=True)
    assert hand_in(client.signed_in_as(owner), event).status == 201
    asking = client.signed_in_as(stored(make_user))
    draft = hand_in(asking, event, state="draft")
    assert draft.status == 201
    address, id = f"/v1/sessions/{draft.data['id']}", draft.data["id"]
    assert asking.patch(address, document("session", {"state": "pending"}, id)).status == 422
    complete = {"state": "pending", "website": "https://talk.example.org"}
    assert asking.patch(address, document("session", complete, id)).status == 200


def test_answers_are_of_the_right_kind(client: Client) -> None:
    event = stored(make_event)
    for kind in ("number", "email", "file", "text", "year"):
        stored(
            make_custom_form, event=event, form="session", type=kind, field_identifier=f"own{kind.title()}"
        )
    asking = client.signed_in_as(stored(make_user))
    for name, value, status in (
        ("own_number", "twelve", 422),
        ("own_number", "12.5", 201),
        ("own_number", -3, 201),
        *(
            ("own_number", wrong, 422)
            for wrong in ("NaN", "-inf", "Infinity", "1e999", "1_000", "\uff11", True, " ")
        ),
        *(("own_year", wrong, 422) for wrong in ("soon", "20", 20311, 2031.5, "NaN")),
        ("own_year", "2031", 201),
        ("own_year", 2031, 201),
        ("own_email", "j\xf6rg@example.org", 422),
        ("own_email", "x@example.org\u200b", 422),
        ("own_email", "nobody", 422),
        ("own_email", "somebody@example.org", 201),
        ("own_file", "a.pdf", 422),
        ("ownText", "anything", 201),
        ("unheard_of", "kept", 201),
    ):
        reply = hand_in(asking, event, complex_field_values={name: value})
        assert reply.status == status, (name, reply.text)
        if status == 422:
            assert reply.errors[0]["source"]["pointer"] == f"/data/attributes/complex-field-values/{name}"


def test_speakers_answer_their_form(client: Client) -> None:
    event = stored(make_event)
    stored(make_custom_form, event=event, form="speaker", field_identifier="city", is_required=True)
    asking = client.signed_in_as(stored(make_user))
    for sent, status in ((speaker_attributes(), 422), ({**speaker_attributes(), "city": "Gdańsk"}, 201)):
        assert asking.post("/v1/speakers", document("speaker", sent, event=("event", event))).status == status
