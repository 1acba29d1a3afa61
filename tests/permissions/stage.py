"""The people and events on which every right is tried, and requests that leave no trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from unittest.mock import patch

from sqlalchemy.orm import Session

from chalicelib import db, db_statements, signals
from chalicelib.auth import tokens
from chalicelib.jsonapi.ground.request import MEDIA_TYPE, Request
from chalicelib.jsonapi.http.answer import respond
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from devstack.stripe_connect import CLIENT_ID, SECRET_KEY
from tests.factories import attributes_of, maker
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.setting import make_setting
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document

# What nouns that do not belong to an event have instead of one.
NO_EVENT = "-"
_BY_A_GUEST = """
UPDATE orders SET user_id = NULL, profile_id = NULL, guest_email = 'gale@example.org' WHERE id = $1::bigint
"""
# `foreign` is a published event where nobody on the stage holds a role.
EVENTS = ("published", "draft", "foreign")
ROLES = ("registrar", "moderator", "track_organizer", "coorganizer", "organizer", "owner")
# A guest has no account, and the link of the row's order, or else of one for the event.
GUEST = "guest"
VIEWERS = ("nobody", GUEST, "stranger", "attendee", "self", *ROLES, "staff", "super_admin")


@dataclass
class Stage:
    """Ids of users by kind of viewer, events by their situation, and ids of guests' orders likewise."""

    users: dict[str, int] = field(default_factory=dict)
    events: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)


def furnish() -> Stage:
    """Make the people and the events."""
    stage = Stage()
    with db.transaction() as session, signals.muted():
        make_setting(session, stripe_test_client_id=CLIENT_ID, stripe_test_secret_key=SECRET_KEY)
        for name in VIEWERS[2:]:
            flags = {"is_admin": name in {"staff", "super_admin"}, "is_super_admin": name == "super_admin"}
            stage.users[name] = make_user(session, **flags).id
        for name in EVENTS:
            state = "draft" if name == "draft" else "published"
            event = stage.events[name] = make_event(
                session, state=state, is_sessions_speakers_enabled=True, is_sponsors_enabled=True,
                is_tax_enabled=True, can_pay_by_bank=True,
            )  # fmt: skip
            stage.orders[name] = make_order(session, event=event).id
            if name != "foreign":
                for role in ROLES:
                    make_users_events_roles(
                        session, event=event, user=session.get(User, stage.users[role]), role=role
                    )
                make_attendee(session, event=event, email=_email(session, stage.users["attendee"]))
    return stage


def _email(session: Session, user_id: int) -> str:
    found: str = db.fetch(session, "SELECT email FROM users WHERE id = $1::bigint", [user_id])[0][0]
    return found


def situations(resource: Resource) -> tuple[str, ...]:
    """For which events rows of this noun are tried."""
    return EVENTS if resource.type == "event" or path_to_event(resource) else (NO_EVENT,)


def path_to_event(resource: Resource, seen: frozenset[str] = frozenset()) -> list[str]:
    """To-one relationships that lead to the event: ["event"], or ["session", "event"]; [] when none do."""
    relations = [
        relation
        for relation in REGISTRY.relations[resource.type].values()
        if relation.column is not None and relation.target not in seen and resource.select_sql is None
    ]
    if any(relation.name == "event" for relation in relations):
        return ["event"]
    for relation in relations:
        if relation.required and relation.target not in {"user", "event", resource.type}:
            rest = path_to_event(REGISTRY[relation.target], seen | {resource.type})
            if rest:
                return [relation.name, *rest]
    return []


def parents(session: Session, resource: Resource, stage: Stage, situation: str) -> dict[str, Any]:
    """What a row of the noun hangs on at the event: {"event": ...}, {"session": ...}, or nothing."""
    path = path_to_event(resource)
    if path[:1] == ["event"]:
        return {"event": stage.events[situation]}
    if path:
        above = REGISTRY[REGISTRY.relations[resource.type][path[0]].target]
        return {path[0]: make_row(session, above, parents(session, above, stage, situation))}
    return {}


def make_row(session: Session, resource: Resource, hangs_on: dict[str, Any]) -> Any:
    """A row of the noun."""
    return maker(resource.type)(session, **hangs_on)


def creating(session: Session, resource: Resource, hangs_on: dict[str, Any]) -> Any:
    """A document that creates a resource."""
    links: dict[str, Any] = {}
    for relation in REGISTRY.relations[resource.type].values():
        if relation.column is None or relation.read_only:
            continue
        if relation.name in hangs_on:
            links[relation.name] = (relation.target, hangs_on[relation.name])
        elif relation.required:
            links[relation.name] = (relation.target, maker(relation.target)(session))
    return document(resource.type, attributes_of(resource.type), **links)


@contextmanager
def leaving_no_trace(*, only_reads: bool = False, order: int | None = None) -> Iterator[Session]:
    """A transaction that is rolled back in any case. In it, this order was bought without an account."""
    session = Session(db.engine(), expire_on_commit=False, info={"only_reads": only_reads})
    try:
        if order is not None:
            db.fetch(session, _BY_A_GUEST, [order])
        yield session
        session.flush()
    finally:
        session.rollback()
        session.close()


def status(method: str, path: str, user: int | None, body: bytes, order: int | None = None) -> int:
    """The status code of one request by this user, or by who holds the link of this order."""
    headers = {"content-type": MEDIA_TYPE} if body else {}
    if order is not None:
        headers["authorization"] = f"JWT {link_of(order)}"
    elif user is not None:
        headers["authorization"] = f"JWT {_token(user)}"
    segments = tuple(path.strip("/").split("/"))
    request = Request(method, segments, (), headers, body, "127.0.0.1", "matrix", options=settings())
    no_trace = partial(leaving_no_trace, order=order)
    reading = db.read_only if order is None else no_trace
    with (
        patch.object(db, "transaction", no_trace),
        patch.object(db_statements, "read_only", reading),
        patch.object(db_statements, "fetch_and_commit", db.fetch),
    ):
        return respond(request, REGISTRY).status


@cache
def _token(user: int) -> str:
    """As clients do, everybody signs in once."""
    return tokens.access_token(user, fresh=True)


def link_of(order: int) -> str:
    """The token of who holds the link of this order."""
    with db.transaction(only_reads=True) as session:
        event = db.fetch(session, "SELECT event_id FROM orders WHERE id = $1::bigint", [order])[0][0]
    return tokens.link_token({"order": order, "event": event}, 0)
