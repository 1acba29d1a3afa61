"""Permission check before a stored answer is replayed: permissions may have been revoked since.

If the caller's roles have changed, the request is executed again and rolled back; a refusal of it refuses the
replay. And everything that the answer shows must still be visible to the caller.
"""

import hashlib
import json
from typing import Any

from chalicelib import db_statements
from chalicelib.auth import viewer as viewers
from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.errors import Problem, Problems, forbidden, not_found
from chalicelib.jsonapi.ground.ids import is_number
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.ground.sql import TRUE, Param, Row, all_of, render, sql
from chalicelib.jsonapi.http.shapes import Work
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.read.find import Target, find
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.soft_delete import not_deleted

_REFUSALS = {401, 403, 404}
_GONE = "A resource in the answer to this request no longer exists."


class _Undone(Exception):
    """Rolls back the trial execution, which succeeded."""


def permissions_digest(viewer: Viewer) -> str:
    """A digest of what gives the viewer permissions: identity and roles."""
    grants = {role: sorted(events) for role, events in sorted(viewer.grants.items())}
    whole = [
        viewer.id,
        viewer.profile_id,
        viewer.email,
        viewer.is_verified,
        viewer.is_admin,
        viewer.is_super_admin,
        grants,
        *([dict(viewer.opens)] if viewer.opens else []),
    ]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def demand_right(context: Context, work: Work, former: Answer, former_digest: str | None) -> None:
    """Raise Problem 401, 403 or 404 unless the caller may still have this answer. `former_digest` is their
    digest then.
    """
    if not 200 <= former.status < 300:
        return
    if former_digest != permissions_digest(context.viewer):
        _try_again(context, work)
    _demand_visible(context, former)


def _try_again(context: Context, work: Work) -> None:
    from chalicelib.db import savepoint  # lazy: a cold read needs no SQLAlchemy

    try:
        with savepoint(context.session):
            work(context)
            raise _Undone
    except _Undone:
        pass
    except (Problem, Problems) as refusal:
        first = refusal.problems[0] if isinstance(refusal, Problems) else refusal
        if first.status in _REFUSALS:
            raise


def _demand_visible(context: Context, former: Answer) -> None:
    try:
        document = json.loads(former.body)
    except ValueError:
        return  # not a JSON:API document
    if not isinstance(document, dict) or "jsonapi" not in document:
        return
    data = document.get("data")
    if isinstance(data, dict) and "attributes" in data:
        _demand_shown(context, data)
    elif data:
        _demand_seen(context, data if isinstance(data, list) else [data])
    _demand_seen(context, document.get("included", ()))


def _demand_shown(context: Context, shown: dict[str, Any]) -> None:
    """Raise unless the resource is visible, with every attribute and relationship that the answer shows."""
    if shown["type"] not in context.registry:
        return
    noun = context.registry[shown["type"]]
    if "read" not in noun.methods:
        return
    viewer = context.viewer
    if viewer.id is None and noun.viewer_after_create is not None:
        creator = viewers.load(context.session, int(shown["id"]))
        if creator is None:
            raise not_found(_GONE)
        context = context.acting_as(creator)
    trashed = context.request.flag("get_trashed", "with_trashed")
    now = find(context, Target(noun.type, shown["id"]), Query(trashed=trashed)).data
    if now is None:
        raise not_found(_GONE)
    visible = json.loads(now)
    for members in ("attributes", "relationships"):
        if shown.get(members, {}).keys() - visible.get(members, {}).keys():
            raise forbidden("You may no longer see the answer to this request.")


def _demand_seen(context: Context, identifiers: list[dict[str, Any]]) -> None:
    """Raise unless each of these resources is visible to the caller."""
    by_type: dict[str, set[int]] = {}
    for identifier in identifiers:
        if identifier["type"] in context.registry and is_number(str(identifier["id"])):
            by_type.setdefault(identifier["type"], set()).add(int(identifier["id"]))
    for type_name, ids in by_type.items():
        if _seen(context, context.registry[type_name], sorted(ids)) < len(ids):
            raise not_found(_GONE)


def _seen(context: Context, noun: Resource, ids: list[int]) -> int:
    compiler = Compiler(context.registry, context.viewer.kind, frozenset(context.viewer.proofs))
    row = Row("t")
    alive = TRUE if context.request.flag("get_trashed", "with_trashed") else not_deleted(noun, row)
    meant = sql(row["id"], " = ANY(", Param("ids", "bigint[]"), ")")
    condition = all_of(meant, alive, compiler.condition(noun.policy.see, noun, row))
    statement = render(sql(f"SELECT count(*) FROM {noun.from_sql} {row} WHERE ", condition))
    values = viewer_parameters.values(statement, context.viewer, {"ids": ids})
    rows = db_statements.fetch(context.session, statement.text, values, flush=False)
    return int(rows[0][0])
