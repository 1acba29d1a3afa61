"""Draws the tickets of an order as a PDF, and stores it for whoever may fetch it."""

from sqlalchemy.orm import Session

from chalicelib import log, paper_store
from chalicelib.papers.ticket import drawn
from chalicelib.tasks.printed_tickets import TASK, tickets_of
from chalicelib.tasks.registry import task
from chalicelib.tasks.signed_codes import sign_codes_of


@task(TASK)
def print_tickets(session: Session, order_id: int, attendees: str) -> None:
    """Draw and store the tickets of these attendees (ids with commas between), as they are now."""
    ids = [int(id) for id in attendees.split(",")]
    sign_codes_of(session, ids)
    printed = tickets_of(session, order_id, ids)
    if printed is None or printed.refusal:
        log.info("there are no tickets to be printed", order_id=order_id)
        return
    paper_store.store(printed.key, drawn(printed.tickets))
