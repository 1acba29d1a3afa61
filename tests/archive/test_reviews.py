"""Reviews in an archive: with their reviewers, for whom they wait, and never for whoever speaks at the session."""

from typing import Any

from tests.archive.conftest import Archive, Office
from tests.archive.world import World
from tests.archive.zips import changed
from tests.factories import stored
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.http_client import Client

OF_REVIEWERS = ("reviewer", "review-conflict", "review-assignment", "review")


def reviewed(office: Office) -> World:
    world = World(office, has_pictures=False)
    world.reviews(world.put("track"))
    return world


def counted(archive: Archive) -> list[int]:
    return [len(archive.documents(name)) for name in OF_REVIEWERS]


def reviews_of(client: Client, event: str) -> list[dict[str, Any]]:
    return [each["attributes"] for each in client.get(f"/v1/events/{event}/reviews?sort=text").data]


def test_reviews_come_in_for_reviewers_who_accept_again(office: Office) -> None:
    world = reviewed(office)
    archive = world.office_of_owner.exported(world.event)
    assert counted(archive) == [2, 2, 2, 2]
    mover = office.as_(stored(make_user, is_verified=True))
    alone = mover.imported(archive.content)
    assert reviews_of(mover.client, alone["id"]) == []
    assert "review: 2 are left out, as nobody is invited." in alone["notes"]
    made = mover.imported(archive.content, invite="true")["id"]
    before, after = reviews_of(world.client, world.event), reviews_of(mover.client, made)
    for name in ("text", "mean", "is-abstention", "reviewer-name"):
        assert [each[name] for each in before] == [each[name] for each in after], name
    assert [(old["is-imported"], new["is-imported"]) for old, new in zip(before, after, strict=True)] == [
        (False, True)
    ] * 2
    results = [
        [
            (row["attributes"]["mean"], row["attributes"]["spread"])
            for row in client.get(f"/v1/events/{event}/review-results").data
        ]
        for client, event in ((world.client, world.event), (mover.client, made))
    ]
    assert results[0] == results[1]
    # Nobody reviews before they have accepted, and then what they have said is theirs.
    critic = office.client.signed_in_as(office.database.one("SELECT id FROM users WHERE email ~ '^critic0'"))
    theirs = "SELECT count(*) FROM reviews WHERE event_id = :event AND user_id IS NOT NULL"
    assert office.database.one(theirs, event=int(made)) == 0
    (person,) = [
        each["id"]
        for each in mover.client.get(f"/v1/events/{made}/reviewers").data
        if each["attributes"]["email"].startswith("critic0")
    ]
    assert critic.post(f"/v1/reviewers/{person}/accept", content_type=None).status == 200
    assert office.database.one(theirs, event=int(made)) == 1


def test_into_its_own_event_no_review_is_changed(office: Office) -> None:
    world = reviewed(office)
    archive = world.office_of_owner.exported(world.event)
    before = reviews_of(world.client, world.event)
    path = f"/v1/events/{world.event}/import/archive"
    result = world.office_of_owner.imported(archive.content, path, invite="true")
    assert result["counts"]["review"] == {"made": 0, "changed": 0, "unchanged": 2, "refused": 0}
    assert reviews_of(world.client, world.event) == before


def test_who_speaks_at_a_session_gets_no_review_of_it(office: Office) -> None:
    world = reviewed(office)
    speaking = stored(make_user, is_verified=True)
    stored(make_users_events_roles, user=speaking, event=world.row, role="organizer")
    profile = stored(make_speaker, event=world.row, user_id=speaking.id, email=speaking.email)
    link = "INSERT INTO speakers_sessions (speaker_id, session_id) VALUES (:speaker, :session)"
    office.database.run(link, speaker=profile.id, session=int(world.ids["session"][0]))
    seen = office.as_(speaking).exported(world.event)
    assert counted(seen) == [2, 2, 0, 0]
    without = world.office_of_owner.exported(world.event, people=False)
    assert counted(without) == [0, 0, 0, 0]
    assert len(without.documents("review-criterion")) == 4
    # Nor by importing what somebody else has exported.
    whole = world.office_of_owner.exported(world.event)
    result = office.as_(speaking).imported(whole.content, invite="true")
    assert "review: those about sessions of your own are left out." in result["notes"]
    assert reviews_of(office.client.signed_in_as(speaking), result["id"]) == []


def test_a_review_without_its_criterion_or_phase_is_refused(office: Office) -> None:
    world = reviewed(office)
    archive = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    scores, phase = "attributes/scores", "relationships/phase"
    for place, member, value in (
        (scores, "attributes", {"scores": [{"criterion": 99, "score": 3}]}),
        (f"{scores}/0/score", "attributes", {"scores": [{"criterion": 1, "score": 45}]}),
        (phase, "relationships", {"phase": {"data": {"type": "review-phase", "id": "9"}}}),
        (phase, "relationships", {"phase": {"data": None}}),
    ):

        def tamper(data: list[Any], member: str = member, value: Any = value) -> None:
            data[1][member].update(value)

        content = changed(archive, "review", tamper)
        told = mover.told(content, invite="true")
        (entry,) = [each for each in told["result"]["entries"] if each["action"] == "refused"]
        assert entry["path"] == f"documents/review.json/data/1/{place}", entry
