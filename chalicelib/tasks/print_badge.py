"""Draws the badge of an attendee as a PDF, and notes that it was printed."""

from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, task_results
from chalicelib.badges.background import background
from chalicelib.badges.layout import TooMuchText, drawn
from chalicelib.badges.sent import Members, badge_of
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.model.attr import attribute_names
from chalicelib.resources.forms.custom_form.answer_text import answer_text
from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm
from chalicelib.resources.onsite.badge_form import BadgeForm
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.task_results import File
from chalicelib.tasks.registry import task

NAME: Final = "print_badge"
LONGEST_LIST: Final = 4000
# SQL: the newest badge form of the attendee's event with the badge-id of the attendee's ticket.
FORM_OF_ATTENDEE: Final = (
    "(SELECT form.id FROM tickets ticket JOIN badge_forms form ON form.badge_id = ticket.badge_id "
    "AND form.event_id = attendee.event_id WHERE ticket.id = attendee.ticket_id "
    "ORDER BY form.id DESC LIMIT 1)"
)


@task(NAME)
def print_badge(session: Session, attendee_id: int, fields: str, result_id: str) -> None:
    """Draw the badge with these fields (identifiers with commas between) filled in."""
    attendee = session.get(Attendee, attendee_id)
    asked = f"SELECT {FORM_OF_ATTENDEE} FROM attendees attendee WHERE attendee.id = $1"  # noqa: S608 - no user input
    found = db.fetch(session, asked, [attendee_id])
    form = session.get(BadgeForm, found[0][0]) if found and found[0][0] is not None else None
    if attendee is None or attendee.deleted_at is not None or form is None:
        task_results.fail(session, result_id, "The attendee or the badge is not there any more.")
        return
    shown = frozenset(name.strip() for name in fields.split(","))
    try:
        badge = badge_of(
            Members(_sent(session, form), ""),
            background(form.badge_image_url or form.image_url or ""),
            _values(attendee),
            shown,
            attendee.id,
        )
        content = drawn(badge)
    except TooMuchText as problem:
        task_results.fail(session, result_id, str(problem))
        return
    except Problem as problem:
        task_results.fail(session, result_id, f"The badge cannot be drawn: {problem.detail}")
        return
    task_results.finish_with_file(session, result_id, File("badge.pdf", "application/pdf", content))
    # Afterwards: the attendee's row is not locked while the bucket is asked.
    attendee.is_badge_printed, attendee.badge_printed_at = True, clock.now()


def _sent(session: Session, form: BadgeForm) -> dict[str, Any]:
    """The stored form in the shape of one that is sent."""
    rows = session.query(BadgeFieldForm).filter_by(badge_form_id=form.id).order_by(BadgeFieldForm.id)
    listed = [{name: getattr(row, name) for name in attribute_names(BadgeFieldForm)} for row in rows]
    columns = ("badge_size", "badge_color", "badge_orientation")
    return {**{name: getattr(form, name) for name in columns}, "badge_fields": listed}


def _values(attendee: Attendee) -> dict[str, str]:
    """What is known of the attendee as texts, by attribute; answers to custom fields by their identifier."""
    own = {name: getattr(attendee, name) for name in attribute_names(Attendee)}
    answers = attendee.complex_field_values or {}
    return {
        name: answer_text(value)
        for name, value in {**answers, **own}.items()
        if name != "complex_field_values"
    }
