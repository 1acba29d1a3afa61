"""Whether all attendees of an order have answered the event's form, but those who fill it in themselves."""

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.ground.errors import Problem, Problems, invalid
from chalicelib.resources.forms.custom_form.answers import complaints, questions
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.attendee.excused import excused
from chalicelib.resources.tickets.ticket import Ticket


def demand_answers_of_all(session: Session, event_id: int, order_id: int) -> None:
    """Raise Problems with a 422 for each question that an attendee of the order has not answered validly.

    Each detail names the attendee.
    """
    problems = [*_complaints(session, event_id, order_id)]
    if problems and (later := excused(session, order_id)):
        problems = [*_complaints(session, event_id, order_id, later)]
    if problems:
        raise Problems(problems)


def _complaints(
    session: Session, event_id: int, order_id: int, answer_later: Collection[int] = ()
) -> Iterator[Problem]:
    forms = questions(session, "attendee", event_id)
    if not forms:
        return
    coming = (
        select(Attendee, Ticket.form_id)
        .join(Ticket, Ticket.id == Attendee.ticket_id)
        .where(Attendee.order_id == order_id, Attendee.deleted_at.is_(None))
        .order_by(Attendee.id)
    )
    with session.no_autoflush:
        people = session.execute(coming).all()
    for attendee, form_id in people:
        of_ticket = [field for field in forms if (field.form_id or "") == (form_id or "")]
        may_miss = attendee.id in answer_later
        for problem in complaints(of_ticket, attendee, may_miss=may_miss):
            # The document is the order's: no pointer can lead to the answer.
            yield invalid(f"Attendee {attendee.id}: {problem.detail}", "/data/relationships/attendees")
