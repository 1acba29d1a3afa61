"""Create, update, delete (soft or permanent) and restore the row that a request is about."""

from collections.abc import Callable, Mapping

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import conflict, not_found
from chalicelib.jsonapi.model.change import (
    Change,
)
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.rights.verdicts import demand, may_be_allowed, refused
from chalicelib.jsonapi.write import linkage
from chalicelib.jsonapi.write.changing import (
    column_values,
    emit_change,
    lock_editable,
    lock_visible,
    run_after_hooks,
    run_hooks,
    update_row,
)
from chalicelib.jsonapi.write.document import Incoming, Linkage, read_resource
from chalicelib.jsonapi.write.insert import insert, new_row
from chalicelib.jsonapi.write.links import check_same_parent, resolve
from chalicelib.jsonapi.write.loading import load_attributes
from chalicelib.jsonapi.write.room import demand_room
from chalicelib.jsonapi.write.trash import is_retained
from chalicelib.jsonapi.write.writers import demand_writers


def create(context: Context, resource: Resource, links: Mapping[str, Linkage | None]) -> Model:
    """Create a row from the request document; it has its id. Raises Problem.

    `links` are defaults for relationships that the document leaves out, by wire name.
    """
    refusal = f"You may not create this {resource.singular}."
    if not may_be_allowed(context, resource, resource.policy.create):
        raise refused(context, refusal)
    incoming = read_resource(context.request, resource.type, None, path=resource.path)
    incoming.linkage = {**links, **incoming.linkage}
    values = load_attributes(resource, incoming, is_new=True)
    chosen = resolve(context, resource, incoming, is_new=True)
    row = new_row(resource.model_or_raise, {**column_values(resource, values), **chosen.columns})
    check_same_parent(context, resource, row, chosen)
    # Its targets were just looked up as visible to the viewer, so that is not checked again.
    demand(context, resource, row, resource.policy.create, refusal, known_visible=chosen.parent_ids.keys())
    change = Change(row, is_new=True, sent=values, prefetched=chosen.prefetched)
    demand_writers(context, resource, change)
    run_hooks(resource.before_write, context, change)
    demand_room(resource, change)
    insert(context.session, row, chosen.reserved)
    change.linked = linkage.replace(context, resource, row, chosen.many)
    run_after_hooks(resource, context, change)
    context.session.flush()
    emit_change(context, resource, row, "created", sorted(values))
    return row


def update(
    context: Context, resource: Resource, id: str, query: Query, demand_state: Callable[[], None]
) -> Model:
    """Update the row `id` from the request document. Raises Problem.

    `demand_state` checks the preconditions (If-Match) of the row, which is locked by then.
    """
    return update_and_compare(context, resource, id, query, demand_state)[0]


def update_and_compare(
    context: Context, resource: Resource, id: str, query: Query, demand_state: Callable[[], None]
) -> tuple[Model, list[str]]:
    """As update(), with the names of what has changed."""
    row: Model = lock_editable(context, resource, id, trashed=query.trashed)
    demand_state()
    spellings = {str(row.id)}
    if resource.identifier is not None:
        spellings.add(getattr(row, resource.identifier))
    identifiers = None if resource.singleton else spellings  # the former API had other ids for single rows
    incoming = read_resource(context.request, resource.type, str(row.id), identifiers, path=resource.path)
    values = load_attributes(resource, incoming, is_new=False, row=row)
    chosen = resolve(context, resource, incoming, is_new=False)
    changed = update_row(
        context,
        resource,
        row,
        chosen,
        values,
        restores=_restores(row, incoming, query),
        then=lambda: linkage.replace(context, resource, row, chosen.many),
    )
    return row, changed


def remove(
    context: Context, resource: Resource, id: str, query: Query, demand_state: Callable[[], None]
) -> None:
    """Soft-delete the row `id`, or delete it permanently where asked for or not soft-deletable. Raises
    Problem.

    `demand_state` is as for update().
    """
    row = lock_visible(context, resource, id, trashed=query.trashed or query.permanent, removes=True)
    singular = resource.singular
    demand(context, resource, row, resource.policy.remove, f"You may not remove this {singular}.")
    if query.permanent and resource.soft_delete:
        demand(context, resource, row, resource.policy.purge, f"You may not remove this {singular} for good.")
    demand_state()
    run_hooks(resource.before_delete, context, Change(row))
    if query.permanent and is_retained(context.session, resource, row.id):
        raise conflict(f"Something refers to this {singular}, which stays in the trash.", "/data")
    if query.permanent or not resource.has_deleted_at(context.request.options):
        context.session.delete(row)
    elif row.deleted_at is not None:
        raise not_found(f"This {singular} is in the trash already.")
    else:
        row.deleted_at = clock.now()
    context.session.flush()
    emit_change(context, resource, row, "deleted", [])


def may_change(context: Context, type_name: str, id: str) -> Model:
    """Lock and return the row `id` of a type if the viewer may change it. Raises Problem 401, 403, 404."""
    if type_name not in context.registry:
        raise not_found(f"There is no type {type_name!r}.")
    row: Model = lock_editable(context, context.registry[type_name], id)
    return row


def _restores(row: Model, incoming: Incoming, query: Query) -> bool:
    if not query.trashed or getattr(row, "deleted_at", None) is None:
        return False
    # Only an explicit null restores; a PATCH without it edits the row in the trash.
    return "deleted-at" in incoming.attributes and incoming.attributes["deleted-at"] is None
