"""Sessions: handing in, who sees what, the way from proposal to stage, locking and scheduling."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, signals
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.programme.session.session import Session
from chalicelib.resources.programme.session.states import ORGANIZER_MOVES, SPEAKER_MOVES, STATES
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import attributes, make_session
from tests.factories.speaker import make_speaker
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def create(client: Client, event: Event, links: dict[str, Any] | None = None, **values: object) -> Reply:
    sent = {**attributes(), **{name.replace("_", "-"): value for name, value in values.items()}}
    return client.post("/v1/sessions", document("session", sent, event=("event", event), **(links or {})))


def change(client: Client, session: Session, links: dict[str, Any] | None = None, **values: object) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/sessions/{session.id}", document("session", sent, session.id, **(links or {})))


def after(days: float) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


def test_anybody_signed_in_hands_in_a_draft_that_is_theirs(client: Client) -> None:
    user, event = stored(make_user), stored(make_event)
    assert create(client, event).status == 401
    asking = client.signed_in_as(user)
    reply = create(asking, event)
    assert reply.status == 201, reply.text
    shown = reply.data["attributes"]
    assert (shown["state"], shown["submitted-at"]) == ("draft", None)
    creator = asking.get(f"/v1/sessions/{reply.data['id']}/creator")
    assert creator.data["id"] == str(user.id)


def test_handing_in_stamps_the_time(client: Client) -> None:
    reply = create(client.signed_in_as(stored(make_user)), stored(make_event), state="pending")
    assert reply.data["attributes"]["submitted-at"] is not None


def test_an_event_without_sessions_takes_none(client: Client) -> None:
    event = stored(make_event, is_sessions_speakers_enabled=False)
    reply = create(client.signed_in_as(stored(make_user)), event)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (403, "/data/relationships/event")


def test_a_hidden_event_takes_none_from_strangers(client: Client) -> None:
    event = stored(make_event, state="draft")
    assert create(client.signed_in_as(stored(make_user)), event).status == 404


def test_a_speaker_cannot_accept_their_own_session(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    assert create(client.signed_in_as(stored(make_user)), event, state="accepted").status == 403
    assert create(client.signed_in_as(owner), event, state="accepted").status == 201


@pytest.mark.parametrize("state", STATES)
def test_a_session_is_public_when_it_is_on_the_programme(client: Client, state: str) -> None:
    owner, creator, speaker = stored(make_user), stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    session = stored(make_session, event=event, state=state, creator_id=creator.id)
    stored(make_speaker, event=event, user_id=speaker.id, sessions=[session])
    public = state in {"accepted", "confirmed"}
    people = [(owner, True), (creator, True), (speaker, True), (stored(make_user), public), (None, public)]
    for who, sees in people:
        asking = client.signed_in_as(who) if who else client
        assert asking.get(f"/v1/sessions/{session.id}").status == (200 if sees else 404)
        assert len(asking.get(f"/v1/events/{event.id}/sessions").data) == sees
        assert len(asking.get(f"/v1/events/{event.id}?include=sessions").json["included"]) == sees


def test_a_speaker_is_known_by_a_verified_address_only(client: Client) -> None:
    event = stored(make_event)
    session = stored(make_session, event=event, state="pending")
    stored(make_speaker, event=event, email="Ada@Example.org", sessions=[session])
    path = f"/v1/sessions/{session.id}"
    impostor = stored(make_user, email="ada@example.org", is_verified=False)
    assert client.signed_in_as(impostor).get(path).status == 404


def test_a_verified_address_is_enough(client: Client) -> None:
    event = stored(make_event)
    session = stored(make_session, event=event, state="pending")
    stored(make_speaker, event=event, email="Ada@Example.org", sessions=[session])
    ada = client.signed_in_as(stored(make_user, email="ada@example.org"))
    assert change(ada, session, title="Better title").status == 200


def test_strangers_do_not_edit(client: Client) -> None:
    session = stored(make_session)
    assert change(client, session, title="Mine").status == 401
    assert change(client.signed_in_as(stored(make_user)), session, title="Mine").status == 403
    assert client.signed_in_as(stored(make_user)).delete(f"/v1/sessions/{session.id}").status == 403


@pytest.mark.parametrize("former", STATES)
def test_organizers_move_by_their_table(client: Client, database: TestDatabase, former: str) -> None:
    owner = stored(make_user)
    session = stored(make_session, event=stored(make_event, owner=owner))
    for state in STATES:
        database.run("UPDATE sessions SET state = :state", state=former)
        allowed = state == former or state in ORGANIZER_MOVES[former]
        assert change(client.signed_in_as(owner), session, state=state).status == (200 if allowed else 403)


@pytest.mark.parametrize("former", STATES)
def test_speakers_move_by_theirs_even_without_times(
    client: Client, database: TestDatabase, former: str
) -> None:
    creator = stored(make_user)
    session = stored(make_session, creator_id=creator.id)
    for state in STATES:
        database.run("UPDATE sessions SET state = :state", state=former)
        allowed = state == former or state in SPEAKER_MOVES[former]
        assert change(client.signed_in_as(creator), session, state=state).status == (200 if allowed else 403)


def test_coorganizers_move_as_speakers_do(client: Client) -> None:
    event = stored(make_event)
    helper = stored(make_users_events_roles, event=event, role="coorganizer")
    session = stored(make_session, event=event, state="pending")
    asking = client.signed_in_as(helper.user_id)
    assert change(asking, session, state="accepted").status == 403
    assert change(asking, session, state="withdrawn").status == 200


def test_an_organizers_own_draft_can_be_handed_in(client: Client) -> None:
    owner = stored(make_user)
    session = stored(make_session, event=stored(make_event, owner=owner), state="draft", creator_id=owner.id)
    assert change(client.signed_in_as(owner), session, state="pending").status == 200


def test_a_new_state_is_told_with_the_wish_for_a_mail(client: Client) -> None:
    owner = stored(make_user)
    session = stored(make_session, event=stored(make_event, owner=owner), state="pending")
    heard: list[dict[str, object]] = []

    def hear(_session: object, **payload: object) -> None:
        heard.append(payload)

    with signals.temporary_receiver("session.state_changed", hear):
        change(client.signed_in_as(owner), session, state="accepted", send_email=True)
        change(client.signed_in_as(owner), session, title="Same state")
    assert heard == [
        {
            "id": session.id,
            "former": "pending",
            "state": "accepted",
            "send_email": True,
            "viewer_id": owner.id,
        }
    ]


def test_a_locked_session_is_for_organizers(client: Client) -> None:
    owner, creator = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    session = stored(make_session, event=event, creator_id=creator.id)
    assert change(client.signed_in_as(creator), session, is_locked=True).status == 403
    assert change(client.signed_in_as(owner), session, is_locked=True).status == 200
    assert change(client.signed_in_as(creator), session, title="Too late").status == 403
    assert client.signed_in_as(creator).delete(f"/v1/sessions/{session.id}").status == 403
    assert change(client.signed_in_as(owner), session, title="Never too late").status == 200


def test_rooms_are_given_by_the_team(client: Client) -> None:
    owner, creator = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    room = stored(make_microlocation, event=event)
    link = {"microlocation": ("microlocation", room)}
    handed_in = create(client.signed_in_as(creator), event, link)
    path = f"/v1/sessions/{handed_in.data['id']}/microlocation"
    assert client.signed_in_as(owner).get(path).data is None
    session = stored(make_session, event=event, creator_id=creator.id)
    assert change(client.signed_in_as(creator), session, link).status == 200
    assert client.get(f"/v1/sessions/{session.id}/microlocation").data is None
    change(client.signed_in_as(owner), session, link)
    assert client.get(f"/v1/sessions/{session.id}/microlocation").data["id"] == str(room.id)
    change(client.signed_in_as(creator), session, {"microlocation": None})
    assert client.get(f"/v1/sessions/{session.id}/microlocation").data["id"] == str(room.id)


def test_what_it_is_linked_with_belongs_to_its_event(client: Client) -> None:
    owner = stored(make_user)
    event, other = stored(make_event, owner=owner), stored(make_event, owner=owner)
    track = stored(make_track, event=other)
    reply = create(client.signed_in_as(owner), event, {"track": ("track", track)})
    assert reply.status == 422
    assert reply.errors[0]["source"]["pointer"].startswith("/data/relationships/track")


def test_a_session_cannot_be_moved_into_a_strangers_event(client: Client) -> None:
    creator, owner = stored(make_user), stored(make_user)
    event, other = stored(make_event, owner=owner), stored(make_event)
    session = stored(make_session, event=event, creator_id=creator.id)
    link = {"event": ("event", other)}
    assert change(client.signed_in_as(creator), session, link).status == 403
    assert change(client.signed_in_as(owner), session, link).status == 403


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"starts_at": after(31), "ends_at": after(30)}, "/data/attributes/ends-at"),
        ({"starts_at": after(-1)}, "/data/attributes/starts-at"),
        ({"level": "Wizard"}, "/data/attributes/level"),
        ({"slides_url": "slides.pdf"}, "/data/attributes/slides-url"),
        ({"complex_field_values": {"food": {"type": "vegan"}}}, "/data/attributes/complex-field-values"),
        ({"complex_field_values": {f"q{n}": n for n in range(31)}}, "/data/attributes/complex-field-values"),
    ],
)
def test_a_session_refuses(client: Client, values: dict[str, Any], pointer: str) -> None:
    owner = stored(make_user)
    reply = create(client.signed_in_as(owner), stored(make_event, owner=owner), **values)
    assert reply.status == 422, reply.text
    assert reply.errors[0]["source"]["pointer"] == pointer


def test_answers_to_own_questions_get_snake_case_names(client: Client) -> None:
    answers = {"shirtSize": "M", "dietary-needs": "none"}
    reply = create(client.signed_in_as(stored(make_user)), stored(make_event), complex_field_values=answers)
    kept = reply.data["attributes"]["complex-field-values"]
    assert kept == {"shirt_size": "M", "dietary_needs": "none"}


def test_a_change_is_noted(client: Client, database: TestDatabase) -> None:
    creator = stored(make_user)
    session = stored(make_session, creator_id=creator.id)
    before = database.one("SELECT last_modified_at FROM sessions")
    with clock.shifted(timedelta(hours=1)):
        change(client.signed_in_as(creator), session, title="Now even better")
    assert database.one("SELECT last_modified_at FROM sessions") > before


def test_the_creator_is_not_for_the_client_to_choose(client: Client, database: TestDatabase) -> None:
    user, other = stored(make_user), stored(make_user)
    reply = create(client.signed_in_as(user), stored(make_event), {"creator": ("user", other)})
    assert reply.status == 201, reply.text
    assert database.one("SELECT creator_id FROM sessions") == user.id
