"""Demo data of the first event's programme: a further call, a break, a plan and a released schedule.

A review of a session with its discussion, and sign-ups, too.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.order.states import COMPLETED
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.programme.schedule_break import ScheduleBreak
from chalicelib.resources.programme.schedule_draft import ScheduleDraft
from chalicelib.resources.programme.schedule_snapshot import snapshot
from chalicelib.resources.programme.schedule_version import ScheduleVersion
from chalicelib.resources.programme.session.session import Session as Talk
from chalicelib.resources.programme.session_sign_up import SessionSignUp
from chalicelib.resources.programme.submission_call import SubmissionCall
from chalicelib.resources.reviews.review import Review
from chalicelib.resources.reviews.review_assignment import ReviewAssignment
from chalicelib.resources.reviews.review_comment import ReviewComment
from chalicelib.resources.reviews.review_conflict import ReviewConflict
from chalicelib.resources.reviews.review_phase import ReviewPhase
from chalicelib.resources.reviews.reviewer import Reviewer


def create(session: Session) -> None:
    """Add it to the first of the existing demo events, after its reviewers and orders."""
    event = session.scalars(select(Event).order_by(Event.id).limit(1)).one()
    talks = list(session.scalars(select(Talk).where(Talk.event_id == event.id).order_by(Talk.id)))
    session.add_all([*_plans(session, event), *_line(session, event, talks[0])])
    _reviews(session, event, talks)
    session.flush()


def _plans(session: Session, event: Event) -> list[Any]:
    programme = snapshot(session, event.id)
    now, of_event = clock.now(), {"event_id": event.id}
    noon = event.starts_at.replace(hour=11, minute=0, second=0, microsecond=0)
    return [
        SubmissionCall(
            **of_event,
            name="Late-breaking talks",
            announcement="News of the last weeks, ten minutes each.",
            hash="demo-late-breaking",
            starts_at=now - timedelta(days=1),
            ends_at=max(now + timedelta(days=7), event.starts_at - timedelta(days=2)),
        ),
        ScheduleBreak(**of_event, name="Lunch", starts_at=noon, ends_at=noon + timedelta(minutes=45)),
        ScheduleDraft(**of_event, name="With longer pauses", placements=[], basis={}),
        ScheduleVersion(
            **of_event,
            number=1,
            note="The first one",
            released_at=now,
            session_count=len(programme),
            snapshot=programme,
        ),
    ]


def _line(session: Session, event: Event, talk: Talk) -> list[Any]:
    talk.sign_up_places = 10
    session.flush()
    who = select(Attendee).join(Order, Order.id == Attendee.order_id)
    coming = who.where(Attendee.event_id == event.id, Order.status == COMPLETED).order_by(Attendee.id)
    return [
        SessionSignUp(event_id=event.id, session_id=talk.id, attendee_id=attendee.id)
        for attendee in session.scalars(coming.limit(2))
    ]


def _reviews(session: Session, event: Event, talks: list[Talk]) -> None:
    now, of_event = clock.now(), {"event_id": event.id}
    phase = ReviewPhase(
        **of_event,
        name="First round",
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=14),
        allows_discussion=True,
    )
    session.add(phase)
    session.flush()
    reviewer = session.scalars(select(Reviewer).where(Reviewer.event_id == event.id)).one()
    done = {**of_event, "session_id": talks[0].id}
    named = {**done, "phase_id": phase.id, "reviewer_id": reviewer.id}
    session.add_all(
        [
            ReviewAssignment(**named),
            Review(**named, text="Clear, and new to most of us.", scores=[]),
            ReviewComment(**done, text="Could it be longer?"),
            ReviewConflict(
                **{**done, "session_id": talks[-1].id}, reviewer_id=reviewer.id, reason="A colleague"
            ),
        ]
    )
