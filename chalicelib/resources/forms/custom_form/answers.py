"""Form validation: required fields are answered, and answers have the right type."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chalicelib.jsonapi.ground.errors import Problem, Problems, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.resources.forms.custom_form.custom_form import ACCEPTANCE, CustomForm
from chalicelib.resources.forms.custom_form.well_known import snake
from chalicelib.values.addresses import mistake_in, stored_form
from chalicelib.values.characters import is_blank

_ANSWERS = "/data/attributes/complex-field-values"
_INTERNAL = "/data/attributes/internal-field-values"
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,30}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})(?:[eE][-+]?[0-9]{1,2})?")
_YEAR = re.compile(r"[0-9]{4}")


def demand_answers(
    fields: Sequence[CustomForm],
    row: Any,
    *,
    is_accepted: Callable[[], bool] = bool,
    may_miss: Callable[[], bool] = bool,
) -> None:
    """Raise Problems with a 422 for each question of a form that `row` does not answer validly.

    `is_accepted` says whether those are asked that come after acceptance. `may_miss`, which is called where
    something is wrong, says whether answers may be missing.
    """
    late = any(field.asked_from == ACCEPTANCE for field in fields) and is_accepted()
    problems = [*complaints(fields, row, is_accepted=late)]
    if problems and may_miss():
        problems = [*complaints(fields, row, is_accepted=late, may_miss=True)]
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


def complaints(
    forms: Sequence[CustomForm], row: Any, *, is_accepted: bool = False, may_miss: bool = False
) -> Iterator[Problem]:
    """A Problem 422 for each question that is asked and not answered validly by `row`, with a JSON pointer.

    `forms` are those of one form. Internal fields are asked of nobody.
    """
    for field in forms:
        is_due = not field.is_internal and (is_accepted or field.asked_from != ACCEPTANCE)
        if is_due and _is_asked(field, forms, row):
            yield from _problems(field, row, may_miss=may_miss)


def drop_answers_not_asked(fields: Sequence[CustomForm], change: Change, *, always: bool = False) -> None:
    """Take away answers to own questions of the form that are not asked by what another answer has become.

    This is looked at when an answer, or what a condition looks at, is written, or `always`: a condition that
    organizers change loses no answer by itself.
    """
    row, answers = change.row, change.row.complex_field_values or {}
    is_due = always or change.is_new or "complex_field_values" in change.before
    dropped = {
        snake(field.field_identifier)
        for field in fields
        if field.is_complex
        and field.asked_if_field is not None
        and (is_due or change.before.keys() & _columns(field.asked_if_field))
        and not _is_asked(field, fields, row)
    }
    if dropped & answers.keys():
        row.complex_field_values = {name: answer for name, answer in answers.items() if name not in dropped}


def _columns(identifier: str) -> set[str]:
    return {snake(identifier), f"{snake(identifier)}_id"}


def refuse_internal_answers(session: Session, form: str, event_id: int, row: Any) -> None:
    """Raise Problems with a 422 for answers to internal fields among those to others, and of a wrong type."""
    answers, internal = row.complex_field_values or {}, row.internal_field_values or {}
    problems = []
    for field in (
        questions(session, form, event_id, CustomForm.is_internal.is_(True)) if answers or internal else ()
    ):
        name = snake(field.field_identifier)
        if name in answers:
            problems.append(invalid(f"{name} is no question of this form.", f"{_ANSWERS}/{name}"))
        refusal = _wrong(field.type, internal[name]) if internal.get(name) not in (None, "") else None
        if refusal:
            problems.append(invalid(f"{field.name}: {refusal}", f"{_INTERNAL}/{name}"))
    if problems:
        raise Problems(problems)


def names_asked_after_acceptance(session: Session, form: str, event_id: int) -> set[str]:
    """The names, in snake_case, of what the form asks only then."""
    fields = questions(session, form, event_id, CustomForm.asked_from == ACCEPTANCE)
    return {snake(field.field_identifier) for field in fields if not field.is_internal}


def _is_asked(field: CustomForm, forms: Sequence[CustomForm], row: Any) -> bool:
    """Whether the answer that the question depends on is there, in a field that is asked itself."""
    if field.asked_if_field is None:
        return True
    for other in forms:
        if other.field_identifier == field.asked_if_field and not other.is_internal:
            answer, _ = _answer(other, snake(other.field_identifier), row)
            named = [field.asked_if_value or ""] if field.asked_if_values is None else field.asked_if_values
            return _as_text(answer) in {value.strip() for value in named}
    return False


def _as_text(answer: Any) -> str:
    """An answer as a condition names it: true, false, a number or a text."""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return "" if answer is None else str(answer).strip()


def _problems(field: CustomForm, row: Any, *, may_miss: bool) -> Iterator[Problem]:
    answer, pointer = _answer(field, snake(field.field_identifier), row)
    if field.is_required and not may_miss and _is_missing(field, answer):
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
