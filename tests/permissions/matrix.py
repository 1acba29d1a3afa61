"""The table: a line per type, method and event, a column per kind of viewer, a status code per cell.

`python -m tests.permissions.matrix [type ...]` writes what the application does now, of all nouns or of those
that it is told; the difference to the table in the repository is what a change of a policy means, for people
to read.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib import db, entrypoints, signals  # noqa: F401 - the door declares what nouns listen to
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from devstack import database, postgres
from devstack.stripe_stand_in import StripeStandIn
from tests.permissions import stage as stages
from tests.permissions.page import write_page
from tests.permissions.stage import GUEST, VIEWERS, Stage
from tests.support.documents import document

TABLE = Path(__file__).with_name("matrix.txt")
METHODS = ("list", "create", "read", "update", "delete", "rel_read", "rel_write")
_WIDTHS = (28, 10, 11)

Line = tuple[str, str, str]
Cells = dict[Line, list[int]]

# Nouns without a table, whose ids are those of sessions of a certain kind.
_VIEWS_OF_SESSIONS = ("proposal", "review-result")


def tried(resource: Resource, stage: Stage) -> Cells:
    """What every kind of viewer gets, for every method that the noun offers and every event."""
    cells: Cells = {}
    for situation in stages.situations(resource):
        for method, verb, path, body, row in requests(resource, stage, situation):
            users = {**stage.users, "self": owner_of(resource, row) or stage.users["self"]}
            order = order_of(resource, row) or stage.orders.get(situation, stage.orders["published"])
            cells[resource.type, method, situation] = [
                stages.status(verb, path, users.get(viewer), body, order if viewer == GUEST else None)
                for viewer in VIEWERS
            ]
    return cells


def requests(resource: Resource, stage: Stage, situation: str) -> Iterator[tuple[str, str, str, bytes, Any]]:
    """(method, HTTP method, path, body, the row or None)."""
    collection, new = f"/v1/{resource.path}", b""
    with db.transaction() as session, signals.muted():
        hangs_on = stages.parents(session, resource, stage, situation)
        if "create" in resource.methods:
            new = _dumped(stages.creating(session, resource, hangs_on))
    if "create" in resource.methods:  # before there is a row: some nouns are one per event
        yield "create", "POST", collection, new, None
    with db.transaction() as session, signals.muted():
        row = _row(session, resource, stage, situation, hangs_on)
    id = row.id if row is not None else 1
    if "list" in resource.methods:
        yield "list", "GET", collection, b"", row
    relation = tried_link(resource)
    if relation is not None:
        address = f"{collection}/{id}/relationships/{relation.wire}"
        yield "rel_read", "GET", address, b"", row
        if not relation.read_only:
            yield "rel_write", "PATCH", address, _dumped(_same_link(relation, row)), row
    if "read" in resource.methods:
        yield "read", "GET", f"{collection}/{id}", b"", row
    if "update" in resource.methods:
        yield "update", "PATCH", f"{collection}/{id}", _dumped(document(resource.type, {}, id)), row
    if "delete" in resource.methods:
        yield "delete", "DELETE", f"{collection}/{id}", b"", row


def methods(resource: Resource) -> list[str]:
    """The methods that are tried for a noun."""
    relation = tried_link(resource)
    links = [] if relation is None else ["rel_read", *([] if relation.read_only else ["rel_write"])]
    return [method for method in METHODS if method in resource.methods or method in links]


def tried_link(resource: Resource) -> Relation | None:
    """The relationship at whose address reading and writing is tried: the first one of the noun's own."""
    if resource.model is None or resource.singleton:
        return None
    own = [relation for relation in REGISTRY.relations[resource.type].values() if relation.column is not None]
    return min(own, key=lambda relation: relation.read_only, default=None)


def _same_link(relation: Relation, row: Any) -> Any:
    """A document that leaves the link as it is: 204 for those who may."""
    id = getattr(row, relation.column or "")
    return {"data": None if id is None else {"type": relation.target, "id": str(id)}}


