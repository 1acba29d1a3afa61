"""Emails and notifications to reviewers about sessions that were assigned to them: one for what is assigned
within some minutes, by hand or automatically, and none for what was taken back meanwhile.

An assignment is marked as told in the transaction that enqueues its mail, so that two tasks at once tell each
once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log, outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.reviews.reviewer import Reviewer
from chalicelib.resources.reviews.rules import IN_CONFLICT, REVIEWING
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address
from chalicelib.values.zones import local, zone

NAME: Final = "tell_reviewer"
_MAIL: Final = "send_review_assignments_mail"
KIND: Final = "review_assigned"
DELAY: Final = 300  # seconds in which more may be assigned, or taken back
MOST: Final = 1_000  # in one mail
_MARK: Final = f"""
UPDATE review_assignments SET is_told = TRUE WHERE id IN (
  SELECT id FROM review_assignments WHERE reviewer_id = $1 AND NOT is_told ORDER BY id LIMIT {MOST} FOR UPDATE
) RETURNING id
"""  # noqa: S608 - constants
# What is still to be reviewed of these: by phase how many.
_LEFT: Final = f"""
SELECT phase.name, phase.opens_at, phase.closes_at, count(*)
  FROM review_assignments given
  JOIN review_phases phase ON phase.id = given.phase_id AND phase.closes_at > $3
  JOIN reviewers person ON person.id = given.reviewer_id AND {REVIEWING}
  JOIN sessions talk ON talk.id = given.session_id AND talk.state = 'pending' AND talk.deleted_at IS NULL
 WHERE given.reviewer_id = $1 AND given.id = ANY ($2::bigint[]) AND NOT {IN_CONFLICT}
 GROUP BY phase.id ORDER BY phase.opens_at, phase.id
"""  # noqa: S608 - texts of rules.py


@dataclass(frozen=True, slots=True)
class AssignedPhase:
    """How many sessions of a phase, and when it is (in the event's zone)."""

    name: str
    sessions: int
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsAssigned(MailTemplate):
    """How many sessions somebody is to review. Titles are shown by the API, while the phase shows them."""

    folder: ClassVar[str] = "review_assigned"
    bulk: ClassVar[bool] = True
    event: str
    sessions: int
    phases: list[AssignedPhase]
    timezone: str


@task(NAME)
def tell_reviewer(session: Session, reviewer_id: int) -> None:
    """Notify the reviewer of what they were not told of yet, and enqueue the mail about it."""
    ids = sorted(id for (id,) in db.fetch(session, _MARK, [reviewer_id]))
    if not ids:
        return
    outbox.add(session, _MAIL, {"reviewer_id": reviewer_id, "assignments": ",".join(map(str, ids))})
    if len(ids) == MOST:
        outbox.add(session, NAME, {"reviewer_id": reviewer_id})
    found = _told(session, reviewer_id, ids)
    if found is None:
        return
    user, event, mail = found
    what = "1 session is" if mail.sessions == 1 else f"{mail.sessions} sessions are"
    news = NewNotification(
        kind=KIND,
        title=f"Sessions to review for {event.name}",
        message=f"{what} assigned to you for review at {event.name}.",
        target_type="Event",
        target_id=event.id,
        target_action=KIND,
        details={
            "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
            "reviewer": {"id": reviewer_id},
            "sessions": mail.sessions,
        },
    )
    notify(session, news, [user.id])


@task(_MAIL, limited_by=(Exempt("to who has accepted to review, once for what is assigned within minutes"),))
def send_review_assignments_mail(session: Session, reviewer_id: int, assignments: str) -> None:
    """Email the reviewer how many of these (ids, joined by commas) are to be reviewed; nothing if none."""
    found = _told(session, reviewer_id, [int(id) for id in assignments.split(",")])
    if found is None:
        log.info("there is nothing to review any more", reviewer_id=reviewer_id)
        return
    user, event, mail = found
    address = f"{event_address(event)}/reviews/{reviewer_id}"
    send_and_log(session, KIND, mail.mail(user.email, address), event_id=event.id)


@signals.on("review-assignment.created")
def _it_is_assigned(session: Session, *, id: int, **_payload: object) -> None:
    rows = db.fetch(session, "SELECT reviewer_id FROM review_assignments WHERE id = $1", [id])
    _later(session, rows[0][0])


@signals.on("review-phase.assigned")
def _they_are_assigned(session: Session, *, reviewers: list[int], **_payload: object) -> None:
    for reviewer_id in reviewers:
        _later(session, reviewer_id)


def _later(session: Session, reviewer_id: int) -> None:
    # Without a key: the first of them tells all that there is by then, and the others find nothing.
    outbox.add(session, NAME, {"reviewer_id": reviewer_id}, delay=DELAY)


def _told(session: Session, reviewer_id: int, ids: list[int]) -> tuple[User, Event, ReviewsAssigned] | None:
    """Whom to tell, about which event, and what; None if they, the event, its team or reviews are gone."""
    reviewer = session.get(Reviewer, reviewer_id)
    if reviewer is None:  # removed since: their assignments were there before the message
        return None
    event = session.get_one(Event, reviewer.event_id)
    user = session.get(User, reviewer.user_id) if reviewer.user_id is not None else None
    if user is None or user.deleted_at is not None or user.is_blocked:
        return None
    rows: list[Any] = list(db.fetch(session, _LEFT, [reviewer_id, ids, clock.now()]))
    if not rows or event.deleted_at is not None or not team_of(session, event.id):
        return None
    at = zone(event.timezone)
    phases = [
        AssignedPhase(name, sessions, local(opens, at), local(closes, at))
        for name, opens, closes, sessions in rows
    ]
    total = sum(phase.sessions for phase in phases)
    return (
        user,
        event,
        ReviewsAssigned(event=event.name, sessions=total, phases=phases, timezone=event.timezone),
    )
