"""Form fields that are asked by the answer to another, after acceptance, or of organizers alone."""

import json
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.custom_form import attributes
from tests.factories.event import make_event
from tests.factories.session import attributes as session_attributes
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.http_client import Client, Reply

NOTE = "pays their own travel"


class Forms:
    """An event whose owner makes its forms through the API."""

    def __init__(self, client: Client) -> None:
        self.client, self.owner, self.submitter = client, stored(make_user), stored(make_user)
        self.event = stored(make_event, owner=self.owner)
        self.team, self.by = client.signed_in_as(self.owner), client.signed_in_as(self.submitter)

    def field(self, name: str, form: str = "session", /, **values: object) -> Reply:
        sent = {**attributes(), "field-identifier": name, "form": form, "name": name}
        sent |= {key.replace("_", "-"): value for key, value in values.items()}
        return self.team.post("/v1/custom-forms", document("custom-form", sent, event=("event", self.event)))

    def submit(self, answers: Any, by: Client | None = None, **values: object) -> Reply:
        sent = {**session_attributes(), "state": "pending", "complex-field-values": answers, **values}
        return (by or self.by).post("/v1/sessions", document("session", sent, event=("event", self.event)))


@pytest.fixture
def forms(client: Client) -> Forms:
    return Forms(client)


def pointer(reply: Reply) -> tuple[int, str | None]:
    return reply.status, reply.errors[0].get("source", {}).get("pointer")


def test_a_question_is_asked_by_the_answer_to_another(forms: Forms) -> None:
    assert forms.field("needsPower", type="boolean").status == 201
    power = {"asked_if_field": "needsPower", "asked_if_value": "true", "is_required": True, "type": "number"}
    assert forms.field("howManyWatts", **power).status == 201
    expert = {"asked_if_field": "level", "asked_if_value": "Expert", "is_required": True}
    assert forms.field("level").status == 201
    assert forms.field("whatToRead", **expert).status == 201
    for answers in (None, {}, {"needs_power": False}, {"needs_power": False, "how_many_watts": "plenty"}):
        assert forms.submit(answers).status == 201
    missing = forms.submit({"needs_power": True})
    assert pointer(missing) == (422, "/data/attributes/complex-field-values/how_many_watts")
    assert forms.submit({"needs_power": True, "how_many_watts": "plenty"}).status == 422
    assert forms.submit({"needsPower": True, "howManyWatts": 60}).status == 201
    read = forms.submit(None, level="Expert")
    assert pointer(read) == (422, "/data/attributes/complex-field-values/what_to_read")


def test_a_condition_names_a_field_that_everybody_is_asked(forms: Forms) -> None:
    assert forms.field("first").status == 201
    second = forms.field("second", asked_if_field="first", asked_if_value="yes")
    assert second.status == 201
    at = "/data/attributes/asked-if-field"
    for values in (
        {"asked_if_field": "nothing", "asked_if_value": "yes"},
        {"asked_if_field": "third", "asked_if_value": "yes"},
        {"asked_if_field": "second", "asked_if_value": "yes"},
        {"asked_if_field": "first"},
        {"asked_if_field": "first", "asked_if_value": "yes", "is_internal": True},
        {"asked_if_field": "first", "asked_if_value": "yes", "form": "speaker"},
    ):
        assert pointer(forms.field("third", **values)) == (422, at), values
    alone = forms.field("third", asked_if_value="yes")
    assert pointer(alone) == (422, "/data/attributes/asked-if-value")


def test_a_field_that_others_depend_on_stays(forms: Forms) -> None:
    first, other = forms.field("first").data["id"], forms.field("other").data["id"]
    second = forms.field("second", asked_if_field="first", asked_if_value="yes").data["id"]
    address = f"/v1/custom-forms/{first}"
    assert forms.team.delete(address).status == 409
    for values in ({"field-identifier": "renamed"}, {"asked-if-field": "other", "asked-if-value": "no"}):
        assert forms.team.patch(address, document("custom-form", values, first)).status == 409
    assert forms.team.patch(address, document("custom-form", {"name": "Renamed"}, first)).status == 200
    free = document("custom-form", {"asked-if-field": None, "asked-if-value": None}, second)
    assert forms.team.patch(f"/v1/custom-forms/{second}", free).status == 200
    assert forms.team.delete(address).status == 200
    assert forms.team.delete(f"/v1/custom-forms/{other}").status == 200


