"""Rules of rights are values: they compare, compile to the same SQL, fold, and their statements are kept."""

from collections.abc import Callable

import pytest

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import (
    FALSE,
    ROW,
    TRUE,
    Ids,
    Param,
    Row,
    Sql,
    all_of,
    any_of,
    negated,
    render,
    render_with,
    sql,
    text_of,
)
from chalicelib.jsonapi.model.policy import (
    among,
    anyone,
    column_is,
    has_role,
    is_owner,
    logged_in,
    nobody,
    staff,
    visible_with,
    where_sql,
)
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.read import find
from chalicelib.jsonapi.rights import verdicts
from chalicelib.jsonapi.rights.compiler import Compiler
from tests.jsonapi.conftest import Reply, Toys
from tests.jsonapi.world import LIBRARIANS, REGISTRY

BOOK = REGISTRY["book"]


def compiled(rule: Rule, kind: Kind = Kind.USER, row: Row | None = None) -> Sql:
    return Compiler(REGISTRY, kind).condition(rule, BOOK, row or Row("t"))


def deep(levels: int) -> Rule:
    rule: Rule = is_owner("library_id")
    for number in range(levels):
        rule = (rule & column_is("title", str(number))) | ~has_role(LIBRARIANS, "library")
    return rule


def test_rules_that_say_the_same_are_equal_and_have_the_same_hash() -> None:
    one, other = deep(100), deep(100)
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert {one: "kept"}[other] == "kept"
    assert deep(99) != one
    assert column_is("title", "a") != column_is("title", "b")
    assert is_owner("a") != is_owner("a", whichever_profile=True)
    assert (staff | anyone) != (staff & anyone)
    assert where_sql(sql(ROW["title"], " > 1"), "x") == where_sql(sql(ROW["title"], " > 1"), "x")


def test_a_rule_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        staff.least = Kind.NOBODY  # type: ignore[misc]


@pytest.mark.parametrize(
    ("rule", "kind", "expected"),
    [
        (anyone, Kind.NOBODY, TRUE),
        (logged_in, Kind.NOBODY, FALSE),
        (staff | nobody, Kind.STAFF, TRUE),
        (has_role(LIBRARIANS, "library"), Kind.STAFF, TRUE),
        (has_role(LIBRARIANS, "library") | is_owner("shelf_id"), Kind.NOBODY, FALSE),
        (~(staff | is_owner("shelf_id")), Kind.SUPER_ADMIN, FALSE),
        (column_is("title", "x") & nobody, Kind.USER, FALSE),
        (column_is("title", "x") | anyone, Kind.USER, TRUE),
        (where_sql(sql("x"), "x", least=Kind.STAFF), Kind.USER, FALSE),
        (among(sql("SELECT 1"), "x"), Kind.NOBODY, FALSE),
        (visible_with("library"), Kind.NOBODY, None),
    ],
)
def test_what_the_kind_of_viewer_decides_is_folded(rule: Rule, kind: Kind, expected: Sql | None) -> None:
    found = compiled(rule, kind)
    assert found is expected if expected is not None else found not in (TRUE, FALSE)


def test_constants_are_told_by_identity_and_not_by_their_text() -> None:
    looks_alike = sql("TRUE")
    assert all_of(TRUE, looks_alike) is looks_alike
    assert any_of(FALSE, looks_alike) is looks_alike
    assert negated(TRUE) is FALSE
    assert text_of(negated(looks_alike)) == "(NOT coalesce(TRUE, FALSE))"
    assert text_of(all_of(sql("a"), sql("b"), sql("a"))) == "(a AND b)"


def test_what_is_known_of_a_row_is_known_of_this_row_alone() -> None:
    rule = has_role(LIBRARIANS, "library") & visible_with("library")
    known = Row("t", roles={"library": LIBRARIANS}, visible=frozenset({"library"}))
    assert compiled(rule, row=known) is TRUE
    assert compiled(rule, row=Row("t")) is not TRUE
    assert compiled(rule, row=Row("t", roles={"library": frozenset()})) is FALSE


def test_a_rule_tells_the_columns_that_it_reads() -> None:
    row = Row("t")
    tricky = where_sql(
        sql("EXISTS (SELECT t.x FROM y t WHERE t.z = '$1:: t.q' AND ", ROW["pages"], " > 1)"), "x"
    )
    condition = compiled(tricky & column_is("title", "a") & visible_with("library"), row=row)
    assert condition.columns(row) == {"pages", "title", "library_id"}


def test_parameters_are_numbered_when_a_statement_is_rendered() -> None:
    one, other = Param("one", "bigint"), Param("other", "text")
    literal = sql("SELECT '$7::text', ", other, ", ", one, ", ", other)
    assert render(literal).text == "SELECT '$7::text', $1::text, $2::bigint, $1::text"
    assert render(literal).keys == ("other", "one")
    assert render(literal, first=["given"]).keys == ("given", "other", "one")
    with pytest.raises(ValueError, match="has parameters"):
        text_of(literal)


def test_ids_are_looked_up_once_and_only_if_something_reads_them() -> None:
    ids = Ids(sql("SELECT 1"))
    asked = sql("n0 AS (SELECT ", ids, ", ", ids, ")")
    read = "(SELECT ids FROM v0)::bigint[]"
    assert (
        render_with(asked).text
        == f"WITH v0 AS (SELECT ARRAY(SELECT 1) AS ids),\nn0 AS (SELECT {read}, {read})"
    )
    assert render(sql("SELECT ", ids)).text == "SELECT ARRAY(SELECT 1)"
    assert render_with(sql("n0")).text == "WITH n0"


def test_a_node_that_the_compiler_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="unknown rule"):
        compiled(Rule())


def test_the_same_request_asks_by_the_same_statements(librarian: Toys) -> None:
    requests: dict[str, Callable[[], Reply]] = {
        "list": lambda: librarian.get("/v1/books?include=authors"),
        "detail": lambda: librarian.get(f"/v1/books/{librarian['solaris']}"),
        "change": lambda: librarian.patch(
            f"/v1/books/{librarian['solaris']}",
            {"data": {"type": "book", "id": str(librarian["solaris"]), "attributes": {"pages": 200}}},
        ),
    }
    for name, request in requests.items():
        assert request().status == 200, name
        before = {item: item.cache_info() for item in (find._statement, verdicts._question)}
        for _ in range(20):
            assert request().status == 200, name
        for value, was in before.items():
            assert value.cache_info().misses == was.misses, (name, value)
        assert verdicts._question.cache_info().hits + find._statement.cache_info().hits > 19
