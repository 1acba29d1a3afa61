"""Zone rules: governments change them, so the moments of events to come are checked each day.

Where the rules of an event's zone are others than when its times were written, the times are shifted so that
clocks there show the same: resources/events/event/local_times.py.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from chalicelib import clock, daily, log, outbox, scheduled
from chalicelib.resources.events.event import local_times
from chalicelib.resources.events.event.event import Event
from chalicelib.tasks.registry import task

NAME: Final = daily.ZONE_RULES
_OF_EVENT: Final = "follow_zone_rules_of_event"
_AT_ONCE: Final = 500


@task(NAME)
def follow_zone_rules(session: Session, day: str, days: int, after: int = 0) -> None:
    """Look at a batch of events that have not ended; more batches follow in messages of their own."""
    coming = (
        select(Event)
        .options(undefer(Event.zone_offsets))
        .where(Event.ends_at > clock.now(), Event.id > after)
    )
    batch = list(session.scalars(coming.order_by(Event.id).limit(_AT_ONCE)))
    for event in batch:
        now = local_times.current_offsets(event.timezone, event.starts_at, event.ends_at)
        if event.zone_offsets != local_times.stored(now):
            outbox.add(session, _OF_EVENT, {"event_id": event.id}, key=f"{_OF_EVENT}-{event.id}-{day}")
    if len(batch) == _AT_ONCE:
        outbox.add(session, NAME, {"day": day, "days": days, "after": batch[-1].id})
    scheduled.handled(session, NAME, len(batch), is_last=len(batch) < _AT_ONCE)


@task(_OF_EVENT)
def follow_zone_rules_of_event(session: Session, event_id: int) -> None:
    """Shift one event: locked, and looked at again."""
    locked = select(Event).where(Event.id == event_id, Event.ends_at > clock.now())
    event = session.scalar(locked.with_for_update())
    if event is not None and local_times.follow_rules(session, event):
        log.info("an event follows new rules of its zone", event_id=event_id, zone=event.timezone)
