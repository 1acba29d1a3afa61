"""Joining the waiting list of an event, with an account or by an address, and leaving it again."""

from typing import Any, Final

from marshmallow import ValidationError

from chalicelib import clock
from chalicelib.actions.account_requests import own_account
from chalicelib.actions.plain_object import ids_in, object_of
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields, validate
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits.declared import JOINS_BY_RECIPIENT, WAITING_LIST_JOINS
from chalicelib.resources.orders.waiting_list_entry import joining, line
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    DECLINED,
    LEFT,
    OFFERED,
    UNVERIFIED,
)
from chalicelib.resources.value_fields import EmailAddress
from chalicelib.values import addresses
from chalicelib.values.accepted_languages import accepted_language
from chalicelib.values.characters import is_blank
from chalicelib.values.messages import MAILS

_LONGEST_NAME: Final = 200
_MOST_KINDS: Final = 100


def _not_blank(text: str) -> None:
    if is_blank(text):
        raise ValidationError("Whoever waits has a name.")


class _AsSent(fields.Field[Any]):
    """Looked at later: ids as numbers or as texts."""


class _JoinSchema(Schema):
    tickets = _AsSent(load_default=None)
    quantity = fields.Int(load_default=1, strict=True, validate=validate.Range(1, joining.MOST_PLACES))
    takes_fewer = fields.Bool(load_default=False, truthy={True}, falsy={False}, data_key="takes-fewer")
    name = fields.Line(validate=validate.And(validate.Length(1, _LONGEST_NAME), _not_blank))
    email = EmailAddress()


@action("POST", "/v1/events/{id}/waiting-list", limited_by=(WAITING_LIST_JOINS, JOINS_BY_RECIPIENT))
@documented(
    who="whoever sees the event: an account, and everybody with a name and an address",
    open=True,
    request={
        "tickets": [1, 2],
        "quantity": 2,
        "takes-fewer": False,
        "name": "Grace Hopper",
        "email": "grace@example.org",
    },
    optional=("tickets", "quantity", "takes-fewer", "name", "email"),
    credential="",  # the example is that of somebody without an account
    response={"state": "unverified", "entry": None},
    optional_in_response=("entry",),
    errors=(400, 401, 403, 404, 409, 413, 422, 503),
)
def join_waiting_list(context: Context, id: str) -> Answer:
    """{tickets, quantity, takes-fewer, name, email} -> {state, entry}: waits for tickets that are sold out.

    `tickets` are the kinds, any of which is wanted, those first that are first in the event's order; without
    them, all that are on sale. An account with a verified address is in line at once (`waiting`); everybody
    else once the mailed link was opened (`unverified`, whether the address waits already or not). Who
    `takes-fewer` is offered fewer than `quantity`, too. 409 where the event has no waiting list, where there
    are tickets left, or where the account waits already; 403 (code guest-checkout-off) where the event sells
    to accounts alone.
    """
    viewer = context.viewer
    event = visible(context, "event", id, joining.EVENT, [clock.now()])
    asked: dict[str, Any] = object_of(
        context,
        _JoinSchema,
        otherwise="Whoever joins sends an object.",
        members="Whoever joins sends tickets, quantity, takes-fewer, name and email.",
    )
    name, email = _who(context, asked)
    asked["tickets"] = ids_in(asked, "tickets", _MOST_KINDS) if asked["tickets"] is not None else []
    joining.demand_open(event.value, is_guest=viewer.id is None)
    wish = joining.Wish.of(context.session, event.id, asked)
    line.lock(context.session, event.id)
    language = accepted_language(context.request.headers.get("accept-language"), MAILS)
    entry = joining.join(context, event.id, wish, name, email, language)
    if viewer.id is None or not viewer.is_verified:
        return plain({"state": UNVERIFIED, "entry": None})
    return plain({"state": entry.state, "entry": str(entry.id)})


@action("POST", "/v1/waiting-list-entries/{entry}/leave")
@documented(who="whoever waits, with an account", one="waiting-list-entry", errors=(401, 403, 404, 409, 503))
def leave_waiting_list(context: Context, entry: str) -> Answer:
    """Wait no more; an offer is declined by it, and goes to who is next. 409 where the entry has ended."""
    viewer_id = context.demand_account()
    expression = (
        "waiting_list_entry.user_id = $4::bigint OR lower(waiting_list_entry.email) = lower($5::text)"
    )
    email = context.viewer.email if context.viewer.is_verified else ""
    row = visible(context, "waiting-list-entry", entry, expression, [viewer_id, email])
    if not row.value:
        raise forbidden("Whoever waits leaves the line themselves; the event's team removes an entry.")
    waiting = line.locked(context.session, row.id)
    line.demand_active(waiting)
    line.end(context.session, waiting, DECLINED if waiting.state == OFFERED else LEFT, viewer_id)
    return detail_answer(context, context.registry["waiting-list-entry"], str(waiting.id))


def _who(context: Context, asked: dict[str, Any]) -> tuple[str, str]:
    """The name and the address of whoever joins. Raises Problem 401 for nobody, and 422."""
    viewer = context.viewer
    if viewer.id is None:
        if "email" not in asked:
            context.demand_account()
        if "name" not in asked:
            raise invalid("Whoever waits has a name.", "/name")
        return asked["name"], addresses.stored_form(asked["email"])
    for member in ("name", "email"):
        if member in asked:
            raise invalid("Whoever is signed in waits as themselves.", f"/{member}")
    account = own_account(context)
    return account.full_name or account.email, account.email