def _row(session: Any, resource: Resource, stage: Stage, situation: str, hangs_on: dict[str, Any]) -> Any:
    if resource.type == "event":
        return stage.events[situation]
    if resource.type in _VIEWS_OF_SESSIONS:  # an id that there happens to be would tell nothing
        return stages.make_row(session, resource, {"event": stage.events["published"]})
    if resource.singleton or resource.model is None:
        return None
    return stages.make_row(session, resource, hangs_on)


def owner_of(resource: Resource, row: Any) -> int | None:
    if row is not None and resource.type == "user":
        return int(row.id)
    for column in ("user_id", "creator_id"):
        if getattr(row, column, None) is not None:
            return int(getattr(row, column))
    return None


def order_of(resource: Resource, row: Any) -> int | None:
    """The order that the row is, or belongs to."""
    id = getattr(row, "id" if resource.type == "order" else "order_id", None)
    return None if id is None else int(id)


def _dumped(content: Any) -> bytes:
    return json.dumps(content).encode()


def written(cells: Cells) -> str:
    """The table as text."""
    head = "".join(
        name.ljust(width) for name, width in zip(("type", "method", "event"), _WIDTHS, strict=True)
    )
    lines = [head + " ".join(VIEWERS)]
    for line, codes in cells.items():
        start = "".join(part.ljust(width) for part, width in zip(line, _WIDTHS, strict=True))
        codes_text = " ".join(str(code).ljust(len(name)) for code, name in zip(codes, VIEWERS, strict=True))
        lines.append((start + codes_text).rstrip())
    return "\n".join(lines) + "\n"


def declared() -> Cells:
    """The table in the repository."""
    cells: Cells = {}
    for text in TABLE.read_text().splitlines()[1:]:
        type_name, method, situation, *codes = text.split()
        cells[type_name, method, situation] = [int(code) for code in codes]
    return cells


def replaced(before: Cells, found: Cells) -> Cells:
    """The table with other lines for the nouns that were tried, and without those of nouns that are gone."""
    tried_types = {line[0] for line in found}
    kept = {
        line: codes for line, codes in before.items() if line[0] in REGISTRY and line[0] not in tried_types
    }
    # Sorted by type alone: the lines of a noun stay in the order in which they were tried.
    return dict(sorted({**kept, **found}.items(), key=lambda item: item[0][0]))


def _tried_on_databases_of_our_own(resources: list[Resource]) -> Cells:
    cells: Cells = {}
    with postgres.temporary() as server:
        database.create_if_missing(server.url("postgres"), "template")
        database.migrate(server.url("template"))
        os.environ["JWT_KEYS"] = "matrix:" + "k" * 32
        os.environ["STRIPE_CONNECT_URL"] = StripeStandIn(pays=False).url
        os.environ["LIMITS"] = "off"  # the same is asked more often than anybody would
        for number, resource in enumerate(resources):
            database.clone(server.url("postgres"), "template", f"matrix_{number}")
            os.environ["DATABASE_URL"] = server.url(f"matrix_{number}")
            settings.cache_clear()
            cells.update(tried(resource, stages.furnish()))
            db.forget()
    return cells


def main(arguments: list[str]) -> int:
    """Write the table and the page that shows it; the exit code."""
    unknown = [name for name in arguments if name not in REGISTRY]
    if unknown:
        known = ", ".join(sorted(resource.type for resource in REGISTRY))
        print(f"There is no noun {', '.join(unknown)}. TYPE is one of {known}.", file=sys.stderr)
        return 2
    types = arguments or sorted(resource.type for resource in REGISTRY)
    found = _tried_on_databases_of_our_own([REGISTRY[name] for name in types])
    cells = replaced(declared(), found)
    table = written(cells)
    TABLE.write_text(table)
    write_page(table)
    print(f"{TABLE.name}: {len(found)} of {len(cells)} lines were tried: git diff shows what is otherwise")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
