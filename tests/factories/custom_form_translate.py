"""Names of form fields in other languages."""

from typing import Any

from sqlalchemy.orm import Session

from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form_translate import CustomFormTranslate
from tests.factories.custom_form import make_custom_form


def attributes() -> dict[str, Any]:
    """What a client could send to create a translation."""
    return {"name": "Konfektionsgröße", "language-code": "de", "form-id": "1"}


def make_custom_form_translate(
    session: Session, *, custom_form: CustomForm | None = None, **values: Any
) -> CustomFormTranslate:
    """A translation, of a new field unless one is given."""
    field = custom_form or make_custom_form(session)
    sent = {name.replace("-", "_"): value for name, value in attributes().items()}
    row = CustomFormTranslate(**{"custom_form_id": field.id, **sent, **values})
    session.add(row)
    session.flush()
    return row
