"""Exhibitors: sessions of their own event, and an order that the team chooses."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.exhibitor import make_exhibitor
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def test_sessions_of_another_event_are_refused(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    booth = stored(make_exhibitor, event=event)
    here, elsewhere = stored(make_session, event=event), stored(make_session)
    asking = client.signed_in_as(owner)
    for talk, status in ((here, 200), (elsewhere, 422)):
        body = {"data": [{"type": "session", "id": str(talk.id)}]}
        assert asking.patch(f"/v1/exhibitors/{booth.id}/relationships/sessions", body).status == status
    assert [resource["id"] for resource in client.get(f"/v1/sessions/{here.id}/exhibitors").data] == [
        str(booth.id)
    ]


def test_a_speaker_does_not_choose_exhibitors(client: Client) -> None:
    speaker = stored(make_user)
    event = stored(make_event)
    talk = stored(make_session, event=event, creator_id=speaker.id)
    booth = stored(make_exhibitor, event=event)
    body = {"data": [{"type": "exhibitor", "id": str(booth.id)}]}
    reply = client.signed_in_as(speaker).post(f"/v1/sessions/{talk.id}/relationships/exhibitors", body)
    assert reply.status == 403


def test_social_links_keep_their_spelling(client: Client) -> None:
    owner = stored(make_user)
    booth = stored(make_exhibitor, event=stored(make_event, owner=owner))
    links = [{"name": "Shop", "link": "https://shop.example.org", "is_custom": True}]
    body = document("exhibitor", {"social-links": links}, booth.id)
    reply = client.signed_in_as(owner).patch(f"/v1/exhibitors/{booth.id}", body)
    assert reply.data["attributes"]["social-links"] == links


def test_the_team_reorders(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    first, second = (stored(make_exhibitor, event=event, position=0) for _ in range(2))
    stranger = stored(make_exhibitor, position=7)
    address = f"/v1/events/{event.identifier}/reorder-exhibitors"
    wanted = [{"exhibitor": str(second.id), "position": 1}, {"exhibitor": first.id, "position": 2}]
    assert client.post(address, wanted).status == 401
    assert client.signed_in_as(stored(make_user)).post(address, wanted).status == 403
    asking = client.signed_in_as(owner)
    assert asking.post(address, wanted).json == {"success": True}
    shown = client.get(f"/v1/events/{event.id}/exhibitors").data
    assert [item["id"] for item in shown] == [str(second.id), str(first.id)]
    assert asking.post(address, [{"exhibitor": stranger.id, "position": 1}]).status == 422
    for wrong in (
        {"exhibitor": 1},
        [3],
        [{"exhibitor": "x", "position": 1}],
        [{"exhibitor": 10**30, "position": 1}],
    ):
        assert asking.post(address, wrong).status in {400, 422}
    for unreadable, status in ((b"[" * 100_000, 400), (b"\xff", 400), (b" " * 1_000_001, 413)):
        assert asking.post(address, body=unreadable).status == status
    assert asking.post(f"{address}?reset").status == 200
    positions = database.rows("SELECT position FROM exhibitors ORDER BY position")
    assert [position["position"] for position in positions] == [0, 0, 7]
