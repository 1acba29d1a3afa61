"""A certificate as it is to be printed, read in one statement, and the paper that it becomes."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.paper_store import TICKETS, Paper, fingerprint
from chalicelib.papers.certificate import LAYOUT, Certificate
from chalicelib.resources.onsite.certificate import hours_of
from chalicelib.tasks.mail_languages import language_for
from chalicelib.values.messages import PAPERS
from chalicelib.values.zones import local, zone

TASK: Final = "print_certificate"
_ISSUED: Final = """
SELECT issued.name, issued.event_name, issued.starts_at, issued.ends_at, issued.timezone, issued.minutes,
  issued.code, event.certificate_text, person.email
FROM certificates issued JOIN attendees person ON person.id = issued.attendee_id
JOIN events event ON event.id = person.event_id
WHERE person.id = $1 AND person.deleted_at IS NULL AND event.deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class PrintedCertificate:
    """A certificate of an attendee. `origin` is the API's address, which is printed."""

    attendee_id: int
    origin: str
    content: Certificate

    @property
    def key(self) -> str:
        """Where it is stored: other content is at another key. The bucket deletes it as it does tickets."""
        return f"{TICKETS}certificates/{self.attendee_id}/{fingerprint([LAYOUT, asdict(self.content)])}.pdf"

    @property
    def paper(self) -> Paper:
        """The document, and the task that makes it."""
        arguments = {"attendee_id": self.attendee_id, "origin": self.origin}
        return Paper(self.key, f"certificate-{self.attendee_id}.pdf", TASK, arguments)


def certificate_of(session: Session, attendee_id: int, origin: str) -> PrintedCertificate | None:
    """The certificate that was issued to the attendee, unless it is revoked. The caller says who gets it."""
    rows = db.fetch(session, _ISSUED, [attendee_id])
    if not rows:
        return None
    *row, email = rows[0]
    language = language_for(session, email or "", domain=PAPERS)
    return PrintedCertificate(attendee_id, origin, _content(row, origin, language))


def _content(row: list[Any], origin: str, language: str) -> Certificate:
    name, event, begin, end, zone_name, minutes, code, text = row
    hours = hours_of(minutes)
    return Certificate(
        name=name,
        event=event,
        begin=local(begin, zone(zone_name)),
        end=local(end, zone(zone_name)),
        zone=zone_name,
        hours="" if hours is None else f"{hours:g}",
        text=plain_lines(text),
        code=code,
        address=f"{origin}/v1/certificates/{code}",
        language=language,
    )
