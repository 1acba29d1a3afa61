"""docs/compatibility.md shows what the files of the clients have, and the files are understood wholly."""

from typing import Any

import pytest

from tests.compatibility import expectations
from tests.compatibility.needs import at, unmet
from tests.compatibility.page import PAGE, written

ANSWER = {"data": [{"id": "1", "attributes": {"price": 2.5, "empty": None}}, {"id": "2", "attributes": {}}]}


def test_the_page_is_what_the_files_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "the page is stale: make compatibility"


@pytest.mark.parametrize(
    "wrong",
    [
        {"for": "x", "send": "GET /v1/events"},
        {"for": "x", "send": "GET /v1/events", "needs": {"data": "list"}, "missing": 404},
        {"for": "x", "send": "GET /v1/events", "needs": {"status": 200}, "boddy": {}},
    ],
)
def test_a_mistake_in_a_file_is_told(wrong: Any) -> None:
    with pytest.raises(ValueError, match="x: "):
        expectations.call_of(wrong)


@pytest.mark.parametrize(
    ("path", "wanted", "met"),
    [
        ("data[].id", "text", True), ("data[].id", "whole", False), ("data[].id", "1", False), ("data.0.id", "1", True),
        ("data.0.attributes.price", "number", True), ("data.0.attributes.price", "whole", False),
        ("data.0.attributes.empty", "maybe text", True), ("data.0.attributes.empty", "text", False),
        ("data[].attributes.price", "number", False), ("data.1.attributes.price", "absent", True),
        ("data.7.id", "text", False), ("nothing", "maybe list", False), ("data.1.attributes", {}, True),
    ],
)  # fmt: skip
def test_needs_are_compared(path: str, wanted: Any, met: bool) -> None:
    assert (unmet(ANSWER, {"status": 200, path: wanted}) == []) is met


def test_what_is_kept_must_be_there() -> None:
    assert at(ANSWER, "data.0.id") == "1"
    with pytest.raises(LookupError):
        at(ANSWER, "data.9.id")
