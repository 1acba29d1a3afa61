"""Resolves resource linkage to ids of visible rows that belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import object_session

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.db import Model
from chalicelib.jsonapi.ground.errors import bad_document, invalid, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.sql import Param, Row, Statement, all_of, joined, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.related import join_over
from chalicelib.jsonapi.rights.soft_delete import not_deleted
from chalicelib.jsonapi.rights.verdicts import roles_by_id
from chalicelib.jsonapi.rights.viewer_parameters import KnownRoles
from chalicelib.jsonapi.write.document import Incoming, Linkage, is_type
from chalicelib.jsonapi.write.insert import next_id
from chalicelib.jsonapi.write.required_links import Linked, demand_known, demand_required


@dataclass(slots=True)
class ResolvedLinks:
    """The resolved links of one document: column values, and to-many linkage still to be written.

    For each to-one with a target, `parent_ids` has the id of the shared parent, and `prefetched` the
    columns. `reserved` is the id of a new row, if anything was looked up.
    """

    columns: dict[str, int | None] = field(default_factory=dict)
    parent_ids: dict[str, int | None] = field(default_factory=dict)
    prefetched: dict[str, dict[str, Any]] = field(default_factory=dict)
    many: list[tuple[Relation, list[Linkage]]] = field(default_factory=list)
    reserved: int | None = None


def resolve(context: Context, resource: Resource, incoming: Incoming, *, is_new: bool) -> ResolvedLinks:
    """Resolve the relationships of a document. Raises Problem 404 (target not visible) or 422."""
    relations = context.registry.relations[resource.type]
    _demand_members(relations, incoming)
    chosen = ResolvedLinks()
    to_one: list[tuple[Relation, Linkage]] = []
    for wire, linkage in incoming.linkage.items():
        pointer = f"/data/relationships/{wire.replace('~', '~0').replace('/', '~1')}"
        relation = relations.get(wire.replace("-", "_"))
        if relation is None and not linkage:
            continue  # old clients send each link of their own models, and this one is empty
        if relation is None:
            raise invalid(f"{resource.type} has no relationship {wire!r}.", pointer)
        if relation.read_only:
            continue
        if relation.many:
            if not isinstance(linkage, list):
                raise invalid(f"{wire} takes an array of resource identifiers.", f"{pointer}/data")
            chosen.many.append((relation, linkage))
        elif isinstance(linkage, list):
            raise invalid(f"{wire} takes one resource identifier or null.", f"{pointer}/data")
        elif relation.column is None:
            chosen.many.append((relation, [] if linkage is None else [linkage]))
        elif linkage is not None:
            to_one.append((relation, linkage))
        elif relation.required:
            raise invalid(f"{wire} may not be null.", f"{pointer}/data")
        else:
            chosen.columns[relation.column] = None
    if is_new:
        demand_required(relations, incoming, to_one)
    also = next_id(resource.model_or_raise) if is_new else None
    linked_rows = visible(context, to_one, also)
    if is_new and linked_rows:
        chosen.reserved = linked_rows.pop(len(to_one))[0]
    for number, (relation, linkage) in enumerate(to_one):
        if number not in linked_rows:
            demand_known(context, to_one, linked_rows, relation, linkage)
            continue
        id, parent_id, prefetched = linked_rows[number]
        chosen.columns[relation.column or ""] = id
        chosen.parent_ids[relation.name] = parent_id
        chosen.prefetched[relation.name] = prefetched or {}
    for relation in relations.values() if is_new else ():
        if relation.known_by in chosen.parent_ids and relation.name not in chosen.parent_ids:
            chosen.columns.setdefault(relation.column or "", chosen.parent_ids[relation.known_by])
    return chosen


def _demand_members(relations: Mapping[str, Relation], incoming: Incoming) -> None:
    """Raise Problem 400 for a relationship of the type that is sent without any member of one."""
    for name in incoming.hollow:
        relation = relations.get(name.replace("-", "_"))
        if relation is not None and not relation.read_only:
            raise bad_document("A relationship has data, links or meta.", f"/data/relationships/{name}")


def look_up(
    context: Context, links: Sequence[tuple[Relation, Linkage]], also: str | None = None
) -> list[Linked]:
    """The rows behind linkage, in order, by one statement. Raises Problem 404 or 422.

    `also` is an SQL expression for one more number, returned as the id of the last item.
    """
    linked_rows = visible(context, links, also)
    for number, (relation, linkage) in enumerate(links):
        if number not in linked_rows:
            singular = context.registry[relation.target].singular
            raise not_found(f"There is no {singular} {linkage.id:.100}.", linkage.pointer)
    return [linked_rows[number] for number in sorted(linked_rows)]


def visible(
    context: Context, links: Sequence[tuple[Relation, Linkage]], also: str | None = None
) -> dict[int, Linked]:
    """The rows behind linkage that are visible to the viewer, by their index in `links`.

    Hidden and missing rows are indistinguishable. `also` is as for look_up(). Raises Problem 422 for a type
    that the relationship does not take.
    """
    values: dict[object, object] = {}
    lookups = []
    for number, (relation, linkage) in enumerate(links):
        target = context.registry[relation.target]
        if not is_type(linkage.type, target.type, target.path):
            raise invalid(
                f"{relation.wire} takes resources of type {target.type}.", f"{linkage.pointer}/type"
            )
        if is_number(linkage.id) or target.identifier is not None:
            values[number] = linkage.id
            by_id = is_number(linkage.id)
            roles = roles_by_id(context, target, linkage.id) if by_id else frozenset()
            lookups.append((number, relation.owner, relation.name, by_id, roles))
    if not lookups:
        return {}
    proofs = frozenset(context.viewer.proofs)
    kind = context.viewer.kind
    statement = _looking_up(context.registry, kind, tuple(lookups), len(links), also, proofs)
    given = viewer_parameters.values(statement, context.viewer, values)
    rows = db.fetch(context.session, statement.text, given, flush=False)
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


@lru_cache(maxsize=512)
def _looking_up(
    registry: Registry,
    kind: Kind,
    lookups: tuple[tuple[int, str, str, bool, KnownRoles], ...],
    last: int,
    also: str | None,
    proofs: frozenset[str],
) -> Statement:
    """The statement that finds the targets of these relationships (owner, name), by id or by identifier.

    Known roles of the viewer there are folded.
    """
    compiler = Compiler(registry, kind, proofs)
    selects = []
    for number, owner, name, by_id, roles in lookups:
        row = Row("c", roles=dict(roles), identified=not by_id)
        relation = registry.relations[owner][name]
        target = registry[relation.target]
        column, kind_of_id = ("id", "bigint") if by_id else (target.identifier, "text")
        seen = all_of(
            sql(row[column or ""], " = ", Param(number, kind_of_id)),
            not_deleted(target, row),
            compiler.condition(target.policy.see, target, row),
        )
        parent = _parent(registry, relation, target)
        shared = f'c."{parent}"' if parent else "NULL::bigint"
        prefetched = ", ".join(f"""'{column}', c."{column}\"""" for column in relation.prefetch)
        more = f"json_build_object({prefetched})" if prefetched else "NULL::json"
        selects.append(
            sql(f"SELECT {number}, c.id, {shared}, {more} FROM {target.from_sql} {row} WHERE ", seen)
        )
    if also is not None:
        selects.append(sql(f"SELECT {last}, {also}, NULL::bigint, NULL::json"))
    return render(joined(" UNION ALL ", selects))


