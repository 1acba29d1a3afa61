"""What an event's team says in a kind of mail: found for a mail, and put in place of the usual texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.resources.events.mail_text import PLACEHOLDERS, is_usual
from chalicelib.values.placeholders import filled

_FIND: Final = "SELECT subject, message FROM mail_texts WHERE event_id = $1 AND kind = $2 AND language = $3"


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text with placeholders; empty parts leave the usual ones."""

    subject: str
    message: str

    def subject_with(self, values: Mapping[str, str]) -> str:
        """The subject, in one line; "" where the usual one stays."""
        return filled(" ".join(plain_lines(self.subject)), values)

    def paragraphs_with(self, values: Mapping[str, str], usual: Sequence[str]) -> list[str]:
        """The paragraphs, with the usual ones where the message says so, or where there is none."""
        lines = plain_lines(self.message)
        if not lines:
            return list(usual)
        return [
            said for line in lines for said in (usual if is_usual(line) else (filled(line, values),)) if said
        ]


def find(session: Session, event_id: int | None, kind: str, language: str) -> OwnText | None:
    """The text of the event for this kind of mail in this language, if there is one."""
    if event_id is None or kind not in PLACEHOLDERS:
        return None
    rows = db.fetch(session, _FIND, [event_id, kind, language], flush=False)
    return next((OwnText(subject or "", message or "") for subject, message in rows), None)
