"""Emails to owner and organizers that ticket sales end: a week before, the day before, and the day after.

A daily job looks for tickets and enqueues a task for each event, stage and day; that one enqueues the emails,
each a task of its own, under a key that allows one.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import clock, daily, log, outbox, scheduled
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.limits.limit import Exempt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event.pages import organizers_page
from chalicelib.resources.people.user.user import User
from chalicelib.resources.tickets import sales_ends
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.values.zones import local, zone

NAME: Final = daily.SALES_END
BATCH: Final = 500
_OF_EVENT: Final = "remind_of_sales_end_of_event"
_MAIL: Final = "send_sales_end_mail"
# The kinds of mails as staff switches them.
_ACTIONS: Final = {
    sales_ends.ENDED: "ticket_sales_end",
    sales_ends.TOMORROW: "ticket_sales_end_tomorrow",
    sales_ends.NEXT_WEEK: "ticket_sales_end_next_week",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesEnd(MailTemplate):
    """Tickets of an event whose sales end on a day, or have ended."""

    folder: ClassVar[str] = "sales_end"
    bulk: ClassVar[bool] = True
    event: str
    tickets: list[str]
    day: date
    has_ended: bool


@task(NAME)
def remind_of_sales_end(session: Session, day: str, days: int, after: int = 0) -> None:
    """Look at a batch of tickets; more batches follow in messages of their own."""
    batch = sales_ends.near(session, clock.now(), daily.began(day), after, BATCH)
    for ending in batch:
        stage = sales_ends.stage_of(ending.ahead, days + ending.late)
        if stage is not None:
            day_of_end = ending.day.isoformat()
            _add_once(session, _OF_EVENT, event_id=ending.event_id, stage=stage, day=day_of_end)
    if len(batch) == BATCH:
        outbox.add(session, NAME, {"day": day, "days": days, "after": batch[-1].ticket_id})
    scheduled.handled(session, NAME, len(batch), is_last=len(batch) < BATCH)


@task(_OF_EVENT)
def remind_of_sales_end_of_event(session: Session, event_id: int, stage: str, day: str) -> None:
    """Enqueue an email to each of owner and organizers."""
    for user in team_of(session, event_id, ORGANIZERS):
        _add_once(session, _MAIL, event_id=event_id, stage=stage, day=day, user_id=user.id)


@task(_MAIL, limited_by=(Exempt("sent by the clock: three for each day on which sales of an event end"),))
def send_sales_end_mail(session: Session, event_id: int, stage: str, day: str, user_id: int) -> None:
    """Email one of them. Nothing where no sales end on that day by now, as they were moved, or where they are
    to end on a day that is over.
    """
    ends_on = date.fromisoformat(day)
    names = sales_ends.ending_on(session, clock.now(), event_id, ends_on)
    if not names:
        log.info("no sales of this event end on that day", event_id=event_id, day=day)
        return
    event = session.get_one(Event, event_id)
    today = local(clock.now(), zone(event.timezone)).date()
    if stage != sales_ends.ENDED and today > ends_on:
        log.info("that day is over", event_id=event_id, day=day)
        return
    user = session.get(User, user_id)
    if user is None or user.deleted_at is not None or user.is_blocked:
        return
    mail = SalesEnd(event=event.name, tickets=names, day=ends_on, has_ended=stage == sales_ends.ENDED)
    address = organizers_page(event.identifier, "tickets")
    send_and_log(session, _ACTIONS[stage], mail.mail(user.email, address), event_id=event.id)


def _add_once(session: Session, name: str, **arguments: object) -> None:
    """Enqueue the task with these arguments, unless it was."""
    outbox.add(session, name, arguments, key="-".join((name, *map(str, arguments.values()))))
