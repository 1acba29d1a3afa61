"""Why an answer differs from the former server's. Each difference has one of these reasons."""

from collections.abc import Callable
from typing import Any, Final

from chalicelib.jsonapi.model.markup import sanitize
from chalicelib.jsonapi.model.objects_sent import cleaned
from chalicelib.values import addresses, countries
from tests.moving_in.answers import ABSENT, STATUS, Difference

_PDF: Final = {"pdf-url", "tickets-pdf-url", "invoice-pdf-url"}
_SERVED: Final = {"ical-url", "xcal-url", "pentabarf-url"}
_SALES: Final = ("completed-order-", "placed-order-", "pending-order-")
_SECRETS: Final = {"api-key", "sendgrid-key"}
_OURS: Final = {"email-message", "email-subject", "recipient"}


def _named(*names: str, type: str = "") -> Callable[[Difference], bool]:
    return lambda difference: difference.name in names and type in ("", difference.type)


def _is_rights(difference: Difference) -> bool:
    if difference.here == ABSENT:
        return difference.actor != "admin"
    return difference.name == STATUS and difference.actor != "admin" and difference.here < 500


def _is_default(difference: Difference) -> bool:
    return difference.there is None and isinstance(difference.here, bool)


def _is_cleaned(difference: Difference) -> bool:
    there, here = difference.there, difference.here
    if isinstance(there, dict | list):
        return bool(here == cleaned(there))
    return isinstance(there, str) and here in {sanitize(there), sanitize(there).strip()}


def _is_rounded(difference: Difference) -> bool:
    there, here = difference.there, difference.here
    numbers = isinstance(there, int | float) and isinstance(here, int | float)
    return difference.name in {"amount", "price"} and numbers and abs(there - here) < 0.5


def _is_address(difference: Difference) -> bool:
    there: Any = difference.there
    return isinstance(there, str) and "@" in there and difference.here == addresses.stored_form(there)


def _is_code(difference: Difference) -> bool:
    there: Any = difference.there
    return (
        isinstance(there, str)
        and "country" in difference.name
        and (difference.here == countries.stored_form(there))
    )


REASONS: Final[dict[str, Callable[[Difference], bool]]] = {
    "the former server failed": lambda it: it.name == STATUS and it.there == 500 and it.here != 500,
    "what is in the trash, or belongs to what is, is shown with get_trashed alone": lambda it: (
        it.name == STATUS and it.is_hidden
    ),
    "who may see it: docs/permissions.md": _is_rights,
    "a flag has a value here": _is_default,
    "markup that could run a script, or that no page needs, and blanks around a name": _is_cleaned,
    "money has the decimals of its currency": _is_rounded,
    "the domain of an address is in lower case punycode": _is_address,
    "a country is a code": _is_code,
    "an empty text is null": lambda it: it.there == "" and it.here is None,
    "documents with personal data are printed anew, for those who may have them": lambda it: (
        it.name in _PDF and it.here is None
    ),
    "the schedule's files are feeds of this server, and there while it is published": lambda it: (
        it.name in _SERVED and (it.here is None or "/v1/events/" in str(it.here))
    ),
    "chat rooms are made anew": lambda it: it.name == "chat-room-name" and it.here is None,
    "counted when asked, and there when an order was changed by the API": lambda it: it.name.startswith(
        _SALES
    ),
    "secrets stay behind": lambda it: (
        ("-secret" in it.name or it.name.endswith("-password") or it.name in _SECRETS) and it.here is None
    ),
    "what needs a secret waits for it": lambda it: (
        it.name.startswith("is-") and it.name.endswith("-activated") and it.here is False
    ),
    "whether the event has a connected account": _named("is-stripe-linked"),
    "a reservation whose time is over has expired; names of states of older versions": lambda it: (
        it.type == "orders" and it.name == "status" and it.here in {"expired", "cancelled"}
    ),
    "names of payment modes of older versions": _named("payment-mode"),
    "more was sold than there was": _named("quantity", type="tickets"),
    "the more readable one": _named("font-color"),
    "the texts of mails are ours": lambda it: it.type == "message-settings" and it.name in _OURS,
    "when the account was made is not known": _named("created-at", type="users"),
    "an owner of a group is no owner of an event": _named("is-user-owner"),
    "a number that is too large for clients is a text": lambda it: "not JSON" in str(it.there),
    "staff sees what people have marked": lambda it: (
        it.name == STATUS and it.type == "user-favourite-events" and (it.there, it.here) == (404, 200)
    ),
    "answers are an object": lambda it: it.name == "complex-field-values" and it.here is None,
}


def reason_for(difference: Difference) -> str | None:
    """The first reason that explains a difference."""
    return next((reason for reason, explains in REASONS.items() if explains(difference)), None)
