"""Who speaks: everybody puts themselves on their session, and others by invitation, from whichever side."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

LINKS = "SELECT speaker_id FROM speakers_sessions WHERE session_id = :id ORDER BY speaker_id"


class Talk:
    """A session of an event: handed in by one who speaks there with a friend, and a stranger's profile."""

    def __init__(self, client: Client, database: TestDatabase) -> None:
        self.client, self.database = client, database
        self.event = stored(make_event)
        self.creator, self.friend, self.stranger = (stored(make_user) for _ in range(3))
        self.session = stored(make_session, event=self.event, creator_id=self.creator.id, state="pending")
        self.own, self.friends, self.strangers = (
            stored(make_speaker, event=self.event, user_id=item.id, email=item.email)
            for item in (self.creator, self.friend, self.stranger)
        )
        for item in (self.own, self.friends):
            link = "INSERT INTO speakers_sessions (session_id, speaker_id) VALUES (:session, :speaker)"
            database.run(link, session=self.session.id, speaker=item.id)

    @property
    def speakers(self) -> list[int]:
        return [row["speaker_id"] for row in self.database.rows(LINKS, id=self.session.id)]

    def as_(self, who: str) -> Client:
        if who == "coorganizer":
            held = stored(make_users_events_roles, event=self.event, role=who)
            return self.client.signed_in_as(held.user_id)
        return self.client.signed_in_as(getattr(self, who))


@pytest.fixture
def talk(client: Client, database: TestDatabase) -> Talk:
    return Talk(client, database)


def added(talk: Talk, asking: Client, speaker: Any) -> dict[str, Reply]:
    """The answers to putting this profile on the session, by each way there is."""
    one = {"type": "speaker", "id": str(speaker.id)}
    all = [*({"type": "speaker", "id": str(id)} for id in talk.speakers), one]
    at = f"/v1/sessions/{talk.session.id}"
    whole = document("session", {}, talk.session.id)
    whole["data"]["relationships"] = {"speakers": {"data": all}}
    there = {"type": "session", "id": str(talk.session.id)}
    profile = document("speaker", {}, speaker.id, sessions=[("session", talk.session)])
    return {
        "POST": asking.post(f"{at}/relationships/speakers", {"data": [one]}),
        "PATCH": asking.patch(f"{at}/relationships/speakers", {"data": all}),
        "document": asking.patch(at, whole),
        "speaker": asking.post(f"/v1/speakers/{speaker.id}/relationships/sessions", {"data": [there]}),
        "speaker replaced": asking.patch(
            f"/v1/speakers/{speaker.id}/relationships/sessions", {"data": [there]}
        ),
        "speaker's document": asking.patch(f"/v1/speakers/{speaker.id}", profile),
    }


@pytest.mark.parametrize("who", ["creator", "friend"])
def test_nobody_is_put_on_a_session_unasked(talk: Talk, who: str) -> None:
    before = talk.speakers
    for way, reply in added(talk, talk.as_(who), talk.strangers).items():
        assert reply.status in {403, 404}, (way, reply.text)  # whom they do not see is not there
    assert talk.speakers == before
    # Nor does somebody come by themselves.
    for way, reply in added(talk, talk.as_("stranger"), talk.strangers).items():
        assert reply.status in {403, 404}, (way, reply.text)
    assert talk.speakers == before


def test_nobody_is_put_on_a_new_session_either(talk: Talk) -> None:
    sent = {"title": "Together"}
    asking = talk.as_("creator")
    for speakers, status in (([talk.own, talk.strangers], 404), ([talk.own], 201)):
        links: dict[str, Any] = {
            "event": ("event", talk.event),
            "speakers": [("speaker", speaker) for speaker in speakers],
        }
        assert asking.post("/v1/sessions", document("session", sent, **links)).status == status


