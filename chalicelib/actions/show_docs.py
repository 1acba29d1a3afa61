"""GET /docs and /info: documentation for people, and the version."""

from chalicelib.docs import page
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.settings import VERSION


@action("GET", "/info", lenient=True, reads_token=False)
@documented(who="everybody", response={"build": {"version": VERSION}})
def show_version(_context: Context) -> Answer:
    """The server's version."""
    return plain({"build": {"version": VERSION}})


@action("GET", "/", lenient=True, reads_token=False, shared=True)
@documented(who="everybody", media_type="text/html; charset=utf-8")
def show_start(context: Context) -> Answer:
    """The same page as /docs."""
    return show_docs(context)


@action("GET", "/docs", lenient=True, reads_token=False, shared=True)
@documented(who="everybody", media_type="text/html; charset=utf-8")
def show_docs(context: Context) -> Answer:
    """The documentation page: every resource type and action, with requests that can be tried."""
    return page.page(context.request, context.registry)


@action("GET", "/docs/{name}", lenient=True, reads_token=False, shared=True)
@documented(
    who="everybody",
    path={"name": "data.json"},
    media_type="application/json",
    others=("text/css; charset=utf-8", "text/javascript; charset=utf-8"),
    errors=(404,),
)
def show_file_of_docs(context: Context, name: str) -> Answer:
    """A static file of the page at /docs. Raises Problem 404."""
    return page.file(context.request, context.registry, name)


@action("GET", "/docs/nouns/{name}", query=("v",), reads_token=False, shared=True)
@documented(who="everybody", path={"name": "event.json"}, media_type="application/json", errors=(404,))
def show_details_of_noun(context: Context, name: str) -> Answer:
    """What the page at /docs shows of one resource type, such as event.json. Raises Problem 404."""
    return page.details(context.request, context.registry, f"nouns/{name}")


@action("GET", "/docs/topics/{name}", query=("v",), reads_token=False, shared=True)
@documented(who="everybody", path={"name": "log-in.json"}, media_type="application/json", errors=(404,))
def show_details_of_topic(context: Context, name: str) -> Answer:
    """What the page at /docs shows of one topic of actions, such as log-in.json. Raises Problem 404."""
    return page.details(context.request, context.registry, f"topics/{name}")
