"""Notices of a released schedule: speakers hear about their sessions, fans about their favorites, and nobody
about what has not changed.

Each person gets one notification for a version, and one mail where their email preferences for the event say
so (session-schedule). People are told in batches, in the order of their accounts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy.orm import Session

from chalicelib import db, log, outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.schedule_snapshot import Difference, difference
from chalicelib.resources.programme.schedule_version import ScheduleVersion
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.tasks.notify import NewNotification, notify
from chalicelib.tasks.order_summary import team_of
from chalicelib.tasks.registry import RetryLater, task
from chalicelib.tasks.send_and_log import send_and_log
from chalicelib.tasks.session_mail_text import event_address
from chalicelib.values.zones import in_words, local, zone

NAME: Final = "tell_schedule_changes"
_MAIL: Final = "send_schedule_change_mail"
KIND: Final = "schedule_change"
_AT_ONCE: Final = 100
_MOST_LINES: Final = 20
_FORMER: Final = """
SELECT snapshot FROM schedule_versions WHERE event_id = $1 AND number < $2 ORDER BY number DESC LIMIT 1
"""
# By account the sessions, of those in $1, that it speaks at or likes. An address proves who its owner is
# once it is verified.
_CONCERNED: Final = """
SELECT person.id, array_agg(DISTINCT concerned.session_id ORDER BY concerned.session_id),
       EXISTS (SELECT FROM email_notifications wish WHERE wish.user_id = person.id AND wish.event_id = $2
                  AND wish.session_schedule AND wish.deleted_at IS NULL)
  FROM (
    SELECT favorite.user_id, favorite.session_id FROM user_favourite_sessions favorite
     WHERE favorite.session_id = ANY ($1::bigint[])
    UNION ALL
    SELECT account.id, link.session_id FROM speakers_sessions link
      JOIN speakers speaker ON speaker.id = link.speaker_id AND speaker.deleted_at IS NULL
      JOIN users account ON lower(account.email) = lower(speaker.email) AND account.is_verified
     WHERE link.session_id = ANY ($1::bigint[])
  ) concerned JOIN users person ON person.id = concerned.user_id
 WHERE person.id > $3 AND person.deleted_at IS NULL AND NOT person.is_blocked
   AND ($4::bigint IS NULL OR person.id = $4)
 GROUP BY person.id ORDER BY person.id LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """When (in the event's zone) and in which room, if in one."""

    begins: datetime
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has changed about a session: it came, moved, went, or (with a `former` title) was renamed."""

    title: str
    former: str = ""
    was: Placed | None = None
    now: Placed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChange(MailTemplate):
    """What a new version of the schedule changes for one person; `more` changes are left out."""

    folder: ClassVar[str] = "schedule_change"
    bulk: ClassVar[bool] = True
    event: str
    number: int
    zone: str
    changes: list[Change]
    more: int


@task(NAME)
def tell_schedule_changes(session: Session, version_id: int, after: int = 0) -> None:
    """Notify the next people, and leave the others to another task."""
    released = _released(session, version_id)
    if released is None:
        return
    version, event, changes = released
    people = _concerned(session, event.id, changes, after=after)
    for user_id, sessions, wants_mail in people:
        own, more = _of(changes, sessions)
        told = [_sentence(change, event.timezone) for change in own]
        if more:
            told.append(f"There are {more} more changes.")
        news = NewNotification(
            kind=KIND,
            title=f"The schedule of {event.name} has changed",
            message=" ".join(told),
            target_type="Event",
            target_id=event.id,
            target_action="schedule",
            details={
                "event": {"id": event.id, "identifier": event.identifier, "name": event.name},
                "version": {"id": version.id, "number": version.number},
                "sessions": sessions[:_MOST_LINES],
            },
        )
        notify(session, news, [user_id])
        if wants_mail:
            arguments = {"version_id": version_id, "user_id": user_id}
            outbox.add(session, _MAIL, arguments, key=f"{_MAIL}-{version_id}-{user_id}")
    if len(people) == _AT_ONCE:
        outbox.add(session, NAME, {"version_id": version_id, "after": people[-1][0]})


@task(_MAIL, limited_by=(Exempt("to accounts that asked for it, once for each version of a schedule"),))
def send_schedule_change_mail(session: Session, version_id: int, user_id: int) -> None:
    """Email one of them, if the version's changes still concern them and they still want it."""
    released = _released(session, version_id)
    if released is None:
        return
    version, event, changes = released
    for id, sessions, wants_mail in _concerned(session, event.id, changes, only=user_id):
        if wants_mail:
            user = session.get_one(User, id)
            own, more = _of(changes, sessions)
            mail = ScheduleChange(
                event=event.name, number=version.number, zone=event.timezone, changes=own, more=more
            )
            send_and_log(session, KIND, mail.mail(user.email, event_address(event)), event_id=event.id)


