"""Machine-readable API descriptions: OpenAPI and API Blueprint, generated from the declarations."""

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.model.context import Context

_OPENAPI, _BLUEPRINT = "application/json", "text/vnd.apiblueprint; charset=utf-8"


@action("GET", "/docs/openapi.json", reads_token=False)
@documented(who="everybody", media_type=_OPENAPI, errors=())
def show_openapi(context: Context) -> Answer:
    """The API as an OpenAPI 3.1 document."""
    from chalicelib.docs import openapi  # lazy: no other request needs it

    text = openapi.text(context.registry)
    return unless_known(context.request, Answer(200, text, {"Content-Type": _OPENAPI}))


@action("GET", "/docs/api.apib", reads_token=False)
@documented(who="everybody", media_type=_BLUEPRINT, errors=())
def show_blueprint(context: Context) -> Answer:
    """The API as an API Blueprint, with an example of every operation."""
    from chalicelib.docs import blueprint  # lazy: no other request needs it

    text = blueprint.text(context.registry)
    return unless_known(context.request, Answer(200, text, {"Content-Type": _BLUEPRINT}))
