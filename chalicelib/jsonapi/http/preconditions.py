"""Optimistic concurrency: If-Match and If-None-Match on writes, by RFC 9110, section 13.

The row is locked before its document is compared, so of two writes based on one state the second fails. The
document compared is what GET would answer at the same address with the same query for the same viewer. Where
there is none, as for most actions, the precondition fails.
"""

from collections.abc import Callable

from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.negotiation import demand_unchanged, is_conditional
from chalicelib.jsonapi.model.context import Context


def demand(context: Context, present: Callable[[], Answer]) -> None:
    """Raise Problem 412 unless the preconditions hold for `present()`, what GET would answer. Lock the row
    first.
    """
    if is_conditional(context.request):
        demand_unchanged(context.request, present())


def compared(answer: Answer) -> Answer:
    """Mark the answer to a write whose preconditions demand() has checked."""
    answer.compared = True
    return answer


def demand_compared(request: Request, answer: Answer) -> None:
    """Raise Problem 412 after a write with If-Match that nothing has checked."""
    if_match = request.headers.get("if-match")
    if if_match is not None and if_match.strip() != "*" and not answer.compared:
        raise Problem(412, "Nothing here has an entity tag to compare with.", header="If-Match")
