"""Idempotency keys: a repeated request gets the stored answer for 24 hours instead of being executed again.

The client chooses a key per write and sends it in the header Idempotency-Key; if it does not know whether the
first request arrived, it sends it again.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from chalicelib import clock, db_statements
from chalicelib.auth import tokens
from chalicelib.auth.claims import Claims, LinkClaims
from chalicelib.jsonapi.ground.errors import Problem, Problems
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http import replay
from chalicelib.jsonapi.http.rendering import error_answer
from chalicelib.jsonapi.http.shapes import Work
from chalicelib.jsonapi.model.context import Context

HEADER: Final = "idempotency-key"  # as requests spell it
KEPT_FOR: Final = timedelta(hours=24)

_NAME: Final = "Idempotency-Key"
_LONGEST: Final = 255
_BARE: Final = re.compile(r"[!-~]+")
_QUOTED: Final = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])*)"')  # RFC 8941, section 3.3.3, without spaces
_LOCK: Final = "SELECT pg_try_advisory_xact_lock($1::bigint)"
_FIND: Final = """
    SELECT fingerprint, status, headers, body, standing FROM idempotency_keys
    WHERE caller = $1 AND key = $2 AND created_at > $3
"""
_ANSWERED: Final = """EXISTS (
    SELECT FROM idempotency_keys WHERE caller = $5 AND key = $6 AND created_at > $7
)"""
_KEEP: Final = """
    INSERT INTO idempotency_keys (caller, key, fingerprint, status, headers, body, created_at, standing)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (caller, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
      headers = excluded.headers, body = excluded.body, created_at = excluded.created_at,
      standing = excluded.standing
"""


def once(header: str, work: Work) -> Work:
    """Wraps the work so that it runs once per caller and Idempotency-Key within 24 hours.

    A repeated request gets the stored answer, with the header Idempotent-Replayed, as long as the caller may
    still see its content. `work` must raise a Problem for what the database refuses. Raises Problem 400 for a
    malformed key; the returned work raises 409 while a request with the key is in progress, and 422 if the
    key was used for another request.
    """
    key = _key_in(header)
    return lambda context: _answered(context, key, work)


def answered_before(request: Request, claims: Claims | LinkClaims | None) -> tuple[str, list[Any]]:
    """SQL condition that a stored answer exists for this request's key, and its parameters from $5 on."""
    header = request.headers.get(HEADER)
    if header is None:
        return "", []
    caller = _caller_with(claims, request.source_ip)
    return _ANSWERED, [caller, _key_in(header), clock.now() - KEPT_FOR]


def _key_in(header: str) -> str:
    text = header.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    if not (quoted or not text.startswith('"')) or not _BARE.fullmatch(text) or len(text) > _LONGEST:
        raise Problem(400, f"A key has 1 to {_LONGEST} visible ASCII characters.", header=_NAME)
    return text


def _answered(context: Context, key: str, work: Work) -> Answer:
    # The work may create the account that is the viewer afterwards, so the caller is determined first.
    caller = _caller(context)
    prints = list(_fingerprints(context.request))
    session, now = context.session, clock.now()
    from chalicelib.db import savepoint  # lazy: a cold read needs no SQLAlchemy

    # Two statements, as each has its own snapshot: after taking the lock, the second sees the committed row.
    locked = db_statements.enqueue(session, _LOCK, [_lock_of(caller, key)])
    stored = db_statements.enqueue(session, _FIND, [caller, key, now - KEPT_FOR])
    first = False
    try:
        with savepoint(session):  # sends both queued statements
            former = _stored_answer(locked.rows, stored.rows, prints)
            if former is not None:
                replay.demand_right(context, work, *former)
                return former[0]
            first = True
            answer = work(context)
    except (Problem, Problems) as refusal:
        answer = error_answer(refusal.problems if isinstance(refusal, Problems) else [refusal])
        if not first or not _is_cacheable(answer):
            raise
    if _is_cacheable(answer):
        headers = json.dumps({"headers": answer.headers, "cookies": answer.cookies})
        values = [caller, key, prints[0], answer.status, headers, answer.text, now]
        values.append(replay.permissions_digest(context.viewer))
        db_statements.enqueue(session, _KEEP, values)
    return answer


def _stored_answer(
    locked: list[Any], stored: list[Any], prints: list[str]
) -> tuple[Answer, str | None] | None:
    """The stored answer and the digest of permissions with it, or None. Raises Problem 409 or 422."""
    if not locked[0][0]:
        detail = "A request with this key is being answered; ask again for its answer."
        raise Problem(409, detail, header=_NAME, headers={"Retry-After": "1"})
    if not stored:
        return None
    fingerprint, status, kept, body, stood = stored[0]
    if fingerprint not in prints:
        raise Problem(422, "This key was sent with another request; each needs its own.", header=_NAME)
    headers = kept["headers"] | {"Idempotent-Replayed": "true"}
    return Answer(status, body, headers, kept["cookies"]), stood


def _is_cacheable(answer: Answer) -> bool:
    """Whether the answer is stored, so that repeating the request cannot lead to another one.

    Not stored: 409, 429 and 5xx, which may pass; 401, after which the client signs in and repeats; 412, after
    which it reads again and sends another tag; and what has a token in it.
    """
    return not answer.secret and answer.status < 500 and answer.status not in {401, 409, 412, 429}


def _caller(context: Context) -> str:
    viewer = context.viewer
    return _name_of(viewer.id, viewer.profile_id, viewer.opens, context.request.source_ip)


def _caller_with(claims: Claims | LinkClaims | None, source_ip: str) -> str:
    if isinstance(claims, Claims):
        return _name_of(claims.user_id, claims.profile_id, {}, source_ip)
    return _name_of(None, None, {} if claims is None else claims.opens, source_ip)


def _name_of(user_id: int | None, profile_id: int | None, opens: Mapping[str, int], source_ip: str) -> str:
    if user_id is None and opens:
        return f"link {' '.join(f'{type_name} {id}' for type_name, id in sorted(opens.items()))}"
    if user_id is None:
        return f"address {source_ip}"
    profile = "" if profile_id is None else f" profile {profile_id}"
    return f"user {user_id}{profile}"


def _lock_of(caller: str, key: str) -> int:
    digest = hashlib.sha256(f"{_NAME}\n{caller}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _fingerprints(request: Request) -> Iterator[str]:
    """HMACs of the request by each signing key, newest first.

    Signed because bodies hold passwords: an unsigned hash in the table could be brute-forced.
    """
    query = sorted(request.query, key=lambda pair: pair[0])  # stable: the order of equal names has a meaning
    content_type = request.headers.get("content-type", "")
    head = json.dumps([_NAME, request.method, request.path, query, content_type])
    for secret in tokens.keys().values():
        yield hmac.new(secret.encode(), head.encode() + b"\n" + request.body, hashlib.sha256).hexdigest()
