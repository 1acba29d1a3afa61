"""Draws a certificate of attendance as a PDF, and stores it for whoever may fetch it."""

from sqlalchemy.orm import Session

from chalicelib import log, paper_store
from chalicelib.papers.certificate import drawn
from chalicelib.tasks.printed_certificate import TASK, certificate_of
from chalicelib.tasks.registry import task


@task(TASK)
def print_certificate(session: Session, attendee_id: int, origin: str) -> None:
    """Draw and store the certificate of the attendee, as it is now."""
    printed = certificate_of(session, attendee_id, origin)
    if printed is None:
        log.info("there is no certificate to be printed", attendee_id=attendee_id)
        return
    paper_store.store(printed.key, drawn(printed.content))
