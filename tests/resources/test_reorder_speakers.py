"""The team arranges an event's speakers."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.speaker import make_speaker
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.http_client import Client


def test_the_team_arranges_speakers(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    speakers = [stored(make_speaker, event=event) for _ in range(3)]
    stranger, gone = stored(make_speaker, order=7), stored(make_speaker, event=event, order=9)
    database.run("UPDATE speakers SET deleted_at = now() WHERE id = :id", id=gone.id)
    address = f"/v1/events/{event.identifier}/reorder-speakers"
    # As the front end sends it: ids are texts.
    wanted = [
        {"speaker": str(value.id), "order": order} for value, order in zip(speakers, (2, 1, 2), strict=True)
    ]
    assert client.post(address, wanted).status == 401
    assert client.signed_in_as(stored(make_user)).post(address, wanted).status == 403
    asking = client.signed_in_as(owner)
    reply = asking.post(address, wanted)
    assert (reply.status, reply.json) == (200, {"success": True, "updates": {"2": 2, "1": 1}})
    orders = {row["id"]: row["order"] for row in database.rows('SELECT id, "order" FROM speakers')}
    assert [orders[speaker.id] for speaker in speakers] == [2, 1, 2]
    for foreign in (stranger, gone):
        both = [{"speaker": speakers[0].id, "order": 5}, {"speaker": foreign.id, "order": 5}]
        refused = asking.post(address, both)
        assert (refused.status, refused.errors[0]["source"]) == (403, {"pointer": "/1/speaker"})
    for wrong, status, pointer in (
        ({"speaker": 1}, 400, ""),
        ([3], 422, "/0"),
        ([{"speaker": "x", "order": 1}], 422, "/0/speaker"),
        ([{"speaker": 1, "order": 1}, {"speaker": 1}], 422, "/1/order"),
        ([{"speaker": 10**30, "order": 1}], 422, "/0/speaker"),
        ([{"speaker": 0, "order": 1}], 422, "/0/speaker"),
        ([{"speaker": 1, "order": -1}], 422, "/0/order"),
        ([{"speaker": 1, "order": 2**40}], 422, "/0/order"),
        ([{"speaker": True, "order": 1}], 422, "/0/speaker"),
    ):
        refused = asking.post(address, wrong)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (status, pointer), wrong
    assert asking.post(address, []).json == {"success": True, "updates": {}}
    reply = asking.post(f"{address}?reset", content_type=None)
    assert reply.json == {"success": True, "updates": 3}
    orders = {row["id"]: row["order"] for row in database.rows('SELECT id, "order" FROM speakers')}
    assert [orders[item.id] for item in (*speakers, stranger, gone)] == [0, 0, 0, 7, 9]
