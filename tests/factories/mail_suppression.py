"""Addresses that are not mailed."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.mail_suppression import MailSuppression

_number = count(1)


def attributes() -> dict[str, Any]:
    """Nobody sends these; this is what the system would write."""
    return {
        "email": f"gone{next(_number)}@example.org",
        "kind": "",
        "reason": "bounce",
        "detail": "No such user",
    }


def make_mail_suppression(session: Session, **values: Any) -> MailSuppression:
    """An address whose mails bounce."""
    row = MailSuppression(**{**attributes(), **values})
    session.add(row)
    session.flush()
    return row
