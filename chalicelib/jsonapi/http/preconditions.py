"""Changes on condition: If-Match and If-None-Match on what changes something, by RFC 9110, section 13.

The row is locked before its document is compared, so of two changes to one state the second one fails.
What is compared is what GET answers at the same address with the same query, for the same viewer. Where
there is no such thing to compare with, as for most verbs, a condition cannot hold.
"""

from collections.abc import Callable

from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.negotiation import demand_unchanged, is_conditional
from chalicelib.jsonapi.model.context import Context


def demand(context: Context, present: Callable[[], Answer]) -> None:
    """Raise 412 unless the conditions hold for the answer that GET would get. The row is locked by now."""
    if is_conditional(context.request):
        demand_unchanged(context.request, present())


def compared(answer: Answer) -> Answer:
    """The answer to a change whose conditions demand() has compared."""
    answer.compared = True
    return answer


def demand_compared(request: Request, answer: Answer) -> None:
    """Raise 412 after a change that was to depend on a tag which nothing has compared."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() != "*" and not answer.compared:
        raise Problem(412, "Nothing here has an entity tag to compare with.", header="If-Match")
