"""Drafts of a schedule: beside the programme until they are accepted, all or nothing; and proposed ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.resources.people.user.user import User
from tests.factories import stored
from tests.factories.user import make_user
from tests.resources.test_rooms_and_breaks import refused
from tests.resources.test_schedule_conflicts import Programme, made
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

HOUR = 60


@pytest.fixture
def programme(client: Client) -> Programme:
    found = Programme(client)
    # A round time, of three whole days in Tokyo.
    found.start = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=30)
    found.set(starts_at=found.start.isoformat(), ends_at=(found.start + timedelta(days=3)).isoformat())
    return found


def draft(programme: Programme, *placements: dict[str, Any]) -> Reply:
    sent = {"name": "Plan", "placements": list(placements)}
    body = document("schedule-draft", sent, event=("event", programme.event))
    return programme.by.post("/v1/schedule-drafts", body)


def accept(programme: Programme, id: str, by: Client | None = None, **body: object) -> Reply:
    return (by or programme.by).post(f"/v1/schedule-drafts/{id}/accept", body)


def propose(programme: Programme, pump: Pump, **body: object) -> Any:
    sent = {name.replace("_", "-"): value for name, value in body.items()}
    reply = programme.by.post(f"{programme.address}/schedule-proposals", sent)
    assert reply.status == 200, reply.text
    pump.everything()
    return programme.by.get(reply.json["task_url"]).json


def starts(programme: Programme, id: str) -> str:
    at: str = programme.client.get(f"/v1/sessions/{id}").data["attributes"]["starts-at"]
    return at


def test_a_draft_is_beside_the_programme_until_it_is_accepted(programme: Programme, client: Client) -> None:
    room = programme.room()
    first, second = made(programme.talk(0, HOUR, room=room)), made(programme.talk(HOUR, 2 * HOUR, room=room))
    programme.set(schedule_conflicts="refused")
    swapped = (
        {"session": int(first), **programme.at(HOUR, 2 * HOUR)},
        {"session": int(second), **programme.at(0, HOUR)},
    )
    plan = made(draft(programme, *swapped))
    address = f"/v1/schedule-drafts/{plan}"
    assert client.get(address).status == 404
    assert accept(programme, plan, client.signed_in_as(stored(make_user))).status in (403, 404)
    assert starts(programme, first) == programme.at(0, 0)["starts-at"]
    changes = programme.by.get(f"{address}/diff").json
    assert {each["session"] for each in changes["moved"]} == {int(first), int(second)}
    assert (changes["new"], changes["dropped"]) == ([], [])
    reply = accept(programme, plan, release=True, note="Swapped")
    assert (reply.status, sorted(reply.json["changed"])) == (200, [int(first), int(second)])
    assert starts(programme, first) == programme.at(HOUR, 0)["starts-at"]
    version = client.get(f"/v1/schedule-versions/{reply.json['version']}").data["attributes"]
    assert (version["number"], version["note"]) == (1, "Swapped")
    assert accept(programme, plan).status == 409
    renamed = document("schedule-draft", {"name": "Other"}, plan)
    assert programme.by.patch(address, renamed).status == 409


def test_a_draft_that_rests_on_what_has_changed_is_refused_wholly(programme: Programme) -> None:
    room = programme.room()
    first, second = made(programme.talk(0, HOUR, room=room)), made(programme.talk(HOUR, 2 * HOUR, room=room))
    plan = made(
        draft(
            programme,
            {"session": int(first), **programme.at(4 * HOUR, 5 * HOUR)},
            {"session": int(second), **programme.at(5 * HOUR, 6 * HOUR)},
        )
    )
    assert programme.change(second, **programme.at(2 * HOUR, 3 * HOUR)).status == 200
    assert refused(accept(programme, plan)) == "/placements/1/session"
    assert starts(programme, first) == programme.at(0, 0)["starts-at"]
    # Put back, it is where the draft has it; and another title is of no matter.
    assert programme.change(second, title="New", **programme.at(HOUR, 2 * HOUR)).status == 200
    made(programme.talk(4 * HOUR, 5 * HOUR, room=room))
    programme.set(schedule_conflicts="refused")
    assert refused(accept(programme, plan)) == "/placements/0/microlocation"
    programme.set(schedule_conflicts="allowed")
    assert accept(programme, plan).status == 200


def test_a_draft_begins_without_placements(programme: Programme) -> None:
    body = document("schedule-draft", {"name": "Plan"}, event=("event", programme.event))
    begun = made(programme.by.post("/v1/schedule-drafts", body))
    talk = made(programme.talk(0, HOUR))
    moved = [{"session": int(talk), **programme.at(HOUR, 2 * HOUR)}]
    sent = document("schedule-draft", {"placements": moved}, begun)
    assert programme.by.patch(f"/v1/schedule-drafts/{begun}", sent).status == 200
    assert accept(programme, begun).json["changed"] == [int(talk)]


@pytest.mark.parametrize("member", ["session", "microlocation"])
def test_what_is_not_at_the_event_is_in_no_draft(programme: Programme, client: Client, member: str) -> None:
    other = Programme(client)
    wrong = {"session": int(made(programme.talk(0, HOUR)))}
    wrong[member] = int(made(other.talk(0, HOUR)) if member == "session" else other.room())
    assert refused(draft(programme, wrong), 422) == f"/data/attributes/placements/0/{member}"
    wished = programme.by.post(f"{programme.address}/schedule-proposals", {"wishes": [wrong]})
    assert refused(wished, 422) == f"/wishes/0/{member}"


def conference(programme: Programme) -> tuple[list[str], list[str]]:
    """Rooms and sessions without times: of three speakers, one of whom comes on the second day."""
    rooms = [
        programme.make("microlocation", {"name": name, "capacity": capacity})
        for name, capacity in (("Hall", 200), ("Attic", 30))
    ]
    second_day = [programme.at(24 * HOUR, 48 * HOUR)]
    people = [
        programme.make(
            "speaker", {"name": name, "email": f"{name}@example.org", "availability": availability}
        )
        for name, availability in (("ada", None), ("grace", second_day), ("jean", None))
    ]
    talks = []
    for number in range(12):
        sent = {
            "title": f"Talk {number}",
            "state": "accepted",
            "expected-audience": 100 if number < 4 else None,
        }
        body = document(
            "session", sent, event=("event", programme.event), speakers=[("speaker", people[number % 3])]
        )
        talks.append(made(programme.by.post("/v1/sessions", body)))
    return rooms, talks


def like(programme: Programme, user: User, session: str) -> None:
    body = document("user-favourite-session", session=("session", session))
    made(programme.client.signed_in_as(user).post("/v1/user-favourite-sessions", body))


def test_a_schedule_is_proposed_without_conflicts_and_accepted(programme: Programme, pump: Pump) -> None:
    rooms, talks = conference(programme)
    fan = stored(make_user)
    for talk in talks[:6]:
        like(programme, fan, talk)
    lunch = {"name": "Lunch", **programme.at(12 * HOUR, 13 * HOUR)}
    made(
        programme.by.post(
            "/v1/schedule-breaks", document("schedule-break", lunch, event=("event", programme.event))
        )
    )
    programme.set(changeover_minutes=15)
    wish = {"session": int(talks[2]), **programme.at(57 * HOUR, 60 * HOUR), "microlocation": int(rooms[0])}
    told = propose(programme, pump, wishes=[wish], default_minutes=45)
    assert told["state"] == "SUCCESS", told
    quality = told["result"]["quality"]
    assert (quality["placed"], quality["unplaced"], quality["favourite-clashes"]) == (12, [], 0)
    assert (quality["wishes"], quality["wishes-met"]) == (2, 2)
    plan = str(told["result"]["draft"])
    shown = programme.by.get(f"/v1/schedule-drafts/{plan}").data["attributes"]
    assert (shown["state"], len(shown["placements"])) == ("open", 12)
    assert programme.conflicts() == []
    assert accept(programme, plan).status == 200
    # What is listed by the programme's own check is nothing, with whatever rule.
    assert programme.conflicts() == []
    for number, talk in enumerate(talks):
        row = programme.by.get(f"/v1/sessions/{talk}?include=microlocation").json
        begins = datetime.fromisoformat(row["data"]["attributes"]["starts-at"])
        ends = datetime.fromisoformat(row["data"]["attributes"]["ends-at"])
        assert ends - begins == timedelta(minutes=45)
        since_midnight = (begins - programme.start) % timedelta(days=1)
        assert timedelta(hours=9) <= since_midnight <= timedelta(hours=18) - timedelta(minutes=45)
        if number < 4:
            assert row["included"][0]["id"] == rooms[0]
    failed = propose(programme, pump)
    assert failed["state"] == "FAILURE"


def test_a_proposal_is_refused_when_what_it_rested_on_has_changed(programme: Programme, pump: Pump) -> None:
    conference(programme)
    plans = [propose(programme, pump)["result"]["draft"] for _ in range(2)]
    first, second = (
        programme.by.get(f"/v1/schedule-drafts/{plan}").data["attributes"]["placements"] for plan in plans
    )
    assert first == second  # by the same seed
    # A break that came afterwards, although the event allows conflicts.
    at = datetime.fromisoformat(first[0]["starts-at"])
    pause = {
        "name": "Fire drill",
        "starts-at": at.isoformat(),
        "ends-at": (at + timedelta(minutes=5)).isoformat(),
    }
    address = "/v1/schedule-breaks"
    id = made(programme.by.post(address, document("schedule-break", pause, event=("event", programme.event))))
    assert refused(accept(programme, str(plans[0]))) == "/placements/0/starts-at"
    assert programme.by.delete(f"{address}/{id}").status == 200
    assert accept(programme, str(plans[0])).status == 200
    assert refused(accept(programme, str(plans[1]))).startswith("/placements/")


def test_sessions_that_have_a_place_keep_it(programme: Programme, pump: Pump) -> None:
    room = programme.room()
    there = made(programme.talk(10 * HOUR, 11 * HOUR, room=room))
    made(programme.by.post("/v1/sessions", document(
        "session", {"title": "Late", "state": "accepted"}, event=("event", programme.event))))  # fmt: skip
    (placement,) = placements(programme, propose(programme, pump, opens="10:00", closes="11:30"))
    assert placement["session"] != int(there)
    replaced = placements(programme, propose(programme, pump, replace=True))
    assert len(replaced) == 2


def placements(programme: Programme, told: Any) -> Any:
    plan = told["result"]["draft"]
    return programme.by.get(f"/v1/schedule-drafts/{plan}").data["attributes"]["placements"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"opens": "9"}, "/opens"),
        ({"opens": "18:00", "closes": "09:00"}, "/closes"),
        ({"grid-minutes": 7}, "/grid-minutes"),
        ({"wishes": [{"session": 1, "room": 2}]}, "/wishes/0/room"),
        ({"speed": 1}, "/speed"),
    ],
)
def test_what_is_not_understood_is_refused(programme: Programme, body: Any, pointer: str) -> None:
    reply = programme.by.post(f"{programme.address}/schedule-proposals", body)
    assert refused(reply, 422) == pointer
