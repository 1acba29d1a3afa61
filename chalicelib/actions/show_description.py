"""Machine-readable API description: OpenAPI, generated from the declarations."""

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.model.context import Context

_OPENAPI = "application/json"


@action("GET", "/docs/openapi.json", lenient=True, reads_token=False, shared=True)
@documented(who="everybody", media_type=_OPENAPI, errors=())
def show_openapi(context: Context) -> Answer:
    """The API as an OpenAPI 3.1 document."""
    from chalicelib.docs import openapi  # lazy: no other request needs it

    text = openapi.text(context.registry)
    return unless_known(context.request, Answer(200, text, {"Content-Type": _OPENAPI}))
