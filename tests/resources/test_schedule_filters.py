"""What the schedule's filters offer: days, languages, and the moves between states."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.support.http_client import Client


def test_days_and_languages_of_the_programme(client: Client) -> None:
    event = stored(make_event, timezone="Asia/Tokyo")
    late = datetime(2030, 5, 1, 23, 0, tzinfo=ZoneInfo("UTC"))
    stored(make_session, event=event, starts_at=late, language="Japanese")
    stored(make_session, event=event, starts_at=late, language="English", state="confirmed")
    stored(make_session, event=event, starts_at=late.replace(day=9), language="Latin", state="pending")
    assert client.get(f"/v1/events/{event.identifier}/sessions/dates").json == ["2030-05-02"]
    assert client.get(f"/v1/events/{event.id}/sessions/languages").json == ["English", "Japanese"]
    draft = stored(make_event, state="draft")
    assert client.get(f"/v1/events/{draft.id}/sessions/dates").status == 404


def test_the_moves_between_states(client: Client) -> None:
    moves = client.get("/v1/sessions/states").json
    assert moves["speaker"]["draft"] == {"pending": True}
    assert moves["organizer"]["draft"] == {}
    assert "confirmed" in moves["organizer"]["accepted"]
