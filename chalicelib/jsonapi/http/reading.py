"""Reads that leave the writer: content is read from a replica, where that shows its reader nothing too old.

What is sold, counted or verified is asked of the writer. So is whether a token is valid, and whether the
viewer has written anything that the replica does not have yet: a row that is written with each of their
writes has to be the same in both databases (read-your-writes). What others have changed is at most
READER_MOST_LAG seconds old, by a row that is rewritten now and then (a heartbeat). Refusals, too, are the
writer's. ADR 18 says why it is done this way.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from chalicelib import db_reader, db_statements
from chalicelib.auth import tokens, viewer
from chalicelib.auth.claims import Claims, LinkClaims
from chalicelib.db_errors import dbapi_errors
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.http.shapes import Work
from chalicelib.jsonapi.model.context import AskFirst, Context
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.jsonapi.rights import proofs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_CONDITION: Final = "if-none-match"
_MARK: Final = """
    INSERT INTO write_marks (user_id, mark) VALUES ($1, pg_current_xact_id()::text::bigint)
    ON CONFLICT (user_id) DO UPDATE SET mark = excluded.mark
"""
_MARKED: Final = "SELECT mark FROM write_marks WHERE user_id = $1"
_AGE: Final = "SELECT extract(epoch FROM clock_timestamp() - beaten_at)::float8 FROM reader_beats"
# Tells how old the beat was; whoever is second does not wait for the first.
_BEAT: Final = f"""
    WITH due AS (
      SELECT id FROM reader_beats WHERE beaten_at < clock_timestamp() - make_interval(secs => $1)
      FOR UPDATE SKIP LOCKED),
    beaten AS (UPDATE reader_beats SET beaten_at = clock_timestamp() FROM due WHERE reader_beats.id = due.id)
    {_AGE}
"""


def answered(
    request: Request, registry: Registry, work: Work, claims: Claims | LinkClaims | None
) -> Answer | None:
    """The reader's answer; None where the writer is to be asked, which is always right."""
    if isinstance(claims, LinkClaims) or db_reader.rests() or not _is_content(request, registry):
        return None
    # Whether the client knows it already is decided once it is known whether it may have it.
    headers = {name: value for name, value in request.headers.items() if name != _CONDITION}
    context_of = _Contexts(replace(request, headers=headers), registry)
    known: _Known | None = None
    if claims is not None:
        known = _known_at_writer(claims)
        if known is None:
            return None
    try:
        with db_reader.failures_noted():
            answer = _read(context_of, work, known)
    except dbapi_errors():
        return None
    if answer is None or _counts(registry.counted).search(answer.text):
        return None
    return unless_known(request, answer) if "ETag" in answer.headers else answer


def marking(work: Work, claims: Claims | LinkClaims | None) -> Work:
    """The work of a request that writes, which also marks that the account has written.

    The mark is written last: whoever waits for it holds it for the duration of the commit.
    """
    if not isinstance(claims, Claims):
        return work

    def marked(context: Context) -> Answer:
        answer = work(context)
        db_statements.enqueue_for_commit(context.session, _MARK, [claims.user_id])
        return answer

    return marked


class _Contexts:
    """Makes the context of a request for a session and a viewer."""

    def __init__(self, request: Request, registry: Registry) -> None:
        self._request, self._registry = request, registry
        self.most_lag = request.options.reader_most_lag

    def of(self, session: "Session", who: viewer.Viewer) -> Context:
        return Context(session, who, self._request, self._registry)


class _Known:
    """An account as the writer knows it: the viewer of its token, and its latest mark."""

    def __init__(self, claims: Claims, mark: Sequence[Any]) -> None:
        self.claims, self.mark = claims, mark

    def assumed(self, session: "Session") -> viewer.Assumption | None:
        return _assumed(session, self.claims)

    def enqueue(self, session: "Session") -> Any:
        return db_statements.enqueue(session, _MARKED, [self.claims.user_id])


def _assumed(session: "Session", claims: Claims) -> viewer.Assumption | None:
    who = (claims.user_id, claims.profile_id)
    return viewer.assumed(session, *who, version=claims.version, fresh=tokens.is_fresh(claims))


def _known_at_writer(claims: Claims) -> _Known | None:
    """None for a token that is not valid, and for an account whose rights follow from many rows."""
    with db_statements.read_only() as session:
        assumption = _assumed(session, claims)
        if assumption is None:
            who = (claims.user_id, claims.profile_id)
            viewer.load(session, *who, version=claims.version, fresh=tokens.is_fresh(claims))
            assumption = _assumed(session, claims)
            if assumption is None:
                return None
        mark = db_statements.fetch(session, _MARKED, [claims.user_id])  # along with the assumption
        return _Known(claims, mark) if assumption.is_confirmed() else None


def _read(context_of: _Contexts, work: Work, known: _Known | None) -> Answer | None:
    """The answer of the reader, if it has all that the viewer has written, and is not too old.

    What is asked about that is sent with the work, and answered before it: from an earlier snapshot.
    """
    with db_reader.reading() as session:
        assumption = known.assumed(session) if known is not None else None
        mark: Any = known.enqueue(session) if known is not None else None
        age = db_statements.enqueue(session, _AGE)
        try:
            answer = work(context_of.of(session, assumption.viewer if assumption else viewer.NOBODY))
        except (Problem, Problems, AskFirst):
            return None  # the row may not be there yet
        db_statements.flush_queue(session)
        if known is not None and (
            assumption is None or not assumption.is_confirmed() or mark.rows != known.mark
        ):
            return None
        return answer if _is_young(age.rows[0][0], context_of.most_lag) else None


@cache
def _counts(names: frozenset[str]) -> re.Pattern[str]:
    """Finds a number in an attribute with one of these names: who sees it is told the present one."""
    return re.compile(f'"(?:{"|".join(sorted(names)) or "(?!)"})": ?[0-9]')


def _is_young(age: float, most: int) -> bool:
    """Whether what the reader shows is not older than allowed, by its heartbeat, which is renewed."""
    if age > most / 2:
        with db_statements.read_only() as session:
            at_writer = db_statements.fetch(session, _BEAT, [most / 2])[0][0]
        if age > most and at_writer <= most / 2:
            db_reader.note_lag(age)
    return age <= most


def _is_content(request: Request, registry: Registry) -> bool:
    """Whether all types that the request is about are content, and no secret is in it."""
    address = registry.at(request.path[1:]) if request.path[:1] == ("v1",) else None
    if address is None or proofs.shown_by(request, registry):
        return False
    resource, rest = address
    here = resource.type
    if here not in registry.content:
        return False
    if len(rest) > 1:
        relation = registry.related_at(resource, rest[-1])
        if relation is None or relation.target not in registry.content:
            return False
        here = relation.target
    return all(
        _leads_to_content(registry, here, path)
        for name, value in request.query
        if name == "include"
        for path in value.split(",")
    )


def _leads_to_content(registry: Registry, here: str, path: str) -> bool:
    for name in filter(None, path.strip().split(".")):
        relation = registry.relations[here].get(name.replace("-", "_"))
        if relation is None or relation.target not in registry.content:
            return False
        here = relation.target
    return True
