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
from chalicelib.jsonapi.shapes import Work, work_for


def respond(request: Request, registry: Registry) -> Answer:
    """Answer a request. Never raises: whatever goes wrong becomes an error document."""
    try:
        answer = _answered(request, registry)
    except Problems as several:
        answer = error_answer(several.problems)
    except Problem as problem:
        answer = error_answer([problem])
    except Exception as failure:
        log.error("request failed", failure, method=request.method, path="/".join(request.path))
        answer = error_answer([Problem(500, "Something went wrong on our side; it has been recorded.")])
    if request.method == "HEAD":
        answer.body = ""
    answer.headers.setdefault("Vary", "Accept")
    return answer


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


def _in_transaction(
    request: Request, registry: Registry, work: Work, reads_token: bool = True, reading: bool = False
) -> Answer:
    try:
        try:
            return _once(request, registry, work, reads_token, reading)
        except DBAPIError as failure:
            if not is_disconnect(failure) or not reading:
                raise
            # The connection died between two requests; reading again on a new one is safe.
            return _once(request, registry, work, reads_token, reading)
    except DBAPIError as failure:
        found = registry.at(request.path[1:])
        problem = problem_of(failure, found[0] if found else None)
        if problem is None:
            raise
        raise problem from failure


def _once(request: Request, registry: Registry, work: Work, reads_token: bool, reading: bool) -> Answer:
    with db.transaction(reading=reading) as session:
        context = Context(session, viewer.NOBODY, request, registry)
        if reads_token and "authorization" in request.headers:
            context.viewer = _signed_in(context, request.headers["authorization"])
        return work(context)


def _signed_in(context: Context, header: str) -> viewer.Viewer:
    claims = tokens.from_header(header)
    found = viewer.load(context.session, claims.user_id)
    if found is None:
        raise unauthorized("The account of this token may not act: it is blocked or deleted.")
    return found if not claims.fresh else viewer.as_fresh(found)
