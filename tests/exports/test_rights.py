"""Who may export what, when it is asked for and when it is written."""

from typing import Any

import pytest

from chalicelib.jsonapi.rights import kept_conditions
from tests.exports.conftest import Fair
from tests.exports.test_attendees import sold
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.group import make_group
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.factories.users_groups_role import make_users_groups_role

pytestmark = pytest.mark.one_database
ROLES = {
    "owner": 200, "organizer": 200, "coorganizer": 200, "track_organizer": 403, "moderator": 403, "registrar": 403,
}  # fmt: skip
KINDS = ("orders", "attendees", "sessions", "speakers", "check-ins")
FORMER = (
    *(("GET", f"{kind}/{form}") for kind in ("orders", "attendees") for form in ("csv", "pdf")),
    *(("GET", f"{kind}/pdf") for kind in ("sessions", "speakers")),
    *(("POST", f"{kind}/csv") for kind in ("sessions", "speakers")),
)


def addresses(event: Any) -> list[tuple[str, str]]:
    """Every address of an export of the event."""
    ours = [("POST", f"/v1/events/{event.id}/exports/{kind}.csv") for kind in KINDS]
    return [*ours, *((method, f"/v1/events/{event.id}/export/{rest}") for method, rest in FORMER)]


def statuses(client: Any, event: Any) -> set[int]:
    """What the addresses answer."""
    return {client.request(method, path, None, content_type=None).status for method, path in addresses(event)}


def test_an_event_is_exported_by_its_coorganizers_and_who_stands_above_them(fair: Fair) -> None:
    draft = stored(make_event, state="draft")
    assert statuses(fair.client, fair.event) == {401}
    assert statuses(fair.client, draft) == {401}
    stranger = fair.client.signed_in_as(stored(make_user))
    assert statuses(stranger, fair.event) == {403}
    assert statuses(stranger, draft) == {404}
    for role, status in ROLES.items():
        user = stored(make_user)
        for event in (fair.event, draft):
            stored(make_users_events_roles, user=user, event=event, role=role)
        asking = fair.client.signed_in_as(user)
        assert statuses(asking, fair.event) == {status}, role
        # A draft is shown to coorganizers alone.
        assert statuses(asking, draft) <= ({200} if status == 200 else {403, 404})
    assert statuses(fair.client.signed_in_as(stored(make_user, is_admin=True)), draft) == {200}
    gone = stored(make_event, deleted_at=fair.event.starts_at)
    assert statuses(fair.client.signed_in_as(stored(make_user)), gone) == {404}


def test_followers_are_for_the_groups_organizers_and_sales_for_staff(fair: Fair) -> None:
    owner, organizer, invited = (stored(make_user) for _ in range(3))
    group = stored(make_group, user_id=owner.id)
    for user, accepted in ((organizer, True), (invited, False)):
        stored(make_users_groups_role, group=group, user_id=user.id, accepted=accepted)
    staff = stored(make_user, is_admin=True)
    for path in (
        f"/v1/group/{group.id}/export/followers/csv",
        f"/v1/groups/{group.id}/exports/followers.pdf",
    ):
        assert fair.client.post(path, content_type=None).status == 401
        asked = [(owner, 200), (organizer, 200), (staff, 200), (invited, 403), (stored(make_user), 403)]
        for user, status in asked:
            assert fair.client.signed_in_as(user).post(path, content_type=None).status == status
    for path in ("/v1/admin/export/sales/csv", "/v1/admin/exports/sales.xlsx"):
        assert fair.client.post(path, content_type=None).status == 401
        for user, status in ((staff, 200), (owner, 403)):
            assert fair.client.signed_in_as(user).post(path, content_type=None).status == status


def test_a_role_that_is_withdrawn_meanwhile_ends_it(fair: Fair) -> None:
    sold(fair)
    task = fair.asking.started(fair.path("attendees.csv"))
    fair.database.run("DELETE FROM users_events_roles WHERE user_id = :id", id=fair.helper.id)
    refused = {"state": "FAILURE", "result": {"reason": "You may not export this any more."}}
    assert fair.asking.ended(task) == refused


def test_so_does_a_blocked_account(fair: Fair) -> None:
    task = fair.asking.started(fair.path("attendees.csv"))
    fair.database.run("UPDATE users SET is_blocked = TRUE WHERE id = :id", id=fair.helper.id)
    fair.pump.everything()
    staff = fair.client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.get(task).json["state"] == "FAILURE"


def test_a_file_is_for_who_asked(fair: Fair) -> None:
    task = fair.asking.started(fair.path("attendees.csv"))
    other = stored(make_user)
    stored(make_users_events_roles, user=other, event=fair.event)
    assert fair.asked_by(other).ended(task)["errors"][0]["status"] == "404"
    assert fair.asking.ended(task)["state"] == "SUCCESS"


def test_each_request_has_a_file_of_its_own(fair: Fair) -> None:
    tasks = [fair.asking.started(fair.path(f"{kind}.csv")) for kind in ("orders", "speakers")]
    links = {fair.asking.ended(task)["result"]["download_url"].split("?")[0] for task in tasks}
    assert len(links) == 2


@pytest.mark.parametrize(
    "path",
    [
        "orders.txt",
        "orders",
        "nothing.csv",
        "followers.csv",
        "sales.csv",
        ".csv",
        "orders.CSV",
        "../orders.csv",
    ],
)
def test_there_are_no_other_files(fair: Fair, path: str) -> None:
    reply = fair.asking.client.post(f"/v1/events/{fair.event.id}/exports/{path}", content_type=None)
    assert reply.status == 404


@pytest.mark.parametrize(
    ("method", "rest", "status"),
    [
        ("GET", "sessions/csv", 404), ("GET", "check-ins/csv", 404), ("POST", "orders/csv", 404),
        ("GET", "orders/xlsx", 404), ("HEAD", "orders/csv", 405),
    ],
)  # fmt: skip
def test_nor_former_addresses(fair: Fair, method: str, rest: str, status: int) -> None:
    path = f"/v1/events/{fair.event.id}/export/{rest}"
    assert fair.asking.client.request(method, path, None, content_type=None).status == status


@pytest.mark.parametrize("body", ["[]", "7", "{", '"accepted"'])
def test_a_body_is_an_object(fair: Fair, body: str) -> None:
    path = f"/v1/events/{fair.event.id}/export/sessions/csv"
    reply = fair.asking.client.post(path, body=body.encode(), content_type="application/json")
    assert reply.status == 400
    assert reply.json["errors"][0]["source"] is not None


def test_rows_of_other_events_stay_there(fair: Fair) -> None:
    ours, theirs = stored(make_session, event=fair.event, title="Ours"), stored(make_session, title="Theirs")
    asked = f'[{{"name": "id", "op": "in_", "val": [{ours.id}, {theirs.id}]}}]'
    table = fair.asking.csv(fair.path("sessions.csv"), columns="title", filter=asked)
    assert table == [["Title"], ["Ours"]]


def test_an_export_that_is_asked_for_again_compiles_no_rule_anew(fair: Fair) -> None:
    fair.asking.csv(fair.path("attendees.csv"))
    before = len(kept_conditions._CONDITIONS)
    fair.asking.csv(fair.path("attendees.csv"))
    assert len(kept_conditions._CONDITIONS) == before
