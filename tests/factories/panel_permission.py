"""Panels beside those that every database has."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.access.panel_permission import PanelPermission

_number = count(1)


def attributes() -> dict[str, Any]:
    """What staff could send to create a panel."""
    return {"panel-name": f"catering {next(_number)}", "can-access": True}


def make_panel_permission(session: Session, **values: Any) -> PanelPermission:
    """A panel."""
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = PanelPermission(**{**sent, **values})
    session.add(row)
    session.flush()
    return row
