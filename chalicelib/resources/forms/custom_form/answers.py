"""Form validation: required fields are answered, and answers have the right type."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.ground.errors import Problem, Problems, invalid
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.values.addresses import mistake_in, stored_form
from chalicelib.values.characters import is_blank

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ANSWERS = "/data/attributes/complex-field-values"
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,30}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?")
_YEAR = re.compile(r"[0-9]{4}")


def demand_answers(
    session: Session, form: str, event_id: int, row: Any, *narrow: ColumnElement[bool]
) -> None:
    """Raise Problems with a 422 for each question of the event's form that `row` does not answer validly.

    `form` is attendee, session or speaker; `narrow` are further conditions on the questions.
    """
    problems = [*complaints(questions(session, form, event_id, *narrow), row)]
    if problems:
        raise Problems(problems)


def questions(
    session: Session, form: str, event_id: int, *narrow: ColumnElement[bool]
) -> Sequence[CustomForm]:
    """The included fields of the event's form, in the order of the form."""
    select_forms = select(CustomForm).where(
        CustomForm.event_id == event_id, CustomForm.form == form, CustomForm.is_included, *narrow
    )
    with session.no_autoflush:
        return session.scalars(select_forms.order_by(CustomForm.position, CustomForm.id)).all()


def complaints(forms: Iterable[CustomForm], row: Any) -> Iterator[Problem]:
    """A Problem 422 for each question that `row` does not answer validly, with a JSON pointer."""
    for field in forms:
        yield from _problems(field, row)


def snake(identifier: str) -> str:
    """The name of an answer in snake_case: shortAbstract becomes short_abstract."""
    return _CAPITAL.sub("_", identifier).replace("-", "_").lower()


def _problems(field: CustomForm, row: Any) -> Iterator[Problem]:
    answer, pointer = _answer(field, snake(field.field_identifier), row)
    if field.is_required and _is_missing(field, answer):
        yield invalid(f"{field.name} must be answered.", pointer)
    elif field.is_complex and answer not in (None, ""):
        refusal = _wrong(field.type, answer)
        if refusal:
            yield invalid(f"{field.name}: {refusal}", pointer)


def _answer(field: CustomForm, name: str, row: Any) -> tuple[Any, str]:
    """(answer, its JSON pointer in a document)."""
    if field.is_complex:
        answers: Mapping[str, Any] = row.complex_field_values or {}
        return answers.get(name), f"{_ANSWERS}/{name}"
    wire = name.replace("_", "-")
    if hasattr(row, name):
        return getattr(row, name), f"/data/attributes/{wire}"
    return getattr(row, f"{name}_id", None), f"/data/relationships/{wire}"


def _is_missing(field: CustomForm, answer: Any) -> bool:
    if isinstance(answer, str):
        return is_blank(answer)
    # A required consent must be true; for other questions false is an answer.
    refused = answer is False and field.field_identifier.startswith("isConsent")
    return refused or answer is None or answer == []


def _wrong(kind: str, answer: Any) -> str | None:
    if kind in {"file", "image"}:
        return "files are not taken here."
    if kind == "number" and not _is_number(answer):
        return "a number, please."
    if kind == "year" and not _YEAR.fullmatch(str(answer).strip()):
        return "a year, please."
    if kind == "email" and (not isinstance(answer, str) or mistake_in(stored_form(answer))):
        return "an e-mail address, please."
    return None


def _is_number(answer: Any) -> bool:
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return math.isfinite(answer)
    # As an HTML number field: neither NaN nor blanks between digits.
    return isinstance(answer, str) and _NUMBER.fullmatch(answer.strip()) is not None
