"""The rows that the examples of the description speak of, made by the factories of the tests.

Row 1 of every noun is linked with row 1 of every other, row 2 is there for new rows to be linked to,
and nothing hangs on row 99, so that it can be removed. Their ids are those of the examples.
"""

import hashlib
import os
from datetime import datetime, timedelta
from inspect import signature
from typing import Any, get_type_hints

from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.db import Model
from chalicelib.docs import examples
from chalicelib.docs.nouns import new
from chalicelib.docs.operations import LINKED, PARENT, SPARE
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.onsite.certificate import Certificate
from chalicelib.resources.orders.order.links import OrderLink
from chalicelib.resources.people.user.one_time_tokens import OneTimeToken, Purpose
from chalicelib.resources.people.user.schedule_feeds import ScheduleFeed
from chalicelib.task_results import SUCCESS, TaskResult
from chalicelib.uploads import Upload
from tests.factories import maker
from tests.support.payments import STRIPE_KEYS
from tests.support.paypal import PAYPAL_KEYS

BOUGHT = "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10"  # an order of which there is a receipt
UNPAID = "5d1a0d0e-7c2b-4b7e-8a52-6f0f1c8e9b31"  # one that is about to be paid online
UPLOAD = "f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11"
TASK = "7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4"
VIDEO_SECRET = "of-the-video-service"
STRIPE_ACCOUNT = "acct_123456789"  # as the factory of stripe-authorization has it
RESERVED = 999  # ids up to this one are for the examples
NOUNS = {resource.type: resource for resource in REGISTRY if resource.model is not None}
TYPES = {noun.model: noun.type for noun in NOUNS.values() if noun.model is not None}
TABLES = {table.name: table for table in Model.metadata.sorted_tables}

ADDRESS = "ada@example.org"
ONE_TIME_TOKENS = {Purpose.PASSWORD_RESET: "RESET_TOKEN", Purpose.EMAIL_VERIFICATION: "VERIFICATION_TOKEN"}
# What is true of the first two rows beyond what the factories make: events that take everything.
_EVENT = examples.attributes(REGISTRY["event"])
BOTH: dict[str, dict[str, Any]] = {
    "event": {
        "is_tax_enabled": True,
        "is_chat_enabled": True,
        "can_pay_by_stripe": True,
        "can_pay_by_alipay": True,
        "can_pay_by_paypal": True,
        "paypal_email": "organizer@example.org",
        "starts_at": datetime.fromisoformat(_EVENT["starts-at"]),
        "ends_at": datetime.fromisoformat(_EVENT["ends-at"]),
    },
}
BOTH["session"] = {"sign_up_places": 10}
# What the examples say of the first row.
FIRST: dict[str, dict[str, Any]] = {
    "access-code": {"code": "FRIENDS"},
    "attendee": {"email": ADDRESS},
    "badge-form": {"badge_id": "badge-of-speakers"},
    "custom-form": {"form_id": "1"},
    "discount-code": {"code": "FRIENDS"},
    "event-invoice": {"paypal_token": "5O190127TN364715T"},
    "exhibitor": {"contact_email": ADDRESS},
    "order": {"reference": "20 exultant leopards strode intensely"},
    "role-invite": {"email": ADDRESS, "hash": "INVITE_TOKEN", "role": "owner"},
    "session": {"starts_at": BOTH["event"]["starts_at"], "language": "English"},
    "speaker-invite": {"email": ADDRESS},
    "user": {"email": ADDRESS, "is_admin": True, "is_super_admin": True},
    "microlocation": {"is_chat_enabled": True},
    "users-events-roles": {"role": "owner"},
    "users-groups-role": {"email": ADDRESS, "token": "GROUP_INVITE_TOKEN"},
    "video-channel": {"provider": "chatmosphere"},
    "video-stream": {"is_chat_enabled": True},
}
# Required references that lead from row 99 to row 99 all the same: there is one for each of those.
_HANGING = {
    *(
        (name, "event_id")
        for name in (
            "event_copyrights",
            "refund_rules",
            "speakers_calls",
            "stripe_authorizations",
            "taxes",
        )
    ),
    *((name, "role_id") for name in ("role_invites", "users_events_roles")),
    ("user_favourite_sessions", "session_id"),
    ("user_follow_groups", "group_id"),
}
# Reports that new rows are linked with, and what they report.
_BEHIND = {"proposal": "session"}
# Nouns that no client creates or deletes, but whose event or order one may want to delete.
WITH_A_SPARE_ROW = {
    "event-invoice",
    "payment",
    "refund",
    "refund-request",
    "ticket-exchange",
    "ticket-transfer",
    "form-request",
    "waiting-list-entry",
}
# References that exclude another one of the same row.
_EITHER = {("feedbacks", "session_id"), ("microlocations", "video_stream_id"), ("video_streams", "event_id")}
_IMMUTABLE = {"schedule_versions"}
_EITHER |= {("users_groups_roles", "role_id")}  # groups only have organizers
_EITHER |= {(name, "profile_id") for name in TABLES}  # all is their users' own


