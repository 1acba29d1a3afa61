"""Bulk deletion of discount codes that no order uses; permanent."""

from typing import Final

from chalicelib import db, signals
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.rendering import message_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team

_UNUSED: Final = """
  code.event_id = $1 AND code.used_for = 'ticket'
  AND NOT EXISTS (SELECT FROM orders bought WHERE bought.discount_code_id = code.id)
  AND NOT EXISTS (SELECT FROM attendees person WHERE person.discount_code_id = code.id)
"""
# An order being created with a code locks the code's row: wait for it, then see it.
_LOCK: Final = f"SELECT code.id FROM discount_codes code WHERE {_UNUSED} ORDER BY code.id FOR UPDATE"  # noqa: S608
_REMOVE: Final = f"DELETE FROM discount_codes code WHERE {_UNUSED} RETURNING code.id"  # noqa: S608


@action("DELETE", "/v1/events/{event}/discount-codes/delete-unused", lenient=True, documents=True)
@documented(
    who="owner, organizers and coorganizers of the event",
    response={"jsonapi": {"version": "1.1"}, "meta": {"message": "1 discount code has been removed."}},
    errors=(401, 403, 404, 406),
)
def delete_unused_codes(context: Context, event: str) -> Answer:
    """Permanently delete every code for the event's tickets without orders, also those in the trash.

    {meta: {message}} says how many. Raises Problem 401, 403, 404.
    """
    event_id = visible_to_team(context, "event", event, roles=COORGANIZERS).id
    db.enqueue(context.session, _LOCK, [event_id])
    removed = sorted(row[0] for row in db.fetch(context.session, _REMOVE, [event_id]))
    for id in removed:
        signals.emit(context.session, "discount-code.deleted", id=id, changed=[], viewer_id=context.viewer.id)
    return message_answer(
        "1 discount code has been removed."
        if len(removed) == 1
        else f"{len(removed)} discount codes have been removed."
    )
