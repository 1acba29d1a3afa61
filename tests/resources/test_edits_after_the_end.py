"""Sessions after the end of their call: edited as the organizer says, withdrawn at any time; and co-speakers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.speaker_invite import make_speaker_invite
from tests.factories.speakers_call import make_speakers_call
from tests.factories.submission_call import make_submission_call
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

NOW = datetime(2031, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CLOSED = "The call for speakers has ended: this session can be withdrawn, and not edited."


class World:
    """An event whose call has ended, with a speaker's sessions."""

    def __init__(self, client: Client, database: TestDatabase, at: Callable[[datetime], None]) -> None:
        self.client, self.database, self.at = client, database, at
        at(NOW)
        self.owner, self.creator = stored(make_user), stored(make_user)
        times = {"starts_at": NOW + 90 * DAY, "ends_at": NOW + 92 * DAY}
        self.event = stored(make_event, owner=self.owner, **times)
        self.by, self.team = client.signed_in_as(self.creator), client.signed_in_as(self.owner)
        self.call: Any = None

    def set(self, **values: object) -> None:
        window = {"starts_at": NOW - 9 * DAY, "ends_at": NOW - DAY, **values}
        self.call = stored(make_speakers_call, event=self.event, **window)

    def talk(self, state: str = "pending", **values: object) -> Any:
        return stored(make_session, event=self.event, state=state, creator_id=self.creator.id, **values)

    def change(self, talk: Any, by: Client | None = None, **values: object) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in values.items()}
        return (by or self.by).patch(f"/v1/sessions/{talk.id}", document("session", sent, talk.id))


