"""The text of a bulk mail for one recipient."""

from collections.abc import Mapping

from chalicelib.resources.events.event.event import Event
from chalicelib.resources.mails.bulk_mail.bulk_mail import BulkMail
from chalicelib.tasks.session_mail_text import event_address
from chalicelib.values.placeholders import filled


def written(mail: BulkMail, event: Event, name: str) -> tuple[str, list[str]]:
    """(subject, paragraphs) with the values of this recipient; a value stays on its line."""
    values: Mapping[str, str] = {
        "name": " ".join(name.split()),
        "event_name": " ".join(event.name.split()),
        "event_link": event_address(event),
    }
    lines = [filled(line.strip(), values) for line in mail.message.splitlines() if line.strip()]
    return " ".join(filled(mail.subject, values).split()), lines
