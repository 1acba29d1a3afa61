"""What has to fit the dates of its event does so, from whichever end somebody changes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import signals
from chalicelib.resources.events.event.dates import FITS
from tests.factories import maker, stored
from tests.factories.event import make_event
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

START = datetime(2031, 5, 10, 9, tzinfo=UTC)
END = START + timedelta(days=2)
EARLIER = END - timedelta(days=30)
BROKEN = """
SELECT count(*) FROM tickets JOIN events ON events.id = event_id WHERE sales_ends_at > events.ends_at
"""


@pytest.fixture
def scene(client: Client) -> Any:
    owner = stored(make_user)
    return client.signed_in_as(owner), stored(make_event, owner=owner, starts_at=START, ends_at=END)


def to(asking: Client, event: Any, ends_at: datetime) -> Any:
    dates = {"starts-at": (ends_at - timedelta(days=2)).isoformat(), "ends-at": ends_at.isoformat()}
    return asking.patch(f"/v1/events/{event.id}", document("event", dates, event.id))


def test_sales_end_with_an_event_that_moves_to_an_earlier_day(scene: Any, database: TestDatabase) -> None:
    asking, event = scene
    begin = EARLIER - timedelta(days=60)
    late, early = (
        stored(make_ticket, event=event, name=name, sales_starts_at=begin, sales_ends_at=end)
        for name, end in (("late", END), ("early", EARLIER - timedelta(days=7)))
    )
    heard: list[tuple[int, Any]] = []
    with signals.temporary_receiver(
        "ticket.updated", lambda _s, *, id, changed, **_: heard.append((id, changed))
    ):
        assert to(asking, event, EARLIER).status == 200
    ends = {row["id"]: row["sales_ends_at"] for row in database.rows("SELECT id, sales_ends_at FROM tickets")}
    assert ends == {late.id: EARLIER, early.id: EARLIER - timedelta(days=7)}
    assert heard == [(late.id, ["sales_ends_at"])]
    assert to(asking, event, END).status == 200
    assert database.one("SELECT max(sales_ends_at) FROM tickets") == EARLIER


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.table)
def test_what_cannot_fit_is_refused_from_both_ends(scene: Any, database: TestDatabase, fit: Any) -> None:
    asking, event = scene
    noun = fit.noun.replace(" ", "-")
    values: dict[str, Any] = {"valid_from": END - timedelta(days=1), "valid_till": None}
    if fit.table == "tickets":
        values = {"sales_starts_at": END - timedelta(days=1), "sales_ends_at": END}
    row = stored(maker(noun), event=event, **values)
    refused = to(asking, event, EARLIER)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/ends-at")
    assert getattr(row, fit.name) in refused.errors[0]["detail"]
    assert database.one("SELECT ends_at FROM events") == END
    wire = fit.columns[0].replace("_", "-")
    late = document(noun, {wire: (END + timedelta(days=1)).isoformat()}, row.id)
    refused = asking.patch(f"/v1/{noun}s/{row.id}", late)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{wire}")


def test_a_copy_sells_nothing_after_its_end(scene: Any, database: TestDatabase) -> None:
    asking, event = scene
    stored(make_ticket, event=event, sales_starts_at=START - timedelta(days=9), sales_ends_at=END)
    database.run("UPDATE tickets SET sales_ends_at = :late", late=END + timedelta(days=20))
    assert asking.post(f"/v1/events/{event.id}/copy").status == 200
    assert database.one(f"{BROKEN} AND event_id <> :id", id=event.id) == 0