def test_the_team_puts_everybody_on(talk: Talk) -> None:
    replies = added(talk, talk.as_("coorganizer"), talk.strangers)
    assert {reply.status for reply in replies.values()} <= {200, 204}
    assert talk.speakers == [talk.own.id, talk.friends.id, talk.strangers.id]


def test_speakers_take_themselves_off_and_the_one_who_handed_it_in_takes_others_off(talk: Talk) -> None:
    at = f"/v1/sessions/{talk.session.id}/relationships/speakers"

    def off(who: str, speaker: Any) -> int:
        return talk.as_(who).delete(at, {"data": [{"type": "speaker", "id": str(speaker.id)}]}).status

    assert off("friend", talk.own) == 403
    assert off("friend", talk.friends) in {200, 204}
    assert (
        talk.as_("creator").post(at, {"data": [{"type": "speaker", "id": str(talk.friends.id)}]}).status
        == 404  # who gives no talk any more is not seen by others
    )
    assert off("creator", talk.own) in {200, 204}
    assert talk.speakers == []


def test_nobody_but_organizers_touches_the_speakers_of_a_locked_session(talk: Talk) -> None:
    talk.database.run("UPDATE sessions SET is_locked = true")
    before = talk.speakers
    at = f"/v1/sessions/{talk.session.id}/relationships/speakers"
    for who in ("creator", "coorganizer"):
        assert talk.as_(who).delete(at, {"data": [{"type": "speaker", "id": str(talk.own.id)}]}).status == 403
        assert talk.as_(who).patch(at, {"data": []}).status == 403
    assert talk.speakers == before


def test_when_a_session_is_on_is_for_the_team_to_say(talk: Talk) -> None:
    at = f"/v1/sessions/{talk.session.id}"
    room = stored(make_microlocation, event=talk.event)
    times = {"starts-at": "2031-01-01T10:00:00+00:00", "ends-at": "2031-01-01T11:00:00+00:00"}
    before = talk.database.rows("SELECT starts_at, ends_at, microlocation_id, is_mail_sent FROM sessions")
    for name, value in {**times, "is-mail-sent": True, "is-locked": True}.items():
        refused = talk.as_("creator").patch(at, document("session", {name: value}, talk.session.id))
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (403, f"/data/attributes/{name}")
    new = document("session", {"title": "Early", **times}, event=("event", talk.event))
    assert talk.as_("creator").post("/v1/sessions", new).status == 403
    link = {"data": {"type": "microlocation", "id": str(room.id)}}
    talk.as_("creator").patch(f"{at}/relationships/microlocation", link)
    after = talk.database.rows("SELECT starts_at, ends_at, microlocation_id, is_mail_sent FROM sessions")
    assert after == before
    moved = talk.as_("coorganizer").patch(at, document("session", times, talk.session.id))
    assert moved.status == 200
    # Clients send whole sessions back: what they found there is no change.
    shown = moved.data["attributes"]
    whole = {**{name: shown[name] for name in (*times, "is-mail-sent", "is-locked")}, "title": "Better"}
    assert talk.as_("creator").patch(at, document("session", whole, talk.session.id)).status == 200


@pytest.mark.parametrize(
    ("sent", "state"), [({"state": None}, "pending"), ({}, "draft"), ({"state": "draft"}, "draft")]
)
def test_a_new_session_with_a_state_of_null_is_handed_in(
    talk: Talk, sent: dict[str, Any], state: str
) -> None:
    body = document("session", {"title": "A talk", **sent}, event=("event", talk.event))
    made = talk.as_("creator").post("/v1/sessions", body)
    assert (made.status, made.data["attributes"]["state"]) == (201, state)
    assert (made.data["attributes"]["submitted-at"] is None) == (state == "draft")
    again = document("session", {"state": None, "title": "Same talk"}, made.data["id"])
    kept = talk.as_("creator").patch(f"/v1/sessions/{made.data['id']}", again)
    assert (kept.status, kept.data["attributes"]["state"]) == (200, state)
