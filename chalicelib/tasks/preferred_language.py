"""The language in which somebody is written to, by their address: that of their account."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.settings import settings
from chalicelib.values.messages import MAILS, ORIGINAL, language_of

_PREFERRED: Final = """
    SELECT language_preference FROM users WHERE lower(email) = lower($1) AND deleted_at IS NULL LIMIT 1
"""


def language_for(session: Session, address: str, domain: str = MAILS) -> str:
    """The language of mails to an address, or of another domain: its account's, else the installation's."""
    rows = db.fetch(session, _PREFERRED, [address.strip()], flush=False)
    chosen = next((tag for (tag,) in rows if tag), None)
    return language_of(chosen, domain) or language_of(settings().mail_language, domain) or ORIGINAL
