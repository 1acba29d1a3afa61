"""The list of a door: entries that the ticket's code alone opens, and tombstones of codes that are void.

What follows from a row is decided here as the gate decides it, so that a device decides alike while it is
offline.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.resources.onsite.door_list_rows import ListedPerson
from chalicelib.resources.onsite.door_view import answers_of
from chalicelib.resources.onsite.gate import CANCELLED, REVOKED, UNPAID
from chalicelib.resources.orders.notes import moments_in
from chalicelib.resources.orders.order import states
from chalicelib.values.sealed_entries import CodeSecret, seal

_UNKNOWN_TIME: Final = 1  # inside, nobody knows since when


@dataclass(frozen=True, slots=True)
class ListRules:
    """What the event says: its salt, whether former codes admit, and which answers are shown."""

    salt: bytes
    is_former_accepted: bool
    fields: Sequence[Mapping[str, str]] = ()


@dataclass(slots=True)
class DoorList:
    """A page: `entries` are (id, sealed), `removed` (id, reason, tags); whoever is in it is told wholly."""

    entries: list[tuple[int, str]] = field(default_factory=list)
    removed: list[tuple[int, str, str]] = field(default_factory=list)

    def include(self, person: ListedPerson, rules: ListRules) -> None:
        """List somebody: an entry where the ticket admits, and its codes that are void."""
        if not person.is_there or person.order is None:
            self._remove(person.id, CANCELLED, [])
            return
        by_id, former = f"{person.order}-{person.id}", f"{person.order}-{person.identifier}"
        codes = person.codes or ()
        signed = next((text for _, text, void in codes if void is None and text), None)
        past = [(identifier, text, void) for identifier, text, void in codes if void is not None]
        is_valid = not codes or any(void is None for _, _, void in codes)
        self._void(person, rules, past, by_id)
        reason = _reason(person)
        valid = [former] if is_valid and rules.is_former_accepted else []
        valid += [by_id] if valid and not past else []
        if reason:
            self._remove(person.id, reason, _tags(rules.salt, [*valid, *([signed] if signed else [])]))
            return
        key_text = by_id if valid else signed
        if not is_valid or key_text is None:
            self._remove(person.id, REVOKED, [])  # no code admits at present
            return
        secret = CodeSecret.of(rules.salt, key_text)
        tag = CodeSecret.of(rules.salt, former).tag if valid else b""
        wrapping = CodeSecret.of(rules.salt, signed).wrapping if signed and valid else b""
        sealed = seal(person.id, _content(person, rules), secret.key, tag, wrapping)
        self.entries.append((person.id, _text(sealed)))

    def _void(
        self, person: ListedPerson, rules: ListRules, past: Sequence[tuple[str, str | None, str]], by_id: str
    ) -> None:
        """Codes that were replaced or revoked, by reason. The text with the id is void with the first."""
        if not past:
            return
        reasons: dict[str, list[str]] = {past[-1][2]: [by_id]}
        for identifier, text, void in past:
            texts = reasons.setdefault(void, [])
            texts += [f"{person.order}-{identifier}"] if identifier != person.identifier else []
            texts += [text] if text else []
        for void, texts in reasons.items():
            self._remove(person.id, void, _tags(rules.salt, texts))

    def _remove(self, id: int, reason: str, tags: Sequence[bytes]) -> None:
        self.removed.append((id, reason, _text(b"".join(tags))))


def _reason(person: ListedPerson) -> str:
    """Why the ticket admits nowhere, as the gate says it, or ""."""
    if person.status in states.HELD:
        return UNPAID
    return CANCELLED if person.status not in states.ADMITTING or person.is_removed else ""


def _content(person: ListedPerson, rules: ListRules) -> bytes:
    """[name, kind, since, more] without what is empty at the end.

    `since`: seconds since 1970 of who is inside, negative of who has left, 0 of who has not come. In `more`
    are the note (n), answers (a), steps at stations (s), and whether it is a ticket of test mode (t).
    """
    answers = answers_of(rules.fields, person.form, person.own, person.columns)
    more = {
        "n": person.note,
        "a": [[answer["name"], answer["answer"]] for answer in answers],
        "s": person.steps,
        "t": 1 if person.is_test else 0,
    }
    content: list[Any] = [person.name, person.ticket_id, _since(person)]
    kept = {name: value for name, value in more.items() if value}
    if kept:
        content.append(kept)
    elif not content[2]:
        content.pop()
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _since(person: ListedPerson) -> int:
    if not person.is_checked_in:
        return 0
    times = person.checkout_times if person.is_checked_out else person.checkin_times
    moments = [int(moment.timestamp()) for moment in moments_in(times)]
    last = max(moments, default=_UNKNOWN_TIME)
    return -last if person.is_checked_out else last


def _tags(salt: bytes, texts: Iterable[str]) -> list[bytes]:
    return [CodeSecret.of(salt, text).tag for text in texts]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
