"""Automatic assignment of reviewers to the pending sessions of an event, for one phase."""

from collections import defaultdict
from typing import Any, Final

from chalicelib import clock, db, signals
from chalicelib.actions.plain_object import id_in, members_of, number_in
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import conflict, invalid, not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.reviews.balancing import Matching
from chalicelib.resources.reviews.review_phase import MOST_REVIEWS
from chalicelib.resources.reviews.rules import CONFLICTS, REVIEWING

_MOST_SESSIONS: Final = 2_000
_MEMBERS: Final = ("phase", "per_session", "track")
_PHASE: Final = """
SELECT reviews_per_session, closes_at <= now() FROM review_phases
 WHERE id = $1 AND event_id = $2 FOR NO KEY UPDATE
"""
_REVIEWERS: Final = f"""
SELECT person.id, person.load_limit,
       (SELECT count(*) FROM review_assignments held
         WHERE held.phase_id = $2 AND held.reviewer_id = person.id),
       ARRAY(SELECT covered.track_id FROM review_teams_tracks covered
              WHERE covered.review_team_id = person.team_id)
  FROM reviewers person WHERE person.event_id = $1 AND {REVIEWING} ORDER BY person.id FOR NO KEY UPDATE
"""  # noqa: S608 - texts of this file
_SESSIONS: Final = """
SELECT talk.id, (SELECT count(*) FROM review_assignments held
                  WHERE held.phase_id = $2 AND held.session_id = talk.id), talk.track_id
  FROM sessions talk
 WHERE talk.event_id = $1 AND talk.state = 'pending' AND talk.deleted_at IS NULL
   AND ($3::bigint IS NULL OR talk.track_id = $3)
 ORDER BY talk.id LIMIT $4
"""
_HELD: Final = "SELECT session_id, reviewer_id FROM review_assignments WHERE phase_id = $1"
_ASSIGN: Final = """
INSERT INTO review_assignments
       (event_id, phase_id, session_id, reviewer_id, user_id, is_automatic, is_told, created_at)
SELECT $1, $2, pair.session_id, pair.reviewer_id, person.user_id, TRUE, FALSE, $5
  FROM unnest($3::bigint[], $4::bigint[]) AS pair(session_id, reviewer_id)
  JOIN reviewers person ON person.id = pair.reviewer_id
 ORDER BY pair.session_id, pair.reviewer_id
"""


@action("POST", "/v1/events/{id}/review-assignments/propose")
@documented(
    who="owner, organizers and coorganizers of the event",
    request={"phase": "1", "per_session": 3},
    optional=("per_session", "track"),
    response={"made": 6, "kept": 3, "short": ["4"]},
    errors=(400, 401, 403, 404, 409, 413, 422),
)
def propose_assignments(context: Context, id: str) -> Answer:
    """{phase, per_session, track} -> {made, kept, short}: assigns reviewers to pending sessions of the event.

    What is assigned stays; places that are free are filled up to `per_session` (default: the phase's
    reviews-per-session) by reviewers without a conflict of interest, within their load-limit, who cover the
    session's track if possible, and evenly. Each of them gets one mail some
    minutes later. `short` are the sessions for which there were too few. Asked
    again, it makes nothing new. `track` limits it to the sessions of one track.
    """
    event = visible_to_team(context, "event", id, roles=COORGANIZERS)
    content = members_of(context, _MEMBERS, may_be_empty=True)
    phase = id_in(content, "phase", "/phase")
    rows = db.fetch(context.session, _PHASE, [phase, event.id])
    if not rows:
        raise not_found("The event has no such phase.", "/phase")
    per_session, is_over = rows[0]
    if is_over:
        raise conflict("The phase is over.", "/phase")
    if "per_session" in content:
        per_session = number_in(content, "per_session", "/per_session", MOST_REVIEWS)
    track = id_in(content, "track", "/track") if content.get("track") is not None else None
    return plain(_propose(context, event.id, phase, per_session, track))


def _propose(
    context: Context, event_id: int, phase_id: int, per_session: int, track: int | None
) -> dict[str, Any]:
    # The reviewers are locked, as by whoever assigns by hand or declares a conflict.
    reviewers = db.fetch(context.session, _REVIEWERS, [event_id, phase_id])
    sessions = db.fetch(context.session, _SESSIONS, [event_id, phase_id, track, _MOST_SESSIONS + 1])
    if len(sessions) > _MOST_SESSIONS:
        raise invalid(f"At most {_MOST_SESSIONS} sessions at once: propose by track.", "/track")
    needs = {talk: max(per_session - held, 0) for talk, held, _ in sessions}
    # No conflict of interest, and not assigned by now.
    taken = {(talk, reviewer) for talk, reviewer in db.fetch(context.session, CONFLICTS, [event_id])}
    taken |= {(talk, reviewer) for talk, reviewer in db.fetch(context.session, _HELD, [phase_id])}
    preferred: dict[int, list[int]] = defaultdict(list)
    others: dict[int, list[int]] = defaultdict(list)
    for talk, _, its_track in sessions:
        for reviewer, _, _, tracks in reviewers if needs[talk] else ():
            if (talk, reviewer) not in taken:
                covers = not tracks or its_track in tracks
                (preferred if covers else others)[talk].append(reviewer)
    load = {reviewer: held for reviewer, _, held, _ in reviewers}
    limit = {reviewer: most for reviewer, most, _, _ in reviewers}
    matching = Matching(needs, preferred, others, load, limit)
    pairs = matching.solve()
    if pairs:
        columns = [[talk for talk, _ in pairs], [reviewer for _, reviewer in pairs]]
        db.fetch(context.session, _ASSIGN, [event_id, phase_id, *columns, clock.now()])
        signals.emit(
            context.session,
            "review-phase.assigned",
            id=phase_id,
            count=len(pairs),
            reviewers=sorted({reviewer for _, reviewer in pairs}),
            viewer_id=context.viewer.id,
        )
    short = [talk for talk, need in needs.items() if len(matching.holders.get(talk, ())) < need]
    return {
        "made": len(pairs),
        "kept": sum(held for _, held, _ in sessions),
        "short": [str(talk) for talk in short],
    }
