"""The principal of a request: whose token it carries, and the work done as that viewer.

The viewer is assumed where that is possible, and confirmed by the statement that goes first anyway.
"""

from dataclasses import replace

from chalicelib.auth import tokens, viewer
from chalicelib.auth.claims import Claims, LinkClaims
from chalicelib.jsonapi.ground.errors import Problem, Problems, unauthorized
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.shapes import Work
from chalicelib.jsonapi.model.context import AskFirst, Context


class StaleViewer(Exception):
    """The cached viewer turned out to be stale."""


def claims_in(request: Request) -> Claims | LinkClaims | None:
    """The claims of the token in the Authorization header, or None without one. Raises Problem 401."""
    token = request.headers.get("authorization")
    return tokens.credential_in(token) if token is not None else None


def run_as_viewer(
    context: Context, work: Work, claims: Claims | LinkClaims | None, assuming: bool, ends: bool
) -> Answer:
    """The answer to whoever has these claims. Raises Problem 401, and StaleViewer where `assuming` failed."""
    if claims is None:
        return work(context.committing_when(lambda: True) if ends else context)
    if isinstance(claims, LinkClaims):
        return _run_as_holder(context, work, claims, ends)
    who = (claims.user_id, claims.profile_id)
    session, version, fresh = context.session, claims.version, tokens.is_fresh(claims)
    assumption = viewer.assumed(session, *who, version=version, fresh=fresh) if assuming else None
    known_viewer = (
        assumption.viewer if assumption else viewer.load(session, *who, version=version, fresh=fresh)
    )
    if known_viewer is None:
        detail = (
            "This token is no longer valid: its account is blocked or deleted, or has revoked its tokens."
        )
        raise unauthorized(detail)
    # Proofs belong to the request, whoever the viewer is.
    shown = context.viewer.proofs
    context = context.acting_as(replace(known_viewer, proofs=shown) if shown else known_viewer)
    if ends:
        context = context.committing_when(assumption.is_confirmed if assumption else lambda: True)
    return work(context) if assumption is None else _confirmed(context, work, assumption)


def _run_as_holder(context: Context, work: Work, claims: LinkClaims, ends: bool) -> Answer:
    assumption = viewer.assumed_holder(context.session, claims)
    holder = replace(assumption.viewer, proofs=context.viewer.proofs)
    context = context.acting_as(holder)
    try:
        return _confirmed(
            context.committing_when(assumption.is_confirmed) if ends else context, work, assumption
        )
    except StaleViewer:
        raise unauthorized(
            "This token is no longer valid: the link was revoked, or the order claimed."
        ) from None


def _confirmed(context: Context, work: Work, assumption: viewer.Assumption) -> Answer:
    """The work as the viewer that is assumed. Raises StaleViewer where the database does not confirm it."""
    try:
        answer = work(context)
    except (Problem, Problems, AskFirst) as refusal:
        if not assumption.is_current():
            raise StaleViewer from refusal
        raise
    if not assumption.is_current():
        raise StaleViewer
    return answer
