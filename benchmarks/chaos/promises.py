"""What clients were told, kept apart from the product, and compared with it once all is quiet."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.storm import recount, waiting
from devstack import database

_MOST: Final = 5  # rows that a sentence shows
_TRIES: Final = "SELECT key, attempts FROM mails"
_DEAD: Final = "SELECT task, failure FROM outbox WHERE failed_at IS NOT NULL"
# Of a rush the rest is not so here: some come again, and give a single ticket up.
_OF_ORDERS: Final = ("an order without attendees", "an attendee without an order")
# What nothing that happens to a process or a network may leave behind.
_NEVER: Final = {
    **waiting.NEVER,
    **{what: recount.NEVER[what] for what in _OF_ORDERS},
    "two effects of one nonce": "SELECT nonce FROM door_scans GROUP BY event_id, nonce HAVING count(*) > 1",
    "a payment refunded beyond its amount": "SELECT id FROM payments WHERE refunded_minor > amount_minor",
    "a mail that was begun and never ended": "SELECT key, action FROM mails WHERE state = 'sending'",
}


@dataclass(slots=True)
class Promises:
    """Rows that answers have promised, and mails that follow from them."""

    rows: dict[str, tuple[str, dict[str, Any], object]] = field(default_factory=dict)
    mails: list[tuple[str, str]] = field(default_factory=list)
    kept: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def row(self, what: str, sql: str, told: object, **values: Any) -> None:
        """`sql` has one row with one value, `told`, unless a later answer of the same name says otherwise."""
        with self._lock:
            self.rows[what] = (sql, values, told)

    def mail(self, to: str, within: str) -> None:
        """Somebody gets a mail with this in its text."""
        with self._lock:
            self.mails.append((to, within))

    def broken(self, url: str, sent: list[dict[str, Any]], left: str) -> Iterator[str]:
        """Each promise that was not kept. `left` asks for tasks that should be done by now."""
        with database.connected(url) as connection:
            for what, (sql, values, expected) in self.rows.items():
                found = connection.run(sql, **values)
                if [list(row) for row in found] == [[expected]]:
                    self.kept += 1
                else:
                    yield f"lost or doubled: {what}: told {expected!r}, found {found[:_MOST]}"
            for what, sql in _NEVER.items():
                if rows := connection.run(sql):
                    yield f"{what}: {rows[:_MOST]}"
            if rows := connection.run(left):
                yield f"tasks that were never done: {rows[:_MOST]}"
            if rows := connection.run(_DEAD):
                yield f"dead letters: {rows[:_MOST]}"
            tries = dict(connection.run(_TRIES))
        yield from self._mails(sent, tries)

    def _mails(self, sent: list[dict[str, Any]], tries: dict[str, int]) -> Iterator[str]:
        for to, within in self.mails:
            if any(to in mail["to"] and within in mail["text"] + mail["subject"] for mail in sent):
                self.kept += 1
            else:
                yield f"a mail was lost: {within!r} to {to}"
        copies = Counter(mail["headers"]["message-id"] for mail in sent)
        for message_id, count in copies.items():
            # A try whose end nobody knows is followed by another one; no try sends twice.
            allowed = tries.get(message_id.strip("<>").partition("@")[0], 0)
            if count > allowed:
                subject = next(m["subject"] for m in sent if m["headers"]["message-id"] == message_id)
                yield f"{count} copies of the mail {subject!r} by {allowed} tries"


def copies(sent: list[dict[str, Any]]) -> int:
    """How many mails were copies of others."""
    return len(sent) - len({mail["headers"]["message-id"] for mail in sent})