def furnish() -> None:
    """Make all of the rows in the migrated database that the process uses."""
    with db.transaction() as session, signals.muted():
        for table in TABLES.values():
            if "id" in table.columns and table.columns["id"].autoincrement:
                session.execute(
                    text(f'ALTER TABLE "{table.name}" ALTER COLUMN id RESTART WITH {RESERVED + 1}')
                )
        world = _World(session)
        for noun in NOUNS.values():
            world.row(noun, int(LINKED))
        for noun in NOUNS.values():
            for item in new(REGISTRY, noun)["data"].get("relationships", {}).values():
                data = item["data"][0] if isinstance(item["data"], list) else item["data"]
                world.row(NOUNS[_BEHIND.get(data["type"], data["type"])], int(PARENT))
            if any(relation.creates for relation in REGISTRY.relations[noun.type].values()):
                world.row(noun, int(PARENT))
        world.row(NOUNS["users-groups-role"], int(PARENT))
        for noun in NOUNS.values():
            if noun.methods & {"create", "delete"} or noun.type in WITH_A_SPARE_ROW:
                world.row(noun, int(SPARE))
        for table in TABLES.values():
            _link(session, table, {noun.table for noun in NOUNS.values()})
        _add(world)
        # No clock runs here: no scheduled job and no message is late, however long the transactions take.
        session.execute(text("UPDATE scheduled_jobs SET known_since = now() + interval '1 day'"))
        session.execute(text("DELETE FROM outbox"))


class _World:
    def __init__(self, session: Session) -> None:
        self.session = session
        self._made: dict[tuple[str, int], Any] = {}

    def row(self, noun: Resource, id: int) -> Any:
        """The row with this id, made together with those that it is linked with, if it is not there yet."""
        key = noun.type, id
        if key not in self._made:
            self._made[key] = self.session.get(noun.model_or_raise, id) or self._make(noun, id)
        return self._made[key]

    def _make(self, noun: Resource, id: int) -> Any:
        make = maker(noun.type)
        takes, hints = signature(make).parameters, get_type_hints(make)
        given: dict[str, Any] = {}
        if id in {1, 2}:
            given = {**BOTH.get(noun.type, {}), **(FIRST.get(noun.type, {}) if id == 1 else {})}
            for name in takes:
                model = next((item for item in TYPES if hints.get(name) == item | None), None)
                if model is not None and name != "owner":
                    given[name] = self.row(NOUNS[TYPES[model]], id)
        elif "owner" in takes:
            given["owner"] = maker("user")(self.session)
        if "values" in takes:
            given["id"] = id
        row = make(self.session, **given)
        if row.id == id:
            return row
        self._renumber(noun.table, row.id, id)
        self.session.expunge(row)
        return self.session.get_one(noun.model_or_raise, id)

    def _renumber(self, name: str, former: int, id: int) -> None:
        """Give a row another id, in whatever refers to it too."""
        places = [
            (table.name, column.name)
            for table in TABLES.values()
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table.name == name
        ]
        self.session.execute(text("SET LOCAL session_replication_role = replica"))  # looks up no references
        for table, column in [(name, "id"), *places]:
            self.session.execute(text(f'UPDATE "{table}" SET "{column}" = {id} WHERE "{column}" = {former}'))
        self.session.execute(text("SET LOCAL session_replication_role = origin"))


def _link(session: Session, table: Table, linked: set[str]) -> None:
    """Let row 1 refer to row 1 of every other table, row 99 to row 99; association tables link the first."""
    names = {key.parent.name for key in table.foreign_keys if key.column.table.name in linked}
    if "id" not in table.columns:
        key = set(table.primary_key.columns.keys())
        # One row of another table has many links, and one row of what triggers keep of it.
        if len(key) > 1 and key <= names and len(names) == len(table.foreign_keys):
            session.execute(insert(table).values(dict.fromkeys(names, 1)).on_conflict_do_nothing())
        return
    for name in sorted(names):
        if (table.name, name) in _EITHER or table.name in _IMMUTABLE:
            continue
        session.execute(text(f'UPDATE "{table.name}" SET "{name}" = 1 WHERE id = 1'))
        # What hangs on it would keep a row from being removed, so it hangs on what others made.
        if table.columns[name].nullable or (table.name, name) in _HANGING:
            session.execute(text(f'UPDATE "{table.name}" SET "{name}" = {SPARE} WHERE id = {SPARE}'))


