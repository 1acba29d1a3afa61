"""Compares what our API answers with what the former server answered, attribute by attribute."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.db import Model
from chalicelib.resources import REGISTRY
from tests.moving_in import former
from tests.support.databases import TestDatabase
from tests.support.http_client import Client

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
ACTORS: Final = ("admin", "organiser", "anonymous")
ABSENT: Final = "(not there)"
STATUS: Final = "(HTTP status)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute (or STATUS) of one row, for one actor: what it was there, and what it is here.

    `is_hidden` says of a row that is not found whether it is in the trash, or has not come.
    """

    type: str
    id: str
    actor: str
    name: str
    there: Any
    here: Any
    is_hidden: bool = False


def differences(client: Client, database: TestDatabase) -> Iterator[Difference]:
    """All differences of all rows and actors. Times are compared as moments."""
    for actor in ACTORS:
        who = former.answers()["actors"][actor]
        asking = client if who is None else client.signed_in_as(who["user_id"])
        for row in former.answers()["rows"]:
            yield from _of_row(row, actor, asking, database)


def _of_row(row: dict[str, Any], actor: str, asking: Client, database: TestDatabase) -> Iterator[Difference]:
    key = (row["type"], row["id"], actor)
    path = _path_here(row, database)
    if path is None:
        yield Difference(*key, STATUS, row["answers"][actor]["status"], ABSENT, is_hidden=True)
        return
    reply, there = asking.get(path), row["answers"][actor]
    if there["status"] != reply.status:
        hidden = reply.status == 404 and _in_the_trash(path, database)
        yield Difference(*key, STATUS, there["status"], reply.status, hidden)
        return
    if reply.status != 200:
        return
    here = reply.data["attributes"] if "data" in reply.json else reply.json
    for name, value in _expected(row, actor).items():
        if name not in here:
            yield Difference(*key, name, value, ABSENT)
        elif _plain(value) != _plain(here[name]):
            yield Difference(*key, name, value, here[name])


def _path_here(row: dict[str, Any], database: TestDatabase) -> str | None:
    """The path with the row's id here; None for a row that has not come."""
    table, id = row["table"], int(row["id"])
    if row["type"] == "speaker-image-sizes":
        table = "image_sizes of speakers"
    found = database.rows(
        "SELECT new_id FROM moved_rows WHERE source = :source AND old_id = :id", source=table, id=id
    )
    if not found:
        return None
    path: str = row["path"]
    return path.replace(f"/{row['id']}", f"/{found[0]['new_id']}")


def _in_the_trash(path: str, database: TestDatabase) -> bool:
    """Whether a row, or what it belongs to, is in the trash."""
    _, _, plural, id = path.split("/")
    resource = next(noun for noun in REGISTRY if noun.path == plural)
    return _is_deleted(resource.model_or_raise.__tablename__, int(id), database)


def _is_deleted(table: str, id: int, database: TestDatabase) -> bool:
    (row,) = database.rows(f'SELECT * FROM "{table}" WHERE id = :id', id=id)
    if row.get("deleted_at") is not None:
        return True
    owners = [key for key in Model.metadata.tables[table].foreign_keys if key.ondelete == "CASCADE"]
    return any(
        _is_deleted(key.column.table.name, row[key.parent.name], database)
        for key in owners
        if row[key.parent.name] is not None
    )


def _expected(row: dict[str, Any], actor: str) -> dict[str, Any]:
    """The attributes that the former server answered, by our names.

    For values that it takes no more its answer is a flat object, whose values are not all that it knows.
    """
    there = row["answers"][actor]
    if there.get("attributes") == "same as admin":
        there = row["answers"]["admin"]
    if "attributes" in there:
        found: dict[str, Any] = there["attributes"]
        return found
    body = there.get("body")
    if not isinstance(body, dict):
        return {}
    return {
        name.replace("_", "-"): value
        for name, value in body.items()
        if name not in {"id", "jsonapi"} and not (isinstance(value, dict) and "links" in value)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, str) and _MOMENT.match(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value
