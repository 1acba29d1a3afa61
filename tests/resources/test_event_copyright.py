"""Copyright notices: one for each event, from a year that can be."""

from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.event_copyright import make_event_copyright
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client


def test_an_event_has_one_notice(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    first = stored(make_event_copyright, event=event)
    asking = client.signed_in_as(owner)
    sent = document("event-copyright", {"licence": "CC0"}, event=("event", event))
    again = asking.post("/v1/event-copyrights", sent)
    assert (again.status, again.errors[0]["source"]["pointer"]) == (422, "/data/relationships/event")
    assert client.get(f"/v1/events/{event.identifier}/event-copyright").data["id"] == str(first.id)
    assert asking.delete(f"/v1/event-copyrights/{first.id}").status == 200
    assert asking.post("/v1/event-copyrights", sent).status == 201
    restored = document("event-copyright", {"deleted-at": None}, first.id)
    assert asking.patch(f"/v1/event-copyrights/{first.id}?get_trashed=true", restored).status == 422


def test_the_year_has_begun(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    for year, status in ((1899, 422), (2999, 422), (1900, 201)):
        sent = document("event-copyright", {"licence": "CC0", "year": year}, event=("event", event))
        assert client.signed_in_as(owner).post("/v1/event-copyrights", sent).status == status
