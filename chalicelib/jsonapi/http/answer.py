"""Request dispatch: routing, content negotiation, preconditions, error handling, one transaction per request.

Actions are looked up first, then the generic endpoints: collection, resource, related resources,
relationship.
"""

import re
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from chalicelib import db_reader, db_statements, half_imported, log
from chalicelib.auth import viewer
from chalicelib.auth.claims import Claims, LinkClaims
from chalicelib.db_errors import dbapi_errors, is_crowded, is_disconnect
from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.errors import Problem, Problems, bad_parameter, not_found
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http import action, delivery, idempotency, limited, principal, reading, retry
from chalicelib.jsonapi.http.failures import problem_at
from chalicelib.jsonapi.http.negotiation import SAFE, demand_acceptable, demand_documents
from chalicelib.jsonapi.http.preconditions import demand_compared
from chalicelib.jsonapi.http.rendering import error_answer
from chalicelib.jsonapi.http.shapes import Work, pattern_of, work_for
from chalicelib.jsonapi.model.context import AskFirst, Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights import proofs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MOST_ASKED: Final = 3  # questions to third parties in one request
_TO_ANSWER: Final = 1.0  # seconds that are left for the answer, when a read is repeated
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # lone surrogates are not valid text


def respond(request: Request, registry: Registry) -> Answer:
    """Answer a request. Never raises: every exception becomes an error document."""
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
    """Log an internal error and answer 500, unless the process has to end. `details` are logged."""
    log.error("request failed", failure, **details)
    half_imported.end_process_after(failure)
    return error_answer([Problem(500, "Something went wrong on our side; it has been recorded.")])


def _answered(request: Request, registry: Registry) -> Answer:
    coding.demand_plain(request)
    for name, value in request.query:
        if _UNSTORABLE.search(name + value):
            raise bad_parameter(ascii(name)[1:-1], "It holds a character that cannot be stored.")
    if _UNSTORABLE.search("/".join(request.path)):
        raise not_found()  # no row has such an id
    match = action.find("GET" if request.method == "HEAD" else request.method, request.path)
    if match is not None:
        chosen, parameters = match
        action.refuse_head(chosen, request)

        def act(context: Context) -> Answer:
            if chosen.documents:
                demand_documents(context.request)
            action.demand_understood(chosen, request)
            try:
                answer = chosen.run(context, **parameters)
            except Problem as problem:
                problem.shared = problem.shared and chosen.shared
                raise
            if chosen.secret:
                answer.headers["Cache-Control"] = delivery.NEVER
            if answer.shared is None:  # whoever shows a secret may be told more than others
                answer.shared = not context.viewer.proofs
            answer.shared = answer.shared and chosen.shared
            return answer

        checked = _with_preconditions(request, act)
        done = checked if chosen.secret else _idempotent(request, registry, checked)
        claims = principal.claims_in(request) if chosen.reads_token else None
        guard = limited.guard_of(request, registry, claims, chosen, parameters)
        if db_reader.is_set() and (request.method not in SAFE or chosen.acts):
            done = reading.marking(done, claims)
        return _guarded(request, registry, done, claims, guard, acts=chosen.acts)
    work = _with_preconditions(request, work_for(request, registry))
    demand_acceptable(request)
    done, claims = _idempotent(request, registry, work), principal.claims_in(request)
    guard = limited.guard_of(request, registry, claims)
    if request.method in SAFE and guard is None:
        elsewhere = reading.answered(request, registry, done, claims) if db_reader.is_set() else None
        return elsewhere or _in_transaction(request, registry, done, claims, reads=True)
    # A change on condition and an answer that is kept write, or refuse, after the answer is there.
    ends = not request.headers.keys() & {idempotency.HEADER, "if-match"}
    if db_reader.is_set() and request.method not in SAFE:
        done, ends = reading.marking(done, claims), False
    return _guarded(request, registry, done, claims, guard, ends=ends)


def _with_preconditions(request: Request, work: Work) -> Work:
    """The work, rolled back with 412 if If-Match was sent and nothing was compared with it."""
    if request.method in SAFE or "if-match" not in request.headers:
        return work

    def checked(context: Context) -> Answer:
        answer = work(context)
        demand_compared(request, answer)
        return answer

    return checked


def _idempotent(request: Request, registry: Registry, work: Work) -> Work:
    """The work, run at most once per Idempotency-Key."""
    key = request.headers.get(idempotency.HEADER)
    if key is None or request.method in SAFE:
        return work

    def judged(context: Context) -> Answer:
        try:
            answer = work(context)
            context.session.flush()
            db_statements.flush_queue(context.session)
        except dbapi_errors() as failure:
            problem = problem_at(failure, request, registry)
            if problem is None or retry.is_serialization_failure(failure):
                raise
            raise problem from failure
        return answer

    return idempotency.once(key, judged)


def _guarded(
    request: Request,
    registry: Registry,
    work: Work,
    claims: Claims | LinkClaims | None,
    guard: limited.Guard | None,
    ends: bool = False,
    acts: bool = False,
) -> Answer:
    """Run the work within the request's rate limits. Raises TooMany. `ends`: nothing is written after it."""
    if guard is None:
        return _in_transaction(request, registry, work, claims, ends=ends, acts=acts)

    def limited_work(context: Context) -> Answer:
        guard.begin(context.session)
        answer = work(context)
        guard.end(context.session, answer)
        return answer

    try:
        guard.enter()
        return _in_transaction(request, registry, limited_work, claims, acts=acts)
    except (Problem, Problems) as refusal:
        guard.fail(limited.problems_in(refusal))
        raise
    except dbapi_errors() as failure:
        raise problem_at(failure, request, registry) or failure from failure


def _in_transaction(
    request: Request,
    registry: Registry,
    work: Work,
    claims: Claims | LinkClaims | None,
    *,
    reads: bool = False,
    ends: bool = False,
    acts: bool = False,
) -> Answer:
    only_reads = request.method in SAFE and not acts
    shown = proofs.shown_by(request, registry)
    nobody = replace(viewer.NOBODY, proofs=shown) if shown else viewer.NOBODY
    told: dict[str, Any] = {}

    def attempt(*, assuming: bool) -> Answer:
        with db_statements.read_only() if reads else _transaction(only_reads) as session:
            context = Context(session, nobody, request, registry, told=told)
            return principal.run_as_viewer(context, work, claims, assuming, ends)

    def once(*, assuming: bool) -> Answer:
        return retry.retrying(registry, lambda: attempt(assuming=assuming))

    def answered() -> Answer:
        try:
            return once(assuming=True)
        except principal.StaleViewer:
            return once(assuming=False)

    try:
        try:
            for _ in range(_MOST_ASKED):
                try:
                    return answered()
                except AskFirst as wanted:  # no transaction is open here
                    told[wanted.key] = wanted.ask()
            return answered()
        except dbapi_errors() as failure:
            in_time = request.seconds_left() > request.options.db_seconds + _TO_ANSWER
            if not is_disconnect(failure) or is_crowded(failure) or not reads or not in_time:
                raise
            # The connection died between two requests; reading again on a new one is safe.
            return once(assuming=False)
    except dbapi_errors() as failure:
        problem = problem_at(failure, request, registry)
        if problem is None:
            raise
        raise problem from failure


def _transaction(only_reads: bool) -> "AbstractContextManager[Session]":
    from chalicelib.db import transaction  # lazy: a cold read needs no SQLAlchemy

    return transaction(only_reads=only_reads)
