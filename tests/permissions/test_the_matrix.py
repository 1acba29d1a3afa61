"""Every cell of the table is tried against the application, and no cell is left out."""

import pytest

from chalicelib.resources import REGISTRY
from tests.permissions import stage as stages
from tests.permissions.matrix import TABLE, declared, methods, tried, written
from tests.permissions.page import PAGE, with_table
from tests.permissions.stage import VIEWERS
from tests.support.databases import TestDatabase

TYPES = sorted(one.type for one in REGISTRY)

# Where people without a role may write, on purpose: their own proposals, accounts and favourites.
OPEN_TO_STRANGERS = {
    ("create", "event"), ("create", "group"), ("create", "import-job"), ("create", "profile"),
    ("create", "session"),
    ("create", "speaker"), ("create", "user"), ("create", "user-favourite-event"),
    ("create", "user-favourite-session"), ("create", "user-follow-group"),
}  # fmt: skip


@pytest.mark.parametrize("type_name", TYPES)
def test_every_viewer_gets_what_the_table_says(database: TestDatabase, type_name: str) -> None:
    resource = REGISTRY[type_name]
    wanted = {line: codes for line, codes in declared().items() if line[0] == type_name}
    found = tried(resource, stages.furnish())
    # As text, because the difference of two tables is what a person wants to see.
    assert written(found) == written(wanted), "make permissions writes the table anew: read the difference"


def test_the_table_has_every_cell() -> None:
    lines = {
        (resource.type, method, situation)
        for resource in REGISTRY
        for method in methods(resource)
        for situation in stages.situations(resource)
    }
    cells = declared()
    assert cells.keys() == lines
    assert {len(codes) for codes in cells.values()} == {len(VIEWERS)}
    assert {code for codes in cells.values() for code in codes} <= {200, 201, 204, 401, 403, 404, 409, 422}


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text()
    assert with_table(page, TABLE.read_text()) == page


def test_nobody_ever_writes_and_strangers_only_where_it_is_meant() -> None:
    for (type_name, method, situation), codes in declared().items():
        if method in {"list", "read", "rel_read"}:
            continue
        by_viewer = dict(zip(VIEWERS, codes, strict=True))
        if (method, type_name) != ("create", "user"):
            assert by_viewer["nobody"] in {401, 404}, (type_name, method, situation)
        if (method, type_name) not in OPEN_TO_STRANGERS:
            assert by_viewer["stranger"] in {403, 404, 422}, (type_name, method, situation)


def test_a_role_at_one_event_gives_nothing_at_another() -> None:
    for (type_name, method, situation), codes in declared().items():
        if situation == "foreign":
            by_viewer = dict(zip(VIEWERS, codes, strict=True))
            for role in stages.ROLES:
                assert by_viewer[role] == by_viewer["stranger"], (type_name, method, role)


def test_a_draft_is_hidden_from_everybody_without_a_role() -> None:
    for (type_name, method, situation), codes in declared().items():
        if situation == "draft" and method in {"read", "rel_read"}:
            by_viewer = dict(zip(VIEWERS, codes, strict=True))
            assert by_viewer["nobody"] in {401, 404}, type_name
            assert by_viewer["stranger"] in {401, 403, 404}, type_name
