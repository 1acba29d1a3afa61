"""Demo data: people, topics, and four events with their programmes.

The content is in demo.json. Events lie in the future of the day on which the data is created.
"""

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock
from chalicelib.auth import passwords
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.events.faq import Faq
from chalicelib.resources.events.faq_type import FaqType
from chalicelib.resources.events.social_link import SocialLink
from chalicelib.resources.identifiers import slug
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.microlocation import Microlocation
from chalicelib.resources.programme.session.session import Session as Talk
from chalicelib.resources.programme.session.session import speakers_sessions
from chalicelib.resources.programme.session_type import SessionType
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.resources.programme.track import Track
from chalicelib.resources.tickets.ticket import Ticket
from devstack import demo_events, demo_nouns, demo_people, demo_programme, demo_tickets

_DATA: dict[str, Any] = json.loads((Path(__file__).parent / "demo.json").read_text(encoding="utf-8"))
_PLAIN = {  # members of events in demo.json that are columns of the same name
    *("name", "timezone", "state", "location_name", "searchable_location_name", "latitude", "longitude"),
    *("description", "owner_name", "owner_description", "external_event_url", "payment_country"),
    *("payment_currency", "is_sessions_speakers_enabled", "is_featured"),
    *("can_pay_by_invoice", "can_pay_by_bank", "can_pay_onsite"),
}
_FIRST_EMAIL: str = _DATA["users"][0]["email"]
INTRODUCTION = f"the demo's organizers sign in, for instance, as {_FIRST_EMAIL}, password {_DATA['password']}"


def is_wanted(session: Session) -> bool:
    """Whether there are no events yet."""
    return not is_there(session) and session.scalar(select(Event.id).limit(1)) is None


def is_there(session: Session) -> bool:
    """Whether the demo accounts exist."""
    return session.scalar(select(User.id).where(User.email == _FIRST_EMAIL)) is not None


def create(session: Session) -> None:
    """Create everything; the caller commits."""
    password = passwords.hashed(_DATA["password"])
    users = {person["email"]: User(**person, password_hash=password) for person in _DATA["users"]}
    topics = {name: EventTopic(name=name, slug=slug(name)) for name in _DATA["topics"]}
    session.add_all([*users.values(), *topics.values()])
    session.flush()
    roles = {role.name: role.id for role in session.scalars(select(Role))}
    for described in _DATA["events"]:
        event = _event(described, topics[described["topic"]])
        session.add(event)
        session.flush()
        for email, role in described["roles"].items():
            user_id = users[email].id
            session.add(UsersEventsRoles(user_id=user_id, event_id=event.id, role_id=roles[role]))
        owner = next(users[email] for email, role in described["roles"].items() if role == "owner")
        _describe(session, described, event)
        _programme(session, described, event, owner)
    demo_events.create(session, users)
    demo_people.create(session, users)
    demo_nouns.create(session)
    demo_tickets.create(session, users)
    demo_programme.create(session)


def _event(one: dict[str, Any], topic: EventTopic) -> Event:
    begins = _moment(one, 0, "09:00")
    return Event(
        **{name: value for name, value in one.items() if name in _PLAIN},
        starts_at=begins,
        ends_at=begins + timedelta(days=one["days"] - 1, hours=14),
        event_topic_id=topic.id,
        has_owner_info=True,
        is_map_shown=True,
    )


def _describe(session: Session, one: dict[str, Any], event: Event) -> None:
    for name, link in one["social_links"].items():
        session.add(SocialLink(name=name, link=link, event_id=event.id))
    for kind, pairs in one["faqs"].items():
        faq_type = FaqType(name=kind, event_id=event.id)
        session.add(faq_type)
        session.flush()
        for question, answer in pairs:
            session.add(Faq(question=question, answer=answer, event_id=event.id, faq_type_id=faq_type.id))
    for position, (name, kind, price, quantity, description) in enumerate(one["tickets"], start=1):
        donated = {"min_price": 10, "max_price": 200} if kind == "donation" else {}
        ticket = Ticket(
            name=name,
            type=kind,
            price=price,
            quantity=quantity,
            description=description,
            is_description_visible=True,
            position=position,
            sales_starts_at=clock.now().replace(microsecond=0),
            sales_ends_at=event.starts_at,
            event_id=event.id,
            **donated,
        )
        session.add(ticket)


def _programme(session: Session, one: dict[str, Any], event: Event, owner: User) -> None:
    tracks = {
        name: Track(name=name, color=color, font_color="#ffffff", position=position, event_id=event.id)
        for position, (name, color) in enumerate(one["tracks"])
    }
    kinds = {
        name: SessionType(name=name, length=length, position=position, event_id=event.id)
        for position, (name, length) in enumerate(one["session_types"])
    }
    rooms = {
        name: Microlocation(name=name, floor=floor, room=room, position=position, event_id=event.id)
        for position, (name, floor, room) in enumerate(one["microlocations"])
    }
    speakers = {
        each["name"]: Speaker(**each, order=order, event_id=event.id)
        for order, each in enumerate(one["speakers"])
    }
    session.add_all([*tracks.values(), *kinds.values(), *rooms.values(), *speakers.values()])
    session.flush()
    for each in one["sessions"]:
        begins = _moment(one, each["day"], each["at"])
        talk = Talk(
            title=each["title"],
            short_abstract=each["short_abstract"],
            level=each["level"],
            language=each["language"],
            state=each["state"],
            starts_at=begins,
            ends_at=begins + timedelta(minutes=each["minutes"]),
            submitted_at=clock.now(),
            event_id=event.id,
            track_id=tracks[each["track"]].id,
            session_type_id=kinds[each["session_type"]].id,
            microlocation_id=rooms[each["microlocation"]].id,
            creator_id=owner.id,
        )
        session.add(talk)
        session.flush()
        links = [{"speaker_id": speakers[name].id, "session_id": talk.id} for name in each["speakers"]]
        session.execute(speakers_sessions.insert(), links)


def _moment(one: dict[str, Any], day: int, at: str) -> datetime:
    date = clock.now().date() + timedelta(days=one["in_days"] + day)
    return datetime.combine(date, time.fromisoformat(at), ZoneInfo(one["timezone"]))
