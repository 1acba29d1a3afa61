"""Unit of work of one import: all of a file or nothing, in the task's transaction; a dry run is rolled back.

An importer is a function (Importing, content) that reads its file and calls write() for each item.
"""

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db, task_results
from chalicelib.exports.export import Place
from chalicelib.exports.parts import seconds_for
from chalicelib.imports import imported_ids
from chalicelib.imports.report import BadFile, Item, Report
from chalicelib.imports.writing import MADE, Links, Written, write
from chalicelib.jsonapi.ground.errors import Problem, Problems, invalid
from chalicelib.jsonapi.ground.request import Request
from chalicelib.jsonapi.http.limited import problems_in
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings

REFUSED: Final = "You may not import this any more."
_SPARE: Final = 8.0  # seconds for the rollback, and for storing the report
TRIES: Final = 3  # a message that comes last in its batch has less time than one that comes first
# One import of an event at a time: what the one makes the other one finds. Ends with the transaction.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('import of ' || $1::text, 0))"
_SLOW: Final = "This takes longer than an import may: split the file."


class _RolledBack(Exception):
    """Ends the savepoint of an import without effect."""


class _Late(Exception):
    """The time is over."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever imports has asked for.

    event_id      the event that takes the rows; 0 where the import makes one
    source        the kind of file that external ids are of, such as "schedule"
    dry_run       nothing is to stay
    skip_refused  what can be imported is, without what is refused
    options       further ones, which the importer knows
    """

    event_id: int
    source: str
    dry_run: bool = False
    skip_refused: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an import has ended: why it has failed, or "", and what the importer has added to the result."""

    reason: str
    result: Mapping[str, Any] = field(default_factory=dict)


class Importing:
    """An import under way: the context of whoever asked, and the report so far.

    context   acts for whoever asked; after an event was made, with its owner's permissions
    event_id  of the event that takes the rows; the importer sets it where it makes one
    place     that event, where it was there before
    result    further members of the task's result, which the importer adds
    notes     what the importer has left out, in sentences

    It may take `seconds`; None: as long as the transaction's statements may.
    """

    def __init__(self, context: Context, wish: Wish, seconds: float | None = None) -> None:
        self.context, self.wish = context, wish
        self.event_id = wish.event_id
        self.place = Place(0, "", "")
        self.report = Report()
        self.result: dict[str, Any] = {}
        self.notes: list[str] = []
        if seconds is None:
            seconds = seconds_for(context.session, math.inf, _SPARE)
        self._ends = time.monotonic() + seconds

    def write(
        self,
        item: Item,
        attributes: Mapping[str, Any],
        links: Links | None = None,
        *,
        id: int | None = None,
        external_id: str | None = None,
    ) -> int | None:
        """Create the item's resource, or change the row `id`; returns its id, or None where it is refused.

        A refusal is noted with its place in the file. `external_id` is kept, see known().
        """
        self.demand_time()
        try:
            if external_id is not None and len(external_id) > imported_ids.LONGEST:
                raise invalid(f"An id has {imported_ids.LONGEST} characters at most.", "")
            written = write(self.context, item.type, attributes, links or {}, id)
        except (Problem, Problems) as refusal:
            self.report.refuse(item, problems_in(refusal))
            return None
        return self._note(item, written, external_id)

    def note(self, item: Item, action: str, row_id: int | None = None) -> None:
        """Note an item that needs no write(), or that the importer has written by other means."""
        self.report.add(item, action, row_id)

    def refuse(self, item: Item, detail: str, pointer: str | None = None) -> None:
        """Note that the item cannot be imported. `pointer` leads into the document of its resource."""
        self.report.refuse(item, [invalid(detail, pointer)])

    def known(self, type: str, external_ids: Collection[str]) -> Mapping[str, int]:
        """The rows of the event that items with these external ids have become before, by external id."""
        resource = self.context.registry[type]
        source, session = self.wish.source, self.context.session
        return imported_ids.known(session, self.event_id, source, resource, external_ids)

    def demand_time(self) -> None:
        """End the import once the time is over."""
        if time.monotonic() > self._ends:
            raise _Late

    def _note(self, item: Item, written: Written, external_id: str | None) -> int:
        row_id = int(written.row.id)
        resource = self.context.registry[item.type]
        if written.action == MADE and resource.viewer_with_new_roles is not None:
            viewer = resource.viewer_with_new_roles(written.row, self.context.viewer)
            self.context = self.context.acting_as(viewer)
        if external_id is not None:
            imported_ids.keep(
                self.context.session, self.event_id, self.wish.source, item.type, external_id, row_id
            )
        self.report.add(item, written.action, row_id)
        return row_id


Importer = Callable[[Importing, bytes], None]


def run(
    session: Session,
    result_id: str,
    wish: Wish,
    importer: Importer,
    load: Callable[[Importing], bytes],
    again: Callable[[], None] | None = None,
) -> Outcome | None:
    """Import a file for whoever started the task, and finish its result with the report.

    `load` checks the right once more, sets the place and returns the content; it raises Problem or BadFile.
    `again` lets another message try it once this one has taken as long as it may, which may be less than
    usual; None: the import has failed then. Returns how it ended; None where it goes on.

    The result is {dry_run, counts, entries, left_out, download_url} and what the importer adds. Where
    something is refused, and is not to be skipped, nothing stays: FAILURE with a `reason` besides.
    """
    viewer = task_results.asker_of(session, result_id)
    if viewer is None:
        task_results.fail(session, result_id, REFUSED)
        return Outcome(REFUSED)
    importing = Importing(Context(session, viewer, Request("GET", (), options=settings()), REGISTRY), wish)
    try:
        content = load(importing)
        wait_for_others(session, wish.event_id)
        with db.savepoint(session):
            importer(importing, content)
            if wish.dry_run or _is_taken_back(importing):
                raise _RolledBack
    except _RolledBack:
        importing.report.without_ids()
        importing.result.clear()
    except _Late:
        if again is not None:
            again()
            return None
        return _finish(session, result_id, importing, _SLOW, {})
    except BadFile as problem:
        return _finish(session, result_id, importing, problem.detail, problem.place())
    except (Problem, Problems) as refusal:
        return _finish(session, result_id, importing, problems_in(refusal)[0].detail, {})
    is_failed = not wish.dry_run and _is_taken_back(importing)
    mistakes = f"Nothing was imported: the file has mistakes ({importing.report.refused:,})."
    return _finish(session, result_id, importing, mistakes if is_failed else "", {})


def retry(
    session: Session, result_id: str, task: str, arguments: Mapping[str, Any], tries: int
) -> Callable[[], None] | None:
    """What leaves the import to another message of the task, as its try number `tries` has ended late; None
    for the last try.
    """
    if tries >= TRIES:
        return None
    return lambda: task_results.go_on(session, result_id, task, {**arguments, "tries": tries + 1})


def _is_taken_back(importing: Importing) -> bool:
    """Whether nothing may stay, as something was refused: where that is the event, nothing else is left."""
    is_skipped = importing.wish.skip_refused and importing.event_id
    return importing.report.refused > 0 and not is_skipped


def wait_for_others(session: Session, event_id: int) -> None:
    """Wait for another import into the event to end, and let others wait until this transaction ends."""
    if event_id:
        db.fetch(session, _ALONE, [str(event_id)])


def _finish(
    session: Session, result_id: str, importing: Importing, reason: str, place: Mapping[str, object]
) -> Outcome:
    report = importing.report
    about: dict[str, Any] = {"dry_run": importing.wish.dry_run}
    if reason:
        report.without_ids()
        importing.result.clear()
        about |= {"reason": reason, **place}
    if importing.notes:
        about["notes"] = importing.notes
    about |= importing.result
    result, whole = {**about, **report.summary()}, {**about, **report.whole()}
    task_results.finish_with_report(session, result_id, result, whole, failed=bool(reason))
    return Outcome(reason, importing.result)
