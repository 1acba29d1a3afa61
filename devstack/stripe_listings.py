"""Lists of the stand-in for Stripe: payments and refunds of an account since a moment."""

from collections.abc import Mapping
from typing import Any, Protocol


class _Backend(Protocol):
    def ask(self, method: str, path: str, sent: Mapping[str, object]) -> tuple[int, dict[str, Any]]:
        """One call to localstripe."""


class Books(Protocol):
    """What the stand-in keeps."""

    intents: dict[str, dict[str, Any]]

    @property
    def backend(self) -> _Backend:
        """localstripe."""

    def seen(self, intent: str) -> dict[str, Any]:
        """A payment as clients see it."""

    def behind(self, intent: str) -> str:
        """Its id at localstripe."""


def listed_since(books: Books, path: str, moment: int, account: str) -> dict[str, Any]:
    """Payments, or refunds, of the account since the moment, latest first."""
    ids = [id for id, known in reversed(books.intents.items()) if known["account"] == account]
    if path == "/v1/refunds":
        members = [
            {**refund, "payment_intent": id}
            for id in ids
            for refund in books.backend.ask("GET", path, {"payment_intent": books.behind(id)})[1].get(
                "data", ()
            )
        ]
    else:
        members = [books.seen(id) for id in ids]
    return {"data": [member for member in members if member["created"] >= moment], "has_more": False}
