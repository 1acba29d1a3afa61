"""Imports a table: each row is matched with what the event has, and written where it says something else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from chalicelib import db
from chalicelib.exports.cells import converters
from chalicelib.exports.rows import values_of
from chalicelib.imports.drafts import Draft, Layout, Meaning, meanings_of
from chalicelib.imports.importing import Importer, Importing
from chalicelib.imports.names import Names
from chalicelib.imports.tables import table_of, whole
from chalicelib.imports.writing import UNCHANGED
from chalicelib.values.zones import zone

_BATCH: Final = 200
_LONGEST_IN_SHEET: Final = 32_767  # characters of a cell: exports shorten a longer text
Said = Mapping[str, str]


@dataclass(slots=True)
class TableImport:
    """The import of one table, as its kind sees it.

    names  the event's rows by their names
    seen   how often a key was there in the table so far
    """

    importing: Importing
    names: Names
    where: tzinfo
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def nth(self, *key: str) -> int:
        """How often this key was there before."""
        folded = tuple(" ".join(part.split()).casefold() for part in key)
        self.seen[folded] = self.seen.get(folded, -1) + 1
        return self.seen[folded]


@dataclass(frozen=True, slots=True)
class TableKind:
    """One kind of table.

    layout    its columns
    label     what people call a row
    match     the id of the row of the event that a row of the table is about; None for a new one. Raises
              ValueError with a sentence
    complete  adds links to a draft that says something new. Raises ValueError with a sentence, and
              MistakeAt with a JSON pointer besides
    write     writes the draft, and notes it; default: by the engine's create and update
    """

    layout: Layout
    label: Callable[[Draft], str]
    match: Callable[[TableImport, Draft], int | None]
    complete: Callable[[TableImport, Draft], None]
    write: Callable[[TableImport, Draft], None] | None = None


class MistakeAt(ValueError):
    """A mistake with its JSON pointer into the document of the resource."""

    def __init__(self, detail: str, pointer: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


def ticket_named(state: TableImport, name: str, pointer: str) -> int:
    """The id of the event's ticket of this name. Raises MistakeAt."""
    try:
        id = state.names.find("ticket", name)
    except ValueError as mistake:
        raise MistakeAt(str(mistake), pointer) from None
    if id is None:
        raise MistakeAt(f"The event has no ticket {name!r:.100}.", pointer)
    return id


def importer_of(kind: TableKind) -> Importer:
    """The importer of this kind of table, from CSV or XLSX."""

    def run(importing: Importing, content: bytes) -> None:
        table = table_of(content)
        ignored = frozenset(importing.wish.options.get("ignore", ()))
        meanings = meanings_of(importing, kind.layout, table.headings, ignored)
        state = TableImport(importing, Names(importing), zone(importing.place.zone))
        for at in range(0, len(table.rows), _BATCH):
            _import_batch(kind, state, table.headings, meanings, table.rows[at : at + _BATCH])

    return run


def _import_batch(
    kind: TableKind,
    state: TableImport,
    headings: Sequence[str],
    meanings: Sequence[Meaning | None],
    rows: Sequence[tuple[int, list[str]]],
) -> None:
    known = [
        (meaning, heading, at)
        for at, (meaning, heading) in enumerate(zip(meanings, headings, strict=True))
        if meaning is not None
    ]
    drafts: list[Draft] = []
    for number, cells in rows:
        draft = Draft(number, {meaning.name: cells[at] for meaning, _, at in known})
        drafts.append(draft)
        try:
            draft.id = kind.match(state, draft)
        except ValueError as mistake:
            _refuse(kind, state, draft, mistake)
            drafts.pop()
    said = _said(kind, state, [meaning for meaning, _, _ in known], drafts)
    for draft in drafts:
        if _read(kind, state, draft, [(meaning, heading) for meaning, heading, _ in known], said):
            _write(kind, state, draft)


