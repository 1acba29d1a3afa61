"""Whether a form is filled in: required fields have an answer, and answers are of the right kind."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.errors import Problem, Problems, invalid
from chalicelib.resources.forms.custom_form import CustomForm

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ANSWERS = "/data/attributes/complex-field-values"
_an_address = validate.Email()


def demand_answers(
    session: Session, form: str, event_id: int, row: Any, *, form_id: str | None = None
) -> None:
    """Raise Problems with 422 for what the event's form asks and `row` does not answer, or wrongly.

    `form` is attendee, session or speaker; `form_id` chooses among several attendee forms.
    """
    wanted = select(CustomForm).where(
        CustomForm.event_id == event_id, CustomForm.form == form, CustomForm.is_included
    )
    if form_id is not None:
        wanted = wanted.where(CustomForm.form_id == form_id)
    with session.no_autoflush:
        asked = session.scalars(wanted.order_by(CustomForm.position, CustomForm.id)).all()
    problems = [problem for field in asked for problem in _problems(field, row)]
    if problems:
        raise Problems(problems)


def snake(identifier: str) -> str:
    """The name of an answer: shortAbstract becomes short_abstract."""
    return _CAPITAL.sub("_", identifier).replace("-", "_").lower()


def _problems(field: CustomForm, row: Any) -> Iterator[Problem]:
    name = snake(field.field_identifier)
    answer, pointer = _answer(field, name, row)
    if field.is_required and (answer is None or answer == "" or answer == []):
        yield invalid(f"{field.name} must be answered.", pointer)
    elif field.is_complex and answer not in (None, ""):
        refusal = _wrong(field.type, answer)
        if refusal:
            yield invalid(f"{field.name}: {refusal}", f"{_ANSWERS}/{name}")


def _answer(field: CustomForm, name: str, row: Any) -> tuple[Any, str]:
    """The answer, and where in a document a missing one belongs."""
    if field.is_complex:
        answers: Mapping[str, Any] = row.complex_field_values or {}
        return answers.get(name), "/data" if row.complex_field_values is None else _ANSWERS
    if hasattr(row, name):
        return getattr(row, name), "/data"
    return getattr(row, f"{name}_id", None), "/data"


def _wrong(kind: str, answer: Any) -> str | None:
    if kind in {"file", "image"}:
        return "files are not taken here."
    if kind == "number":
        try:
            float(answer)
        except (TypeError, ValueError):
            return "a number, please."
    if kind == "email":
        try:
            _an_address(str(answer))
        except ValidationError:
            return "an e-mail address, please."
    return None
