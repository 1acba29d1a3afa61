"""Limits of calls that count co-speakers: whoever speaks at a session has a part in it, and not their submitter alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes, make_session
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
LINK = "INSERT INTO speakers_sessions (speaker_id, session_id) VALUES (:speaker, :session)"
TOO_MANY = "This call takes 2 submissions by one person at the most, co-speakers included."


class World:
    """An event whose call takes two sessions of each person, and a friend who speaks at sessions of others."""

    def __init__(self, client: Client, database: TestDatabase, at: Callable[[datetime], None]) -> None:
        self.client, self.database = client, database
        at(NOW)
        self.owner, self.submitter, self.friend = (stored(make_user) for _ in range(3))
        times = {"starts_at": NOW + 90 * DAY, "ends_at": NOW + 92 * DAY}
        self.event = stored(make_event, owner=self.owner, **times)
        self.team, self.by, self.asking = map(client.signed_in_as, (self.owner, self.submitter, self.friend))
        self.profile = stored(make_speaker, event=self.event, user_id=self.friend.id, email=self.friend.email)

    def call(self, *, further: bool = False, counts: bool = True) -> Any:
        make = make_submission_call if further else make_speakers_call
        window = {"starts_at": NOW - DAY, "ends_at": NOW + DAY}
        return stored(make, event=self.event, max_submissions=2, counts_co_speakers=counts, **window)

    def talks(self, number: int, *speakers: Any, state: str = "pending", **values: Any) -> list[Any]:
        """Sessions of somebody else each, at which these speak."""
        made = []
        for _ in range(number):
            sent = {"event": self.event, "state": state, "creator_id": stored(make_user).id, **values}
            made.append(stored(make_session, **sent))
            for person in speakers:
                self.database.run(LINK, speaker=person.id, session=made[-1].id)
        return made

    def accept(self, talk: Any) -> Reply:
        invite = stored(make_speaker_invite, talk=talk, email=self.friend.email)
        return self.asking.get(f"/v1/speaker-invites/{invite.id}/accept-invite")

    def submit(self, by: Client) -> Reply:
        sent = {**attributes(), "state": "pending"}
        return by.post("/v1/sessions", document("session", sent, event=("event", self.event)))

    def change(self, by: Client, talk: Any, **values: object) -> Reply:
        return by.patch(f"/v1/sessions/{talk.id}", document("session", values, talk.id))


@pytest.fixture
def world(client: Client, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(client, database, lambda moment: monkeypatch.setattr(clock, "now", lambda: moment))


def outcome(reply: Reply) -> tuple[int, str]:
    return reply.status, "" if reply.status < 400 else reply.errors[0]["detail"]


@pytest.mark.parametrize("further", [False, True])
def test_who_speaks_at_two_sessions_joins_no_third(world: World, further: bool) -> None:
    call = world.call(further=further)
    of_call = {"submission_call_id": call.id} if further else {}
    full = world.talks(1, **of_call)[0]
    world.talks(1, world.profile, **of_call)
    # A draft, what was withdrawn and what another call took do not count.
    world.talks(1, world.profile, state="draft", **of_call)
    world.talks(1, world.profile, state="withdrawn", **of_call)
    elsewhere = stored(make_submission_call, event=world.event)
    world.talks(2, world.profile, submission_call_id=elsewhere.id)
    assert world.accept(full).status == 200
    assert outcome(world.accept(world.talks(1, **of_call)[0])) == (409, TOO_MANY)


def test_a_call_counts_submissions_alone_unless_it_says_otherwise(world: World) -> None:
    world.call(counts=False)
    world.talks(2, world.profile)
    assert world.accept(world.talks(1)[0]).status == 200
    assert [world.submit(world.asking).status for _ in range(3)] == [201, 201, 409]


def test_own_submissions_and_parts_in_those_of_others_are_one_sum(world: World) -> None:
    world.call()
    assert world.accept(world.talks(1)[0]).status == 200
    own = world.submit(world.asking)
    assert own.status == 201
    # Speaking at one's own session counts once.
    link = {"data": [{"type": "speaker", "id": str(world.profile.id)}]}
    assert world.asking.post(f"/v1/sessions/{own.data['id']}/relationships/speakers", link).status == 200
    assert outcome(world.submit(world.asking)) == (409, TOO_MANY)
    assert world.submit(world.by).status == 201


def test_a_draft_is_not_submitted_with_somebody_who_has_enough(world: World) -> None:
    world.call()
    draft = world.talks(1, world.profile, state="draft", creator_id=world.submitter.id)[0]
    other, _ = world.talks(2, world.profile)
    assert outcome(world.change(world.by, draft, state="pending")) == (409, TOO_MANY)
    assert world.change(world.team, other, state="withdrawn").status == 200
    assert world.change(world.by, draft, state="pending").status == 200


def test_who_is_back_from_the_trash_has_no_more_either(world: World) -> None:
    world.call()
    address, restored = f"/v1/speakers/{world.profile.id}", {"deleted-at": None}
    world.talks(3, world.profile)
    assert world.asking.delete(address).status == 200
    back = document("speaker", restored, world.profile.id)
    assert outcome(world.asking.patch(f"{address}?get_trashed=true", back)) == (409, TOO_MANY)
    assert world.team.patch(f"{address}?get_trashed=true", back).status == 200


def test_no_limit_counts_for_the_team_nor_by_profiles_that_it_made(world: World) -> None:
    world.call()
    made = [
        stored(make_speaker, event=world.event, user_id=world.owner.id, email=f"guest{number}@example.org")
        for number in range(4)
    ]
    for person in made:
        world.talks(1, person, creator_id=world.owner.id)
    assert [world.submit(world.team).status for _ in range(3)] == [201] * 3
    draft = world.talks(1, *made, state="draft", creator_id=world.submitter.id)[0]
    assert world.change(world.by, draft, state="pending").status == 200
    # Nor does the team's profile stand in the way of who has proved the address.
    account = stored(make_user, email="guest0@example.org")
    assert world.submit(world.client.signed_in_as(account)).status == 409


def test_who_joins_many_at_once_has_no_more(world: World, database: TestDatabase) -> None:
    world.call()
    invites = [stored(make_speaker_invite, talk=talk, email=world.friend.email).id for talk in world.talks(6)]
    with ThreadPoolExecutor(4) as hands:
        replies = hands.map(
            lambda id: world.asking.get(f"/v1/speaker-invites/{id}/accept-invite").status, invites
        )
        assert sorted(replies) == [200, 200, *[409] * 4]
    assert database.one("SELECT count(*) FROM speakers_sessions") == 2
