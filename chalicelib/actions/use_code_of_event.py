"""Codes by what is printed on them: whoever has an access code or a discount code may look it up.

An access code also opens the hidden tickets that it is for, as long as it is valid.
"""

from dataclasses import replace

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.shown import CHANGING, READING, REMOVING, shows
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.crud import delete_answer, detail_answer, update_answer
from chalicelib.jsonapi.errors import Problem, not_found
from chalicelib.jsonapi.read import is_number
from chalicelib.jsonapi.request import Answer
from chalicelib.values.keys import code_form

_ACCESS, _DISCOUNT = "access-code", "discount-code"


@action("GET", "/v1/events/{event}/access-codes/{code}", documents=True)
@shows(who="whoever has the code", open=True, path={"code": "FRIENDS"}, one="access-code", refuses=READING)
def show_access_code(context: Context, event: str, code: str) -> Answer:
    """The access code, with its tickets if they are included. Raises Problem 404."""
    id = _opened(context, _ACCESS, event, code)
    if _is_valid(context, _ACCESS, id):
        found = db.fetch(
            context.session, "SELECT ticket_id FROM access_codes_tickets WHERE access_code_id = $1", [id]
        )
        tickets = frozenset(row[0] for row in found)
        opened = {**context.viewer.opened, "ticket": tickets}
        context.viewer = replace(context.viewer, opened=opened)
    return detail_answer(context, context.registry[_ACCESS], str(id))


@action("PATCH", "/v1/events/{event}/access-codes/{code}", documents=True)
@shows(
    who="owner, organizers and coorganizers of the event",
    path={"code": "FRIENDS"},
    changes="access-code",
    refuses=CHANGING,
)
def change_access_code(context: Context, event: str, code: str) -> Answer:
    """The access code, changed as it is at its own address."""
    return _changed(context, _ACCESS, event, code)


@action("DELETE", "/v1/events/{event}/access-codes/{code}", documents=True)
@shows(
    who="owner, organizers and coorganizers of the event",
    path={"event": "1", "code": "FRIENDS"},
    removes="access-code",
    refuses=REMOVING,
)
def remove_access_code(context: Context, event: str, code: str) -> Answer:
    """The access code is removed as it is at its own address."""
    return _removed(context, _ACCESS, event, code)


@action("GET", "/v1/events/{event}/discount-codes/{code}", documents=True)
@shows(
    who="whoever has the code",
    open=True,
    path={"code": "FRIENDS"},
    one="discount-code",
    refuses=(400, 401, 404, 405, 406),
)
def show_discount_code(context: Context, event: str, code: str) -> Answer:
    """The discount code. Raises Problem 404, or 405 when it is not valid now."""
    id = _opened(context, _DISCOUNT, event, code)
    if not _is_valid(context, _DISCOUNT, id):
        raise Problem(
            405, "This discount code is not valid now.", headers={"Allow": "PATCH, DELETE, OPTIONS"}
        )
    return detail_answer(context, context.registry[_DISCOUNT], str(id))


@action("PATCH", "/v1/events/{event}/discount-codes/{code}", documents=True)
@shows(
    who="owner, organizers and coorganizers of the event",
    path={"code": "FRIENDS"},
    changes="discount-code",
    refuses=CHANGING,
)
def change_discount_code(context: Context, event: str, code: str) -> Answer:
    """The discount code, changed as it is at its own address."""
    return _changed(context, _DISCOUNT, event, code)


@action("DELETE", "/v1/events/{event}/discount-codes/{code}", documents=True)
@shows(
    who="owner, organizers and coorganizers of the event",
    path={"event": "1", "code": "FRIENDS"},
    removes="discount-code",
    refuses=REMOVING,
)
def remove_discount_code(context: Context, event: str, code: str) -> Answer:
    """The discount code is removed as it is at its own address."""
    return _removed(context, _DISCOUNT, event, code)


def _changed(context: Context, type_name: str, event: str, code: str) -> Answer:
    id = _opened(context, type_name, event, code)
    return update_answer(context, context.registry[type_name], str(id))


def _removed(context: Context, type_name: str, event: str, code: str) -> Answer:
    id = _opened(context, type_name, event, code)
    return delete_answer(context, context.registry[type_name], str(id))


def _opened(context: Context, type_name: str, event: str, code: str) -> int:
    """The id of the event's code, which the viewer may see from now on. Raises Problem 404."""
    table = context.registry[type_name].table
    found = db.fetch(
        context.session,
        f"SELECT code.id, event.id, event.state FROM {table} code "  # noqa: S608 - no user input
        "JOIN events event ON event.id = code.event_id "
        "WHERE (event.id = $1::bigint OR event.identifier = $2) AND event.deleted_at IS NULL "
        "AND code.deleted_at IS NULL AND lower(code.code) = lower($3) ORDER BY code.id DESC LIMIT 1",
        [int(event) if is_number(event) else None, event, code_form(code)],
    )
    hidden = [row for row in found if row[2] != "published"]
    if not found or (hidden and not context.viewer.holds(COORGANIZERS, hidden[0][1])):
        raise not_found("The event has no such code.")
    id: int = found[0][0]
    opened = {**context.viewer.opened, type_name: frozenset({id})}
    context.viewer = replace(context.viewer, opened=opened)
    return id


def _is_valid(context: Context, type_name: str, id: int) -> bool:
    """Whether the code is switched on and now is between its dates; without a last day, the event's."""
    table = context.registry[type_name].table
    found = db.fetch(
        context.session,
        f"SELECT code.is_active AND coalesce(code.valid_from, $2) <= $2 "  # noqa: S608 - no user input
        f"AND coalesce(code.valid_till, event.ends_at) >= $2 FROM {table} code "
        "JOIN events event ON event.id = code.event_id WHERE code.id = $1",
        [id, clock.now()],
    )
    return bool(found[0][0])
