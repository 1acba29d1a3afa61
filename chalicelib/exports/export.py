"""Declaration of an export: which rows of which type, for whom, in which columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.exports.columns import Column
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.sql import Param, Sql, sql
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible, visible_to_team

_EVENT = (
    "json_build_object('name', event.name, 'key', event.identifier, 'zone', event.timezone, "
    "'currency', event.payment_currency)"
)
_GROUP = "json_build_object('name', \"group\".name, 'key', \"group\".id::text)"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose rows are exported. `key` is what clients call it; what is written is in `zone` and `language`.

    Without a language the headings are those that scripts know, in English.
    """

    id: int
    name: str
    key: str
    zone: str = "UTC"
    currency: str | None = None
    language: str = ""


Find = Callable[[Context, str], Place]
ALL_EVENTS: Final = "All events"
PLACE = Param("place", "bigint")


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of list.

    name      in addresses and names of files
    type      of the rows, whose policy and filters apply; their alias is `t`
    find      finds the place for whoever may export its rows; raises Problem 401, 403, 404
    rows      condition: the rows of the place, as far as they are ever exported
    columns   all there are, in the order in which they are written
    listed    names of the columns of a PDF
    order     the default order, in SQL
    base      joined wherever rows are looked for
    joins     joined besides where rows are read
    known     path to the event whose roles are the asker's known ones
    form      the custom form whose questions are columns, after the column `answers_after`
    hidden    condition that rows meet unless the filter speaks of what it is about: `hidden_by` is the path
    """

    name: str
    type: str
    find: Find
    rows: Sql
    columns: tuple[Column, ...]
    listed: tuple[str, ...]
    order: str
    base: str = ""
    joins: str = ""
    known: str = ""
    form: str = ""
    answers_after: str = ""
    hidden: str = "TRUE"
    hidden_by: tuple[str, ...] = ()


def event_of(context: Context, key: str) -> Place:
    """The event, for its owner, organizers and coorganizers. Raises Problem 401, 403, 404."""
    found = visible_to_team(context, "event", key, _EVENT, roles=COORGANIZERS)
    return _place(found.id, found.value)


def group_of(context: Context, key: str) -> Place:
    """The group, for its owner and organizers, and for staff. Raises Problem 401, 403, 404."""
    context.demand_account()
    found = visible(context, "group", key, _GROUP, rule=context.registry["group"].policy.change)
    if not found.passes:
        raise forbidden("This is for the group's owner and organizers.")
    return _place(found.id, found.value)


def platform(context: Context, _key: str) -> Place:
    """The whole platform, for staff. Raises Problem 401, 403."""
    context.demand_account()
    if not context.viewer.is_staff:
        raise forbidden("This is for staff.")
    return Place(0, ALL_EVENTS, "")


def of_event(column: str = "t.event_id") -> Sql:
    """Condition: the row is one of the event's."""
    return sql(f"{column} = ", PLACE)


def _place(id: int, facts: dict[str, Any]) -> Place:
    return Place(id, facts["name"], facts["key"], facts.get("zone") or "UTC", facts.get("currency"))
