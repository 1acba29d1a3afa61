"""Statistics for the admin panel: how many events there are of each topic and of each type."""

from functools import lru_cache
from typing import Final

from chalicelib import db
from chalicelib.auth.viewer import Kind
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.ground.sql import Row, Statement, render, sql
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights import viewer_parameters
from chalicelib.jsonapi.rights.visibility import listed_where, visible_where

_REFUSES: Final = (400, 401)
_WHO: Final = "whoever is signed in; counted are the events that they see in the list of events"


@action("GET", "/v1/admin/statistics/event-topics", lenient=True)
@documented(who=_WHO, response=[{"name": "Music", "id": 1, "count": 12}], errors=_REFUSES)
def count_events_by_topic(context: Context) -> Answer:
    """[{name, id, count}] for each topic, by name; topics without events count 0. Raises Problem 401."""
    return _counted(context, "event-topic")


@action("GET", "/v1/admin/statistics/event-types", lenient=True)
@documented(who=_WHO, response=[{"name": "Conference", "id": 1, "count": 12}], errors=_REFUSES)
def count_events_by_type(context: Context) -> Answer:
    """[{name, id, count}] for each type of events, by name; unused ones count 0. Raises Problem 401."""
    return _counted(context, "event-type")


def _counted(context: Context, type: str) -> Answer:
    context.demand_account()
    statement = _statement(context.registry, type, context.viewer.kind)
    values = viewer_parameters.values(statement, context.viewer, {})
    ((text,),) = db.fetch(context.session, statement.text, values)
    return json_text(text)


@lru_cache(maxsize=16)
def _statement(registry: Registry, type: str, kind: Kind) -> Statement:
    """The statement, for one kind of viewer: each row of the type, and the events of it that they see."""
    event, kind_of_event = Row("event"), Row("kind")
    listed = listed_where(registry, "event", event, kind)
    shown = visible_where(registry, type, kind_of_event, kind)
    return render(
        sql(
            "SELECT coalesce(json_agg(counted), '[]')::text FROM (SELECT kind.name, kind.id, "
            "(SELECT count(*) FROM events event WHERE ",
            *(event[f"{type.replace('-', '_')}_id"], " = ", kind_of_event["id"], " AND ", listed),
            *(") AS count FROM ", registry[type].from_sql, " kind WHERE ", shown),
            " ORDER BY kind.name, kind.id) counted",
        )
    )
