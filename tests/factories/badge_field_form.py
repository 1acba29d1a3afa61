"""Badge fields: the first name, large."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm
from chalicelib.resources.onsite.badge_form import BadgeForm
from tests.factories.badge_form import make_badge_form


def attributes() -> dict[str, Any]:
    """What a client could send to create a badge field."""
    return {
        "badge-id": "badge-of-speakers",
        "field-identifier": "firstname",
        "font-size": 24,
        "qr-custom-field": ["email"],
        "margin-top": 4,
    }


def make_badge_field_form(
    session: Session, *, badge_form: BadgeForm | None = None, **values: Any
) -> BadgeFieldForm:
    """A field of the badge form, or of a new one."""
    form = badge_form or make_badge_form(session)
    defaults = {"badge_form_id": form.id, "badge_id": form.badge_id, "field_identifier": "firstname"}
    field = BadgeFieldForm(**{**defaults, **values})
    session.add(field)
    session.flush()
    return field
