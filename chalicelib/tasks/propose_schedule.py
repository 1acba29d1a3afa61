"""Automatic scheduling: proposes places for sessions, as a draft that the team accepts or changes."""

from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import log, task_results
from chalicelib.exports.parts import seconds_for
from chalicelib.resources.programme.schedule_draft import FAILED, OPEN, PROPOSING, ScheduleDraft, basis_of
from chalicelib.scheduling.problem import Problem, Solution
from chalicelib.scheduling.solve import solve
from chalicelib.tasks.registry import task
from chalicelib.tasks.schedule_problem import MOST_ROOMS, MOST_SESSIONS, Posed, pose

NAME: Final = "propose_schedule"
_SECONDS: Final = 40.0  # two slow cores need less for 300 sessions; what was found by then is proposed

_FEW: Final = 100  # sessions that the least time is enough for
_POSTPONED_AT_MOST: Final = 3


@task(NAME, min_seconds=14.0)
def propose_schedule(session: Session, draft_id: int, result_id: str, postponed: int = 0) -> None:
    """Fill the draft. The result is {draft, quality}, or a failure where there is nothing to place."""
    draft = session.get(ScheduleDraft, draft_id)
    if draft is None or draft.state != PROPOSING:
        log.warning("nobody waits for this proposal any more", draft_id=draft_id)
        task_results.fail(session, result_id, "The draft is not there any more.")
        return
    wanted = draft.wanted or {}
    posed = pose(session, draft.event_id, wanted)
    if not any(talk.fixed is None for talk in posed.problem.talks):
        draft.state = FAILED
        reason = "No accepted or confirmed session is without a place: with replace, all get a new one."
        task_results.fail(session, result_id, reason)
        return
    seconds = seconds_for(session, _SECONDS)
    if seconds < _SECONDS and len(posed.problem.talks) > _FEW and postponed < _POSTPONED_AT_MOST:
        # A message of its own comes to a process with more time.
        arguments = {"draft_id": draft_id, "postponed": postponed + 1}
        task_results.go_on(session, result_id, NAME, arguments)
        return
    solution = solve(posed.problem, wanted.get("seed", 1), seconds)
    draft.placements = placements_of(posed, solution)
    draft.basis = basis_of(session, draft.event_id, [placement["session"] for placement in draft.placements])
    draft.quality, draft.state = quality_of(posed.problem, solution), OPEN
    task_results.finish(session, result_id, {"draft": draft.id, "quality": draft.quality})


def placements_of(posed: Posed, solution: Solution) -> list[dict[str, Any]]:
    """The placements of a draft: of those sessions that did not have a place."""
    listed = []
    for talk, length, place in zip(posed.problem.talks, posed.lengths, solution.places, strict=True):
        if place is None or talk.fixed is not None or place[0] is None:
            continue
        starts_at = posed.moment(place[1])
        listed.append(
            {
                "session": talk.id,
                "starts-at": starts_at.isoformat(),
                "ends-at": (starts_at + length).isoformat(),
                "microlocation": posed.problem.rooms[place[0]].id,
            }
        )
    return sorted(listed, key=lambda placement: (placement["starts-at"], placement["session"]))


def quality_of(problem: Problem, solution: Solution) -> dict[str, Any]:
    """Figures of a proposal, for people: docs/programme.md says what each is."""
    return {
        "sessions": len(problem.talks),
        "placed": sum(place is not None for place in solution.places),
        "unplaced": [
            talk.id for talk, place in zip(problem.talks, solution.places, strict=True) if place is None
        ],
        "favourite-clashes": solution.clashes,
        "favourite-pairs": sum(problem.together.values()),
        "tracks-in-parallel": solution.parallel,
        "room-changes-of-tracks": solution.room_changes,
        "overfull": solution.overfull,
        "wishes": solution.wishes,
        "wishes-met": solution.wishes_met,
        "rounds": solution.rounds,
        "is-complete": len(problem.talks) < MOST_SESSIONS and len(problem.rooms) < MOST_ROOMS,
    }
