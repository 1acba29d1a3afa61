"""Rows of the benchmark: one event with its programme, and 199 copies of it made by PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

import chalicelib.entrypoints  # noqa: F401 - knows every model, so that they can refer to each other
from benchmarks.cases import EVENTS, SESSIONS, SPEAKERS, TICKETS, TRACKS
from chalicelib import db, signals
from chalicelib.db import Model
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session.session import Session, speakers_sessions
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.resources.programme.track import Track
from chalicelib.resources.tickets.ticket import Ticket
from devstack import database

_START = datetime(2099, 5, 1, 9, tzinfo=UTC)
_MADE = datetime(2026, 1, 1, tzinfo=UTC)
_PROSE = "Bring a chair, a question and a friend; coffee is in the hall and the talks begin on time. "
OWNED = 3  # events that the person who is logged in organizes


def make_rows(url: str) -> tuple[list[int], list[int], int]:
    """Ids of the events to read, ids of those to write to, and the organizer of the latter."""
    with signals.muted(), db.transaction() as session:
        event_id = _event(session)
        user = User(email="organizer@example.org", is_verified=True, password_hash="")
        session.add(user)
        session.flush()
        user_id = user.id
    with database.connected(url) as connection:
        copied = _copy_event(connection, event_id)
        # The others know of a session what everybody sees, and it must have this too.
        connection.run("ALTER TABLE sessions ALTER COLUMN is_mail_sent SET DEFAULT false")
        for table in ("events", "sessions", "speakers", "speakers_sessions", "tracks", "tickets"):
            connection.run(f"ANALYZE {table}")
    ids = [event_id, *copied]
    with signals.muted(), db.transaction() as session:
        role = session.scalars(select(Role).where(Role.name == "owner")).one()
        for owned in ids[-OWNED:]:
            session.add(UsersEventsRoles(user_id=user_id, event_id=owned, role_id=role.id))
    db.forget()
    return ids[:-OWNED], ids[-OWNED:], user_id


def copy_rows(
    connection: Any, model: type[Model], source: str, other: Mapping[str, str], returning: str | None = None
) -> list[Any]:
    """INSERT ... SELECT of a model's rows `r`, from what follows FROM, with some columns `other`.

    What is `returning`, row by row; without it nothing.
    """
    names = [column.name for column in model.__table__.columns if column.name != "id"]
    values = ", ".join(other.get(name, f'r."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    made = connection.run(
        f'INSERT INTO "{model.__tablename__}" ({columns}) SELECT {values} FROM {source}'
        + (f" RETURNING {returning}" if returning else "")
    )
    return [row[0] for row in made or ()]


def _event(session: DatabaseSession) -> int:
    event = Event(
        name="Compiler Days",
        starts_at=_START,
        ends_at=_START + timedelta(days=2),
        timezone="Europe/Berlin",
        latitude=52.52,
        longitude=13.405,
        location_name="Alte Fabrik, Berlin",
        searchable_location_name="Berlin",
        description=f"<p>{_PROSE * 6}</p>",
        logo_url="https://media.example.org/logo.png",
        original_image_url="https://media.example.org/large.jpg",
        owner_name="Friends of the Compiler",
        owner_description=f"<p>{_PROSE}</p>",
        is_sessions_speakers_enabled=True,
        state="published",
        ticket_url="https://tickets.example.org/compiler-days",
        code_of_conduct=f"<p>{_PROSE * 2}</p>",
        payment_country="DE",
        payment_currency="EUR",
        can_pay_onsite=True,
        created_at=_MADE,
        refund_policy=_PROSE,
    )
    session.add(event)
    session.flush()
    tracks = [
        Track(event_id=event.id, name=f"Track {n}", description=_PROSE, color="#336699", position=n)
        for n in range(TRACKS)
    ]
    tickets = [
        Ticket(
            event_id=event.id,
            name=f"Ticket {n}",
            description=_PROSE,
            type="free",
            quantity=500,
            position=n,
            sales_starts_at=_MADE,
            sales_ends_at=_START,
        )
        for n in range(TICKETS)
    ]
    session.add_all([*tracks, *tickets])
    session.flush()
    sessions = [_session(event.id, tracks[n % TRACKS].id, n) for n in range(SESSIONS)]
    speakers = [_speaker(event.id, n) for n in range(SPEAKERS)]
    session.add_all([*sessions, *speakers])
    session.flush()
    links = [
        {"speaker_id": speaker.id, "session_id": sessions[n % SESSIONS].id}
        for n, speaker in enumerate(speakers)
    ]
    session.execute(speakers_sessions.insert(), links)
    return event.id


def _session(event_id: int, track_id: int, n: int) -> Session:
    begin = _START + timedelta(minutes=30 * n)
    return Session(
        event_id=event_id,
        track_id=track_id,
        title=f"Session {n}",
        subtitle="A story in three acts",
        level="Beginner",
        short_abstract=_PROSE,
        long_abstract=_PROSE * 4,
        starts_at=begin,
        ends_at=begin + timedelta(minutes=25),
        language="English",
        website="https://talks.example.org/cupboard",
        state="accepted",
        created_at=_MADE,
        submitted_at=_MADE,
        last_modified_at=_MADE,
    )


def _speaker(event_id: int, n: int) -> Speaker:
    return Speaker(
        event_id=event_id,
        name=f"Speaker {n}",
        email=f"speaker.{n}@example.org",
        photo_url="https://media.example.org/face.jpg",
        short_biography=_PROSE,
        long_biography=_PROSE * 3,
        website="https://people.example.org/speaker",
        github="https://code.example.org/speaker",
        organisation="Friends of the Compiler",
        position="Compiler engineer",
        country="DE",
        city="Berlin",
    )


def _copy_event(connection: Any, first: int) -> list[int]:
    """The ids of the copies, each with its own programme and tickets."""
    new = {"identifier": "substr(md5(n::text), 1, 8)", "name": "r.name || ' ' || n"}
    ids = copy_rows(
        connection, Event, f"events r, generate_series(2, {EVENTS}) n WHERE r.id = {first}", new, "id"
    )
    pairs = f"r, events e WHERE r.event_id = {first} AND e.id <> {first} ORDER BY e.id, r.id"
    other = {"event_id": "e.id", "email": "e.id || '.' || r.email"}  # nobody speaks at all of them
    for model in (Track, Ticket, Speaker):
        copy_rows(connection, model, f"{model.__tablename__} {pairs}", other)
    same_track = (
        "(SELECT t.id FROM tracks t JOIN tracks f ON f.name = t.name "
        "WHERE t.event_id = e.id AND f.id = r.track_id)"
    )
    copy_rows(connection, Session, f"sessions {pairs}", {"event_id": "e.id", "track_id": same_track})
    connection.run(
        "INSERT INTO speakers_sessions (speaker_id, session_id) SELECT p.id, s.id FROM speakers_sessions l "
        "JOIN sessions s0 ON s0.id = l.session_id JOIN speakers p0 ON p0.id = l.speaker_id "
        "JOIN sessions s ON s.title = s0.title AND s.event_id <> s0.event_id "
        "JOIN speakers p ON p.name = p0.name AND p.event_id = s.event_id"
    )
    return [int(id) for id in ids]
