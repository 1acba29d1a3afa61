"""From a request to an answer: addresses, negotiation, entity tags and errors.

Actions come first, then the generic shapes: a collection, a resource, what is related to it, and
the relationship itself. One request is one transaction.
"""

from sqlalchemy.exc import DBAPIError

from chalicelib import db, log
from chalicelib.auth import tokens, viewer
from chalicelib.db_errors import is_disconnect
from chalicelib.jsonapi import action, coding, delivery, draws, idempotency
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, Problems, bad_parameter, unauthorized
from chalicelib.jsonapi.failures import problem_of
from chalicelib.jsonapi.negotiation import demand_acceptable, demand_documents
from chalicelib.jsonapi.rendering import error_answer
from chalicelib.jsonapi.request import Answer, Request
from chalicelib.jsonapi.resource import Registry
from chalicelib.jsonapi.shapes import Work, pattern_of, work_for

_SAFE = {"GET", "HEAD"}


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
    return delivery.ready(request, answer)


def failed(failure: Exception, **details: str) -> Answer:
    """Record what went wrong on our side, and answer 500."""
    log.error("request failed", failure, **details)
    return error_answer([Problem(500, "Something went wrong on our side; it has been recorded.")])


def _answered(request: Request, registry: Registry) -> Answer:
    coding.demand_plain(request)
    for name, value in request.query:
        if "\x00" in value:
            raise bad_parameter(name, "A NUL character is not allowed.")
    found = action.find("GET" if request.method == "HEAD" else request.method, request.path)
    if found is not None:
        chosen, parameters = found

        def act(context: Context) -> Answer:
            if chosen.documents:
                demand_documents(context.request)
            answer = chosen.run(context, **parameters)
            if chosen.secret:
                answer.headers["Cache-Control"] = delivery.NEVER
            return answer

        return _in_transaction(
            request, registry, act if chosen.secret else _once(request, registry, act), chosen.reads_token
        )
    work = work_for(request, registry)
    demand_acceptable(request)
    return _in_transaction(request, registry, _once(request, registry, work), reading=request.method in _SAFE)


def _once(request: Request, registry: Registry, work: Work) -> Work:
    """The work, which is not done again for a request with a key that was sent before."""
    key = request.headers.get(idempotency.HEADER)
    if key is None or request.method in _SAFE:
        return work

    def judged(context: Context) -> Answer:
        try:
            answer = work(context)
            context.session.flush()
            db.settle(context.session)
        except DBAPIError as failure:
            problem = _problem(failure, request, registry)
            if problem is None:
                raise
            raise problem from failure
        return answer

    return idempotency.once(key, judged)


class _Mistaken(Exception):
    """The viewer is not as was assumed."""


def _in_transaction(
    request: Request, registry: Registry, work: Work, reads_token: bool = True, reading: bool = False
) -> Answer:
    token = request.headers.get("authorization") if reads_token else None
    claims = tokens.from_header(token) if token is not None else None

    def attempt(*, assuming: bool) -> Answer:
        with db.reading() if reading else db.transaction() as session:
            return _done(Context(session, viewer.NOBODY, request, registry), work, claims, assuming)

    def once(*, assuming: bool) -> Answer:
        return draws.until_lucky(registry, lambda: attempt(assuming=assuming))

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
        problem = _problem(failure, request, registry)
        if problem is None:
            raise
        raise problem from failure


def _problem(failure: DBAPIError, request: Request, registry: Registry) -> Problem | None:
    """What the database refuses, said to the client; None when it is our own fault."""
    if draws.was_unlucky(failure, registry):
        return None  # which is not told but done again
    found = registry.at(request.path[1:])
    problem = problem_of(failure, found[0] if found else None)
    if problem is not None and problem.status == 503:
        log.error("the database did not answer in time, or not at all", failure)
    return problem


def _done(context: Context, work: Work, claims: tokens.Claims | None, assuming: bool) -> Answer:
    if claims is None:
        return work(context)
    who = (claims.user_id, claims.profile_id)
    fresh = claims.fresh
    assumption = viewer.assumed(context.session, *who, fresh=fresh) if assuming else None
    found = assumption.viewer if assumption else viewer.load(context.session, *who, fresh=fresh)
    if found is None:
        raise unauthorized("The account of this token may not act: it is blocked or deleted.")
    context.viewer = found
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
