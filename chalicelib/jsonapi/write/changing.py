"""Updates one row: lock, permission check, hooks, flush, signal. Every write of an existing row goes through
here.

The policy is evaluated for the row before and after the change, the hooks of its type run, the row is flushed
and a signal is emitted, all in the caller's transaction.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import select

from chalicelib import db, signals
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.rights.verdicts import demand, evaluate
from chalicelib.jsonapi.write.dependants import refuse_move_with_dependants
from chalicelib.jsonapi.write.links import ResolvedLinks, check_same_parent
from chalicelib.jsonapi.write.room import demand_room
from chalicelib.jsonapi.write.writers import demand_writers

# Waiting for a lock longer than this is answered 503, and the client retries.
SET_LOCK_TIMEOUT: Final = "SELECT set_config('lock_timeout', '3s', true)"


def lock_visible(
    context: Context,
    resource: Resource,
    id: str,
    *,
    trashed: bool = False,
    direct: bool = True,
    removes: bool = False,
) -> Any:
    """Lock and return the row (FOR UPDATE) if it is visible to the viewer. Raises Problem 404.

    `direct` False is for rows reached over a relationship. With `locked_with`, the row's parent is locked
    first: as `locked_for` says, or FOR UPDATE if `removes`.
    """
    missing = not_found(f"There is no {resource.singular} {id}.")
    model: Any = resource.model_or_raise
    if is_number(id):
        condition = model.id == int(id)
    elif resource.identifier is not None:
        condition = getattr(model, resource.identifier) == id
    else:
        raise missing
    _lock_first(context, resource, id, removes=removes)
    row = context.session.scalars(select(model).where(condition).with_for_update()).one_or_none()
    if row is None:
        raise missing
    policy = resource.policy
    rules = [policy.see & policy.read if direct else policy.see, policy.sees_trash]
    visible, sees_trash = evaluate(context, resource, row, rules)
    deleted = resource.soft_delete and row.deleted_at is not None
    if not visible or (deleted and not (trashed and sees_trash)):
        raise missing
    return row


def lock_editable(
    context: Context, resource: Resource, id: str, *, trashed: bool = False, direct: bool = True
) -> Any:
    """Lock and return the row if the viewer may change it. Raises Problem 401, 403 or 404."""
    row = lock_visible(context, resource, id, trashed=trashed, direct=direct)
    demand(context, resource, row, resource.policy.change, f"You may not change this {resource.singular}.")
    return row


def update_row(
    context: Context,
    resource: Resource,
    row: Model,
    chosen: ResolvedLinks,
    values: dict[str, Any],
    *,
    restores: bool = False,
    follows: bool = False,
    then: Callable[[], list[str]] = list,
) -> list[str]:
    """Set new values and links of a row that the viewer may change; returns the names of what has changed.

    `follows` says that this change is a consequence of another one that the viewer was allowed to make: no
    permission is needed for this row, but its hooks run. `then` writes to-many links after the row is flushed
    and returns the names of the changed ones. Raises Problem.
    """
    change = Change(row, sent=values, restores=restores, prefetched=chosen.prefetched)
    new = {**column_values(resource, values), **chosen.columns}
    if restores:
        new["deleted_at"] = None
    for column, value in new.items():
        if getattr(row, column) != value:
            setattr(row, column, value)
    asks = bool(change.before)
    with context.session.no_autoflush:
        check_same_parent(context, resource, row, chosen)
        refuse_move_with_dependants(context, resource, row, change.before)
        # Checked again with the new values: else a row could be moved into somebody else's event.
        demand_writers(context, resource, change, None if follows else resource.policy.change)
        run_hooks(resource.before_write, context, change)
        demand_room(resource, change)
    change.record()
    context.session.flush()
    change.linked = then()
    # Corrections by hooks alone do not count as a change.
    counts = asks or change.linked or change.restores
    changed = sorted({*change.before, *change.linked}) if counts else []
    run_after_hooks(resource, context, change)
    context.session.flush()
    if restores:
        emit_change(context, resource, row, "restored", changed)
    elif changed:
        emit_change(context, resource, row, "updated", changed)
    return changed


def column_values(resource: Resource, values: dict[str, Any]) -> dict[str, Any]:
    """Values by column name. Attributes without a column (a password, "send e-mail") are for hooks only."""
    known = resource.model_or_raise.__table__.columns
    return {
        resource.attributes[name].column: value
        for name, value in values.items()
        if resource.attributes[name].column in known and name != "deleted_at"
    }


def run_hooks(rules: Sequence[Callable[[Context, Change], None]], context: Context, change: Change) -> None:
    """Run the hooks in order."""
    for rule in rules:
        rule(context, change)


def run_after_hooks(resource: Resource, context: Context, change: Change) -> None:
    """Run the hooks that follow a flushed write: the registry's, then the type's own."""
    for follow in context.registry.after_write:
        follow(context, resource, change)
    run_hooks(resource.after_write, context, change)


def emit_change(context: Context, resource: Resource, row: Model, what: str, changed: list[str]) -> None:
    """Emit the signal <type>.<what> in the transaction of the write."""
    signals.emit(
        context.session,
        f"{resource.type}.{what}",
        id=row.id,
        changed=changed,
        viewer_id=context.viewer.id,
    )


def _lock_first(context: Context, resource: Resource, id: str, *, removes: bool) -> None:
    """Lock the row named by `locked_with`, in the same round trip as the lock of the row itself."""
    if resource.locked_with is None:
        return
    relation = context.registry.relation(resource, resource.locked_with)
    first = context.registry[relation.target]
    by = "id = $1::bigint" if is_number(id) else f'"{resource.identifier}" = $1'
    db.enqueue(context.session, SET_LOCK_TIMEOUT)
    db.enqueue(
        context.session,
        f'SELECT id FROM "{first.table}" WHERE id = (SELECT "{relation.column}" FROM "{resource.table}" '
        f"WHERE {by}) FOR {'UPDATE' if removes else resource.locked_for}",
        [id],
    )
