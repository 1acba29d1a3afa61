"""API Blueprint: the description in Markdown, with an example of every operation.

In a file of its own, as it is generated, while what show_description answers is prerendered.
"""

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.model.context import Context

_BLUEPRINT = "text/vnd.apiblueprint; charset=utf-8"


@action("GET", "/docs/api.apib", lenient=True, reads_token=False, shared=True)
@documented(who="everybody", media_type=_BLUEPRINT, errors=())
def show_blueprint(context: Context) -> Answer:
    """The API as an API Blueprint, with an example of every operation."""
    from chalicelib.docs import blueprint  # lazy: no other request needs it

    text = blueprint.text(context.registry)
    return unless_known(context.request, Answer(200, text, {"Content-Type": _BLUEPRINT}))
