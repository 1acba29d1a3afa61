"""From a request to an answer: addresses, negotiation, entity tags and errors.

Actions come first, then the generic shapes: a collection, a resource, what is related to it, and
the relationship itself. One request is one transaction.
"""

from sqlalchemy.exc import DBAPIError

from chalicelib import db, log
from chalicelib.auth import tokens, viewer
from chalicelib.db_errors import is_disconnect
from chalicelib.jsonapi import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, Problems, unauthorized
from chalicelib.jsonapi.failures import problem_of
from chalicelib.jsonapi.negotiation import demand_acceptable, demand_documents
from chalicelib.jsonapi.rendering import error_answer
from chalicelib.jsonapi.request import Answer, Request
from chalicelib.jsonapi.resource import Registry
from chalicelib.jsonapi.shapes import Work, pattern_of, work_for


def respond(request: Request, registry: Registry) -> Answer:
    """Answer a request. Never raises: whatever goes wrong becomes an error document."""
    try:
        answer = _answered(request, registry)
    except Problems as several:
        answer = error_answer(several.problems)
    except Problem as problem:
        answer = error_answer([problem])
    except Exception as failure:
        answer = failed(failure, method=request.method, route=pattern_of(request, registry))
    if request.method == "HEAD":
        answer.body = ""
    answer.headers.setdefault("Vary", "Accept")
    return answer


def failed(failure: Exception, **details: str) -> Answer:
    """Record what went wrong on our side, and answer 500."""
    log.error("request failed", failure, **details)
    return error_answer([Problem(500, "Something went wrong on our side; it has been recorded.")])


def _answered(request: Request, registry: Registry) -> Answer:
    found = action.find("GET" if request.method == "HEAD" else request.method, request.path)
    if found is not None:
        chosen, parameters = found

        def act(context: Context) -> Answer:
            if chosen.documents:
                demand_documents(context.request)
            return chosen.run(context, **parameters)

        return _in_transaction(request, registry, act, chosen.reads_token)
    work = work_for(request, registry)
    demand_acceptable(request)
    return _in_transaction(request, registry, work, reading=request.method in {"GET", "HEAD"})


class _Mistaken(Exception):
    """The viewer is not as was assumed."""


def _in_transaction(
    request: Request, registry: Registry, work: Work, reads_token: bool = True, reading: bool = False
) -> Answer:
    token = request.headers.get("authorization") if reads_token else None
    claims = tokens.from_header(token) if token is not None else None

    def once(*, assuming: bool) -> Answer:
        with db.reading() if reading else db.transaction() as session:
            return _done(Context(session, viewer.NOBODY, request, registry), work, claims, assuming)

    try:
        try:
            return once(assuming=True)
        except _Mistaken:
            return once(assuming=False)
        except DBAPIError as failure:
            if not is_disconnect(failure) or not reading:
                raise
            # The connection died between two requests; reading again on a new one is safe.
            return once(assuming=False)
    except DBAPIError as failure:
        found = registry.at(request.path[1:])
        problem = problem_of(failure, found[0] if found else None)
        if problem is None:
            raise
        if problem.status == 503:
            log.error("the database did not answer in time, or not at all", failure)
        raise problem from failure


def _done(context: Context, work: Work, claims: tokens.Claims | None, assuming: bool) -> Answer:
    if claims is None:
        return work(context)
    assumption = viewer.assumed(context.session, claims.user_id) if assuming else None
    found = assumption.viewer if assumption else viewer.load(context.session, claims.user_id)
    if found is None:
        raise unauthorized("The account of this token may not act: it is blocked or deleted.")
    context.viewer = viewer.as_fresh(found) if claims.fresh else found
    if assumption is None:
        return work(context)
    try:
        answer = work(context)
    except (Problem, Problems) as refusal:
        if not assumption.holds():
            raise _Mistaken from refusal
        raise
    if not assumption.holds():
        raise _Mistaken
    return answer