def _read(
    kind: TableKind,
    state: TableImport,
    draft: Draft,
    known: Sequence[tuple[Meaning, str]],
    said: Mapping[int, Said],
) -> bool:
    """Take what is new into the draft; whether all of it was understood."""
    same = said.get(draft.id, {}) if draft.id is not None else {}
    understood = True
    for meaning, heading in known:
        cell = draft.cells[meaning.name]
        if meaning.name in same and _is_same(cell, same[meaning.name]):
            continue
        if draft.id is None and not cell.strip():
            continue
        try:
            meaning.put(draft, heading, cell, state.where)
        except ValueError as mistake:
            state.importing.refuse(
                draft.item(kind.layout.type, kind.label(draft)), str(mistake), meaning.pointer
            )
            understood = False
    return understood


def _write(kind: TableKind, state: TableImport, draft: Draft) -> None:
    importing, type = state.importing, kind.layout.type
    importing.demand_time()
    try:
        if draft.id is None or draft.news:
            kind.complete(state, draft)
    except ValueError as mistake:
        _refuse(kind, state, draft, mistake)
        return
    item = draft.item(type, kind.label(draft))
    is_new = draft.id is None
    if not (is_new or draft.attributes or draft.answers or draft.internal or draft.links):
        importing.note(item, UNCHANGED, draft.id)
    elif kind.write is not None:
        kind.write(state, draft)
    else:
        event = {"event": importing.event_id} if is_new else {}
        attributes = {**draft.attributes, **answers_of(state, draft, type)}
        importing.write(item, attributes, {**draft.links, **event}, id=draft.id)


def _refuse(kind: TableKind, state: TableImport, draft: Draft, mistake: ValueError) -> None:
    pointer = mistake.pointer if isinstance(mistake, MistakeAt) else None
    state.importing.refuse(draft.item(kind.layout.type, kind.label(draft)), str(mistake), pointer)


def answers_of(state: TableImport, draft: Draft, type: str) -> dict[str, Any]:
    """The attributes with answers, as far as the draft has some: with those that the row has besides."""
    attributes = {}
    for column, said in (("complex_field_values", draft.answers), ("internal_field_values", draft.internal)):
        if not said:
            continue
        answers: dict[str, Any] = {}
        if draft.id is not None:
            table = state.importing.context.registry[type].table
            select_answers = f'SELECT {column} FROM "{table}" WHERE id = $1'  # noqa: S608 - our own names
            answers = db.fetch(state.importing.context.session, select_answers, [draft.id])[0][0] or {}
        both = {**answers, **said}
        attributes[column.replace("_", "-")] = {
            name: value for name, value in both.items() if value is not None
        }
    return attributes


def _said(
    kind: TableKind, state: TableImport, meanings: Sequence[Meaning], drafts: Sequence[Draft]
) -> dict[int, Said]:
    """What an export would say of the rows that are there, by id and by the name of the meaning."""
    ids = sorted({draft.id for draft in drafts if draft.id is not None})
    export = kind.layout.export
    columns = {
        meaning.name: meaning.column
        for meaning in meanings
        if meaning.column is not None and (meaning.read is not None or meaning.pointer)
    }
    if export is None or not ids or not columns:
        return {}
    write = converters(state.where)
    importing = state.importing
    values = values_of(importing.context, export, importing.place, [*columns.values()], ids)
    return {
        id: {
            name: "" if value is None else whole(write[column.kind](value))
            for (name, column), value in zip(columns.items(), row, strict=True)
        }
        for id, row in zip(ids, values, strict=True)
    }


def _is_same(cell: str, said: str) -> bool:
    """Whether the cell says what the row has, which may have been too long for a spreadsheet."""
    one_way, other_way = (text.replace("\r\n", "\n").strip() for text in (cell, said))
    if one_way == other_way:
        return True
    return len(cell) == _LONGEST_IN_SHEET and cell.endswith("\u2026") and said.startswith(cell[:-1])
