"""What can be chosen in a form field."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form_option import CustomFormOption
from tests.factories.custom_form import make_custom_form


def attributes() -> dict[str, Any]:
    """What a client could send to create an option."""
    return {"value": "XL"}


def make_custom_form_option(
    session: Session, *, custom_form: CustomForm | None = None, **values: Any
) -> CustomFormOption:
    """An option, of a new field unless one is given."""
    field = custom_form or make_custom_form(session, type="select")
    row = CustomFormOption(**{"custom_form_id": field.id, **attributes(), **values})
    session.add(row)
    session.flush()
    return row
