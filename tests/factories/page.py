"""Pages of the site."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.admin.page import Page

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a page."""
    number = next(_number)
    return {"name": f"Imprint {number}", "url": f"imprint-{number}", "place": "footer", "index": number}


def make_page(session: Session, **values: Any) -> Page:
    """A page in the footer."""
    row = Page(**{**attributes(), **values})
    session.add(row)
    session.flush()
    return row
