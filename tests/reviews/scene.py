"""An event with two tracks, twelve submitted sessions with a speaker each, and three reviewers."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.resources.reviews.review_team import review_teams_tracks
from tests.factories.event import make_event
from tests.factories.proposal import make_proposal
from tests.factories.review_phase import active_phase
from tests.factories.review_team import make_review_team
from tests.factories.reviewer import reviewing
from tests.factories.speaker import make_speaker
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply


@dataclass
class Scene:
    """Who and what there is; reviewers and their accounts are in the same order."""

    event: Any
    owner: Any
    phase: Any
    tracks: list[Any] = field(default_factory=list)
    talks: list[Any] = field(default_factory=list)
    speakers: list[Any] = field(default_factory=list)
    accounts: list[Any] = field(default_factory=list)
    reviewers: list[Any] = field(default_factory=list)

    def as_owner(self, client: Client) -> Client:
        """The event's owner."""
        return client.signed_in_as(self.owner)

    def as_reviewer(self, client: Client, number: int) -> Client:
        """The account of this reviewer."""
        return client.signed_in_as(self.accounts[number])

    def assign(self, client: Client, number: int, talk: int, **more: Any) -> Reply:
        """Assign the session to the reviewer, as the owner."""
        links = {
            "event": ("event", self.event),
            "phase": ("review-phase", self.phase),
            "proposal": ("proposal", self.talks[talk]),
            "reviewer": ("reviewer", self.reviewers[number]),
        }
        sent = document("review-assignment", {}, **{**links, **more})
        return self.as_owner(client).post("/v1/review-assignments", sent)

    def review(self, client: Client, number: int, talk: int, scores: Any = (), **attributes: Any) -> Reply:
        """Hand in a review, as this reviewer. `scores` are pairs of criterion and score."""
        given = [{"criterion": criterion, "score": score} for criterion, score in scores]
        return self.as_reviewer(client, number).post(
            "/v1/reviews", self.about("review", number, talk, scores=given, **attributes)
        )

    def about(self, type: str, number: int, talk: int, **attributes: Any) -> Any:
        """A document about this session by this reviewer."""
        links = {"event": ("event", self.event), "proposal": ("proposal", self.talks[talk])}
        if type != "review-comment":
            links["reviewer"] = ("reviewer", self.reviewers[number])
        return document(type, attributes, **links)


def make_scene(session: Session, *, talks: int = 12, reviewers: int = 3, **phase: Any) -> Scene:
    """The scene. `phase` are values of its phase. The first track's sessions have even numbers."""
    nobodys = {"first_name": "Robin", "last_name": "Roe"}  # no speaker's name
    owner = make_user(session, **nobodys)
    event = make_event(session, owner=owner, is_sessions_speakers_enabled=True)
    scene = Scene(event, owner, active_phase(session, event.id, **phase))
    scene.tracks = [make_track(session, event=event, name=name) for name in ("Compilers", "Networks")]
    for number in range(talks):
        talk = make_proposal(
            session, event=event, title=f"Session {number}", track_id=scene.tracks[number % 2].id,
            comments="Written by Ada", long_abstract="I, Ada Lovelace", complex_field_values={"employer": "Ada Ltd"},
            website="https://ada.example.org",
        )  # fmt: skip
        scene.talks.append(talk)
        speaker = make_speaker(session, event=event, name=f"Ada {number}", sessions=[talk])
        speaker.user_id = make_user(session, email=speaker.email).id
        scene.speakers.append(speaker)
    for number in range(reviewers):
        scene.accounts.append(make_user(session, **nobodys))
        scene.reviewers.append(
            reviewing(session, event=event, user=scene.accounts[-1], name=f"Reviewer {number}")
        )
    session.flush()
    return scene


def cover(scene: Scene, number: int, track: int) -> None:
    """Put this reviewer into a team of this track alone."""
    with db.transaction() as session:
        team = make_review_team(session, event=scene.event)
        link = {"review_team_id": team.id, "track_id": scene.tracks[track].id}
        session.execute(review_teams_tracks.insert().values(link))
        db.fetch(
            session, "UPDATE reviewers SET team_id = $1 WHERE id = $2", [team.id, scene.reviewers[number].id]
        )


def close(phase_id: int) -> None:
    """Let a phase be over."""
    with db.transaction() as session:
        db.fetch(session, "UPDATE review_phases SET closes_at = $1 WHERE id = $2", [clock.now(), phase_id])
