"""Events: who sees drafts, dates that make sense, publishing, owning, and clean descriptions."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.event import attributes, make_event
from tests.factories.event_topic import make_event_topic
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply


def create(client: Client, links: dict[str, Any] | None = None, **values: object) -> Reply:
    sent = {**attributes(), **{name.replace("_", "-"): value for name, value in values.items()}}
    return client.post("/v1/events", document("event", sent, **(links or {})))


def change(client: Client, event: Event, **values: object) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in values.items()}
    return client.patch(f"/v1/events/{event.id}", document("event", sent, event.id))


def after(days: float) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


def test_the_creator_becomes_owner(client: Client, database: TestDatabase) -> None:
    user = stored(make_user)
    asking = client.signed_in_as(user)
    reply = create(asking, state="draft")
    assert reply.status == 201, reply.text
    event_id = reply.data["id"]
    held = database.rows("SELECT user_id, name FROM users_events_roles h JOIN roles ON roles.id = h.role_id")
    assert held == [{"user_id": user.id, "name": "owner"}]
    assert asking.get(f"/v1/events/{event_id}").status == 200
    assert asking.delete(f"/v1/events/{event_id}").status == 200


def test_creating_needs_a_verified_address(client: Client) -> None:
    assert create(client).status == 401
    assert create(client.signed_in_as(stored(make_user, is_verified=False))).status == 403


def test_the_identifier_is_eight_characters_that_never_read_like_a_number(client: Client) -> None:
    event = stored(make_event)
    reply = client.get(f"/v1/events/{event.identifier}")
    assert reply.data["id"] == str(event.id)
    assert len(event.identifier) == 8
    assert not event.identifier.isdecimal()


def test_a_draft_is_hidden_from_everybody_but_its_team(client: Client) -> None:
    owner, helper, registrar = stored(make_user), stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, state="draft")
    stored(make_users_events_roles, user=helper, event=event, role="coorganizer")
    stored(make_users_events_roles, user=registrar, event=event, role="registrar")
    staff = stored(make_user, is_admin=True)
    for who, status in [(owner, 200), (helper, 200), (staff, 200), (registrar, 404), (None, 404)]:
        asking = client.signed_in_as(who) if who else client
        assert asking.get(f"/v1/events/{event.id}").status == status
        assert asking.get("/v1/events").json["meta"]["count"] == (status == 200)
        assert asking.get(f"/v1/events/{event.id}/sessions").status == status


def test_only_the_team_writes(client: Client) -> None:
    event = stored(make_event)
    helper = stored(make_users_events_roles, event=event, role="coorganizer")
    registrar = stored(make_users_events_roles, event=event, role="registrar")
    assert change(client, event, name="Mine").status == 401
    assert change(client.signed_in_as(stored(make_user)), event, name="Mine").status == 403
    assert change(client.signed_in_as(registrar.user_id), event, name="Mine").status == 403
    assert change(client.signed_in_as(helper.user_id), event, name="Ours").status == 200


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"ends_at": after(29)}, "/data/attributes/ends-at"),
        ({"ends_at": after(60)}, "/data/attributes/ends-at"),
        ({"timezone": "Europe/Atlantis"}, "/data/attributes/timezone"),
        ({"timezone": "../../etc/passwd"}, "/data/attributes/timezone"),
        ({"state": "secret"}, "/data/attributes/state"),
        ({"latitude": 91}, "/data/attributes/latitude"),
        ({"name": None}, "/data/attributes/name"),
        ({"starts_at": "tomorrow"}, "/data/attributes/starts-at"),
        ({"document_links": [{"name": "Plan"}]}, "/data/attributes/document-links/0/link"),
    ],
)
def test_an_event_refuses(
    client: Client, database: TestDatabase, values: dict[str, Any], pointer: str
) -> None:
    reply = create(client.signed_in_as(stored(make_user)), **values)
    assert reply.status == 422, reply.text
    assert reply.errors[0]["source"]["pointer"] == pointer
    assert database.one("SELECT count(*) FROM events") == 0


def test_a_draft_may_be_undecided_until_it_is_published(client: Client) -> None:
    owner = client.signed_in_as(stored(make_user))
    reply = create(owner, state="draft", ends_at=after(1))
    assert reply.status == 201, reply.text
    id = reply.data["id"]
    path = f"/v1/events/{id}"
    assert owner.patch(path, document("event", {"name": "Later"}, id)).status == 200
    refused = owner.patch(path, document("event", {"state": "published"}, id))
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, "/data/attributes/ends-at")
    decided = {"state": "published", "ends-at": after(31)}
    assert owner.patch(path, document("event", decided, id)).status == 200


def test_publishing_needs_a_name(client: Client) -> None:
    asking = client.signed_in_as(stored(make_user))
    blank = create(asking, name="  ", state="draft")
    assert (blank.status, blank.errors[0]["source"]["pointer"]) == (422, "/data/attributes/name")
    reply = create(asking, name="")
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/data/attributes/name")


def test_publishing_needs_a_verified_address(client: Client) -> None:
    owner = stored(make_user, is_verified=False)
    event = stored(make_event, owner=owner, state="draft")
    assert change(client.signed_in_as(owner), event, state="published").status == 403


def test_a_null_state_means_draft_at_first_and_nothing_later(client: Client) -> None:
    owner = client.signed_in_as(stored(make_user))
    reply = create(owner, state=None)
    assert (reply.status, reply.data["attributes"]["state"]) == (201, "draft")
    id = reply.data["id"]
    owner.patch(f"/v1/events/{id}", document("event", {"state": "published"}, id))
    again = owner.patch(f"/v1/events/{id}", document("event", {"state": None}, id))
    assert again.data["attributes"]["state"] == "published"


def test_a_new_event_borrows_its_topics_picture(client: Client) -> None:
    topic = stored(make_event_topic)
    owner = client.signed_in_as(stored(make_user))
    borrowed = create(owner, {"event_topic": ("event-topic", topic)})
    assert borrowed.data["attributes"]["original-image-url"] == topic.system_image_url
    own = create(
        owner, {"event_topic": ("event-topic", topic)}, original_image_url="https://example.org/a.png"
    )
    assert own.data["attributes"]["original-image-url"] == "https://example.org/a.png"


def test_descriptions_are_sanitized(client: Client) -> None:
    wild = (
        '<p onclick="x()">Come <b>all</b><script>alert(1)</script> <a href="https://example.org">here</a></p>'
    )
    reply = create(client.signed_in_as(stored(make_user)), description=wild)
    clean = reply.data["attributes"]["description"]
    assert clean.startswith("<p>Come <b>all</b> <a ")
    assert 'target="_blank"' in clean
    assert "nofollow" in clean
    assert "script" not in clean


def test_the_team_is_shown_by_role(client: Client) -> None:
    owner, helper = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner)
    stored(make_users_events_roles, user=helper, event=event, role="track_organizer")
    reply = client.signed_in_as(owner).get(f"/v1/events/{event.id}?include=owner,track-organizers,roles")
    types = [(resource["type"], resource["id"]) for resource in reply.json["included"]]
    assert ("user", str(owner.id)) in types
    assert ("user", str(helper.id)) in types
    assert [type for type, _ in types].count("users-events-roles") == 2


def test_the_owner_is_one_person(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    included = client.get(f"/v1/events/{event.id}?include=owner")
    assert included.data["relationships"]["owner"]["data"] == {"type": "user", "id": str(owner.id)}
    assert client.get(f"/v1/events/{event.id}/owner").data["id"] == str(owner.id)
    assert client.get(f"/v1/events/{event.id}/relationships/owner").data["id"] == str(owner.id)
    assert client.get(f"/v1/events/{stored(make_event).id}/owner").data is None


def test_who_holds_which_role_is_hidden_from_strangers(client: Client) -> None:
    event = stored(make_event, owner=stored(make_user))
    reply = client.get(f"/v1/events/{event.id}?include=roles")
    assert reply.json["included"] == []


def test_a_role_cannot_be_given_by_linking(client: Client, database: TestDatabase) -> None:
    mallory = stored(make_user)
    event = stored(make_event)
    asking = client.signed_in_as(mallory)
    body = {"data": [{"type": "user", "id": str(mallory.id)}]}
    assert asking.post(f"/v1/events/{event.id}/relationships/organizers", body).status in {403, 405}
    body = {"data": [{"type": "event", "id": str(event.id)}]}
    assert asking.post(f"/v1/users/{mallory.id}/relationships/owner-events", body).status in {403, 405}
    asking.patch(
        f"/v1/users/{mallory.id}",
        document("user", {}, mallory.id, owner_events=[("event", event)], events=[("event", event)]),
    )
    assert database.one("SELECT count(*) FROM users_events_roles") == 0


def test_a_deleted_event_comes_back(client: Client) -> None:
    owner = client.signed_in_as(stored(make_user))
    id = create(owner).data["id"]
    assert owner.delete(f"/v1/events/{id}").status == 200
    assert owner.get(f"/v1/events/{id}").status == 404
    assert client.get(f"/v1/events/{id}?get_trashed=true").status in {401, 404}
    assert owner.get(f"/v1/events/{id}?get_trashed=true").status == 200
    back = owner.patch(f"/v1/events/{id}?get_trashed=true", document("event", {"deleted-at": None}, id))
    assert (back.status, back.data["attributes"]["deleted-at"]) == (200, None)
    assert client.get(f"/v1/events/{id}").status == 200


def test_an_event_is_created_among_the_events_of_somebody_who_is_there(
    client: Client, database: TestDatabase
) -> None:
    user, stranger = stored(make_user), stored(make_user)
    asking, body = client.signed_in_as(user), document("event", attributes())
    for id in ("0", "999999", "nobody", stranger.id):
        assert asking.post(f"/v1/users/{id}/marketer-events", body).status == 404
    assert client.post(f"/v1/users/{user.id}/events", body).status == 401
    assert database.one("SELECT count(*) FROM events") == 0
    assert asking.post(f"/v1/users/{user.id}/events", body).status == 201


def test_a_published_event_keeps_a_name(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    reply = client.signed_in_as(owner).patch(
        f"/v1/events/{event.id}", document("event", {"name": ""}, event.id)
    )
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (409, "/data/attributes/name")


def test_what_costs_money_has_a_currency(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, payment_currency="EUR")
    mine, none = client.signed_in_as(owner), document("event", {"payment-currency": None}, event.id)
    stored(make_ticket, event=event, type="paid", price=10)
    refused = mine.patch(f"/v1/events/{event.id}", none)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
        422,
        "/data/attributes/payment-currency",
    )


def test_the_answers_to_its_creation_and_change_have_the_tag_of_reading_it(client: Client) -> None:
    mine = client.signed_in_as(stored(make_user))
    made = mine.post("/v1/events", document("event", attributes()))
    address = f"/v1/events/{made.data['id']}"
    assert made.headers["etag"] == mine.get(address).headers["etag"]
    change = document("event", {"name": "Renamed"}, made.data["id"])
    changed = mine.patch(address, change, headers={"If-Match": made.headers["etag"]})
    assert (changed.status, changed.headers["etag"]) == (200, mine.get(address).headers["etag"])
