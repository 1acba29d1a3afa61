"""Codes of tickets: shown, replaced on loss or transfer, revoked; and the public keys that verify signed
ones.
"""

from typing import Final

from chalicelib.actions.plain_object import members_of
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.verdicts import demand
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.limits.declared import PAPERS
from chalicelib.resources.onsite.ticket_code import (
    LOST,
    REASONS,
    code_now,
    public_keys,
    revoke,
    rotate,
)
from chalicelib.resources.orders.attendee.attendee import MAY_REPLACE_CODE
from chalicelib.values.ticket_codes import CONTEXT, PREFIX

_WHO: Final = (
    "whose ticket it is (the buyer, until it is passed on), and owner, organizers, coorganizers and "
    "registrars of the event"
)
_EXAMPLE: Final = {
    "code": "OE1:AAAAAQAAAAAABB0n8cJx...",
    "former_code": "3f0d2d5e-6c1c-4f0a-9d9e-0c8f6a3b2a10-5c2e8a",
    "valid": True,
    "kind": "former",
    "former_code_accepted": True,
}
_MAYBE: Final = ("code", "former_code")


@action("GET", "/v1/attendees/{id}/ticket-code")
@documented(
    who=f"{_WHO}, and the attendee with a verified address",
    path={"id": "1"},
    response=_EXAMPLE,
    optional_in_response=_MAYBE,
    errors=(400, 401, 404),
)
def show_ticket_code(context: Context, id: str) -> Answer:
    """{code, former_code, valid, kind, former_code_accepted}: what the ticket's QR code says.

    `code` is the signed one, null until a task has signed it; an event whose ticket-code is `former` signs
    none. Both are null once they are revoked. docs/door.md says how the signed one is verified.
    """
    context.demand_identity()
    return _told(context, visible(context, "attendee", id).id)


@action("POST", "/v1/attendees/{id}/ticket-code", limited_by=(PAPERS,))
@documented(
    who=_WHO,
    path={"id": "1"},
    request={"reason": LOST},
    optional=("reason",),
    response=_EXAMPLE,
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def replace_ticket_code(context: Context, id: str) -> Answer:
    """{reason: lost or transferred} -> a new code, as GET shows it. All others of the ticket admit
    nobody any more.

    The new former text is valid at once; the signed code is null until a task has signed it.
    """
    context.demand_identity()
    reason = members_of(context, ("reason",), may_be_empty=True).get("reason", LOST)
    if not isinstance(reason, str) or reason not in REASONS:
        raise invalid(f"reason is one of {', '.join(REASONS)}.", "/reason")
    nouns = context.registry["attendee"]
    attendee = lock_visible(context, nouns, id)
    demand(context, nouns, attendee, MAY_REPLACE_CODE, "The code is replaced by whose ticket it is.")
    if attendee.order_id is None:
        raise conflict("There is no order yet, and no code.")
    rotate(context.session, attendee.id, REASONS[reason])
    return _told(context, attendee.id)


@action("DELETE", "/v1/attendees/{id}/ticket-code")
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"id": "1"},
    response={**_EXAMPLE, "code": None, "former_code": None, "valid": False},
    optional_in_response=_MAYBE,
    errors=(400, 401, 403, 404),
)
def revoke_ticket_code(context: Context, id: str) -> Answer:
    """Revoke the ticket's codes: none admits, until it is given a new one by POST."""
    context.demand_account()
    attendee = lock_visible(context, context.registry["attendee"], id)
    if not context.viewer.has_role(COORGANIZERS, attendee.event_id):
        raise forbidden("This is for the event's team.")
    if code_now(context.session, attendee.id).former is not None:
        revoke(context.session, attendee.id)
    return _told(context, attendee.id)


@action("GET", "/v1/events/{id}/ticket-keys")
@documented(
    who="whoever sees the event",
    open=True,
    response={
        "algorithm": "Ed25519",
        "prefix": PREFIX,
        "context": CONTEXT.decode(),
        "keys": [{"id": 1, "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}],
    },
    errors=(400, 401, 404),
)
def list_ticket_keys(context: Context, id: str) -> Answer:
    """The public keys by which signed codes of the event are verified offline, each 32 bytes in base64url."""
    event = visible(context, "event", id)
    keys = [{"id": id, "public_key": key} for id, key in public_keys(context.session, event.id)]
    return plain({"algorithm": "Ed25519", "prefix": PREFIX, "context": CONTEXT.decode(), "keys": keys})


def _told(context: Context, attendee_id: int) -> Answer:
    now = code_now(context.session, attendee_id)
    return plain(
        {
            "code": now.signed,
            "former_code": now.former,
            "valid": now.former is not None,
            "kind": now.kind,
            "former_code_accepted": now.is_former_accepted,
        }
    )
