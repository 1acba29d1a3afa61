"""What several of the rows asked for lead to is included once, with its own links said once."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.event_type import make_event_type
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.support.http_client import Client


def test_linkage_of_what_several_rows_share_is_said_once(client: Client) -> None:
    kind = stored(make_event_type)
    event = stored(make_event, owner=stored(make_user), event_type_id=kind.id)
    for _ in range(3):
        stored(make_track, event=event)
    reply = client.get(f"/v1/events/{event.id}/tracks?include=event.event-type,event.tracks")
    assert reply.status == 200
    (included,) = [resource for resource in reply.json["included"] if resource["type"] == "event"]
    assert included["relationships"]["event-type"]["data"] == {"type": "event-type", "id": str(kind.id)}
    linked = [resource["id"] for resource in included["relationships"]["tracks"]["data"]]
    assert linked == sorted({resource["id"] for resource in reply.data}, key=int)
