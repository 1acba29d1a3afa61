"""Sends every kind of mail in every language to the stand-in for SES: `python -m tests.browser.every_mail`.

It is run with the variables of a running system, and prints which mails there are: kind, language, variant. One
variant is as people write, the other has the longest words that somebody could think of.
"""

import dataclasses
import json
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, get_args, get_origin, get_type_hints

from chalicelib.mail import send
from chalicelib.tasks.mail_template import MailTemplate
from chalicelib.values.localized import Amount
from chalicelib.values.messages import MAILS, languages
from tests.tasks.test_mail_templates import KINDS, address_for

USUAL, LONG = "usual", "long"
_LONGEST: Final = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
# What is not said here by the name of the variable is a name of an event.
_TEXTS: Final = {
    "role": "Organizer", "inviter": "Grace Hopper", "who": "Ada Lovelace (ada@example.org)", "name": "Ada Lovelace",
    "attendee": "Ada Lovelace", "holder": "Ada Lovelace", "speaker": "Ada Lovelace", "address": "ada@example.org",
    "email": "ada@example.org", "title": "Notes on the Analytical Engine", "session": "Notes on the Analytical Engine",
    "reference": "20 exultant leopards strode intensely", "identifier": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10",
    "ticket": "Balcony", "code": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10-17", "zone": "Europe/Berlin",
    "timezone": "Europe/Berlin", "location": "Old Customs House, Quay 4, Hamburg", "where": "Main Hall", "room": "Main Hall",
    "way": "by bank transfer", "note": "We are sorry.", "number": "2031-0007", "group": "Friends of Harbour Music",
    "reason": "The file is no archive.", "phase": "First round",
}  # fmt: skip


def _value(name: str, hint: Any, is_long: bool) -> Any:
    if hint is str:
        return f"{_LONGEST} {_TEXTS.get(name, '')}" if is_long else _TEXTS.get(name, "Harbour Jazz Days")
    if get_origin(hint) is list:
        return [_value(name.removesuffix("s"), get_args(hint)[0], is_long)] * (1 if is_long else 3)
    if get_origin(hint) is types.UnionType:
        return _value(name, next(part for part in get_args(hint) if part is not types.NoneType), is_long)
    known = {
        bool: True,
        int: 3,
        Decimal: Decimal("7.7"),
        Amount: Amount(Decimal("1234567.5" if is_long else "37.5"), "EUR"),
        date: date(2031, 5, 2),
        datetime: datetime(2031, 5, 2, 17, 30, tzinfo=UTC),
    }
    return known[hint] if hint in known else made(hint, is_long)


def made(kind: type[Any], is_long: bool = False) -> Any:
    """A value of this dataclass, as people would see it."""
    hints = get_type_hints(kind)
    return kind(
        **{field.name: _value(field.name, hints[field.name], is_long) for field in dataclasses.fields(kind)}
    )


def address_of(kind: str, language: str, variant: str) -> str:
    """Whom this one goes to."""
    return f"{kind}.{language}.{variant}@phones.example.org"


def every() -> Iterator[tuple[type[MailTemplate], str, str]]:
    """Kind, language and variant, in the order in which they are sent."""
    for kind in KINDS:
        for language in languages(MAILS):
            yield kind, language, USUAL
        yield kind, "de", LONG


if __name__ == "__main__":
    sent = []
    for template, language, variant in every():
        draft = made(template, variant == LONG).mail(
            address_of(template.folder, language, variant), address_for(template)
        )
        mail = draft.mail(language)
        if template.bulk:
            mail = dataclasses.replace(mail, unsubscribe=("Unsubscribe", "https://example.org/unsubscribe"))
        send(mail)
        sent.append((template.folder, language, variant))
    print(json.dumps(sent))
