"""Changes after the purchase: names and answers that the buyer, or the holder of a ticket, says anew.

The one rule for every way in, by an account and by the link of an order. Whether it is the viewer's ticket is
asked before; the order is locked.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import Problem, Problems, conflict, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.admin.activity import Activity
from chalicelib.resources.forms.custom_form.answers import questions
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form.well_known import snake
from chalicelib.resources.orders.attendee.admission import demand_none_used, is_being_exchanged
from chalicelib.resources.tickets.ticket import Ticket

_RULES: Final = """
SELECT is_attendee_change_enabled AND deleted_at IS NULL,
  least(coalesce(attendee_change_ends_at, starts_at), ends_at)
FROM events WHERE id = $1
"""
_ANSWERS: Final = "complex_field_values"


def changes_until(session: Session, event_id: int) -> datetime | None:
    """Until when who has bought or holds a ticket of the event says names and answers anew; None: never."""
    rows = db.fetch(session, _RULES, [event_id], flush=False)
    is_enabled, ends_at = rows[0] if rows else (False, None)
    return ends_at if is_enabled else None


def demand_changeable(context: Context, change: Change, names: Collection[str]) -> None:
    """Raise Problem where these columns of a sold attendee cannot be changed by who has bought or holds it:
    422 where the event does not allow it (any more), or not this answer, 409 where the ticket was used.

    What an attendee of a group order has answered is not their buyer's: own_words.py.
    By their address a ticket is its holder's: the policy of attendees keeps them from changing that.
    """
    row, pointer = change.row, _pointer(min(names))
    ends_at = changes_until(context.session, row.event_id)
    if ends_at is None or ends_at <= clock.now():
        raise invalid("It is too late: who comes to this event cannot change any more.", pointer)
    demand_none_used(context, row.order_id, [row.id], pointer)
    if is_being_exchanged(context.session, row.id):
        raise conflict("This ticket is being exchanged: pay for, or cancel, that order first.", pointer)
    demand_fixed_answers(context.session, change, names)


def demand_fixed_answers(session: Session, change: Change, names: Collection[str]) -> None:
    """Raise Problems with a 422 for given answers that these columns change, and that have to stay."""
    fixed = [*_fixed(session, change, names)]
    if fixed:
        raise Problems(fixed)


def note_change(context: Context, change: Change, names: Collection[str]) -> None:
    """Have the audit log say which names and answers of a sold ticket have changed, and by whom."""
    viewer, row = context.viewer, change.row
    actor = f"user {viewer.id}" if viewer.id is not None else f"link of order {row.order_id}"
    said = ", ".join(sorted(name.replace("_", "-") for name in names))
    action = f"attendee {row.id} of order {row.order_id} was changed after the purchase: {said}"
    context.session.add(Activity(actor=actor, action=action))


def _fixed(session: Session, change: Change, names: Collection[str]) -> Iterator[Problem]:
    """A Problem for each changed answer to a question of the ticket's form that stays as it was answered."""
    row = change.row
    with session.no_autoflush:
        form_id = session.scalars(select(Ticket.form_id).where(Ticket.id == row.ticket_id)).one_or_none()
    stays = questions(session, "attendee", row.event_id, CustomForm.is_changeable.is_(False))
    former, answers = change.before.get(_ANSWERS) or {}, getattr(row, _ANSWERS) or {}
    for field in stays:
        name = snake(field.field_identifier)
        if (field.form_id or "") != (form_id or ""):
            continue
        if field.is_complex:
            is_changed, pointer = former.get(name) != answers.get(name), f"{_pointer(_ANSWERS)}/{name}"
            is_changed = is_changed and _ANSWERS in names
        else:
            is_changed, pointer = name in names, _pointer(name)
        if is_changed:
            yield invalid(f"{field.name} stays as it was answered.", pointer)


def _pointer(name: str) -> str:
    return f"/data/attributes/{name.replace('_', '-')}"
