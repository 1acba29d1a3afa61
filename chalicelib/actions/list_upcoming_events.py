"""Events of the front page: public, upcoming, and promoted or complete and on sale."""

from chalicelib.docs.documented import CREATING, documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.ground.sql import ROW, joined, sql
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import create_answer, list_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.policy import where_sql
from chalicelib.resources.events.event.event import PRIVATE
from chalicelib.resources.events.event.selling import PUBLISHED

_IN_A_COMPLETE_EVENT = (
    "original_image_url", "logo_url", "event_type_id", "event_topic_id", "event_sub_topic_id",
)  # fmt: skip
_COMPLETE = joined(
    " AND ",
    [
        *(sql(ROW[column], " IS NOT NULL") for column in _IN_A_COMPLETE_EVENT),
        sql(
            *("EXISTS (SELECT 1 FROM social_links link WHERE link.event_id = ", ROW["id"]),
            " AND lower(link.name) = 'twitter' AND link.deleted_at IS NULL)",
        ),
        sql(
            *("EXISTS (SELECT 1 FROM tickets ticket WHERE ticket.event_id = ", ROW["id"]),
            " AND NOT ticket.is_hidden AND ticket.sales_ends_at > now() AND ticket.deleted_at IS NULL)",
        ),
    ],
)
_UPCOMING = sql(
    *("(", ROW["starts_at"], " > now() AND ", ROW["ends_at"], " > now() AND ("),
    *(ROW["is_promoted"], " OR (NOT ", ROW["is_demoted"], " AND ", _COMPLETE, ")))"),
)
UPCOMING = PUBLISHED & ~PRIVATE & where_sql(_UPCOMING, "it is upcoming", of_row=True)


@action("GET", "/v1/events/upcoming", lenient=True, documents=True, shared=True)
@documented(who="everybody", open=True, many="event", errors=(400, 401, 403, 406))
def list_upcoming_events(context: Context) -> Answer:
    """A page of events, with all query parameters of a list."""
    return list_answer(context, context.registry["event"], UPCOMING)


@action("POST", "/v1/events/upcoming", lenient=True, documents=True)
@documented(
    who="whoever is signed in with a verified e-mail address",
    creates="event",
    one="event",
    status=201,
    errors=CREATING,
)
def create_event_here(context: Context) -> Answer:
    """Creates an event, as POST /v1/events does."""
    return create_answer(context, context.registry["event"])
