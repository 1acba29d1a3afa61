"""Conditions and audience of form fields: asked where another field has an answer, or internal to organizers.

A field that decides about others stays, under its name, and is asked always itself.
"""

from typing import Any, Final

from marshmallow import ValidationError

from chalicelib import db
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import fields
from chalicelib.resources.forms.custom_form.well_known import WELL_KNOWN, snake

_FIELD: Final = "/data/attributes/asked-if-field"
_INTERNAL: Final = "/data/attributes/is-internal"
_VALUE: Final = "/data/attributes/asked-if-value"
_VALUES: Final = "/data/attributes/asked-if-values"
_CONDITION: Final = frozenset({"asked_if_field", "asked_if_value", "asked_if_values", "asked_from"})
_MOST_ANSWERS: Final = 50
# The lock is for whoever gives that field a condition, or removes it, at the same time.
_OTHER: Final = """
SELECT asked_if_field, is_internal, asked_from FROM custom_forms
 WHERE event_id = $1 AND form = $2 AND field_identifier = $3 AND coalesce(form_id, '') = coalesce($4, '')
   FOR SHARE
"""
_DEPENDENT: Final = """
SELECT name FROM custom_forms
 WHERE event_id = $1 AND form = $2 AND asked_if_field = $3 AND coalesce(form_id, '') = coalesce($4, '')
   AND id <> $5 ORDER BY id LIMIT 1
"""
_ANSWERED: Final = """
SELECT 1 FROM {} WHERE event_id = $1 AND complex_field_values ? $2 LIMIT 1
"""
# Answers under the former name stay hidden, those under the new one are hidden too.
_HIDE_TOO: Final = """
UPDATE review_phases SET hidden_fields = hidden_fields || jsonb_build_array($3::text)
 WHERE event_id = $1 AND jsonb_exists(hidden_fields, $2) AND NOT jsonb_exists(hidden_fields, $3)
"""
_KEY: Final = frozenset({"event_id", "form", "field_identifier", "form_id"})
_TABLES: Final = {"session": "sessions", "speaker": "speakers"}


def _each_once(answers: Any) -> None:
    if not 0 < len(answers) <= _MOST_ANSWERS or len(set(answers)) < len(answers):
        raise ValidationError(f"A list of 1 to {_MOST_ANSWERS} answers, each once.")


def answers(**options: Any) -> fields.List[Any]:
    """Answers of a condition: texts, true and false for boxes."""
    return fields.List(fields.Line(metadata={}), validate=_each_once, **options)


def keep_internal(context: Context, change: Change) -> None:
    """Whether a field is internal is decided when it is made, before there are answers."""
    row: Any = change.row
    if not change.is_new and "is_internal" in change.before:
        raise conflict("Whether a field is internal is decided when it is created.", _INTERNAL)
    if not row.is_internal or not (change.is_new or change.before.keys() & _KEY):
        return
    if row.form not in _TABLES:
        raise invalid("Forms of sessions and speakers have internal fields.", _INTERNAL)
    if row.field_identifier in WELL_KNOWN[row.form]:
        raise invalid("A field that everybody has cannot be internal.", _INTERNAL)
    answered = _ANSWERED.format(_TABLES[row.form])
    if db.fetch(context.session, answered, [row.event_id, snake(row.field_identifier)], flush=False):
        raise conflict(
            "There are answers to a question of this name already.", "/data/attributes/field-identifier"
        )


def check_condition(context: Context, change: Change) -> None:
    """A condition names a field of the same form that is asked always, and an answer or several."""
    row: Any = change.row
    if not change.is_new and change.before.keys() & {*_KEY, "asked_if_field", "is_internal"}:
        _refuse_if_needed(context, change)
    pointer = _VALUE if row.asked_if_values is None else _VALUES
    is_answered = (row.asked_if_value, row.asked_if_values) != (None, None)
    if row.asked_if_field is None:
        if is_answered:
            raise invalid("A condition names a field and its answer.", pointer)
        return
    if not change.is_new and not change.before.keys() & {*_KEY, *_CONDITION}:
        return
    if not is_answered:
        raise invalid("A condition names a field and its answer.", _FIELD)
    if None not in (row.asked_if_value, row.asked_if_values):
        raise invalid("A condition names either one answer or several.", pointer)
    _demand_other(context, row)


def _demand_other(context: Context, row: Any) -> None:
    """Raise Problem 422 unless the field that decides is one that is asked always, and as early."""
    if row.is_internal:
        raise invalid("An internal field has no condition.", _FIELD)
    values = [row.event_id, row.form, row.asked_if_field, row.form_id]
    others = db.fetch(context.session, _OTHER, values, flush=False)
    if not others or row.asked_if_field == row.field_identifier:
        raise invalid("The form has no other field of this name.", _FIELD)
    ((condition, is_internal, asked_from),) = others
    if condition is not None or is_internal:
        raise invalid("A field is asked by the answer to one that everybody is asked.", _FIELD)
    if asked_from != "submission" and row.asked_from == "submission":
        raise invalid("That field is asked later than this one.", _FIELD)


def hide_under_the_new_name(context: Context, change: Change) -> None:
    """What an anonymous review phase hides is hidden under another name too."""
    row: Any = change.row
    if row.form == "session" and "field_identifier" in change.before:
        values = [row.event_id, change.before["field_identifier"], row.field_identifier]
        db.fetch(context.session, _HIDE_TOO, values)


def refuse_to_break_conditions(context: Context, change: Change) -> None:
    """A field that decides about others is not removed. Raises Problem 409."""
    _demand_no_dependent(context, change.row, {})


def _refuse_if_needed(context: Context, change: Change) -> None:
    row, before = change.row, change.before
    if before.keys() & _KEY or row.asked_if_field is not None:
        _demand_no_dependent(context, row, {name: before[name] for name in before.keys() & _KEY})


def _demand_no_dependent(context: Context, row: Any, former: dict[str, Any]) -> None:
    """Raise Problem 409 if another field depends on the row, as it was."""
    key = [
        former.get(name, getattr(row, name)) for name in ("event_id", "form", "field_identifier", "form_id")
    ]
    for (name,) in db.fetch(context.session, _DEPENDENT, [*key, row.id], flush=False):
        raise conflict(f"{name} is asked by the answer to this field: change that first.")
