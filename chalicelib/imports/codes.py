"""Tables of discount codes and access codes, with their tickets by name."""

from typing import Any, Final

from chalicelib.imports.drafts import Draft, Layout
from chalicelib.imports.importing import Importing
from chalicelib.imports.table_import import TableImport, TableKind, importer_of, ticket_named
from chalicelib.imports.tables import table_of
from chalicelib.values.keys import code_form

_TICKETS: Final = "/data/relationships/tickets"
_VALUE: Final = "value"
_MORE: Final = {
    "valid from": "valid_from",
    "valid till": "valid_till",
    "active": "is_active",
    "number": "tickets_number",
    "tickets number": "tickets_number",
    "min quantity": "min_quantity",
    "max quantity": "max_quantity",
    "tickets": "tickets",
}
_NAMED: Final = {"tickets": _TICKETS}


def _match(state: TableImport, draft: Draft, type: str) -> int | None:
    code = code_form(draft.cell("code"))
    return state.names.find(type, code, "code") if code else None


def _tickets(state: TableImport, draft: Draft) -> None:
    """Link the tickets that the row names."""
    if "tickets" not in draft.news:
        return
    names = (part.strip() for part in draft.cell("tickets").split(";"))
    draft.links["tickets"] = [ticket_named(state, name, _TICKETS) for name in names if name]


def _kind(type: str, more: dict[str, str], fixed: dict[str, Any]) -> TableKind:
    def complete(state: TableImport, draft: Draft) -> None:
        _tickets(state, draft)
        if draft.id is None:
            draft.attributes.update(fixed)
            if type == "access-code":
                draft.links["marketer"] = state.importing.context.demand_account()

    return TableKind(
        Layout(type, named=_NAMED, more={**_MORE, **more}),
        lambda draft: draft.cell("code") or f"row {draft.number}",
        lambda state, draft: _match(state, draft, type),
        complete,
    )


_DISCOUNTS: Final = importer_of(_kind("discount-code", {}, {"used-for": "ticket"}))
_ACCESS: Final = importer_of(_kind("access-code", {}, {}))


def import_codes(importing: Importing, content: bytes) -> None:
    """Import discount codes where the table has a column Value, and access codes otherwise."""
    headings = {heading.casefold() for heading in table_of(content).headings}
    (_DISCOUNTS if _VALUE in headings else _ACCESS)(importing, content)
