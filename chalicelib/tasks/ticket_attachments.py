"""Attachments of emails about tickets: the tickets as a PDF, and the event for one's calendar."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chalicelib import calendar_file, paper_store
from chalicelib.feeds.ical import calendar
from chalicelib.feeds.programme import Sessions, read_as_team
from chalicelib.mail import Attachment
from chalicelib.papers.ticket import drawn
from chalicelib.settings import settings
from chalicelib.tasks.order_summary import Admission, OrderSummary
from chalicelib.tasks.printed_tickets import tickets_of
from chalicelib.tasks.signed_codes import sign_codes_of


def papers_of(
    session: Session, summary: OrderSummary, admissions: Sequence[Admission]
) -> Sequence[Attachment]:
    """The event's calendar file, and the tickets of these people once they admit.

    Made before the mail, whose link is a row that is not to be locked meanwhile. The document is stored too,
    for whoever fetches it later. Nothing is drawn where attachments are switched off (the setting
    mail_attachment_bytes).
    """
    if not settings().mail_attachment_bytes:
        return []
    event = read_as_team(session, summary.event.id, Sessions.NONE)
    attached = []
    if event is not None:
        attached.append(Attachment("event.ics", calendar_file.MEDIA_TYPE, calendar(event).content()))
    ids = [admission.attendee_id for admission in admissions]
    sign_codes_of(session, ids)
    printed = tickets_of(session, summary.order.id, ids) if ids else None
    if printed is not None and not printed.refusal:
        content = drawn(printed.tickets)
        paper_store.store(printed.key, content)
        attached.insert(0, Attachment("tickets.pdf", "application/pdf", content))
    return attached
