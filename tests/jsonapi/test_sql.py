"""The SQL builder: placeholders in declarations, and what a statement makes of them."""

import pytest

from chalicelib.jsonapi.ground.sql import LATERAL, LINK, ROW, Param, Row, render, sql, text_of
from chalicelib.jsonapi.model.fields import Computed, Schema
from chalicelib.jsonapi.model.policy import Policy, anyone
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.read.members import attributes_of

_BOTH = sql("SELECT count(*) AS pages, max(page.id) AS last FROM page WHERE page.book_id = ", ROW["id"])


class _BookSchema(Schema):
    pages = Computed("integer", sql(LATERAL["pages"]), _BOTH)
    last = Computed("integer", sql(LATERAL["last"]), _BOTH)
    is_long = Computed("boolean", sql(ROW["words"], " > 500"))


_BOOK = Resource(
    "book",
    None,
    _BookSchema,
    path="books",
    policy=Policy(see=anyone, create=anyone, change=anyone, remove=anyone),
    select_sql="SELECT 1 AS id, 2 AS words",
)


def test_only_the_placeholder_meant_is_replaced_however_deep_it_is() -> None:
    value = sql(ROW["a"], " = ", sql(sql(LINK["b"]), " + ", ROW["c"]))
    assert text_of(value.about(Row("t"))) == 't."a" = link."b" + t."c"'
    assert text_of(value.about(Row("l"), LINK)) == 'row."a" = l."b" + row."c"'
    assert text_of(value) == 'row."a" = link."b" + row."c"'  # the value itself stays what it is


def test_a_parameter_stays_one_when_a_row_is_put_in() -> None:
    value = sql(LINK["user_id"], " = ", Param("viewer_id", "bigint")).about(Row("l"), LINK)
    assert render(value).text == 'l."user_id" = $1::bigint'
    with pytest.raises(ValueError, match="has parameters"):
        text_of(value)


def test_attributes_with_the_same_subselect_share_it_in_an_object_and_have_it_alone_elsewhere() -> None:
    together = text_of(attributes_of(_BOOK, "t", (0, 1, 2)))
    assert together.count("FROM page") == 1
    assert '(s0."pages") AS "pages", (s0."last") AS "last", (t."words" > 500) AS "is-long"' in together
    alone = text_of(_BOOK.attributes["last"].sql(Row("x")))
    assert alone.startswith('(SELECT (lateral_."last") FROM (SELECT count(*)')
    assert alone.endswith('page.book_id = x."id") lateral_)')
