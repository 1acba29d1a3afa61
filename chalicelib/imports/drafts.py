"""One row of a table on its way to a resource: attributes, answers, and cells that name other rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from chalicelib.exports.answers import answer_columns, fields_of
from chalicelib.exports.columns import Column
from chalicelib.exports.export import Export, Place
from chalicelib.imports import cells
from chalicelib.imports.importing import Importing
from chalicelib.imports.report import BadFile, Item
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form.well_known import snake
from chalicelib.values.messages import languages, translated

ANSWERS: Final = "/data/attributes/complex-field-values"
_BOOLEANS: Final = frozenset({"boolean", "checkbox"})
INTERNAL: Final = "/data/attributes/internal-field-values"
_NEVER: Final = frozenset({"deleted_at", "complex_field_values", "internal_field_values"})


@dataclass(slots=True)
class Draft:
    """What a row of a table says.

    cells   by what the columns mean, as they stand there
    news    those of them that say something else than the row that it is about
    answers to the form's own questions; `internal` are those that only organizers see
    places  headings by JSON pointer into the document
    id      of the row that it is about, where there is one
    """

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    news: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    internal: dict[str, Any] = field(default_factory=dict)
    links: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    id: int | None = None

    def cell(self, name: str) -> str:
        """The cell without blanks around it; empty where there is none."""
        return self.cells.get(name, "").strip()

    def item(self, type: str, label: str) -> Item:
        """The item of the report that this row is."""
        return Item(type, label, row=self.number, places=self.places)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column is: an attribute, an answer, or (`read` is None) a cell that the kind of table knows.

    name    of the cell in Draft.cells
    column  that of the export whose cell says the same, if there is one
    pointer into the document of the resource
    """

    name: str
    pointer: str = ""
    column: Column | None = None
    read: cells.Read | None = None
    answer: str = ""
    is_internal: bool = False
    wire: str = ""

    def put(self, draft: Draft, heading: str, cell: str, where: tzinfo) -> None:
        """Take the cell into the draft. Raises ValueError with a sentence."""
        draft.news[self.name] = cell
        if self.pointer:
            draft.places[self.pointer] = heading
        if self.read is None:
            return
        if not cell.strip():
            if draft.id is not None and self.column is not None:
                self._set(draft, None)
            return
        self._set(draft, self.read(cell, where))

    def _set(self, draft: Draft, value: Any) -> None:
        if self.answer:
            (draft.internal if self.is_internal else draft.answers)[self.answer] = value
        else:
            draft.attributes[self.wire] = value


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns a kind of table has.

    type     of the resources
    export   whose headings are understood, and whose cells say what a row has; None: none
    written  by the export's column name: the attribute (Python name) that the column is
    named    by the export's column name: cells that Draft.cells has, for the kind of table, with the
             JSON pointer that they are about
    more     further headings, in lower case, of such cells or attributes (Python name)
    Other columns of the export are understood, and follow from something else.
    """

    type: str
    export: Export | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)


def meanings_of(
    importing: Importing, layout: Layout, headings: Sequence[str], ignored: frozenset[str]
) -> list[Meaning | None]:
    """What the columns mean, in order; None for those that are ignored. Raises BadFile for unknown ones."""
    known = _known(importing, layout)
    found: list[Meaning | None] = []
    strange: list[str] = []
    taken: set[str] = set()
    for heading in headings:
        word = heading.casefold()
        if not word or word in ignored:
            found.append(None)
            continue
        choices = known.get(word, [])
        meaning = next((choice for choice in choices if choice.name not in taken), None)
        if meaning is None and choices:
            raise BadFile("This column is there twice.", row=1, column=heading)
        if meaning is None:
            strange.append(heading)
        else:
            taken.add(meaning.name)
        found.append(meaning)
    if strange:
        raise BadFile(
            f"These columns are not known: {', '.join(strange):.500}. Rename them, or name them in ignore=.",
            row=1,
            column=strange[0],
        )
    return found


def _known(importing: Importing, layout: Layout) -> dict[str, list[Meaning]]:
    """Meanings by heading in lower case, in every language of exports; the first that is free is taken."""
    noun = importing.context.registry[layout.type]
    known: dict[str, list[Meaning]] = {}

    def add(heading: str, meaning: Meaning) -> None:
        known.setdefault(" ".join(heading.split()).casefold(), []).append(meaning)

    export = layout.export
    if export is not None:
        fields = fields_of(importing.context.session, export, importing.event_id)
        of_field = {f"answer-{field.id}": field for field in fields}
        for language in ("", *languages()):
            place = Place(importing.event_id, "", "", language=language)
            answers = [*answer_columns(importing.context.session, noun, export, place, fields)]
            for column in sorted(export.columns, key=lambda column: not column.default):
                add(translated(column.title, language), _of_column(noun, layout, column))
                if column.name == export.answers_after:
                    for answer in answers:
                        add(answer.title, _of_answer(noun, answer, of_field[answer.name]))
    for heading, name in layout.more.items():
        is_attribute = name in noun.attributes
        add(heading, _of_attribute(noun, name) if is_attribute else Meaning(name, layout.named.get(name, "")))
    for name, attribute in noun.attributes.items():
        if not attribute.field.dump_only and name not in _NEVER and _reader(noun, name) is not None:
            add(attribute.wire, _of_attribute(noun, name))
    return known


def _of_column(noun: Resource, layout: Layout, column: Column) -> Meaning:
    if column.name in layout.written:
        return _of_attribute(noun, layout.written[column.name], column)
    return Meaning(column.name, layout.named.get(column.name, ""), column)


def _of_attribute(noun: Resource, name: str, column: Column | None = None) -> Meaning:
    wire = noun.attributes[name].wire
    return Meaning(name, f"/data/attributes/{wire}", column, _reader(noun, name), wire=wire)


def _reader(noun: Resource, name: str) -> cells.Read | None:
    return cells.BY_TYPE.get(noun.attributes[name].sql_type.lower())


def _of_answer(noun: Resource, column: Column, question: CustomForm) -> Meaning:
    name = snake(question.field_identifier)
    if not question.is_complex:
        return _of_attribute(noun, name, column)
    read: cells.Read = cells.text
    if question.type in _BOOLEANS:
        read = cells.ticked
    elif question.type == "number":
        read = cells.number
    pointer = f"{INTERNAL if question.is_internal else ANSWERS}/{name}"
    return Meaning(
        f"answer {question.id}", pointer, column, read, answer=name, is_internal=question.is_internal
    )
