"""To-many relationships: add, remove and replace links, in documents and at relationship endpoints.

Links stored in a column of the other rows are written by updating those rows, with all their hooks. Links in
an association table need the permission to change the row whose type declares them, from either side.
"""

from collections.abc import Sequence

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import Problem, forbidden, invalid
from chalicelib.jsonapi.ground.sql import Param, Row, all_of, render, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.jsonapi.write.changing import lock_editable, run_hooks, update_row
from chalicelib.jsonapi.write.document import Incoming, Linkage
from chalicelib.jsonapi.write.links import ResolvedLinks, look_up, not_shared, parent_of, resolve, visible


def change(
    context: Context, resource: Resource, row: Model, relation: Relation, sent: Linkage | list[Linkage] | None
) -> bool:
    """Apply the request's method to the links of a row that the viewer may change.

    Returns whether the links have changed. Raises Problem.
    """
    if not relation.many:
        if isinstance(sent, list):
            raise invalid("A to-one relationship takes one resource identifier or null.", "/data")
        return _change_one(context, resource, row, relation, sent)
    if not isinstance(sent, list):
        raise invalid("A to-many relationship takes an array of resource identifiers.", "/data")
    differs = _TO_MANY[context.request.method](context, resource, row, relation, sent)
    if differs and relation.name in resource.declared:
        run_hooks(resource.after_write, context, Change(row, linked=[relation.name]))
    return differs


def _change_one(
    context: Context, resource: Resource, row: Model, relation: Relation, sent: Linkage | None
) -> bool:
    method = context.request.method
    if relation.column is None:
        change = _remove if method == "DELETE" and sent else _replace
        return change(context, resource, row, relation, [sent] if sent else [])
    if method == "DELETE":
        linked_id = getattr(row, relation.column)
        if sent is not None and all(
            target[0] != linked_id for target in visible(context, [(relation, sent)]).values()
        ):
            return False
        sent = None
    incoming = Incoming(resource.type, str(row.id), linkage={relation.wire: sent})
    try:
        return bool(
            update_row(context, resource, row, resolve(context, resource, incoming, is_new=False), {})
        )
    except Problem as problem:
        # At a relationship endpoint the linkage itself is the document.
        if problem.pointer and problem.pointer.startswith("/data/relationships/"):
            problem.pointer = "/data"
        raise


def replace(
    context: Context, resource: Resource, row: Model, links: Sequence[tuple[Relation, list[Linkage]]]
) -> list[str]:
    """Replace these to-many links of a row; returns the names of the relationships that have changed."""
    return [relation.name for relation, sent in links if _replace(context, resource, row, relation, sent)]


def _replace(
    context: Context, resource: Resource, row: Model, relation: Relation, sent: list[Linkage]
) -> bool:
    ids = _ids(context, resource, row, relation, sent)
    present = _present(context, row, relation)
    pointers = dict(zip(ids, sent, strict=True))
    new = [id for id in pointers if id not in present]
    gone = sorted(present - set(ids))
    # Unlink first, as some relationships have room for one only.
    removed = _unlink(context, resource, row, relation, gone)
    return _link(context, resource, row, relation, new, [pointers[id].pointer for id in new]) or removed


def _add(context: Context, resource: Resource, row: Model, relation: Relation, sent: list[Linkage]) -> bool:
    ids = _ids(context, resource, row, relation, sent)
    present = _present(context, row, relation)
    pairs = {id: identifier.pointer for id, identifier in zip(ids, sent, strict=True) if id not in present}
    return _link(context, resource, row, relation, list(pairs), list(pairs.values()))


def _remove(
    context: Context, resource: Resource, row: Model, relation: Relation, sent: list[Linkage]
) -> bool:
    # DELETE is idempotent: unlinked and unknown rows count as removed.
    named = {id for id, _, _ in visible(context, [(relation, identifier) for identifier in sent]).values()}
    return _unlink(context, resource, row, relation, sorted(named & _present(context, row, relation)))


_TO_MANY = {"PATCH": _replace, "POST": _add, "DELETE": _remove}


