"""What is limited to a track, a type or a kind of ticket is not for all once that is deleted for good."""

import pytest

from tests.factories import stored
from tests.factories.session import attributes
from tests.factories.session_type import make_session_type
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.resources.test_session_sign_up import Workshop, refused
from tests.reviews.scene import cover, make_scene
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client


def staff(client: Client) -> Client:
    return client.signed_in_as(stored(make_user, is_admin=True))


def test_reviewers_of_a_track_that_is_gone_do_not_see_all(client: Client) -> None:
    made = stored(make_scene, talks=2, reviewers=2, reviewers_see="tracks")
    cover(made, 0, 1)
    asking, track = made.as_reviewer(client, 0), f"/v1/tracks/{made.tracks[1].id}"
    assert [row["id"] for row in asking.get("/v1/proposals").data] == [str(made.talks[1].id)]
    assert made.as_owner(client).delete(track).status == 200
    assert staff(client).delete(f"{track}?permanent=true&get_trashed=true").status == 200
    assert asking.get("/v1/proposals").data == []
    reviewers = made.as_owner(client).get(f"/v1/events/{made.event.id}/reviewers?sort=id").data
    assert [reviewer["attributes"]["is-active"] for reviewer in reviewers] == [False, True]


@pytest.mark.parametrize("kind", ["track", "session-type"])
def test_a_call_ends_with_the_last_thing_that_it_names(client: Client, kind: str) -> None:
    made = stored(make_scene, talks=1, reviewers=1)
    owner = made.as_owner(client)
    both = made.tracks if kind == "track" else [stored(make_session_type, event=made.event) for _ in range(2)]
    times = {"starts-at": "2020-01-01T00:00:00Z", "ends-at": "2099-01-01T00:00:00Z"}
    named = {f"{kind}s": [(kind, row) for row in both]}
    sent = document("submission-call", {"name": "Few", **times}, event=("event", made.event), **named)
    call = f"/v1/submission-calls/{owner.post('/v1/submission-calls', sent).data['id']}"
    talk = document("session", {**attributes(), "state": "pending"}, event=("event", made.event))
    submitter = client.signed_in_as(stored(make_user))
    for row, is_open in zip(both, (True, False), strict=True):
        assert staff(client).delete(f"/v1/{kind}s/{row.id}?permanent=true").status == 200
        assert (owner.get(call).data["attributes"]["ends-at"] == "2099-01-01T00:00:00+00:00") is is_open
        assert submitter.post("/v1/sessions", talk).status == 403


def test_sign_up_ends_with_the_last_kind_of_ticket(client: Client, database: TestDatabase) -> None:
    workshop = Workshop(client)
    other = stored(make_ticket, event=workshop.event, name="Gone")
    path = f"/v1/sessions/{workshop.session.id}/relationships/sign-up-tickets"
    assert workshop.by.patch(path, {"data": [{"type": "ticket", "id": str(other.id)}]}).status < 300
    refused(workshop.join(workshop.guest()), 409, "relationships/attendee", "kind of ticket")
    assert staff(client).delete(f"/v1/tickets/{other.id}?permanent=true").status == 200
    refused(workshop.join(workshop.guest()), 409, "relationships/session", "is over")
    assert database.one("SELECT count(*) FROM session_sign_ups") == 0