def test_some_questions_are_asked_after_acceptance(forms: Forms) -> None:
    assert forms.field("needsAdapter", asked_from="acceptance", is_required=True).status == 201
    talk = forms.submit({})
    assert talk.status == 201
    id = talk.data["id"]
    accepted = document("session", {"state": "accepted"}, id)
    assert forms.team.patch(f"/v1/sessions/{id}", accepted).status == 200
    renamed = document("session", {"title": "Another"}, id)
    at = "/data/attributes/complex-field-values/needs_adapter"
    assert pointer(forms.by.patch(f"/v1/sessions/{id}", renamed)) == (422, at)
    answered = document("session", {"title": "Another", "complex-field-values": {"needsAdapter": "HDMI"}}, id)
    assert forms.by.patch(f"/v1/sessions/{id}", answered).status == 200
    withdrawn = document("session", {"state": "withdrawn", "complex-field-values": {}}, id)
    assert forms.by.patch(f"/v1/sessions/{id}", withdrawn).status == 200


def test_speakers_are_asked_once_a_session_of_theirs_is_accepted(forms: Forms) -> None:
    assert forms.field("shirtSize", "speaker", asked_from="acceptance", is_required=True).status == 201
    talk = stored(make_session, event=forms.event, state="pending")
    person = stored(make_speaker, event=forms.event, user_id=forms.submitter.id, sessions=[talk])
    address = f"/v1/speakers/{person.id}"
    assert forms.by.patch(address, document("speaker", {"city": "Rome"}, person.id)).status == 200
    accepted = document("session", {"state": "accepted"}, talk.id)
    assert forms.team.patch(f"/v1/sessions/{talk.id}", accepted).status == 200
    assert forms.by.patch(address, document("speaker", {"city": "Oslo"}, person.id)).status == 422
    sized = {"city": "Oslo", "complex-field-values": {"shirtSize": "M"}}
    assert forms.by.patch(address, document("speaker", sized, person.id)).status == 200


@pytest.mark.parametrize("form", ["session", "speaker"])
def test_internal_fields_are_seen_and_written_by_organizers_alone(forms: Forms, form: str) -> None:
    field = forms.field("travelNote", form, is_internal=True, is_required=True, name="A note on travel")
    assert field.status == 201
    talk = stored(make_session, event=forms.event, creator_id=forms.submitter.id)
    person = stored(make_speaker, event=forms.event, user_id=forms.submitter.id, sessions=[talk])
    row = talk if form == "session" else person
    address, values = f"/v1/{form}s/{row.id}", {"internal-field-values": {"travelNote": NOTE}}
    assert forms.by.patch(address, document(form, values, row.id)).status == 403
    written = forms.team.patch(address, document(form, values, row.id))
    assert written.data["attributes"]["internal-field-values"] == {"travel_note": NOTE}
    assert forms.by.patch(address, document(form, {"website": "https://a.example"}, row.id)).status == 200
    event = f"/v1/events/{forms.event.id}"
    places = (
        address,
        f"{event}/{form}s",
        f"{event}?include={form}s,custom-forms,{form}s.event.custom-forms",
        f"{event}/custom-forms",
        f"/v1/custom-forms/{field.data['id']}",
        f"/v1/sessions/{talk.id}?include=speakers",
        f"/v1/speakers/{person.id}?include=sessions",
    )
    moderator = stored(make_users_events_roles, event=forms.event, role="moderator").user_id
    for who in (forms.by, forms.client.signed_in_as(moderator), forms.client.signed_in_as(stored(make_user))):
        for place in places:
            shown = json.dumps(who.get(place).json)
            assert NOTE not in shown, place
            assert "A note on travel" not in shown, place
    assert NOTE in json.dumps(forms.team.get(places[0]).json)
    assert "A note on travel" in json.dumps(forms.team.get(places[3]).json)
    hidden = [{"name": "internal-field-values", "op": "ne", "val": None}]
    assert forms.by.get(f"{event}/{form}s?filter={json.dumps(hidden)}").data in (None, [])


