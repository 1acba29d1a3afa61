"""The event's team and its waiting list: an offer out of turn, and an entry that is removed."""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import detail_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.orders.waiting_list_entry import line, offering
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    REMOVED,
    WAITING,
    WaitingListEntry,
)

_TEAM: Final = "owner, organizers and coorganizers of the event"
_KINDS: Final = (
    "ARRAY(SELECT link.ticket_id FROM waiting_list_entries_tickets link "
    "WHERE link.waiting_list_entry_id = waiting_list_entry.id)"
)


@action("POST", "/v1/waiting-list-entries/{entry}/offer")
@documented(who=_TEAM, one="waiting-list-entry", errors=(401, 403, 404, 409, 503))
def offer_out_of_turn(context: Context, entry: str) -> Answer:
    """Offer what is waited for to this entry now, before those who are ahead of it.

    409 where there are not so many places, besides those that offers hold, or where it does not wait.
    """
    waiting, kinds = _locked(context, entry)
    line.demand_active(waiting, WAITING)
    session, event_id = context.session, waiting.event_id
    if not offering.offer_to(session, event_id, waiting.id, waiting.quantity, kinds):
        raise conflict("There are not so many places of what is waited for.", "/data")
    offering.look_again(session, event_id)
    return detail_answer(context, context.registry["waiting-list-entry"], str(waiting.id))


@action("POST", "/v1/waiting-list-entries/{entry}/remove")
@documented(who=_TEAM, one="waiting-list-entry", errors=(401, 403, 404, 409, 503))
def remove_waiting_list_entry(context: Context, entry: str) -> Answer:
    """Remove an entry; an offer is taken back by it, and goes to who is next. 409 where it has ended."""
    waiting, _ = _locked(context, entry)
    line.demand_active(waiting)
    line.end(context.session, waiting, REMOVED, context.viewer.id)
    return detail_answer(context, context.registry["waiting-list-entry"], str(waiting.id))


def _locked(context: Context, entry: str) -> tuple[WaitingListEntry, list[int]]:
    """The entry, locked, and the kinds of tickets that it is about. Raises Problem 401, 403 and 404."""
    row = visible_to_team(context, "waiting-list-entry", entry, _KINDS, roles=COORGANIZERS)
    return line.locked(context.session, row.id), row.value