def check_same_parent(context: Context, resource: Resource, row: Model, chosen: ResolvedLinks) -> None:
    """Raise Problem 422 for links between rows that do not share their parent, e.g. the event."""
    relations = context.registry.relations[resource.type]
    for name, parent_id in chosen.parent_ids.items():
        relation = relations[name]
        if relation.same_parent is not None and parent_id != parent_of(context, resource, row, relation):
            raise not_shared(relation, f"/data/relationships/{relation.wire}/data")
    if object_session(row) is None:
        return  # a new row has no other links
    moved = {
        relation.name
        for relation in relations.values()
        if relation.column and relation.column in chosen.columns
    }
    if not moved:
        return
    for relation in relations.values():
        if relation.same_parent in moved and relation.name not in chosen.parent_ids:
            _check_others(context, resource, row, relation)


def parent_of(context: Context, resource: Resource, row: Model, relation: Relation) -> int | None:
    """The id of the parent that a row linked over the relation must share with this row; None: nothing."""
    if relation.same_parent is None:
        return None
    column = context.registry.relation(resource, relation.same_parent).column
    value: int | None = getattr(row, column or "")
    return value


def not_shared(relation: Relation, pointer: str) -> Exception:
    """The 422 for a link to a row of, say, another event."""
    return invalid(f"{relation.wire} must belong to the same {relation.same_parent}.", pointer)


def _parent(registry: Registry, relation: Relation, target: Resource) -> str | None:
    if relation.same_parent is None:
        return None
    return registry.relation(target, relation.same_parent).column


def _check_others(context: Context, resource: Resource, row: Model, relation: Relation) -> None:
    """Raise Problem 422 if a row that moves is still linked with rows of the former parent."""
    target = context.registry[relation.target]
    compiler = Compiler(context.registry, context.viewer.kind)
    start, end = Row("t"), Row("c")
    source, match = join_over(compiler.new_row, relation, target, start, end)
    columns: dict[object, object] = {"id": row.id}
    if relation.column is not None:
        columns[relation.column] = getattr(row, relation.column)
    literals = joined(", ", (sql(Param(name, "bigint"), f' AS "{name}"') for name in columns))
    parent = _parent(context.registry, relation, target) or ""
    values: dict[object, object] = {**columns, "parent_id": parent_of(context, resource, row, relation)}
    differs = sql(end[parent], " IS DISTINCT FROM ", Param("parent_id", "bigint"))
    select = sql(
        "SELECT 1 FROM (SELECT ", literals, f") {start}, ", source, " WHERE ", match, " AND ", differs
    )
    statement = render(sql(select, " LIMIT 1"))
    given = viewer_parameters.values(statement, context.viewer, values)
    if db.fetch(context.session, statement.text, given, flush=False):
        raise invalid(
            f"It is linked with {relation.wire} of its present {relation.same_parent} and cannot move alone.",
            f"/data/relationships/{(relation.same_parent or '').replace('_', '-')}",
        )
