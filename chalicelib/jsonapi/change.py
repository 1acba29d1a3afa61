"""Changing one row, with its rules and rights. Every write of an existing row comes through here.

The policy is asked before and after the change, the noun's own rules run, the row is flushed,
and what happened is told as a signal, all in the caller's transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from chalicelib import signals
from chalicelib.db import Model
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import forbidden, not_found
from chalicelib.jsonapi.links import Chosen, check_within
from chalicelib.jsonapi.read import is_number
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.rights import demand, passes

_ABSENT = object()


@dataclass(slots=True)
class Change:
    """One write in progress, as the rules of a noun see it.

    row        the row with its new values; rules may set more
    is_new     whether it is being created
    sent       what the client sent and the schema accepted, by Python name
    before     the former values of changed columns
    restores   whether the row is coming back from the trash
    linked     names of the to-many relationships whose links have changed, once they have
    brought    what the row's new to-one relationships bring along, by relationship and column
    """

    row: Any
    is_new: bool = False
    sent: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    restores: bool = False
    linked: list[str] = field(default_factory=list)
    brought: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def seen(context: Context, resource: Resource, id: str, *, trashed: bool = False, direct: bool = True) -> Any:
    """The row, locked until the end of the transaction, if the viewer can see it; else 404.

    `direct` False is for rows that are reached over a relationship.
    """
    missing = not_found(f"There is no {resource.singular} {id}.")
    model: Any = resource.written
    if is_number(id):
        condition = model.id == int(id)
    elif resource.identifier is not None:
        condition = getattr(model, resource.identifier) == id
    else:
        raise missing
    row = context.session.scalars(select(model).where(condition).with_for_update()).one_or_none()
    if row is None:
        raise missing
    policy = resource.policy
    rules = [policy.see & policy.read if direct else policy.see, policy.sees_trash]
    visible, sees_trash = passes(context, resource, row, rules)
    deleted = resource.soft_delete and row.deleted_at is not None
    if not visible or (deleted and not (trashed and sees_trash)):
        raise missing
    return row


def changeable(
    context: Context, resource: Resource, id: str, *, trashed: bool = False, direct: bool = True
) -> Any:
    """The row, locked, if the viewer may change it. Raises Problem 401, 403 or 404."""
    row = seen(context, resource, id, trashed=trashed, direct=direct)
    demand(context, resource, row, resource.policy.change, f"You may not change this {resource.singular}.")
    return row


def apply(
    context: Context,
    resource: Resource,
    row: Model,
    chosen: Chosen,
    values: dict[str, Any],
    *,
    restores: bool = False,
    then: Callable[[], list[str]] = list,
) -> list[str]:
    """Give a row that the viewer may change new values and links; returns what has changed.

    `then` makes to-many links after the row itself is flushed, and names those that changed.
    """
    change = Change(row, sent=values, restores=restores, brought=chosen.brought)
    new = {**columns(resource, values), **chosen.columns}
    if restores:
        new["deleted_at"] = None
    for column, value in new.items():
        former = getattr(row, column)
        if former != value:
            change.before[column] = former
            setattr(row, column, value)
    with context.session.no_autoflush:
        check_within(context, resource, row, chosen)
        demand_writers(context, resource, change)
        if change.before:
            # Asked again with the new values: else a row could be moved into a stranger's event.
            demand(context, resource, row, resource.policy.change, "You may not make this change.")
        run(resource.before_write, context, change)
    context.session.flush()
    change.linked = then()
    changed = sorted({*change.before, *change.linked})
    run(resource.after_write, context, change)
    context.session.flush()
    if restores:
        tell(context, resource, row, "restored", changed)
    elif changed:
        tell(context, resource, row, "updated", changed)
    return changed


def columns(resource: Resource, values: dict[str, Any]) -> dict[str, Any]:
    """Values by column. Attributes without one (a password, "send e-mail") are for rules alone."""
    known = resource.written.__table__.columns
    return {
        resource.attributes[name].column: value
        for name, value in values.items()
        if resource.attributes[name].column in known and name != "deleted_at"
    }


def demand_writers(context: Context, resource: Resource, change: Change) -> None:
    """Refuse attributes that only some may set, unless what was sent changes nothing."""
    for name, value in change.sent.items():
        attribute = resource.attributes[name]
        writers = attribute.first_writers if change.is_new else attribute.writers
        if writers is None:
            continue
        if change.is_new:
            unchanged = value in (None, _default(resource, attribute.column))
        else:
            unchanged = attribute.column not in change.before
        if not unchanged and not passes(context, resource, change.row, [writers])[0]:
            raise forbidden(f"You may not set {attribute.wire}.", f"/data/attributes/{attribute.wire}")


def run(rules: Sequence[Callable[[Context, Change], None]], context: Context, change: Change) -> None:
    """Let the noun's own rules have their say, in order."""
    for rule in rules:
        rule(context, change)


def tell(context: Context, resource: Resource, row: Model, what: str, changed: list[str]) -> None:
    """Emit <type>.<what> in the write's own transaction."""
    signals.emit(
        context.session,
        f"{resource.type}.{what}",
        id=row.id,
        changed=changed,
        viewer_id=context.viewer.id,
    )


def _default(resource: Resource, column: str) -> object:
    found = resource.written.__table__.columns.get(column)
    if found is None or found.default is None:
        return None
    return getattr(found.default, "arg", None)
