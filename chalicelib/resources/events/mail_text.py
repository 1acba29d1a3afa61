"""Mail texts: what an event's team says in a kind of mail, in a language, instead of its usual words.

Placeholders are names in braces, of a list for each kind, which are filled in once: these texts are no
templates, in which one could loop or reach other data.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, ToOne, attr, fields
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.resources.policies import has_role
from chalicelib.values.placeholders import names_in, stray_brace, unknown_placeholder

USUAL: Final = "text"  # in a line of its own: the paragraphs that the mail has without a text of the team
LONGEST: Final = 5_000
_ORDER: Final = ("event", "reference", "identifier", "total")
_REFUND: Final = ("event", "reference", "identifier", "amount")
# By kind: the placeholders of what speaks for an event and goes to those who have to do with it. Invitations
# are not among them: a team could write anything to anybody.
PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "after_event_speaker": ("event", "speaker"),
    "announce_event": ("event", "group"),
    "order_cancelled": _ORDER,
    "order_receipt": _ORDER,
    "order_refunded": _REFUND,
    "order_to_buyer": _ORDER,
    "order_to_guest": ("event",),
    "refund_declined": _REFUND,
}
LANGUAGES: Final = ("ar", "de", "en")
_AT: Final = "/data/attributes"


class MailText(Model):
    """Null in `subject` or `message` leaves the usual one."""

    __tablename__ = "mail_texts"
    kind: Mapped[str] = attr(required=True, choices=PLACEHOLDERS)
    language: Mapped[str] = attr(required=True, choices=LANGUAGES)
    subject: Mapped[str | None] = attr(fields.Line)
    message: Mapped[str | None] = attr(max_length=LONGEST)
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (UniqueConstraint("event_id", "kind", "language", name="uq_mail_texts_kind"),)


class MailTextSchema(Schema):
    event = ToOne("event", inverse="mail-texts", required=True, inverse_scope=has_role(COORGANIZERS, "id"))


def check(kind: str, subject: str | None, message: str | None, at: str = _AT) -> None:
    """Raise Problem 422 for a brace that belongs to no placeholder of the kind, or if there is no text.

    Both are read as they are mailed, without tags and entities.
    """
    titles, lines = plain_lines(subject), plain_lines(message)
    if not titles and not lines:
        raise invalid("A mail text has a subject or a message, or both.", f"{at}/subject")
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS[kind])
    for name, read in (("subject", [" ".join(titles)]), ("message", lines)):
        mistakes = (
            unknown_placeholder(line, (*PLACEHOLDERS[kind], USUAL)) or stray_brace(line) for line in read
        )
        wrong = next(filter(None, mistakes), None)
        if wrong is not None:
            usual = f", and {{{USUAL}}} in a line of its own" if name == "message" else ""
            raise invalid(f"There is no placeholder {wrong}; there are {known}{usual}.", f"{at}/{name}")
    if USUAL in names_in(" ".join(titles)):
        raise invalid(f"A subject has no {{{USUAL}}}: the usual text is longer than a line.", f"{at}/subject")
    if any(USUAL in names_in(line) and not is_usual(line) for line in lines):
        raise invalid(f"{{{USUAL}}} stands in a line of its own: it is several paragraphs.", f"{at}/message")


def is_usual(line: str) -> bool:
    """Whether the line stands for the usual text."""
    return line.replace(" ", "") == f"{{{USUAL}}}"


def use_known_placeholders(_context: Context, change: Change) -> None:
    """Texts have placeholders of their kind, and no other braces."""
    row = change.row
    check(row.kind, row.subject, row.message)


MAIL_TEXT = Resource(
    "mail-text",
    MailText,
    MailTextSchema,
    path="mail-texts",
    methods=EVERYTHING - {"list"},
    policy=Policy(
        see=has_role(COORGANIZERS),
        create=has_role(COORGANIZERS),
        change=has_role(COORGANIZERS),
        remove=has_role(COORGANIZERS),
    ),
    before_write=[use_known_placeholders],
    constraint_errors={
        "uq_mail_texts_kind": (
            "/data/attributes/kind",
            "The event has a text for this kind of mail in this language.",
        )
    },
)