def test_an_internal_answer_stands_nowhere_else(forms: Forms) -> None:
    assert forms.field("score", is_internal=True, type="number").status == 201
    at = "/data/attributes/complex-field-values/score"
    assert pointer(forms.submit({"score": 3})) == (422, at)
    assert pointer(forms.submit({"score": 3}, forms.team)) == (422, at)
    wrong = forms.submit({}, forms.team, **{"internal-field-values": {"score": "many"}})
    assert pointer(wrong) == (422, "/data/attributes/internal-field-values/score")
    assert forms.submit({}, forms.team, **{"internal-field-values": {"score": 3}}).status == 201


def test_whether_a_field_is_internal_is_decided_before_there_are_answers(forms: Forms) -> None:
    field = forms.field("audience").data["id"]
    internal = document("custom-form", {"is-internal": True}, field)
    assert pointer(forms.team.patch(f"/v1/custom-forms/{field}", internal)) == (
        409,
        "/data/attributes/is-internal",
    )
    assert forms.submit({"audience": "All"}).status == 201
    assert forms.team.delete(f"/v1/custom-forms/{field}").status == 200
    again = forms.field("audience", is_internal=True)
    assert pointer(again) == (409, "/data/attributes/field-identifier")
    assert pointer(forms.field("title", is_internal=True)) == (422, "/data/attributes/is-internal")
    assert pointer(forms.field("diet", "attendee", is_internal=True)) == (422, "/data/attributes/is-internal")


def answers_of(forms: Forms, id: str) -> Any:
    return forms.team.get(f"/v1/sessions/{id}").data["attributes"]["complex-field-values"]


def changed(forms: Forms, id: str, by: Client | None = None, **values: object) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return (by or forms.by).patch(f"/v1/sessions/{id}", document("session", sent, id))


def test_a_condition_may_name_several_answers(forms: Forms) -> None:
    assert forms.field("level").status == 201
    condition = {"asked_if_field": "level", "asked_if_values": ["Advanced", "Expert"], "is_required": True}
    field = forms.field("whatToRead", **condition)
    assert (field.status, field.data["attributes"]["asked-if-values"]) == (201, ["Advanced", "Expert"])
    at = "/data/attributes/complex-field-values/what_to_read"
    for level, status in (("Beginner", 201), ("Advanced", 422), ("Expert", 422)):
        refused = forms.submit({}, level=level)
        assert refused.status == status, level
        assert status == 201 or pointer(refused) == (422, at)
        assert forms.submit({"whatToRead": "The manual"}, level=level).status == 201


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ({"asked_if_values": ["yes"]}, "asked-if-values"),
        ({"asked_if_field": "first", "asked_if_value": "yes", "asked_if_values": ["no"]}, "asked-if-values"),
        ({"asked_if_field": "first", "asked_if_values": []}, "asked-if-values"),
        ({"asked_if_field": "first", "asked_if_values": ["yes", "yes"]}, "asked-if-values"),
        ({"asked_if_field": "first", "asked_if_values": "yes"}, "asked-if-values"),
    ],
)
def test_a_condition_names_one_answer_or_several(forms: Forms, values: Any, at: str) -> None:
    assert forms.field("first").status == 201
    refused = forms.field("second", **values)
    assert refused.status == 422
    assert (refused.errors[0]["source"]["pointer"]).startswith(f"/data/attributes/{at}")
    sent = {"asked_if_field": "first", "asked_if_value": "yes"}
    second = forms.field("second", **sent).data["id"]
    several = document("custom-form", {"asked-if-value": None, "asked-if-values": ["yes", "no"]}, second)
    assert forms.team.patch(f"/v1/custom-forms/{second}", several).status == 200


