"""Export, import, export again: equal to the byte but for the manifest."""

from datetime import timedelta
from typing import Any

from chalicelib import db
from devstack import demo
from tests.archive.conftest import Office, differences
from tests.archive.world import World
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.documents import document

OWNED = """
SELECT held.event_id, held.user_id FROM users_events_roles held JOIN roles role ON role.id = held.role_id
WHERE role.name = 'owner' ORDER BY 1
"""


def test_demo_events_come_back_as_they_were(office: Office) -> None:
    with db.transaction() as session:
        demo.create(session)
        owned = db.fetch(session, OWNED)
    assert len(owned) > 3
    mover = stored(make_user, is_verified=True)
    for event, owner in owned:
        before = office.as_(owner).exported(event)
        result = office.as_(mover).imported(before.content, invite="true")
        after = office.as_(mover).exported(result["id"])
        assert not differences(before, after)


def test_every_type_comes_back(office: Office) -> None:
    world = World(office)
    world.furnish()
    before = world.office_of_owner.exported(world.event)
    assert {name for name, number in before.manifest["counts"].items() if not number} == set()
    mover = office.as_(stored(make_user, is_verified=True))
    result = mover.imported(before.content, invite="true")
    assert result.get("notes", []) == []
    after = mover.exported(result["id"])
    assert not differences(before, after)


def test_a_copy_is_the_same_without_the_file(office: Office) -> None:
    world = World(office)
    world.furnish()
    before = world.office_of_owner.exported(world.event)
    helper = stored(make_user, is_verified=True)
    stored(make_users_events_roles, user=helper, event=world.row, role="organizer")
    copier = office.as_(helper)
    path = f"/v1/events/{world.event}/copies"
    assert copier.client.post(path, {"invites": True}, content_type="application/json").status == 422
    assert office.as_(stored(make_user)).client.post(path, content_type=None).status == 403
    assert office.client.post(path, content_type=None).status == 401
    reply = copier.client.post(path, {"invite": True}, content_type="application/json")
    office.pump.everything()
    told = copier.client.get(reply.json["task_url"]).json
    assert told["state"] == "SUCCESS", told
    copied = copier.client.get(f"/v1/events/{told['result']['id']}").data["attributes"]
    assert (copied["state"], copied["name"]) == ("draft", "Compiler Days")
    after = copier.exported(told["result"]["id"])
    of_reviewers = ("reviewer", "review-conflict", "review-assignment", "review")
    assert {line.partition(":")[0] for line in differences(before, after)} == {
        "documents/event.json",
        "event",
        *(f"documents/{name}.json" for name in of_reviewers),
    }
    assert not [name for name in of_reviewers if after.documents(name)]
    phases, again = before.documents("review-phase"), after.documents("review-phase")
    assert (phases, len(again)) == (again, 2)
    owner = copier.client.get(f"/v1/events/{told['result']['id']}/owner").data
    assert owner["id"] == str(helper.id)


def test_a_schedule_with_conflicts_comes_back_although_it_refuses_more_of_them(office: Office) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    room = stored(make_microlocation, event=event)
    times = {"starts_at": event.starts_at, "ends_at": event.starts_at + timedelta(hours=1)}
    times["submitted_at"] = event.created_at
    for _ in range(2):
        stored(make_session, event=event, microlocation_id=room.id, **times)
    asking = office.as_(owner)
    refusing = document("event", {"schedule-conflicts": "refused", "changeover-minutes": 10}, event.id)
    assert asking.client.patch(f"/v1/events/{event.id}", refusing).status == 200
    before = asking.exported(event.id)
    after = asking.exported(asking.imported(before.content)["id"])
    assert not differences(before, after)


def test_what_would_not_be_made_by_now_is_left_out_of_a_copy_that_says_so(office: Office) -> None:
    owner = stored(make_user, is_verified=True)
    event = stored(make_event, owner=owner)
    kept, odd = (stored(make_ticket, event=event, name=name) for name in ("Kept", "Odd"))
    office.database.run("UPDATE tickets SET min_order = 9, max_order = 3 WHERE id = :id", id=odd.id)
    asking = office.as_(owner)

    def copied(**flags: bool) -> Any:
        path = f"/v1/events/{event.id}/copies"
        reply = asking.client.post(path, flags, content_type="application/json")
        assert reply.status == 200, reply.text
        office.pump.everything()
        return asking.client.get(reply.json["task_url"]).json

    assert copied()["state"] == "FAILURE"
    told = copied(skip_refused=True)
    assert (told["state"], told["result"]["counts"]["ticket"]["refused"]) == ("SUCCESS", 1), told
    tickets = asking.client.get(f"/v1/events/{told['result']['id']}/tickets").data
    assert [ticket["attributes"]["name"] for ticket in tickets] == [kept.name]
