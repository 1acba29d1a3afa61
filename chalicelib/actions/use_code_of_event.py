"""Access codes and discount codes by their text: whoever knows a code may look it up.

A valid access code also unlocks the hidden tickets that it is for.
"""

from chalicelib import clock, db
from chalicelib.docs.documented import CHANGING, READING, REMOVING, documented
from chalicelib.jsonapi.ground.errors import Problem, not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.ground.sql import Row, text_of
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import delete_answer, detail_answer, update_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.proofs import CODE
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.limits import lookups
from chalicelib.limits.declared import CODES
from chalicelib.limits.limit import Subject
from chalicelib.resources.tickets.code_rules import same_code
from chalicelib.values.keys import code_form

_ACCESS, _DISCOUNT = "access-code", "discount-code"


@action(
    "GET", "/v1/events/{event}/access-codes/{code}", lenient=True, documents=True, limited_by=CODES, acts=True
)
@documented(
    who="whoever has the code", open=True, path={"code": "FRIENDS"}, one="access-code", errors=READING
)
def show_access_code(context: Context, event: str, code: str) -> Answer:
    """The access code, with its tickets if they are included. Raises Problem 404."""
    context, id = _unlock(context, _ACCESS, event, code)
    return detail_answer(context, context.registry[_ACCESS], str(id))


@action("PATCH", "/v1/events/{event}/access-codes/{code}", lenient=True, documents=True, limited_by=CODES)
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"code": "FRIENDS"},
    changes="access-code",
    errors=CHANGING,
)
def change_access_code(context: Context, event: str, code: str) -> Answer:
    """Update the access code, as at its own URL."""
    return _changed(context, _ACCESS, event, code)


@action("DELETE", "/v1/events/{event}/access-codes/{code}", lenient=True, documents=True, limited_by=CODES)
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"event": "1", "code": "FRIENDS"},
    removes="access-code",
    errors=REMOVING,
)
def remove_access_code(context: Context, event: str, code: str) -> Answer:
    """Delete the access code, as at its own URL."""
    return _removed(context, _ACCESS, event, code)


@action(
    "GET",
    "/v1/events/{event}/discount-codes/{code}",
    lenient=True,
    documents=True,
    limited_by=CODES,
    acts=True,
)
@documented(
    who="whoever has the code",
    open=True,
    path={"code": "FRIENDS"},
    one="discount-code",
    errors=(400, 401, 404, 405, 406),
)
def show_discount_code(context: Context, event: str, code: str) -> Answer:
    """The discount code. Raises Problem 404, or 405 when it is not valid now."""
    context, id = _unlock(context, _DISCOUNT, event, code)
    if not _is_valid(context, _DISCOUNT, id):
        raise Problem(
            405, "This discount code is not valid now.", headers={"Allow": "PATCH, DELETE, OPTIONS"}
        )
    return detail_answer(context, context.registry[_DISCOUNT], str(id))


@action("PATCH", "/v1/events/{event}/discount-codes/{code}", lenient=True, documents=True, limited_by=CODES)
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"code": "FRIENDS"},
    changes="discount-code",
    errors=CHANGING,
)
def change_discount_code(context: Context, event: str, code: str) -> Answer:
    """Update the discount code, as at its own URL."""
    return _changed(context, _DISCOUNT, event, code)


@action("DELETE", "/v1/events/{event}/discount-codes/{code}", lenient=True, documents=True, limited_by=CODES)
@documented(
    who="owner, organizers and coorganizers of the event",
    path={"event": "1", "code": "FRIENDS"},
    removes="discount-code",
    errors=REMOVING,
)
def remove_discount_code(context: Context, event: str, code: str) -> Answer:
    """Delete the discount code, as at its own URL."""
    return _removed(context, _DISCOUNT, event, code)


def _changed(context: Context, type_name: str, event: str, code: str) -> Answer:
    context, id = _unlock(context, type_name, event, code)
    return update_answer(context, context.registry[type_name], str(id))


def _removed(context: Context, type_name: str, event: str, code: str) -> Answer:
    context, id = _unlock(context, type_name, event, code)
    return delete_answer(context, context.registry[type_name], str(id))


def _unlock(context: Context, type_name: str, event: str, code: str) -> tuple[Context, int]:
    """(context of a viewer who knows the code, id of the code). Raises Problem 404.

    The links of the answer carry the code's text, so that what they lead to is visible too. The viewer may
    from now on name the code by its id in a basket, for a day and as long as its text stays the same.
    """
    missing = not_found("The event has no such code.")
    try:
        event_id = visible(context, "event", event).id
    except Problem:
        raise missing from None
    table = context.registry[type_name].table
    rows = db.fetch(
        context.session,
        f"SELECT code.id, lower(code.code) FROM {table} code "  # noqa: S608 - no user input
        f"WHERE code.event_id = $1 AND code.deleted_at IS NULL "
        f"AND {text_of(same_code(Row('code'), '$2::text'))} ORDER BY code.id DESC LIMIT 1",
        [event_id, code_form(code)],
    )
    if not rows:
        raise missing
    (id, text) = rows[0]
    subject = Subject(context.viewer.id, context.request.source_ip)
    lookups.remember(context.session, type_name, id, text, subject)
    return context.showing(CODE, code), int(id)


def _is_valid(context: Context, type_name: str, id: int) -> bool:
    """Whether the code is active and within its dates; the last day defaults to the event's."""
    table = context.registry[type_name].table
    rows = db.fetch(
        context.session,
        f"SELECT code.is_active AND coalesce(code.valid_from, $2) <= $2 "  # noqa: S608 - no user input
        f"AND coalesce(code.valid_till, event.ends_at) >= $2 FROM {table} code "
        "JOIN events event ON event.id = code.event_id WHERE code.id = $1",
        [id, clock.now()],
    )
    return bool(rows[0][0])