def test_what_is_not_asked_any_more_is_dropped(forms: Forms) -> None:
    assert forms.field("needsPower", type="boolean").status == 201
    power = {"asked_if_field": "needsPower", "asked_if_value": "true", "type": "number", "is_required": True}
    assert forms.field("watts", **power).status == 201
    assert forms.field("level").status == 201
    assert forms.field("reading", asked_if_field="level", asked_if_values=["Expert"]).status == 201
    given = {"needs_power": True, "watts": 60, "reading": "The manual", "own": "of no field"}
    talk = forms.submit(given, level="Expert").data["id"]
    assert answers_of(forms, talk) == given
    # A built-in field decides: by whoever it is changed.
    assert changed(forms, talk, forms.team, level="Beginner").status == 200
    assert answers_of(forms, talk) == {name: given[name] for name in ("needs_power", "watts", "own")}
    # An own question decides; a client that sends all answers back may still send that one.
    assert changed(forms, talk, complex_field_values={**given, "needs_power": False}).status == 200
    assert answers_of(forms, talk) == {"needs_power": False, "own": "of no field"}
    # Asked again, it is demanded again.
    at = "/data/attributes/complex-field-values/watts"
    assert pointer(changed(forms, talk, complex_field_values={"needs_power": True})) == (422, at)
    assert answers_of(forms, forms.submit({"needs_power": False, "watts": 1}).data["id"]) == {
        "needs_power": False
    }


def test_a_track_decides_by_whichever_address_it_is_changed(forms: Forms) -> None:
    quiet, loud = (stored(make_track, event=forms.event) for _ in range(2))
    assert forms.field("track").status == 201
    assert forms.field("decibels", asked_if_field="track", asked_if_value=str(loud.id)).status == 201
    sent = {**session_attributes(), "state": "pending", "complex-field-values": {"decibels": 90}}
    links = {"event": ("event", forms.event), "track": ("track", loud)}
    talk = forms.by.post("/v1/sessions", document("session", sent, **links)).data["id"]
    assert answers_of(forms, talk) == {"decibels": 90}
    to = {"data": {"type": "track", "id": str(quiet.id)}}
    assert forms.by.patch(f"/v1/sessions/{talk}/relationships/track", to).status == 200
    assert answers_of(forms, talk) == {}


def test_a_draft_keeps_its_answers_until_it_is_submitted(forms: Forms) -> None:
    assert forms.field("needsPower", type="boolean").status == 201
    power = {"asked_if_field": "needsPower", "asked_if_value": "true", "type": "number", "is_required": True}
    assert forms.field("watts", **power).status == 201
    draft = forms.submit({"needs_power": True}, state="draft").data["id"]
    assert changed(forms, draft, state="pending").status == 422
    answers = {"needs_power": False, "watts": 60}
    assert changed(forms, draft, complex_field_values=answers).status == 200
    assert answers_of(forms, draft) == answers
    assert changed(forms, draft, state="pending").status == 200
    assert answers_of(forms, draft) == {"needs_power": False}


def test_a_changed_form_loses_no_answer_by_itself(forms: Forms) -> None:
    first = forms.field("first").data["id"]
    second = forms.field("second", asked_if_field="first", asked_if_value="yes").data["id"]
    talk = forms.submit({"first": "yes", "second": "of course"}).data["id"]
    stricter = document("custom-form", {"asked-if-value": "always"}, second)
    assert forms.team.patch(f"/v1/custom-forms/{second}", stricter).status == 200
    assert changed(forms, talk, title="Another").status == 200
    assert answers_of(forms, talk) == {"first": "yes", "second": "of course"}
    assert forms.team.delete(f"/v1/custom-forms/{first}").status == 409
    # Left out of the form it is asked of nobody, and so is what depends on it.
    hidden = document("custom-form", {"is-included": False}, first)
    assert forms.team.patch(f"/v1/custom-forms/{first}", hidden).status == 200
    assert changed(forms, talk, complex_field_values={"first": "yes", "second": "sure"}).status == 200
    assert answers_of(forms, talk) == {"first": "yes"}
    # A field that is gone asks nothing: what was answered to it is an answer like any other.
    assert forms.team.delete(f"/v1/custom-forms/{second}").status == 200
    assert changed(forms, talk, complex_field_values={"second": "mine"}).status == 200
    assert answers_of(forms, talk) == {"second": "mine"}
