"""Declares the archive: each type that hangs on an event is archived, or left out for a reason.

A test compares both lists with the registry, so that a new type is in one of them. The order of ARCHIVED is
that of the import: what a row links to stands before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

FORMAT: Final = "open-event-archive"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DOCUMENTS: Final = "documents/"
TEAM: Final = "role-invite"
REVIEWER: Final = "reviewer"
REVIEW: Final = "review"
SAME: Final = MappingProxyType({"proposal": "session"})
"""Types whose rows are those of an archived type, by another policy."""

_PAID: Final = "accounts for payments are entered anew"
_PLATFORM: Final = "the platform decides"
_WITHIN: Final = "a type of its own here"

# A field of a form is known by these, since a new event has some already.
_FIELD: Final = "({0}.form || ' ' || {0}.field_identifier || ' ' || coalesce({0}.form_id, '')) COLLATE \"C\""
_OF_FIELD: Final = f"(SELECT {_FIELD.format('f')} FROM custom_forms f WHERE f.id = t.custom_form_id)"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, eq=False)
class Archived:
    """One type in the archive.

    parent     the to-one by which it hangs on the event, or on what does; "" for the event itself
    links      relationships that are archived besides, by name; each leads to an archived or named type
    without    attributes that a client could write and that are left out, with the reason
    order      SQL of the order of its rows, which numbers them
    where      SQL condition instead of that its parent is the event
    people     whether its rows are about persons
    numbered   attributes with a list of objects, one member of which is the id of a row: (member, its type)
    follows    the type of invitations without which its rows are left out; an import never changes them
    copied     whether a copy of an event has them
    """

    type: str
    parent: str = "event"
    links: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    order: str = "t.id"
    where: str = ""
    people: bool = False
    numbered: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    follows: str = ""
    copied: bool = True


ARCHIVED: Final[tuple[Archived, ...]] = (
    Archived(
        "event",
        parent="",
        links=("event_type", "event_topic", "event_sub_topic"),
        without={
            **dict.fromkeys(("bank_details", "cheque_details", "invoice_details", "paypal_email"), _PAID),
            **dict.fromkeys(("is_featured", "is_promoted", "is_demoted", "is_announced"), _PLATFORM),
        },
    ),
    Archived("tax"),
    Archived("ticket-pool"),
    Archived("tag"),
    Archived(
        "custom-form",
        without={"translations": _WITHIN},
        # What decides about others stands before them.
        order=f"(t.asked_if_field IS NOT NULL), {_FIELD.format('t')}, t.id",
    ),
    Archived("custom-form-option", parent="custom_form"),
    Archived(
        "custom-form-translate",
        parent="custom_form",
        without={"form_id": "that of its field"},
        order=f"{_OF_FIELD}, t.language_code, t.name, t.id",
    ),
    Archived("ticket", links=("pool",)),
    Archived("ticket-tag", links=("tickets",)),
    Archived("access-code", links=("tickets",)),
    Archived("discount-code", links=("tickets",)),
    Archived("refund-rule"),
    Archived("faq-type"),
    Archived("faq", links=("faq_type",)),
    Archived("social-link"),
    Archived("mail-text"),
    Archived("sponsor"),
    Archived("event-copyright"),
    Archived("track"),
    Archived("session-type"),
    Archived("microlocation"),
    Archived("speakers-call", without={"hash": "a secret"}),
    Archived("submission-call", links=("tracks", "session_types")),
    Archived("speaker", people=True),
    Archived(
        "session",
        links=(
            *("track", "session_type", "microlocation", "further_microlocations"),
            *("submission_call", "speakers", "sign_up_tickets"),
        ),
    ),
    Archived("schedule-break", links=("microlocations",)),
    Archived("speaker-invite", links=("session",), without={"status": "pending ones alone"}, people=True),
    Archived("review-phase"),
    Archived("review-criterion", links=("phase",)),
    Archived("review-team", links=("tracks",)),
    Archived(REVIEWER, links=("team",), people=True, copied=False),
    # Before assignments, as declaring one ends what is assigned.
    Archived("review-conflict", links=("proposal", "reviewer"), people=True, follows=REVIEWER, copied=False),
    Archived(
        "review-assignment",
        links=("phase", "proposal", "reviewer"),
        people=True,
        follows=REVIEWER,
        copied=False,
    ),
    Archived(
        REVIEW,
        links=("phase", "proposal", "reviewer"),
        people=True,
        numbered={"scores": ("criterion", "review-criterion")},
        follows=REVIEWER,
        copied=False,
    ),
    Archived("exhibitor", links=("sessions",)),
    Archived("station", links=("microlocation", "tickets")),
    Archived("badge-form", without={"badge_fields": _WITHIN}),
    Archived("badge-field-form", parent="badge_form"),
    Archived(
        "video-stream",
        links=("event", "rooms"),
        without={"password": "a secret"},
        where=(
            "(t.event_id = {event} OR t.id IN (SELECT room.video_stream_id FROM microlocations room "
            "WHERE room.event_id = {event} AND room.deleted_at IS NULL))"
        ),
    ),
    Archived("translation_channel", parent="video_stream", links=("channel",)),
    Archived("video-stream-moderator", parent="video_stream", people=True),
    # Whoever holds a role, and whoever is invited to: see team.py.
    Archived(TEAM, without={"status": "all are invited anew"}, people=True),
)

DERIVED: Final = frozenset(
    {("speaker", f"{size}-image-url") for size in ("thumbnail", "small", "icon")}
    | {("exhibitor", "thumbnail-image-url")}
)
"""Attributes that a client could write, and that follow from a picture which is archived: never files."""

NAMED: Final = ("event-type", "event-topic", "event-sub-topic", "video-channel")
"""Types of the platform that rows link to: the archive names them, and never makes them."""

_MONEY: Final = "sold once, where it was sold: it is exported as orders and attendees"
_BY_PEOPLE: Final = "what people did there"
_OWN: Final = "a person's own"
_COUNTED: Final = "counted from other rows"
_SAID: Final = "who has said it is an account, which an archive does not carry"
LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("order", "attendee", "payment", "refund", "refund-request", "credit-note"), _MONEY),
        "event-invoice": _MONEY,
        "schedule-draft": "a plan of sessions with their ids, which its team has not accepted",
        "schedule-version": "what was released once, of sessions with their ids",
        **dict.fromkeys(("order-statistics-event", "order-statistics-ticket"), _COUNTED),
        **dict.fromkeys(("user_check_in", "station-store-pax", "feedback", "video-recording"), _BY_PEOPLE),
        "session-sign-up": _BY_PEOPLE,
        **dict.fromkeys(("ticket-transfer", "ticket-exchange", "form-request"), _MONEY),
        "waiting-list-entry": _BY_PEOPLE,
        **dict.fromkeys(("user-favourite-event", "user-favourite-session", "email-notification"), _OWN),
        "stripe-authorization": "a secret",
        "users-events-roles": "invited anew: as role-invite",
        "event-statistics-general": _COUNTED,
        "review-comment": _SAID,
        **dict.fromkeys(("proposal", "review-result"), _COUNTED),
        **dict.fromkeys(("held-mail", "bulk-mail"), _BY_PEOPLE),
        "group": "belongs to its owner, and has other events",
        "mail": "what was sent there",
        "event-location": "follows from searchable-location-name",
    }
)
"""Types that hang on an event and are not archived, with the reason."""

UNLINKED: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("event", "group"): "its owner puts events into it",
        ("event", "location"): "follows from searchable-location-name",
        ("event", "discount_code"): _PLATFORM,
        ("access-code", "marketer"): "whoever imports it",
        ("discount-code", "events"): _PLATFORM,
        ("video-stream", "video_channel"): "meetings are made anew at the service",
        ("video-stream-moderator", "user"): "invited anew, by the address",
        (TEAM, "role"): "by role-name",
    }
)
"""Relationships of archived types that are not archived, by type and name, with the reason."""

BY_TYPE: Final[Mapping[str, Archived]] = MappingProxyType({each.type: each for each in ARCHIVED})