@pytest.fixture
def world(client: Client, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(client, database, lambda moment: monkeypatch.setattr(clock, "now", lambda: moment))


@pytest.mark.parametrize(
    ("edits", "edited"),
    [
        ("open", {"draft", "pending", "accepted", "confirmed", "rejected"}),
        ("until-accepted", {"draft", "pending", "rejected"}),
        ("closed", {"draft"}),
    ],
)
def test_sessions_are_edited_as_the_call_says(world: World, edits: str, edited: set[str]) -> None:
    world.set(edits_after_end=edits)
    for state in ("draft", "pending", "accepted", "confirmed", "rejected"):
        talk = world.talk(state)
        reply = world.change(talk, title="A better title")
        assert reply.status == (200 if state in edited else 403), (state, reply.text)
        if reply.status == 403:
            assert reply.errors[0]["detail"] == CLOSED
            assert world.by.delete(f"/v1/sessions/{talk.id}").status == 403
        assert world.change(talk, by=world.team, title="The organizer's title").status == 200
        if state != "draft":
            both = world.change(talk, state="withdrawn", title="And another")
            assert both.status == reply.status
            assert both.status == 200 or world.change(talk, state="withdrawn").status == 200


def test_before_the_end_everything_is_open(world: World) -> None:
    world.set(edits_after_end="closed", ends_at=NOW)
    talk = world.talk("accepted")
    assert world.change(talk, title="A better title").status == 200
    world.at(NOW + timedelta(seconds=1))
    assert world.change(talk, title="One more").status == 403
    assert world.change(talk, title="A better title").status == 200  # as it is


def test_the_call_that_took_it_decides(world: World) -> None:
    world.set(edits_after_end="open")
    window = {"starts_at": NOW - 9 * DAY, "ends_at": NOW - DAY}
    closed = stored(make_submission_call, event=world.event, edits_after_end="closed", **window)
    assert world.change(world.talk(submission_call_id=closed.id), title="Other").status == 403
    assert world.change(world.talk(), title="Other").status == 200


def test_speakers_and_invitations_are_edits_too(world: World) -> None:
    world.set(edits_after_end="closed")
    talk = world.talk()
    own = stored(make_speaker, event=world.event, user_id=world.creator.id)
    sent = document("session", {}, talk.id, speakers=[("speaker", own)])
    assert world.by.patch(f"/v1/sessions/{talk.id}", sent).status == 403
    link = {"data": [{"type": "session", "id": str(talk.id)}]}
    assert world.by.post(f"/v1/speakers/{own.id}/relationships/sessions", link).status == 403
    invite = document(
        "speaker-invite",
        {"email": "new@example.org"},
        session=("session", talk),
        event=("event", world.event),
    )
    assert world.by.post("/v1/speaker-invites", invite).status == 403
    assert world.team.post("/v1/speaker-invites", invite).status == 201


def test_a_locked_session_stays_the_organizers(world: World) -> None:
    world.set(edits_after_end="open")
    talk = world.talk(is_locked=True)
    assert world.change(talk, title="Other").status == 403
    assert world.change(talk, state="withdrawn").status == 403
    invite = document(
        "speaker-invite",
        {"email": "new@example.org"},
        session=("session", talk),
        event=("event", world.event),
    )
    assert world.by.post("/v1/speaker-invites", invite).status == 403
    invited = world.team.post("/v1/speaker-invites", invite)
    assert invited.status == 201
    assert world.by.delete(f"/v1/speaker-invites/{invited.data['id']}").status == 403
    assert world.team.delete(f"/v1/speaker-invites/{invited.data['id']}").status == 200


def test_what_is_asked_after_acceptance_is_answered_when_edits_are_closed(world: World) -> None:
    world.set(edits_after_end="closed")
    late = {"form": "session", "asked_from": "acceptance", "is_required": True}
    stored(make_custom_form, event=world.event, field_identifier="needsAdapter", **late)
    stored(make_custom_form, event=world.event, field_identifier="slidesUrl", **late)
    stored(make_custom_form, event=world.event, form="session", field_identifier="audience")
    answers: dict[str, Any] = {
        "complex_field_values": {"needs_adapter": "HDMI", "audience": "All"},
        "slides_url": "https://a.example",
    }
    waiting, talk = (
        world.talk(state, complex_field_values={"audience": "All"}) for state in ("pending", "accepted")
    )
    assert world.change(waiting, **answers).errors[0]["detail"] == CLOSED
    assert (
        world.change(talk, complex_field_values={"needs_adapter": "HDMI", "audience": "None"}).status == 403
    )
    # Nor half of them: both are required by now.
    assert world.change(talk, slides_url="https://a.example").status == 422
    assert world.change(talk, **answers).status == 200
    assert world.change(talk, **answers, title="Besides").status == 403


def test_a_session_is_confirmed_once_its_speakers_have_answered(world: World) -> None:
    world.set(co_speakers_must_accept=True)
    talk, guest = world.talk("accepted"), stored(make_user, email="guest@example.org")
    invite = stored(make_speaker_invite, talk=talk, email="guest@example.org")
    stored(make_speaker, event=world.event, user_id=guest.id)
    pending = world.by.get(f"/v1/sessions/{talk.id}?include=speaker-invites").json["included"]
    assert [(row["attributes"]["email"], row["attributes"]["status"]) for row in pending] == [
        ("guest@example.org", "pending")
    ]
    refused = world.change(talk, by=world.team, state="confirmed")
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (409, "/data/attributes/state")
    assert (
        world.client.signed_in_as(guest).get(f"/v1/speaker-invites/{invite.id}/accept-invite").status == 200
    )
    assert world.change(talk, by=world.team, state="confirmed").status == 200


def test_invitations_do_not_matter_where_the_call_does_not_say_so(world: World) -> None:
    world.set()
    talk = world.talk("accepted")
    stored(make_speaker_invite, talk=talk)
    assert world.change(talk, by=world.team, state="confirmed").status == 200


def invited(world: World, talk: Any, count: int) -> list[tuple[Client, str]]:
    """(client, address that accepts) of people who are invited to the session and have a profile."""
    people = []
    for number in range(count):
        user = stored(make_user, email=f"guest{number}@example.org")
        stored(make_speaker, event=world.event, user_id=user.id)
        invite = stored(make_speaker_invite, talk=talk, email=user.email)
        people.append((world.client.signed_in_as(user), f"/v1/speaker-invites/{invite.id}/accept-invite"))
    return people


def test_a_session_has_as_many_speakers_as_the_call_says(world: World) -> None:
    world.set(max_speakers=2)
    talk = world.talk()
    own = stored(make_speaker, event=world.event, user_id=world.creator.id)
    sent = document("session", {}, talk.id, speakers=[("speaker", own)])
    assert world.by.patch(f"/v1/sessions/{talk.id}", sent).status == 200
    (first, accept), (second, accept_too) = invited(world, talk, 2)
    assert first.get(accept).status == 200
    refused = second.get(accept_too)
    assert (refused.status, refused.errors[0]["detail"]) == (
        409,
        "A session of this call has 2 speakers at the most.",
    )
    assert world.database.one("SELECT count(*) FROM speaker_invites WHERE status = 'pending'") == 1
    # Who has left and been replaced does not come back as one too many.
    assert world.by.delete(f"/v1/speakers/{own.id}").status == 200
    assert second.get(accept_too).status == 200
    restored = document("speaker", {"deleted-at": None}, own.id)
    assert world.by.patch(f"/v1/speakers/{own.id}?get_trashed=true", restored).status == 409
    assert world.team.patch(f"/v1/speakers/{own.id}?get_trashed=true", restored).status == 200


def test_many_accept_at_once_and_few_have_room(world: World) -> None:
    world.set(max_speakers=2)
    talk = world.talk()
    people = invited(world, talk, 6)
    with ThreadPoolExecutor(4) as hands:
        replies = sorted(hands.map(lambda person: person[0].get(person[1]).status, people))
    assert replies == [200, 200, *[409] * 4]
    assert world.database.one("SELECT count(*) FROM speakers_sessions") == 2
