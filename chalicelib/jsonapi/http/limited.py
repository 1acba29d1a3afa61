"""Rate limits of a request: which counters apply, incremented before the work, refunded by its outcome.

A write is counted first, in a statement committed by itself, so that no work is done beyond the limit and
parallel requests are all counted. Where only some outcomes count, the hit is refunded in the commit. A read
sends the check along with its own first statement, and only a miss (such as an unknown code) is counted
afterwards: a read needs no further round trip. A GET that starts something is counted like a write.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chalicelib import db_statements, log
from chalicelib.auth.claims import Claims, LinkClaims
from chalicelib.db_errors import dbapi_errors
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http import idempotency
from chalicelib.jsonapi.http.action import Action
from chalicelib.jsonapi.http.negotiation import SAFE
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights import proofs
from chalicelib.jsonapi.write.document import read_json
from chalicelib.limits import store
from chalicelib.limits.declared import CODES_SHOWN
from chalicelib.limits.limit import Counter, Counts, Exempt, Limit, Subject, counters_of
from chalicelib.limits.store import Full

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TOO_MANY: Final = "too-many-requests"  # the error's code


class TooMany(Problem):
    """429: rate limit exceeded; Retry-After has the seconds until the next attempt."""


@dataclass(slots=True)
class Guard:
    """The rate limit counters of one request and their state."""

    request: Request
    counters: list[Counter]
    unless: tuple[str, list[Any]]
    counts_first: bool = False
    counted: list[Counter] = field(default_factory=list)
    pending: Any = None

    @property
    def reads(self) -> bool:
        """Whether the request only reads, and is counted by its outcome."""
        return self.request.method in SAFE and not self.counts_first

    def enter(self) -> None:
        """Count a write, before its transaction. Raises TooMany."""
        if self.reads:
            return
        self.counted, full = store.hit(self.counters, *self.unless)
        if full:
            store.give_back(self.counted)  # concurrent first requests, when there was no row yet
            raise _too_many(full, self.request)

    def begin(self, session: "Session") -> None:
        """Queue the check of a read, at the start of its transaction."""
        if self.reads:
            self.pending = store.test(session, self.counters)

    def end(self, session: "Session", answer: Answer) -> None:
        """Settle at the end of the transaction, also for an error answer that is stored. Raises TooMany."""
        if self.reads:
            db_statements.flush_queue(session)
            self._demand_room()
        else:
            store.give_back(self._spared(answer.problems), session)

    def fail(self, problems: list[Problem]) -> None:
        """Settle after a rollback. Raises TooMany, which then replaces the problems."""
        if any(isinstance(problem, TooMany) for problem in problems):
            return
        if not self.reads:
            try:
                store.give_back(self._spared(problems))
            except dbapi_errors() as failure:  # the request has failed already, with a more useful error
                log.error("a hit of a rate limit was not given back", failure)
            return
        self._demand_room()
        missed = [counter for counter in self.counters if _counts(counter.limit, problems)]
        if missed:
            full = store.hit(missed)[1]
            if full:
                raise _too_many(full, self.request)

    def _spared(self, problems: Iterable[Problem]) -> list[Counter]:
        return [counter for counter in self.counted if not _counts(counter.limit, list(problems))]

    def _demand_room(self) -> None:
        rows = self.pending.rows if self.pending is not None else None
        full = store.full_in(rows or (), self.counters)
        if full:
            raise _too_many(full, self.request)


def guard_of(
    request: Request,
    registry: Registry,
    claims: Claims | LinkClaims | None,
    chosen: Action | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Guard | None:
    """The guard of a request, or None if no limit applies. `parameters` are those in the action's path."""
    shows_code = request.method in SAFE and any(
        name == proofs.CODE and value for name, value in request.query
    )
    if shows_code and (chosen is None or not chosen.limited_by):
        limited_by: tuple[Limit | Exempt, ...] = (CODES_SHOWN,)
    else:
        shows_code = False
        limited_by = chosen.limited_by if chosen is not None else _limits_of(request, registry)
    if not limited_by:
        return None
    subject = Subject(
        claims.user_id if isinstance(claims, Claims) else None,
        request.source_ip,
        parameters or {},
        _body(request),
        claims.opens if isinstance(claims, LinkClaims) else {},
    )
    counters = counters_of(limited_by, subject)
    if not counters:
        return None
    # A GET of an action that starts something counts like a write.
    counts_first = shows_code or any(counter.limit.counts is Counts.DONE for counter in counters)
    kept = chosen is None or not chosen.secret
    unless = idempotency.answered_before(request, claims) if kept else ("", [])
    return Guard(request, counters, unless, counts_first)


def demand(context: Context, *counters: Counter) -> None:
    """Count what is only known during the work, in its transaction. Raises TooMany.

    It locks the counters' rows until the transaction ends, so call it last.
    """
    if not context.request.options.limits:
        return
    counted = sorted(
        {counter.key: counter for counter in counters if counter.rate.number}.values(),
        key=lambda counter: counter.key,
    )
    full = store.hit(counted, session=context.session)[1] if counted else []
    if full:
        raise _too_many(full, context.request)


def demand_many(context: Context, counter: Counter, times: int) -> None:
    """Count so many hits at once, in the transaction, and none where they are too many. Raises TooMany."""
    if not context.request.options.limits or not counter.rate.number or not times:
        return
    (wait,) = store.reserve(context.session, [counter], [times], math.inf)
    if wait > 0:
        raise _too_many([Full(counter, max(1, math.ceil(wait)))], context.request)


def demand_now(request: Request, counter: Counter) -> None:
    """Count at once, while no transaction is open, whatever becomes of the request. Raises TooMany."""
    full = store.hit([counter])[1] if request.options.limits and counter.rate.number else []
    if full:
        raise _too_many(full, request)


def problems_in(refusal: Problem | Problems) -> list[Problem]:
    """One or several errors as a list."""
    return refusal.problems if isinstance(refusal, Problems) else [refusal]


def _limits_of(request: Request, registry: Registry) -> tuple[Limit | Exempt, ...]:
    """The limits of the resource type that a generic endpoint creates."""
    creates = request.method == "POST" and request.path[:1] == ("v1",)
    match = registry.at(request.path[1:]) if creates else None
    if match is None:
        return ()
    resource, rest = match
    if len(rest) == 2:
        relation = registry.related_at(resource, rest[1])
        return registry[relation.target].limited_by if relation is not None else ()
    return resource.limited_by if not rest else ()


def _body(request: Request) -> Any:
    if not request.body:
        return None
    try:
        return read_json(request)
    except Problem:
        return None  # the work reports the error


def _counts(limit: Limit, problems: list[Problem]) -> bool:
    """Whether a request with these problems (none: success) counts for the limit."""
    if limit.counts is Counts.ALL:
        return True
    if limit.counts is Counts.DONE:
        return not problems
    return any(limit.misses(problem.status, problem.pointer or "") for problem in problems)


def _too_many(full: list[Full], request: Request) -> TooMany:
    longest = max(full, key=lambda exceeded: exceeded.seconds)
    limit, seconds = longest.counter.limit, longest.seconds
    log.info("a rate limit was reached", limit=limit.name, retry_after=seconds)
    account = "authorization" in request.headers and not limit.member
    return TooMany(
        429,
        f"Too many {limit.what}: try again in {seconds} seconds.",
        pointer=None if account else limit.member,
        header="Authorization" if account else None,
        code=TOO_MANY,
        headers={"Retry-After": str(seconds)},
    )
