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
from chalicelib.tasks.send_session_mails import event_address
from chalicelib.values.zones import local, zone

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChange(MailTemplate):
    """What a new version of the schedule changes for one person."""

    folder: ClassVar[str] = "schedule_change"
    event: str
    number: int
    lines: list[str]


@task(NAME)
def tell_schedule_changes(session: Session, version_id: int, after: int = 0) -> None:
    """Notify the next people, and leave the others to another task."""
    released = _released(session, version_id)
    if released is None:
        return
    version, event, lines = released
    people = _concerned(session, event.id, lines, after=after)
    for user_id, sessions, wants_mail in people:
        own = _of(lines, sessions)
        news = NewNotification(
            kind=KIND,
            title=f"The schedule of {event.name} has changed",
            message=" ".join(own),
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
    version, event, lines = released
    for id, sessions, wants_mail in _concerned(session, event.id, lines, only=user_id):
        if wants_mail:
            user = session.get_one(User, id)
            mail = ScheduleChange(event=event.name, number=version.number, lines=_of(lines, sessions))
            send_and_log(session, KIND, mail.mail(user.email, event_address(event)))


@signals.on("schedule-version.created")
def _it_is_released(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"version_id": id})


def _released(
    session: Session, version_id: int
) -> tuple[ScheduleVersion, Event, Mapping[int, Sequence[str]]] | None:
    """The version, its event, and by session what has changed; nothing of an event that is not public."""
    version = session.get(ScheduleVersion, version_id)
    if version is None:
        raise RetryLater(f"there is no version {version_id}")
    event = session.get_one(Event, version.event_id)
    if event.deleted_at is not None or event.state != "published" or not team_of(session, event.id):
        log.info("this event is not published, or nobody's", event_id=event.id)
        return None
    rows = db.fetch(session, _FORMER, [event.id, version.number])
    changes = difference(rows[0][0] if rows else [], version.snapshot)
    lines: dict[int, list[str]] = {}
    for id, line in _sentences(changes, event.timezone):
        lines.setdefault(id, []).append(line)
    return version, event, lines


def _sentences(changes: Difference, timezone: str) -> Iterator[tuple[int, str]]:
    for entry in changes.new:
        yield entry["session"], f"{entry['title']} is on: {_place(entry, timezone)}."
    for was, now in changes.renamed:
        yield now["session"], f"{was['title']} is called {now['title']} now."
    for was, now in changes.moved:
        yield (
            now["session"],
            f"{now['title']} has moved from {_place(was, timezone)} to {_place(now, timezone)}.",
        )
    for entry in changes.dropped:
        yield entry["session"], f"{entry['title']} is not on the schedule any more."


def _place(entry: Mapping[str, Any], timezone: str) -> str:
    """When and where, such as "2030-05-01 10:00 (Europe/Berlin), Hall 1"."""
    begins = local(datetime.fromisoformat(entry["starts-at"]), zone(timezone))
    room = f", {entry['room']}" if entry["room"] else ""
    return f"{begins:%Y-%m-%d %H:%M} ({timezone}){room}"


def _concerned(
    session: Session,
    event_id: int,
    lines: Mapping[int, Sequence[str]],
    *,
    after: int = 0,
    only: int | None = None,
) -> list[tuple[int, list[int], bool]]:
    if not lines:
        return []
    rows = db.fetch(session, _CONCERNED, [sorted(lines), event_id, after, only, _AT_ONCE])
    return [(id, list(sessions), wants_mail) for id, sessions, wants_mail in rows]


def _of(lines: Mapping[int, Sequence[str]], sessions: Sequence[int]) -> list[str]:
    """The sentences about these sessions, some at most."""
    own = [line for id in sessions for line in lines[id]]
    more = len(own) - _MOST_LINES
    return own if more <= 0 else [*own[:_MOST_LINES], f"There are {more} more changes."]
