"""Attribute-level write permissions (set_by): refused with 403 unless the value is unchanged."""

from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.verdicts import evaluate, refused


def demand_writers(context: Context, resource: Resource, change: Change, rule: Rule | None = None) -> None:
    """Raise Problem 403 for an attribute that the viewer may not set, unless its value is unchanged.

    It is checked by column: a relationship stored in the same one is no way around it. A `rule` for the whole
    row is evaluated along, if anything has changed. One statement at most.
    """
    guarded = _guarded(resource, change)
    if not guarded and (rule is None or not change.before):
        return
    writers = {
        attribute.name: attribute.first_writers if change.is_new else attribute.writers
        for attribute in guarded
    }
    candidates = [
        rule
        for attribute in guarded
        for rule in (writers[attribute.name], _is_unchanged(change, attribute) and attribute.scope)
    ]
    rules = list(dict.fromkeys(candidate for candidate in candidates if candidate))
    verdicts = evaluate(context, resource, change.row, [*rules, *([rule] if rule else [])])
    passed = dict(zip(rules, verdicts, strict=False))
    for attribute in guarded:
        rule_of_it = writers[attribute.name]
        if rule_of_it is None or passed[rule_of_it]:
            continue
        # A hidden value must not be guessable by sending candidates that count as unchanged.
        if _is_unchanged(change, attribute) and attribute.scope and passed[attribute.scope]:
            continue
        if attribute.column not in change.slight:
            raise forbidden(
                f"You may not set {attribute.wire}.", _pointer(context, resource, change, attribute)
            )
        change.undo({attribute.column})
    if rule is not None and not verdicts[-1]:
        raise refused(context, "You may not make this change.")


def _guarded(resource: Resource, change: Change) -> list[Attribute]:
    """The restricted attributes that this change sets, or seems to leave unchanged."""
    if not change.is_new:
        before = change.before
        return [
            attribute
            for attribute in resource.guarded
            if attribute.column in before or (attribute.scope is not None and attribute.name in change.sent)
        ]
    sent = [attribute for attribute in resource.guarded if attribute.name in change.sent]
    return [
        attribute
        for attribute in sent
        if not _says_nothing(change.sent[attribute.name], _default(resource, attribute.column))
    ]


def _is_unchanged(change: Change, attribute: Attribute) -> bool:
    return not change.is_new and attribute.column not in change.before


def _says_nothing(value: object, default: object) -> bool:
    """Whether a new row's value equals its default."""
    return value is None or value == default or (value is False and default is None)


def _pointer(context: Context, resource: Resource, change: Change, attribute: Attribute) -> str:
    if attribute.name in change.sent:
        return f"/data/attributes/{attribute.wire}"
    relations = context.registry.relations[resource.type].values()
    wire_names = [relation.wire for relation in relations if relation.column == attribute.column]
    return f"/data/relationships/{wire_names[0]}" if wire_names else "/data"


def _default(resource: Resource, column: str) -> object:
    stored_column = resource.model_or_raise.__table__.columns.get(column)
    if stored_column is None or stored_column.default is None:
        return None
    return getattr(stored_column.default, "arg", None)
