"""An event in numbers: counted right, and for its team only."""

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.sponsor import make_sponsor
from tests.factories.user import make_user
from tests.support.http_client import Client


def test_sessions_speakers_and_sponsors_are_counted(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    talks = [stored(make_session, event=event, state=state) for state in ("accepted", "accepted", "draft")]
    stored(make_session, event=event, deleted_at=clock.now())
    stored(make_session)
    stored(make_speaker, event=event, sessions=talks)
    stored(make_speaker, event=event, sessions=talks[2:])
    stored(make_speaker, event=event)
    stored(make_sponsor, event=event)
    asking = client.signed_in_as(owner)
    shown = asking.get(f"/v1/events/{event.identifier}/general-statistics").data
    assert (shown["type"], shown["id"]) == ("event-statistics-general", str(event.id))
    numbers = shown["attributes"]
    assert numbers["identifier"] == event.identifier
    assert {name: numbers[name] for name in ("sessions", "sessions-submitted", "sponsors")} == {
        "sessions": 3,
        "sessions-submitted": 3,
        "sponsors": 1,
    }
    assert (numbers["sessions-accepted"], numbers["sessions-draft"], numbers["sessions-pending"]) == (2, 1, 0)
    assert numbers["speaker-without-session"] == 1
    speakers = numbers["speakers"]
    assert (speakers["total"], speakers["accepted"], speakers["draft"], speakers["rejected"]) == (3, 1, 2, 0)


def test_the_numbers_are_for_the_team(client: Client) -> None:
    event = stored(make_event)
    for asking in (client, client.signed_in_as(stored(make_user))):
        assert asking.get(f"/v1/events/{event.id}/general-statistics").data is None
        included = asking.get(f"/v1/events/{event.id}?include=general-statistics").json["included"]
        assert included == []
