"""What a request costs in Python instructions: nothing becomes more expensive unnoticed.

Times depend on the machine, and on what else it does; instructions do not. A change that needs more of them
raises the number here, and its commit says what they are spent on. One that needs clearly fewer lowers it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes, make_session
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.instructions import executed

WARM = 30  # requests, after which every cache is filled and every statement is prepared
SLACK = 0.03

INSTRUCTIONS = {
    "an event": 6_950,
    "an event, signed in": 8_300,
    "20 sessions": 8_050,
    "a new session": 25_500,
    "a changed session": 35_400,
}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The instructions of each request from now on, from API Gateway's event to the answer."""
    import app

    counts = list[int]()
    answer = type(app.app).__call__

    def counting(handler: Any, event: Any, context: Any) -> Any:
        answers: list[Any] = []
        counts.append(executed(lambda: answers.append(answer(handler, event, context))))
        return answers[0]

    monkeypatch.setattr(type(app.app), "__call__", counting)
    return counts


@pytest.mark.unwatched
@pytest.mark.parametrize("case", INSTRUCTIONS)
def test_a_request_costs_no_more_than_it_did(
    case: str, database: TestDatabase, client: Client, counted: list[int]
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, state="published")
    talks = [stored(make_session, event=event) for _ in range(20)]
    signed_in = client.signed_in_as(owner)
    new = document("session", attributes(), event=("event", event))
    titles = (f"Version {number}" for number in range(10 * WARM))

    requests: dict[str, Callable[[], Reply]] = {
        "an event": lambda: client.get(f"/v1/events/{event.id}"),
        "an event, signed in": lambda: signed_in.get(f"/v1/events/{event.id}"),
        "20 sessions": lambda: client.get(f"/v1/events/{event.id}/sessions"),
        "a new session": lambda: signed_in.post("/v1/sessions", new),
        "a changed session": lambda: signed_in.patch(
            f"/v1/sessions/{talks[0].id}", document("session", {"title": next(titles)}, id=talks[0].id)
        ),
    }
    for _ in range(WARM):
        assert requests[case]().status in {200, 201}
    least = min(counted[-WARM // 3 :])
    assert least <= INSTRUCTIONS[case] * (1 + SLACK), f"{case} costs {least:,} instructions"
    assert least >= INSTRUCTIONS[case] * (1 - 3 * SLACK), f"{case} costs {least:,} by now: lower the number"
