"""Several calls for papers of one event: by track and type, by hash, with limits for each submitter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import attributes
from tests.factories.session_type import make_session_type
from tests.factories.track import make_track
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply

NOW = datetime(2031, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOT_NOW = "No call for speakers takes such a session now."


class World:
    """An event whose owner opens calls through the API, and somebody who submits."""

    def __init__(self, client: Client, at: Callable[[datetime], None]) -> None:
        self.client, self.at = client, at
        at(NOW)
        self.owner, self.submitter = stored(make_user), stored(make_user)
        times = {"starts_at": NOW + 90 * DAY, "ends_at": NOW + 92 * DAY}
        self.event = stored(make_event, owner=self.owner, timezone="Europe/Berlin", **times)
        self.team = client.signed_in_as(self.owner)
        self.track, self.other = (stored(make_track, event=self.event) for _ in range(2))
        self.kind = stored(make_session_type, event=self.event)

    def main(self, begins: timedelta = -DAY, ends: timedelta = DAY, **values: object) -> dict[str, Any]:
        return self._made("speakers-call", begins, ends, {}, values)

    def call(
        self, begins: timedelta = -DAY, ends: timedelta = DAY, *, links: Any = None, **values: object
    ) -> dict[str, Any]:
        return self._made("submission-call", begins, ends, links or {}, {"name": "Further", **values})

    def _made(self, type: str, begins: timedelta, ends: timedelta, links: Any, values: Any) -> dict[str, Any]:
        sent = {name.replace("_", "-"): value for name, value in values.items()}
        sent |= {"starts-at": (NOW + begins).isoformat(), "ends-at": (NOW + ends).isoformat()}
        reply = self.team.post(f"/v1/{type}s", document(type, sent, event=("event", self.event), **links))
        assert reply.status == 201, reply.text
        made: dict[str, Any] = reply.data
        return made

    def submit(
        self, links: Any = None, *, by: Any = None, query: str = "", state: str = "pending", **values: object
    ) -> Reply:
        sent = {**attributes(), "state": state, **values}
        body = document("session", sent, event=("event", self.event), **(links or {}))
        return self.client.signed_in_as(by or self.submitter).post(f"/v1/sessions{query}", body)

    def change(
        self, session: Reply, links: Any = None, *, query: str = "", by: Any = None, **values: object
    ) -> Reply:
        id = session.data["id"]
        asking = self.client.signed_in_as(by or self.submitter)
        return asking.patch(f"/v1/sessions/{id}{query}", document("session", values, id, **(links or {})))

    def of_track(self) -> dict[str, Any]:
        return {"track": ("track", self.track)}


@pytest.fixture
def world(client: Client, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(client, lambda moment: monkeypatch.setattr(clock, "now", lambda: moment))


def outcome(reply: Reply) -> tuple[int, str]:
    return reply.status, "" if reply.status < 400 else reply.errors[0]["detail"]


def call_of(world: World, session: Reply) -> str | None:
    shown = world.client.signed_in_as(world.owner).get(f"/v1/sessions/{session.data['id']}/submission-call")
    return shown.json["data"] and str(shown.json["data"]["id"])


def test_a_call_of_a_track_takes_the_place_of_the_main_one(world: World) -> None:
    world.main(-9 * DAY, -DAY)
    late = world.call(links={"tracks": [("track", world.track)]})
    assert outcome(world.submit()) == (
        403,
        "The call for speakers ended on 2031-03-09 13:00 (Europe/Berlin).",
    )
    assert world.submit({"track": ("track", world.other)}).status == 403
    taken = world.submit(world.of_track())
    assert (taken.status, call_of(world, taken)) == (201, late["id"])


def test_a_call_of_a_track_may_end_before_the_main_one(world: World) -> None:
    world.main()
    world.call(-9 * DAY, -DAY, links={"tracks": [("track", world.track)]})
    refused = world.submit(world.of_track())
    assert outcome(refused) == (403, "The call for speakers ended on 2031-03-09 13:00 (Europe/Berlin).")
    taken = world.submit()
    assert (taken.status, call_of(world, taken)) == (201, None)
    # Nor by going there afterwards.
    assert world.change(taken, world.of_track()).status == 403
    assert world.change(taken, {"track": ("track", world.other)}).status == 200
    assert world.change(taken, world.of_track(), by=world.owner).status == 200


def test_a_call_of_a_type_and_a_track_takes_what_is_both(world: World) -> None:
    world.call(links={"tracks": [("track", world.track)], "session-types": [("session-type", world.kind)]})
    kind = {"session_type": ("session-type", world.kind)}
    assert world.submit({**world.of_track(), **kind}).status == 201
    assert outcome(world.submit(world.of_track())) == (403, NOT_NOW)
    assert outcome(world.submit(kind)) == (403, NOT_NOW)
    assert outcome(world.submit()) == (403, NOT_NOW)


def test_a_private_call_takes_sessions_by_its_hash(world: World) -> None:
    world.main(-9 * DAY, -DAY)
    private = world.call(privacy="private")
    by_hash = f"?hash={private['attributes']['hash']}"
    assert len(private["attributes"]["hash"]) == 24
    taken = world.submit(query=by_hash)
    assert (taken.status, call_of(world, taken)) == (201, private["id"])
    for query in ("", "?hash=guessed"):
        status, detail = outcome(world.submit(query=query))
        assert (status, "ended on 2031-03-09" in detail) == (403, True)
    named = {"submission_call": ("submission-call", private["id"])}
    assert world.submit(named, query=by_hash).status == 201
    assert world.submit(named).status == 404
    anybody = world.client.signed_in_as(world.submitter)
    address = f"/v1/submission-calls/{private['id']}"
    assert (anybody.get(address).status, anybody.get(address + by_hash).status) == (404, 200)
    assert anybody.get(f"/v1/events/{world.event.id}/submission-calls").data == []


def test_a_hash_is_the_servers(world: World) -> None:
    call = world.call(privacy="private", hash="mine")
    sent = document("submission-call", {"hash": "mine"}, call["id"])
    world.team.patch(f"/v1/submission-calls/{call['id']}", sent)
    shown = world.team.get(f"/v1/submission-calls/{call['id']}").data["attributes"]["hash"]
    assert shown == call["attributes"]["hash"] != "mine"


def test_a_draft_stays_with_the_private_call_that_it_was_begun_for(world: World) -> None:
    private = world.call(privacy="private")
    draft = world.submit(query=f"?hash={private['attributes']['hash']}", state="draft")
    assert draft.status == 201
    world.at(NOW + 2 * DAY - timedelta(seconds=1))  # a day of grace
    assert world.change(draft, state="pending").status == 200
    assert call_of(world, draft) == private["id"]


def test_a_named_call_must_be_for_the_session(world: World) -> None:
    world.main()
    call = world.call(links={"tracks": [("track", world.track)]})
    named = {"submission_call": ("submission-call", call["id"])}
    refused = world.submit(named)
    assert (refused.status, refused.errors[0]["source"]["pointer"]) == (
        403,
        "/data/relationships/submission-call",
    )
    assert world.submit({**named, **world.of_track()}).status == 201
    foreign = stored(make_track)
    sent = document("submission-call", {}, call["id"], tracks=[("track", foreign)])
    assert world.team.patch(f"/v1/submission-calls/{call['id']}", sent).status == 422


def test_a_private_main_call_is_not_told_of_and_takes_sessions_as_formerly(world: World) -> None:
    call = world.main(privacy="private", hash="secret-of-the-call")
    assert world.submit().status == 201
    world.at(NOW + 9 * DAY)
    assert outcome(world.submit()) == (403, NOT_NOW)
    ended = "The call for speakers ended on 2031-03-11 13:00 (Europe/Berlin)."
    assert outcome(world.submit(query="?hash=secret-of-the-call")) == (403, ended)
    world.at(NOW)
    sent = document("speakers-call", {"is-hash-required": True}, call["id"])
    assert world.team.patch(f"/v1/speakers-calls/{call['id']}", sent).status == 200
    assert outcome(world.submit()) == (403, NOT_NOW)
    assert world.submit(query="?hash=secret-of-the-call").status == 201


def test_former_clients_know_the_main_call_alone(world: World) -> None:
    main = world.main()
    world.call()
    address = f"/v1/events/{world.event.id}/speakers-call"
    assert world.client.get(address).data["id"] == main["id"]
    further = world.client.get(f"/v1/events/{world.event.id}/submission-calls").data
    assert [call["attributes"]["name"] for call in further] == ["Further"]


def test_track_organizers_are_of_the_team(world: World) -> None:
    world.main(-9 * DAY, -DAY)
    for role, status in (
        ("track_organizer", 201),
        ("coorganizer", 201),
        ("moderator", 403),
        ("registrar", 403),
    ):
        member = stored(make_users_events_roles, event=world.event, role=role)
        assert world.submit(by=member.user_id).status == status


def test_an_account_submits_as_often_as_the_call_says(world: World) -> None:
    world.main(max_submissions=2)
    first, draft = world.submit(), world.submit(state="draft")
    assert (first.status, draft.status) == (201, 201)
    second = world.submit()
    refused = world.submit()
    assert (second.status, refused.status) == (201, 409)
    assert refused.errors[0]["detail"] == "This call takes 2 submissions by one person at the most."
    assert world.change(draft, state="pending").status == 409
    assert world.submit(by=stored(make_user)).status == 201
    assert world.change(second, state="withdrawn").status == 200
    assert world.change(draft, state="pending").status == 200
    assert world.submit().status == 409
    # What is deleted makes room, and may not come back to what was filled meanwhile.
    asking, address = world.client.signed_in_as(world.submitter), f"/v1/sessions/{first.data['id']}"
    assert asking.delete(address).status == 200
    assert world.submit().status == 201
    restored = document("session", {"deleted-at": None}, first.data["id"])
    assert asking.patch(f"{address}?get_trashed=true", restored).status == 409
    assert world.team.patch(f"{address}?get_trashed=true", restored).status == 200


def test_each_call_counts_for_itself(world: World) -> None:
    world.main(max_submissions=1)
    world.call(links={"tracks": [("track", world.track)]}, max_submissions=1)
    assert (world.submit().status, world.submit(world.of_track()).status) == (201, 201)
    assert (world.submit().status, world.submit(world.of_track()).status) == (409, 409)


def test_who_submits_many_at_once_has_no_more(world: World, database: TestDatabase) -> None:
    world.main(max_submissions=2)
    with ThreadPoolExecutor(4) as hands:
        replies = sorted(hands.map(lambda _: world.submit().status, range(8)))
    assert replies == [201, 201, *[409] * 6]
    assert database.one("SELECT count(*) FROM sessions") == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("max-submissions", 0), ("max-speakers", 0), ("edits-after-end", "never"), ("privacy", "secret")],
)
def test_what_a_call_says_is_one_of_few_things(world: World, name: str, value: object) -> None:
    call = world.call()
    reply = world.team.patch(
        f"/v1/submission-calls/{call['id']}", document("submission-call", {name: value}, call["id"])
    )
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, f"/data/attributes/{name}")


def test_a_call_ends_after_it_begins(world: World) -> None:
    call = world.call()
    sent = document("submission-call", {"ends-at": (NOW - 3 * DAY).isoformat()}, call["id"])
    reply = world.team.patch(f"/v1/submission-calls/{call['id']}", sent)
    assert (reply.status, reply.errors[0]["source"]["pointer"]) == (422, "/data/attributes/ends-at")


def test_a_session_does_not_leave_its_call_to_be_edited_longer(world: World) -> None:
    world.main(ends=10 * DAY)
    closed, other = world.call(edits_after_end="closed"), world.call(ends=10 * DAY)
    named, elsewhere = ({"submission-call": ("submission-call", call["id"])} for call in (closed, other))
    talk = world.submit(named)
    asking, id = world.client.signed_in_as(world.submitter), talk.data["id"]
    body = {"type": "session", "id": id, "relationships": {"submission-call": {"data": None}}}
    linked = f"/v1/sessions/{id}/relationships/submission-call"
    # Without a name the server chooses, which is the call that it was taken by.
    assert asking.patch(f"/v1/sessions/{id}", {"data": body}).status == 200
    assert world.team.get(f"/v1/sessions/{id}/submission-call").data["id"] == closed["id"]
    world.at(NOW + 2 * DAY)
    asking = world.client.signed_in_as(world.submitter)  # the former token is over too
    ended = "The call for speakers has ended: this session can be withdrawn, and not edited."
    assert outcome(world.change(talk, title="Other")) == (403, ended)
    assert outcome(world.change(talk, elsewhere, title="Other")) == (403, ended)
    assert outcome(asking.patch(linked, {"data": {"type": "submission-call", "id": other["id"]}})) == (
        403,
        ended,
    )
    asking.patch(f"/v1/sessions/{id}", {"data": body})
    asking.patch(linked, {"data": None})
    assert outcome(world.change(talk, title="Other")) == (403, ended)
    assert world.change(talk, state="withdrawn").status == 200


def test_a_session_does_not_leave_its_call_to_make_room_there(world: World) -> None:
    world.main()
    few = world.call(max_submissions=1)
    named = {"submission-call": ("submission-call", few["id"])}
    talk = world.submit(named)
    body = {"type": "session", "id": talk.data["id"], "relationships": {"submission-call": {"data": None}}}
    asking = world.client.signed_in_as(world.submitter)
    assert asking.patch(f"/v1/sessions/{talk.data['id']}", {"data": body}).status == 200
    assert world.submit(named).status == 409
    assert world.submit().status == 201