@signals.on("schedule-version.created")
def _it_is_released(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"version_id": id})


def _released(
    session: Session, version_id: int
) -> tuple[ScheduleVersion, Event, Mapping[int, Sequence[Change]]] | None:
    """The version, its event, and by session what has changed; nothing of an event that is not public."""
    version = session.get(ScheduleVersion, version_id)
    if version is None:
        raise RetryLater(f"there is no version {version_id}")
    event = session.get_one(Event, version.event_id)
    if event.deleted_at is not None or event.state != "published" or not team_of(session, event.id):
        log.info("this event is not published, or nobody's", event_id=event.id)
        return None
    rows = db.fetch(session, _FORMER, [event.id, version.number])
    differences = difference(rows[0][0] if rows else [], version.snapshot)
    changes: dict[int, list[Change]] = {}
    for id, change in _changes(differences, event.timezone):
        changes.setdefault(id, []).append(change)
    return version, event, changes


def _changes(differences: Difference, timezone: str) -> Iterator[tuple[int, Change]]:
    for entry in differences.new:
        yield entry["session"], Change(title=entry["title"], now=_placed(entry, timezone))
    for was, now in differences.renamed:
        yield now["session"], Change(title=now["title"], former=was["title"])
    for was, now in differences.moved:
        old, new = _placed(was, timezone), _placed(now, timezone)
        yield now["session"], Change(title=now["title"], was=old, now=new)
    for entry in differences.dropped:
        yield entry["session"], Change(title=entry["title"], was=_placed(entry, timezone))


def _sentence(change: Change, timezone: str) -> str:
    if change.former:
        return f"{change.former} is called {change.title} now."
    if change.was and change.now:
        return (
            f"{change.title} has moved from {_place(change.was, timezone)} to {_place(change.now, timezone)}."
        )
    if change.now:
        return f"{change.title} is on: {_place(change.now, timezone)}."
    return f"{change.title} is not on the schedule any more."


def _placed(entry: Mapping[str, Any], timezone: str) -> Placed:
    return Placed(local(datetime.fromisoformat(entry["starts-at"]), zone(timezone)), entry["room"] or "")


def _place(placed: Placed, timezone: str) -> str:
    """When and where, such as "2030-05-01 10:00 (Europe/Berlin), Hall 1"."""
    room = f", {placed.room}" if placed.room else ""
    return f"{in_words(placed.begins, timezone)}{room}"


def _concerned(
    session: Session,
    event_id: int,
    changes: Mapping[int, Sequence[Change]],
    *,
    after: int = 0,
    only: int | None = None,
) -> list[tuple[int, list[int], bool]]:
    if not changes:
        return []
    rows = db.fetch(session, _CONCERNED, [sorted(changes), event_id, after, only, _AT_ONCE])
    return [(id, list(sessions), wants_mail) for id, sessions, wants_mail in rows]


def _of(changes: Mapping[int, Sequence[Change]], sessions: Sequence[int]) -> tuple[list[Change], int]:
    """The changes of these sessions, some at most, and how many there are besides."""
    own = [change for id in sessions for change in changes[id]]
    return own[:_MOST_LINES], max(0, len(own) - _MOST_LINES)
