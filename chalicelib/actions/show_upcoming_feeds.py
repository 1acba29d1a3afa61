"""Shows upcoming public events as feeds: Atom, and JSON Feed."""

from typing import Final
from urllib.parse import urlencode

from chalicelib.docs.documented import documented
from chalicelib.feeds.answering import feed_answer
from chalicelib.feeds.event_lists import ATOM, JSON_FEED, atom, json_feed
from chalicelib.feeds.upcoming import upcoming
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context

_FAMILIES: Final = ("filter", "page")


@action("GET", "/v1/feeds/events.atom", families=_FAMILIES, shared=True)
@documented(who="everybody", open=True, media_type=ATOM, errors=(400, 401))
def show_atom(context: Context) -> Answer:
    """Public events that have not ended, in the order in which they begin, as an Atom feed (RFC 4287).

    `filter` and `page` are as for the list of events, for attributes that everybody sees; a page has 200
    events at most. The same for everybody. Answers have an ETag.
    """
    content = atom(upcoming(context), _address(context))
    return feed_answer(context, content, ATOM, shared=not _is_filtered(context))


@action("GET", "/v1/feeds/events.json", families=_FAMILIES, shared=True)
@documented(who="everybody", open=True, media_type=JSON_FEED, errors=(400, 401))
def show_json_feed(context: Context) -> Answer:
    """The same events as a JSON Feed 1.1; `_event` of an item has times and place."""
    content = json_feed(upcoming(context), _address(context))
    return feed_answer(context, content, JSON_FEED, shared=not _is_filtered(context))


def _is_filtered(context: Context) -> bool:
    """Whether the events were chosen by conditions, which may be about what is sold."""
    return any(name.startswith("filter") for name, _ in context.request.query)


def _address(context: Context) -> str:
    """The address that was asked for."""
    request = context.request
    query = f"?{urlencode(request.query)}" if request.query else ""
    return f"{request.api_address}/{'/'.join(request.path)}{query}"
