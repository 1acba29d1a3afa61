"""Every cell of the table is tried against the application, and no cell is left out."""

from collections.abc import Iterator

import pytest

from chalicelib.resources import REGISTRY
from tests.permissions import stage as stages
from tests.permissions.matrix import TABLE, declared, main, methods, replaced, tried, written
from tests.permissions.page import PAGE, with_table
from tests.permissions.stage import VIEWERS, Stage
from tests.support.databases import TestDatabase

pytestmark = pytest.mark.one_database
TYPES = sorted(resource.type for resource in REGISTRY)

# Where people without a role may write, on purpose: their own proposals, accounts and favourites.
OPEN_TO_STRANGERS = {
    ("create", "event"), ("create", "group"), ("create", "import-job"), ("create", "profile"),
    ("create", "session"),
    ("create", "speaker"), ("create", "user"), ("create", "user-favourite-event"),
    ("create", "user-favourite-session"), ("create", "user-follow-group"),
}  # fmt: skip


def _remedy(*type_names: str) -> str:
    """What puts the table right, in seconds."""
    there = [name for name in type_names if name in REGISTRY] or ["faq"]
    return f'make permissions TYPE="{" ".join(there)}" writes it anew'


# Tables of which an event has one row at most.
ONE_PER_EVENT = """
SELECT kept.indrelid::regclass::text AS name FROM pg_index kept
JOIN pg_attribute of ON of.attrelid = kept.indrelid AND of.attnum = kept.indkey[0]
WHERE kept.indisunique AND kept.indnkeyatts = 1 AND of.attname = 'event_id'
"""


@pytest.fixture(scope="module")
def furnished() -> dict[str, Stage]:
    """The stage, by the database that it was made in: one for all types."""
    return {}


@pytest.fixture
def stage(database: TestDatabase, furnished: dict[str, Stage]) -> Iterator[Stage]:
    """The people and the events, which nothing has yet of what an event has once."""
    yield furnished.get(database.address) or furnished.setdefault(database.address, stages.furnish())
    for row in database.rows(ONE_PER_EVENT):
        database.run(f"DELETE FROM {row['name']}")


@pytest.mark.parametrize("type_name", TYPES)
def test_every_viewer_gets_what_the_table_says(stage: Stage, type_name: str) -> None:
    resource = REGISTRY[type_name]
    wanted = {line: codes for line, codes in declared().items() if line[0] == type_name}
    found = tried(resource, stage)
    # As text, because the difference of two tables is what a person wants to see.
    assert written(found) == written(wanted), f"{_remedy(type_name)}, then read the difference"


def test_the_table_has_every_cell() -> None:
    lines = {
        (resource.type, method, situation)
        for resource in REGISTRY
        for method in methods(resource)
        for situation in stages.situations(resource)
    }
    cells = declared()
    other = sorted({line[0] for line in cells.keys() ^ lines})
    assert other == [], f"lines are missing or too many: {_remedy(*other)}"
    assert {len(codes) for codes in cells.values()} == {len(VIEWERS)}
    assert {code for codes in cells.values() for code in codes} <= {200, 201, 204, 401, 403, 404, 409, 422}


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text()
    # Any noun will do: the page is written as a whole.
    assert with_table(page, TABLE.read_text()) == page, f"{PAGE.name} is old: {_remedy('faq')}"


def test_the_lines_of_one_noun_are_exchanged_and_the_others_stay() -> None:
    def cell(name: str, code: int) -> dict[tuple[str, str, str], list[int]]:
        return {(name, "read", "-"): [code]}

    before = {**cell("event", 200), **cell("faq", 200), **cell("kettle", 200), **cell("user", 200)}
    found = replaced(before, {**cell("faq", 403), **cell("benefit", 404)})
    assert list(found.items()) == list(
        {**cell("benefit", 404), **cell("event", 200), **cell("faq", 403), **cell("user", 200)}.items()
    )


def test_a_noun_that_is_not_there_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    before = TABLE.read_text()
    assert main(["faq", "kettle"]) == 2
    assert "There is no noun kettle. TYPE is one of " in capsys.readouterr().err
    assert TABLE.read_text() == before


def test_nobody_ever_writes_and_strangers_only_where_it_is_meant() -> None:
    for (type_name, method, situation), codes in declared().items():
        if method in {"list", "read", "rel_read"}:
            continue
        by_viewer = dict(zip(VIEWERS, codes, strict=True))
        if (method, type_name) != ("create", "user"):
            assert by_viewer["nobody"] in {401, 404}, (type_name, method, situation)
        if (method, type_name) not in OPEN_TO_STRANGERS:
            assert by_viewer["stranger"] in {403, 404, 422}, (type_name, method, situation)


def test_a_guest_sees_and_writes_their_order_and_its_attendees_alone() -> None:
    opens = {"attendee", "credit-note", "order", "payment", "refund", "refund-request", "ticket-transfer"}
    opens |= {"form-request", "ticket-exchange"}
    for (type_name, method, situation), codes in declared().items():
        by_viewer = dict(zip(VIEWERS, codes, strict=True))
        if type_name in opens or (type_name == "stripe-authorization" and by_viewer["stranger"] != 404):
            continue
        assert by_viewer["guest"] == by_viewer["nobody"], (type_name, method, situation)
    written = {
        (type_name, method)
        for (type_name, method, _), codes in declared().items()
        if method not in {"list", "read", "rel_read"} and codes[VIEWERS.index("guest")] < 300
    }
    assert written == {
        ("attendee", "rel_write"),
        ("attendee", "update"),
        ("order", "update"),
        ("user", "create"),
    }


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