def _ids(
    context: Context, resource: Resource, row: Model, relation: Relation, sent: list[Linkage]
) -> list[int]:
    parent_id = parent_of(context, resource, row, relation)
    ids = []
    for identifier, (id, shared, _) in zip(
        sent, look_up(context, [(relation, identifier) for identifier in sent]), strict=True
    ):
        if relation.same_parent is not None and shared != parent_id:
            raise not_shared(relation, identifier.pointer)
        ids.append(id)
    return ids


def _present(context: Context, row: Model, relation: Relation) -> set[int]:
    """The ids of linked rows visible to the viewer: hidden ones are neither changed nor disclosed."""
    target = context.registry[relation.target]
    end = Row("c")
    source, start = f"{target.from_sql} {end}", f'{end}."{relation.remote}"'
    condition = Compiler(context.registry, context.viewer.kind).condition(target.policy.see, target, end)
    if relation.remote is not None:
        condition = all_of(condition, not_deleted(target, end))
    else:
        source += f' JOIN "{relation.through}" l ON l."{relation.right}" = {end}.id'
        start = f'l."{relation.left}"'
    chosen = f"SELECT {end}.id FROM {source} WHERE {start} = "
    statement = render(sql(chosen, Param("row", "bigint"), " AND ", condition))
    values = viewer_parameters.values(statement, context.viewer, {"row": row.id})
    return {id for (id,) in db.fetch(context.session, statement.text, values)}


def _link(
    context: Context, resource: Resource, row: Model, relation: Relation, ids: list[int], pointers: list[str]
) -> bool:
    target = context.registry[relation.target]
    for id, pointer in zip(ids, pointers, strict=True):
        if relation.remote is None:
            _demand_declaring_side(context, resource, row, relation, id, pointer, True)
            continue
        other = lock_editable(context, target, str(id), direct=False)
        try:
            update_row(context, target, other, ResolvedLinks(columns={relation.remote: row.id}), {})
        except Problem as problem:
            problem.pointer = pointer
            raise
    if ids and relation.remote is None:
        # The hooks of the declaring type run whichever side the links are written from.
        db.fetch(
            context.session,
            f'INSERT INTO "{relation.through}" ("{relation.left}", "{relation.right}") '
            "SELECT $1::bigint, unnest($2::bigint[]) ON CONFLICT DO NOTHING",
            [row.id, ids],
        )
        if relation.name not in resource.declared:
            for id in ids:
                other = context.session.get_one(target.model_or_raise, id)
                run_hooks(target.after_write, context, Change(other, linked=[relation.inverse or ""]))
    return bool(ids)


def _unlink(context: Context, resource: Resource, row: Model, relation: Relation, ids: list[int]) -> bool:
    if ids and relation.required:
        singular = context.registry[relation.target].singular
        detail = f"A {singular} cannot be without its {resource.singular}; remove it instead."
        raise forbidden(detail, "/data")
    target = context.registry[relation.target]
    for id in ids:
        if relation.remote is None:
            _demand_declaring_side(context, resource, row, relation, id, "/data", False)
            continue
        other = lock_editable(context, target, str(id), direct=False)
        update_row(context, target, other, ResolvedLinks(columns={relation.remote: None}), {})
    if ids and relation.remote is None:
        db.fetch(
            context.session,
            f'DELETE FROM "{relation.through}" '
            f'WHERE "{relation.left}" = $1::bigint AND "{relation.right}" = ANY($2::bigint[])',
            [row.id, ids],
        )
    return bool(ids)


def _demand_declaring_side(
    context: Context, resource: Resource, row: Model, relation: Relation, id: int, pointer: str, links: bool
) -> None:
    """Check the permission on the declaring side of a link, and run its before_link hook."""
    declares, other, name = resource, id, relation.name
    if relation.name not in resource.declared:
        declares, other, name = context.registry[relation.target], row.id, relation.inverse or ""
        row = lock_editable(context, declares, str(id), direct=False)
    rule = declares.before_link.get(name)
    if rule is None:
        return
    try:
        rule(context, row, [other] if links else [], [] if links else [other])
    except Problem as problem:
        problem.pointer = pointer
        raise
