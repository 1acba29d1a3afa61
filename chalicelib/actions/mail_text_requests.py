"""Placeholders of mail texts, and a preview of a text with samples in their place."""

from typing import Final

from chalicelib.actions.account_requests import body
from chalicelib.actions.plain_object import text_in
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.events import mail_text
from chalicelib.resources.events.mail_text import LANGUAGES, LONGEST, PLACEHOLDERS
from chalicelib.tasks.own_texts import OwnText

_LONGEST_SUBJECT: Final = 255
_MEMBERS: Final = frozenset({"kind", "language", "subject", "message"})
_SAMPLES: Final = {
    "amount": "12.50 EUR",
    "group": "Harbour Culture",
    "identifier": "a1b2c3d4e5",
    "reference": "4 kind otters sang softly",
    "speaker": "Ada Lovelace",
    "total": "50.00 EUR",
}
_USUAL: Final = ("[The usual text of this mail stands here.]",)
_SENT: Final = {
    "kind": "order_to_buyer",
    "language": "en",
    "subject": "See you at {event}",
    "message": "Bring a mug.\n{text}",
}


@action("GET", "/v1/mail-placeholders")
@documented(
    who="everybody",
    open=True,
    response={kind: [*names, mail_text.USUAL] for kind, names in PLACEHOLDERS.items()},
)
def list_mail_placeholders(context: Context) -> Answer:
    """The kinds of mails that an event's team can write, each with the names that may stand in braces. `text`
    stands in a line of its own of a message, for the usual text.
    """
    return plain({kind: [*names, mail_text.USUAL] for kind, names in PLACEHOLDERS.items()})


@action("POST", "/v1/events/{event}/mail-texts/preview")
@documented(
    who="owner, organizers and coorganizers of the event",
    request=_SENT,
    optional=("language", "subject", "message"),
    response={"subject": "See you at Harbour Jazz Days", "paragraphs": ["Bring a mug.", _USUAL[0]]},
    errors=(400, 401, 403, 404, 413, 422),
)
def preview_mail_text(context: Context, event: str) -> Answer:
    """{kind, language, subject, message} -> {subject, paragraphs}: the text with the event's name and samples
    in place of the placeholders, and a note where the usual text stands. Nothing is stored or sent.

    Raises Problem 422 at a brace that belongs to no placeholder.
    """
    found = visible_to_team(context, "event", event, "event.name", roles=COORGANIZERS)
    sent = body(context)
    for name in sorted(sent.keys() - _MEMBERS):
        raise invalid(f"There is no member {name}.", f"/{name}")
    kind = text_in(sent, "kind", "/kind", 64)
    if kind not in PLACEHOLDERS:
        raise invalid(f"kind must be one of {', '.join(PLACEHOLDERS)}.", "/kind")
    if sent.get("language", "en") not in LANGUAGES:
        raise invalid(f"language must be one of {', '.join(LANGUAGES)}.", "/language")
    subject, message = (
        text_in(sent, "subject", "/subject", _LONGEST_SUBJECT),
        text_in(sent, "message", "/message", LONGEST),
    )
    mail_text.check(kind, subject, message, at="")
    own = OwnText(subject, message)
    values = {name: _SAMPLES.get(name, "") for name in PLACEHOLDERS[kind]} | {"event": str(found.value)}
    return plain(
        {"subject": own.subject_with(values) or None, "paragraphs": own.paragraphs_with(values, _USUAL)}
    )