def _add(world: _World) -> None:
    """What a row needs that is only there in some; who asks is user 1. And a file on its way."""
    session, spare, asking = world.session, int(SPARE), world.row(NOUNS["user"], 1)
    columns = "service_id, can_create, can_read, can_update, can_delete"
    for sql in (
        "UPDATE video_streams SET event_id = NULL WHERE id = 99",
        "UPDATE microlocations SET video_stream_id = 99 WHERE id = 99",
        # What is reviewed, and by whom.
        "UPDATE sessions SET state = 'pending' WHERE id = 2",
        "UPDATE reviewers SET status = 'accepted', user_id = 2 WHERE id = 2",
        "UPDATE feedbacks SET event_id = NULL, session_id = 99 WHERE id = 99",
        "UPDATE tickets SET pool_id = NULL WHERE id = 99",
        "UPDATE orders SET amount = 25 WHERE id = 1",  # the example's: what is being paid keeps its amount
        # Whom the example of a check-in lets in.
        "UPDATE orders SET status = 'completed' WHERE id = (SELECT order_id FROM attendees WHERE id = 2)",
        "UPDATE tickets SET badge_id = 'badge-of-speakers' WHERE id = 1",
        # A lead of the exhibitor for which whoever asks speaks, and of their own ticket.
        (
            "INSERT INTO lead_settings (event_id, version, is_enabled, fields, wording, since) "
            "VALUES (1, 1, TRUE, '[\"name\"]', 'May they write to you?', now())"
        ),
        (
            "INSERT INTO leads (id, exhibitor_id, attendee_id, scanned_at, consented_at, is_agreed_at_scan, "
            "version) VALUES (1, 1, 1, now(), now(), TRUE, 1)"
        ),
        "INSERT INTO discount_codes_events (discount_code_id, event_id) VALUES (99, 99)",
        (
            f"INSERT INTO event_role_permissions (id, role_id, {columns}) "
            f"SELECT 99, 99, {columns} FROM event_role_permissions WHERE id = 1"
        ),
    ):
        session.execute(text(sql))
    bought = {"identifier": BOUGHT, "status": "completed", "payment_mode": "free"}
    event = world.row(NOUNS["event"], 1)
    order = maker("order")(session, id=98, event=event, user=asking, **bought)
    # Who pays online.
    unpaid = {"identifier": UNPAID, "status": "pending", "payment_mode": "stripe", "amount": 50}
    maker("order")(session, id=96, event=event, user=asking, **unpaid)
    # Who has bought without an account.
    maker("order")(session, id=95, event=event, user_id=None, guest_email=ADDRESS, guest_name="Ada Lovelace")
    opens = {"created_at": clock.now(), "expires_at": clock.now() + timedelta(days=1), "order_id": 95}
    session.add(OrderLink(hash=hashlib.sha256(b"LINK_KEY").hexdigest(), **opens))
    feed = {"id": 1, "created_at": clock.now(), "user_id": 1, "event_id": 1}
    session.add(ScheduleFeed(hash=hash_of("FEED_SECRET"), **feed))
    keys = {**STRIPE_KEYS, **PAYPAL_KEYS, "admin_billing_paypal_email": "platform@example.org"}
    maker("setting")(session, **keys)
    guest = maker("attendee")(session, id=98, email=maker("user")(session).email)
    # Who checks in virtually, with a ticket of elsewhere: event 1 has ticket 1 alone.
    ticket = session.get_one(NOUNS["ticket"].model_or_raise, guest.ticket_id)
    maker("attendee")(session, id=97, event=event, order=order, ticket=ticket)
    maker("user")(session, email="grace@example.com")
    maker("feedback")(session, id=98)
    maker("video-stream")(session, id=98)
    api_url = os.environ.get("VIDEO_STAND_IN")
    channel = maker("video-channel")(session, id=97, provider="bbb", api_url=api_url, api_key=VIDEO_SECRET)
    maker("video-stream")(session, id=97, video_channel_id=channel.id)
    maker("video-stream")(session, event=world.row(NOUNS["event"], spare))
    maker("user-follow-group")(session, group=world.row(NOUNS["group"], spare), user=asking)
    maker("user-favourite-session")(session, session=world.row(NOUNS["session"], spare), user=asking)
    now = clock.now()
    certified = {"name": "Ada Lovelace", "event_name": event.name, "timezone": "UTC", "issued_at": now}
    dates = {"starts_at": event.starts_at, "ends_at": event.ends_at}
    session.add(Certificate(code="J4V3QZ6M2T7XK5RWYBNOPCDEFG", attendee_id=1, **certified, **dates))
    for purpose, token in ONE_TIME_TOKENS.items():
        hashed = hashlib.sha256(token.encode()).hexdigest()
        expires_at = now + timedelta(days=1)
        session.add(
            OneTimeToken(hash=hashed, purpose=purpose, email=ADDRESS, expires_at=expires_at, user_id=1)
        )
    session.add(
        Upload(
            key=UPLOAD, slot="event.logo-url", owner_id=1, creator_id=1, file_name="logo.png", trace="-",
            created_at=now, expires_at=now + timedelta(hours=1),
        )
    )  # fmt: skip
    session.add(
        TaskResult(
            key=TASK, task="print", message_key=TASK, state=SUCCESS, file_key="results/x", user_id=1,
            created_at=now, expires_at=now + timedelta(days=1),
        )
    )  # fmt: skip
