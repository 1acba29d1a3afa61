"""The window of a call for speakers: who may submit a session when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document
from tests.support.http_client import Client, Reply

OPENS, ENDS = datetime(2031, 3, 1, 17, tzinfo=UTC), datetime(2031, 3, 29, 22, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Call(NamedTuple):
    """An event with a call for speakers, which its owner has created through the API, and the clock."""

    client: Client
    at: Callable[[datetime], None]
    owner: Any
    speaker: Any
    team: Any
    event: Any
    address: str

    def submit(self, moment: datetime, by: Any, state: str = "pending") -> Reply:
        asking = self.signed_in(by, moment)
        sent = {**attributes(), "state": state}
        return asking.post("/v1/sessions", document("session", sent, event=("event", self.event)))

    def hand_in(self, moment: datetime, draft: Reply, by: Any) -> Reply:
        asking, id = self.signed_in(by, moment), draft.data["id"]
        return asking.patch(f"/v1/sessions/{id}", document("session", {"state": "pending"}, id))

    def signed_in(self, user: Any, moment: datetime) -> Client:
        self.at(moment)
        return self.client.signed_in_as(user)


@pytest.fixture
def call(client: Client, monkeypatch: pytest.MonkeyPatch) -> Call:
    def at(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    at(OPENS - timedelta(days=9))
    owner, speaker, helper = stored(make_user), stored(make_user), stored(make_user)
    event = stored(
        make_event,
        owner=owner,
        timezone="Europe/Berlin",
        starts_at=datetime(2031, 6, 1, tzinfo=UTC),
        ends_at=datetime(2031, 6, 3, tzinfo=UTC),
    )
    stored(make_users_events_roles, event=event, user=helper, role="coorganizer")
    times = {"starts-at": OPENS.isoformat(), "ends-at": ENDS.isoformat()}
    made = client.signed_in_as(owner).post(
        "/v1/speakers-calls", document("speakers-call", times, event=("event", event))
    )
    assert made.status == 201, made.text
    return Call(client, at, owner, speaker, helper, event, f"/v1/speakers-calls/{made.data['id']}")


def refusal(reply: Reply) -> tuple[int, str, str]:
    (problem,) = reply.errors
    return reply.status, problem["source"]["pointer"], problem["detail"]


BEGINS = "The call for speakers begins on 2031-03-01 18:00 (Europe/Berlin)."
ENDED = "The call for speakers ended on 2031-03-29 23:30 (Europe/Berlin)."
AT = "/data/relationships/event"


@pytest.mark.parametrize("state", ["draft", "pending"])
def test_sessions_are_taken_within_the_window_in_the_events_zone(call: Call, state: str) -> None:
    assert refusal(call.submit(OPENS - SECOND, call.speaker, state)) == (403, AT, BEGINS)
    assert call.submit(OPENS, call.speaker, state).status == 201
    assert call.submit(ENDS, call.speaker, state).status == 201
    assert refusal(call.submit(ENDS + SECOND, call.speaker, state)) == (403, AT, ENDED)


def test_the_team_submits_at_any_time(call: Call) -> None:
    for moment in (OPENS - timedelta(days=3), ENDS + timedelta(days=9)):
        for member in (call.owner, call.team):
            assert call.submit(moment, member).status == 201


def test_a_draft_that_was_begun_in_time_may_be_submitted_for_a_day_more(call: Call) -> None:
    drafts = [call.submit(ENDS, call.speaker, "draft") for _ in range(2)]
    last = ENDS + timedelta(hours=24)
    assert call.hand_in(last, drafts[0], call.speaker).status == 200
    assert refusal(call.hand_in(last + SECOND, drafts[1], call.speaker)) == (403, AT, ENDED)
    edited = document("session", {"title": "A better one"}, drafts[1].data["id"])
    assert (
        call.signed_in(call.speaker, last).patch(f"/v1/sessions/{drafts[1].data['id']}", edited).status == 200
    )
    assert call.hand_in(last + SECOND, drafts[1], call.owner).status == 403  # not the owner's own draft


def test_a_draft_of_before_a_window_that_was_moved_waits_for_it(call: Call) -> None:
    draft = call.submit(OPENS, call.speaker, "draft")
    later = document("speakers-call", {"starts-at": (OPENS + timedelta(days=7)).isoformat()})
    later["data"]["id"] = call.address.rpartition("/")[2]
    assert call.client.signed_in_as(call.owner).patch(call.address, later).status == 200
    begins = BEGINS.replace("-01 ", "-08 ")
    assert refusal(call.hand_in(OPENS + timedelta(days=6), draft, call.speaker)) == (403, AT, begins)
    assert call.hand_in(OPENS + timedelta(days=7), draft, call.speaker).status == 200


def test_without_a_call_there_is_no_window(call: Call) -> None:
    assert call.client.signed_in_as(call.owner).delete(call.address).status == 200
    assert call.submit(ENDS + timedelta(days=9), call.speaker).status == 201
