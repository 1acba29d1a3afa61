"""Upcoming events that everybody sees, in the order in which they begin, as feeds list them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from chalicelib import db
from chalicelib.auth.viewer import NOBODY, Kind
from chalicelib.feeds.programme import times_in
from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.ground.sql import TRUE, Param, Row, Statement, all_of, render, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.plain_text import plain_text
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.query.filters import Node
from chalicelib.jsonapi.query.parse import parse
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.compiler import Compiler
from chalicelib.jsonapi.rights.visibility import listed_where
from chalicelib.settings import settings

MOST: Final = 200
_LONGEST: Final = 10_000  # characters of a description
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """An upcoming event. Texts are plain, and empty where nothing is known."""

    identifier: str
    name: str
    description: str
    begin: datetime
    end: datetime
    timezone: str
    location: str
    online: bool
    owner: str
    image: str
    created: datetime
    changed: datetime

    @property
    def address(self) -> str:
        """The address of the event's page."""
        return f"{settings().web_url}/e/{self.identifier}"

    @property
    def urn(self) -> str:
        """A name of the entry that stays (UUIDv5)."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"urn:open-event:{self.identifier}").urn


def upcoming(context: Context) -> Sequence[Upcoming]:
    """A page of them, by filter and page as the list of events has them. Raises Problem 400.

    The same for everybody: no more is shown to who is signed in.
    """
    noun = context.registry["event"]
    query = parse(context.request, context.registry, noun)
    if query.cursor is not None or query.size > MOST:
        raise bad_parameter(
            "page[size]", f"A feed has {MOST} events at most, by page[number] and page[size]."
        )
    statement = _statement(context.registry, query.where)
    given = {**query.values, "limit": query.size, "offset": (query.number - 1) * query.size}
    given[viewer_parameters.API_ADDRESS.key] = context.request.api_address
    values = viewer_parameters.values(statement, NOBODY, given)
    ((rows,),) = db.fetch(context.session, statement.text, values)
    return [_event(row) for row in rows]


def updated(events: Sequence[Upcoming]) -> datetime:
    """When one of these was changed last."""
    return max((event.changed for event in events), default=_NEVER)


@lru_cache(maxsize=64)
def _statement(registry: Registry, where: Node | None) -> Statement:
    """The statement, for one shape of a filter."""
    event, noun = Row("event"), registry["event"]
    compiler = Compiler(registry, Kind.NOBODY)
    condition = all_of(
        listed_where(registry, "event", event, Kind.NOBODY),
        sql(event["ends_at"], " > now()"),
        where.sql(compiler, noun, event) if where is not None else TRUE,
    )
    return render(
        sql(
            "SELECT coalesce(json_agg(entry), '[]') FROM (SELECT event.identifier, event.name, ",
            f"left(event.description, {_LONGEST}) AS description, event.starts_at AS begin, ",
            "event.ends_at AS end, event.timezone, event.location_name AS location, event.online, ",
            "event.owner_name AS owner, event.original_image_url AS image, event.created_at AS created, ",
            "coalesce(event.revised_at, event.created_at) AS changed FROM events event WHERE ",
            condition,
            " ORDER BY event.starts_at, event.id LIMIT ",
            Param("limit", "bigint"),
            " OFFSET ",
            Param("offset", "bigint"),
            ") entry",
        )
    )


def _event(row: Mapping[str, Any]) -> Upcoming:
    texts: dict[str, Any] = {name: row[name] or "" for name in ("location", "owner", "image")}
    return Upcoming(
        identifier=row["identifier"],
        name=row["name"],
        description=plain_text(row["description"]),
        timezone=row["timezone"],
        online=row["online"],
        **texts,
        **times_in(row),
    )
