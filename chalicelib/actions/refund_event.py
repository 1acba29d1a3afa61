"""Refund of all orders of an event that does not take place."""

from typing import Final

from marshmallow import ValidationError

from chalicelib import task_results
from chalicelib.actions.plain_object import members_of
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.limits.declared import PAYMENTS
from chalicelib.resources.events.event.event import Event
from chalicelib.tasks.refund_event import NAME

_WHY: Final = "Say why, in note."


class _NoteSchema(Schema):
    note = fields.Line(required=True)


@action("POST", "/v1/events/{id}/refund-all", limited_by=(PAYMENTS,))
@documented(
    who="owner and organizers of the event",
    request={"note": "The hall is flooded"},
    response={"task_url": "/v1/tasks/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4"},
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def refund_all(context: Context, id: str) -> Answer:
    """{note} -> the task that refunds all orders in full and cancels them, whatever the refund rule says, and
    mails the note to the buyers. Its result is {refunded, skipped}: orders with somebody who has checked in
    are skipped. What was paid to the organizer directly is only noted. 409 while the event is published.
    """
    row = visible_to_team(context, "event", id, roles=ORGANIZERS)
    note = _note(context)
    if context.session.get_one(Event, row.id).state == "published":
        raise conflict("Unpublish the event first, so that nobody orders meanwhile.", "/data")
    values = {"event_id": row.id, "note": note, "viewer_id": context.viewer.id}
    return task_results.start(context, NAME, values)


def _note(context: Context) -> str:
    content = members_of(context, ("note",), otherwise=_WHY, unknown=lambda _name: _WHY)
    try:
        return str(_NoteSchema().load(content)["note"])
    except ValidationError:
        raise invalid("The note is a short text for the buyers.", "/note") from None
