"""Moves a whole installation in: table by table, page by page, each page in a transaction of its own.

What has come is recorded with it in moved_rows. So the process may be ended anywhere: the next run finds what
is there, and brings what is missing or says something else by now. Nothing is mailed and no task is enqueued,
since rows are written by SQL and no hook runs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import clock, db
from chalicelib.moving_in import finishing, moved_rows
from chalicelib.moving_in.linked_table import LinkedTable
from chalicelib.moving_in.maps import LEFT, TABLES
from chalicelib.moving_in.media import Media
from chalicelib.moving_in.moved_table import MovedTable
from chalicelib.moving_in.report import Report
from chalicelib.moving_in.source import PATIENCE, Source, connected
from chalicelib.moving_in.tables import Linked, Moved
from chalicelib.moving_in.values import HOLD

PAGE: Final = 1000
_SETTINGS: Final = "SELECT id, row_to_json(s)::text FROM settings s WHERE id = ANY($1)"
_NO_PLACE: Final = "this table is not known here"

Transaction = Callable[[], Any]


class _DryRun(Exception):
    """Ends the transaction of a dry run without effect."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator has said. `page` is how many rows come at once."""

    address: str
    media: str | None
    dry_run: bool = False
    page: int = PAGE


@dataclass(frozen=True, slots=True)
class Move:
    """What all tables of one run have in common."""

    source: Source
    report: Report
    media: Media
    transaction: Transaction
    page: int
    now: str
    hold: int
    progress: Callable[[str], None]


def move_in(options: Options, report: Report, progress: Callable[[str], None]) -> None:
    """Take over the installation, or with dry_run say what would come. Raises NotReadable, DBAPIError."""
    report.open()
    try:
        with connected(options.address) as source:
            if not options.dry_run:
                _run(options, source, report, progress, db.transaction)
                return
            try:
                with db.transaction() as session:
                    db.fetch(session, PATIENCE)
                    _run(options, source, report, progress, lambda: _within(session))
                    raise _DryRun
            except _DryRun:
                return
    finally:
        report.close()


@contextmanager
def _within(session: Session) -> Iterator[Session]:
    """A part of the one transaction of a dry run."""
    with db.savepoint(session):
        yield session


def _run(
    options: Options,
    source: Source,
    report: Report,
    progress: Callable[[str], None],
    transaction: Transaction,
) -> None:
    hold, buckets = _settings_of(source)
    named = (options.media or "").removeprefix("s3://").partition("/")[0]
    media = Media(options.media, buckets | {named}, options.dry_run)
    move = Move(source, report, media, transaction, options.page, clock.now().isoformat(), hold, progress)
    with transaction() as session:
        moved_rows.begin(session)
    known = {name for table in TABLES for name in (*_names(table), table.source)}
    for table in TABLES:
        if not _names(table) <= source.tables.keys():
            continue
        if isinstance(table, Linked):
            LinkedTable(move, table).run()
        else:
            MovedTable(move, table).run()
    _count(move)
    report.files = asdict(media.counts)
    reasons = {table.source: table.because for table in LEFT}
    for name in sorted(source.tables.keys() - known):
        report.leave(name, source.count(f'"{name}"'), reasons.get(name, _NO_PLACE))


def _names(table: Moved | Linked) -> frozenset[str]:
    """The old tables without which there is nothing to do."""
    return frozenset(table.needs) or frozenset({table.source})


def _settings_of(source: Source) -> tuple[int, frozenset[str]]:
    """How many minutes reservations last, and the buckets of the old installation."""
    row: dict[str, Any] = {}
    if "settings" in source.tables:
        row = next(iter(source.by_key(_SETTINGS, [source.largest("settings", "id")]).values()), {})
    buckets = {row.get("aws_bucket_name"), row.get("gs_bucket_name")} - {None, ""}
    hold = row.get("order_expiry_time")
    return hold if isinstance(hold, int) else HOLD, frozenset(map(str, buckets))


def _count(move: Move) -> None:
    after: int | None = 0
    while after is not None:
        with move.transaction() as session:
            after = finishing.count_for_sessions(session, after, move.page)
