"""The outbox takes plain values only: ids and short texts, never rows."""

from datetime import date

import pytest

from chalicelib import db, outbox, outbox_arguments
from chalicelib.outbox import OutboxMessage
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.tasks.conftest import write_down
from tests.tasks.messages import queued


@pytest.mark.parametrize(
    "argument",
    [
        OutboxMessage(key="a row"),
        [OutboxMessage(key="a row in a list")],
        {"row": OutboxMessage(key="a row in an object")},
        object(),
        date(2026, 11, 21),
        (1, 2),
        {1, 2},
        {1: "a number as a key"},
        b"bytes",
        float("nan"),
        float("inf"),
        "\x00",
        "\ud800",
    ],
    ids=[
        "row",
        "row in a list",
        "row in an object",
        "object",
        "date",
        "tuple",
        "set",
        "number as a key",
        "bytes",
        "not a number",
        "infinity",
        "nul",
        "half a surrogate pair",
    ],
)
def test_anything_but_plain_values_is_refused(
    database: TestDatabase, stand_in: Resources, argument: object
) -> None:
    with db.transaction() as session, pytest.raises(TypeError, match="never objects"):
        outbox.add(session, "take_note", {"note": argument})

    assert database.rows("SELECT * FROM outbox") == []


def test_content_instead_of_an_id_is_refused(database: TestDatabase, stand_in: Resources) -> None:
    with db.transaction() as session, pytest.raises(ValueError, match="an id instead"):
        outbox.add(session, "take_note", {"note": "x" * outbox_arguments.LARGEST})


def test_any_text_arrives_as_it_was(database: TestDatabase, stand_in: Resources) -> None:
    text = "\U0001f600 \x01\x1f\ufffe \\ \" '"
    write_down("take_note", note=text)

    (body,) = queued()
    assert body["arguments"]["note"] == text
