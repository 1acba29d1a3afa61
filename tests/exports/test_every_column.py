"""Every column of every export: names, permissions of what it is made of, and that it can be read."""

import re

import pytest

from chalicelib.exports.columns import Column
from chalicelib.exports.export import Export
from chalicelib.exports.kinds import EXPORTS
from chalicelib.jsonapi.ground.sql import Param, Sql
from chalicelib.resources import REGISTRY
from tests.exports.conftest import Fair
from tests.factories import stored
from tests.factories.group import make_group
from tests.factories.user import make_user

pytestmark = pytest.mark.one_database
# Aliases of rows that are joined, by export; `t` is the export's own.
JOINED = {
    "bought": "order", "buyer": "user", "discount": "discount-code", "access": "access-code", "ticket": "ticket",
    "speaker": "speaker", "talk": "session", "track": "track", "place": "microlocation", "person": "attendee",
    "desk": "station", "fan": "user", "keeper": "user", "held": "event", "followed": "group",
    "kind": "session-type", "line": "", "link": "", "stay": "", "paid": "payment",
}  # fmt: skip
# Addresses of a session's speakers, in one text: they are of the same event, whose team sees them all.
EXCEPTED = {("sessions", "speaker-emails", "speaker", "email")}
COLUMNS = [(export, column) for export in EXPORTS.values() for column in export.columns]
READS = re.compile(r'\b([a-z]+)\."?([a-z_]+)"?')


def text_of(value: Sql) -> str:
    return "".join("$1" if isinstance(part, Param) else str(part) for part in value.parts())


@pytest.mark.parametrize(("export", "column"), COLUMNS, ids=lambda item: item.name)
def test_what_only_some_see_is_named(export: Export, column: Column) -> None:
    if column.name == "price-paid":
        return  # of weights and amounts, in a statement of its own
    for alias, name in READS.findall(text_of(column.value)):
        type_name = export.type if alias == "t" else JOINED[alias]
        attribute = REGISTRY[type_name].attributes.get(name) if type_name else None
        if attribute is None or attribute.scope is None:
            continue
        known = {(type_name, alias, name)} <= set(column.seen)
        assert known or (export.name, column.name, alias, name) in EXCEPTED, f"{alias}.{name} is not for all"


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda export: export.name)
def test_names_are_unique_and_known(export: Export) -> None:
    names = [column.name for column in export.columns]
    assert len(names) == len(set(names))
    assert set(export.listed) <= set(names)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", name) for name in names)
    assert not export.form or export.answers_after in names


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda export: export.name)
def test_all_columns_together_can_be_read(fair: Fair, export: Export) -> None:
    staff = fair.asked_by(stored(make_user, is_admin=True))
    group = stored(make_group)
    path = {"followers": f"/groups/{group.id}/exports", "sales": "/admin/exports"}.get(
        export.name, f"/events/{fair.event.id}/exports"
    )
    columns = ",".join(column.name for column in export.columns)
    for form in ("csv", "xlsx"):
        assert staff.content(f"{path}/{export.name}.{form}", columns=columns)
    assert staff.content(f"{path}/{export.name}.pdf")
