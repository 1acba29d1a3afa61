"""Attributes that only some of those who may write a row may set: refused to the others, unless unchanged."""

from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.rights.verdicts import passes, refused


def demand_writers(context: Context, resource: Resource, change: Change, rule: Rule | None = None) -> None:
    """Refuse attributes that only some may set, unless what was sent changes nothing.

    It counts the column: a relationship that is kept in the same one is no way round. A `rule` for the
    whole row, where something of it has changed, is asked along. One statement at the most.
    """
    guarded = _guarded(resource, change)
    if not guarded and (rule is None or not change.before):
        return
    writers = {one.name: one.first_writers if change.is_new else one.writers for one in guarded}
    asked = [
        rule for one in guarded for rule in (writers[one.name], _is_unchanged(change, one) and one.scope)
    ]
    rules = list(dict.fromkeys(one for one in asked if one))
    verdicts = passes(context, resource, change.row, [*rules, *([rule] if rule else [])])
    passed = dict(zip(rules, verdicts, strict=False))
    for attribute in guarded:
        rule_of_it = writers[attribute.name]
        if rule_of_it is None or passed[rule_of_it]:
            continue
        # Whoever does not see a value must not find it by guesses that are taken for no change.
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
    """The attributes for some writers alone that this change gives another value, or seems not to."""
    if not change.is_new:
        before = change.before
        return [
            one
            for one in resource.guarded
            if one.column in before or (one.scope is not None and one.name in change.sent)
        ]
    sent = [one for one in resource.guarded if one.name in change.sent]
    return [one for one in sent if not _says_nothing(change.sent[one.name], _default(resource, one.column))]


def _is_unchanged(change: Change, attribute: Attribute) -> bool:
    return not change.is_new and attribute.column not in change.before


def _says_nothing(value: object, default: object) -> bool:
    """Whether a new row's value is what it would have anyway."""
    return value is None or value == default or (value is False and default is None)


def _pointer(context: Context, resource: Resource, change: Change, attribute: Attribute) -> str:
    if attribute.name in change.sent:
        return f"/data/attributes/{attribute.wire}"
    relations = context.registry.relations[resource.type].values()
    found = [one.wire for one in relations if one.column == attribute.column]
    return f"/data/relationships/{found[0]}" if found else "/data"


def _default(resource: Resource, column: str) -> object:
    found = resource.written.__table__.columns.get(column)
    if found is None or found.default is None:
        return None
    return getattr(found.default, "arg", None)
