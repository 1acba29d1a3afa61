"""POST /v1/events/{id}/check-ins: one effect for each nonce, and a verdict with its reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from tests.door.scene import Scene
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.custom_form import make_custom_form
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.statements import counted_statements


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


def test_a_ticket_admits_once_and_again_after_its_holder_has_left(scene: Scene) -> None:
    holder = scene.holder(firstname="Ada", lastname="Lovelace", attendee_notes="Speaks at noon")
    first = scene.scan(holder, device_name="Door 1", device_time="2026-11-30T08:00:00.250Z")
    assert (first["admitted"], first["reason"], first["direction"]) == (True, "admitted", "in")
    seen = first["attendee"]
    assert (seen["name"], seen["ticket"], seen["note"]) == (
        "Ada Lovelace",
        scene.ticket.name,
        "Speaks at noon",
    )
    assert seen["is_inside"] is True
    again = scene.scan(holder, device_name="Door 2")
    assert (again["admitted"], again["reason"]) == (False, "already-in")
    assert again["since"] == "2026-11-30T08:00:00.250+00:00"
    assert again["since"] in again["detail"]
    assert scene.scan(holder, direction="out")["reason"] == "admitted"
    assert scene.scan(holder, direction="out")["reason"] == "already-out"
    assert scene.scan(holder)["admitted"]
    shown = scene.crew.get(f"/v1/attendees/{holder.id}").data["attributes"]
    assert (shown["is-checked-in"], shown["is-checked-out"]) == (True, False)
    assert shown["device-name-checkin"] == "Door 1"
    assert len(shown["checkin-times"].split(",")) == 2
    assert scene.scan(scene.holder(), direction="out")["reason"] == "not-in"


def test_the_codes_of_the_api_and_of_the_organizer_app_are_read(scene: Scene) -> None:
    holder = scene.holder()
    order = scene.code(holder).rpartition("-")[0]
    for code in (scene.code(holder).upper(), f"{order}-{holder.id}"):
        assert scene.scan(code=code)["attendee"]["id"] == str(holder.id)
    assert scene.scan(code=f"{order}-ffffff0")["reason"] == "unknown"
    assert scene.scan(code="rubbish")["reason"] == "unknown"
    assert scene.scan(attendee=holder.id)["reason"] == "already-in"


def test_a_search_that_finds_several_admits_nobody(scene: Scene) -> None:
    ids = {str(scene.holder(firstname="Ada", lastname=name).id) for name in ("Lovelace", "Yonath")}
    several = scene.scan(search="ada")
    assert (several["reason"], {person["id"] for person in several["candidates"]}) == ("ambiguous", ids)
    single = scene.scan(search="ada  yonath")
    assert (single["reason"], single["attendee"]["name"]) == ("admitted", "Ada Yonath")
    assert scene.scan(search="nobody of this name")["reason"] == "unknown"
    assert scene.scan(search="ada yonath")["reason"] == "already-in"


def test_a_name_that_is_only_alike_admits_nobody(scene: Scene) -> None:
    holder, other = (scene.holder(firstname="Ada", lastname=name) for name in ("Lovelace", "Lovelase"))
    assert scene.scan(search="lovelase")["attendee"]["id"] == str(other.id)
    alike = scene.scan(search="lovelaze")
    assert (alike["admitted"], alike["reason"], alike["attendee"]) == (False, "ambiguous", None)
    assert [person["id"] for person in alike["candidates"]] == [str(holder.id), str(other.id)]
    grace = scene.holder(firstname="Grace", lastname="Hopper")
    alone = scene.scan(search="grase hoper")
    assert (alone["admitted"], alone["reason"], len(alone["candidates"])) == (False, "ambiguous", 1)
    assert scene.scan(attendee=int(alone["candidates"][0]["id"]))["attendee"]["id"] == str(grace.id)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *(("initializing", "unpaid"), ("pending", "unpaid"), ("cancelled", "cancelled")),
        *(("expired", "cancelled"), ("placed", "admitted")),
    ],
)
def test_what_is_not_paid_or_cancelled_admits_nobody_even_by_force(
    scene: Scene, status: str, reason: str
) -> None:
    verdict = scene.scan(scene.holder(status), force=True)
    assert (verdict["reason"], verdict["admitted"]) == (reason, reason == "admitted")
    assert verdict["forced"] is False
    removed = scene.holder(deleted_at=clock.now())
    assert scene.scan(removed, force=True)["reason"] == "cancelled"


def test_a_ticket_of_another_event_is_known_and_its_holder_is_not_told(scene: Scene) -> None:
    other = stored(make_event)
    order = stored(make_order, event=other, status="completed")
    stranger = stored(make_attendee, event=other, order=order)
    verdict = scene.scan(stranger)
    assert (verdict["reason"], verdict["attendee"]) == ("other-event", None)
    assert scene.scan(attendee=stranger.id)["reason"] == "unknown"
    assert scene.database.one("SELECT count(*) FROM attendees WHERE is_checked_in") == 0


def test_tickets_have_their_days_and_hours(scene: Scene) -> None:
    begins = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    ticket = stored(
        make_ticket, event=scene.event, admits_from=begins, admits_until=begins + timedelta(hours=4)
    )
    times = [(-timedelta(days=1), "not-today"), (-timedelta(hours=1), "too-early")]
    times += [(timedelta(hours=1), "admitted"), (timedelta(hours=4), "not-today")]
    for shift, reason in times:
        holder, at = scene.holder(ticket=ticket), (begins + shift).isoformat()
        assert scene.scan(holder, device_time=at)["reason"] == reason
        if reason != "admitted":
            forced = scene.scan(holder, device_time=at, force=True)
            assert (forced["admitted"], forced["forced"]) == (True, True)
    holder, late = scene.holder(ticket=ticket), (begins + timedelta(hours=5)).isoformat()
    sent = document("attendee", {"is-checked-in": True, "checkin-times": late}, holder.id)
    assert scene.crew.patch(f"/v1/attendees/{holder.id}", sent).status == 409
    owner = scene.as_role("organizer")
    wrong = document("ticket", {"admits-until": begins.isoformat()}, ticket.id)
    assert owner.patch(f"/v1/tickets/{ticket.id}", wrong).status == 422


def test_stations_admit_certain_tickets_from_a_time_and_up_to_their_capacity(scene: Scene) -> None:
    now = clock.now()
    room, talk = scene.room_with_talk(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    vip = stored(make_ticket, event=scene.event)
    owner = scene.as_role("organizer")
    station = scene.station("check in", room)
    leave = scene.station("check out", room)
    links = {"data": [{"type": "ticket", "id": str(vip.id)}]}
    reply = owner.patch(f"/v1/stations/{station.id}/relationships/tickets", links)
    assert reply.status in {200, 204}, reply.text
    assert scene.scan(scene.holder(), station=station.id)["reason"] == "wrong-kind"
    changed = document("station", {"capacity": 1}, station.id)
    assert owner.patch(f"/v1/stations/{station.id}", changed).status == 200
    first, second = scene.holder(ticket=vip), scene.holder(ticket=vip)
    assert scene.scan(first, station=station.id)["admitted"]
    assert scene.scan(first, room=room.id)["reason"] == "already-in"
    assert scene.scan(second, room=room.id)["reason"] == "full"
    # The other way through the same room, and by the former resource.
    assert scene.scan(first, station=station.id, direction="out")["admitted"]
    sent = document(
        "user_check_in",
        {},
        station=("station", station),
        ticket_holder=("attendee", second),
        session=("session", talk),
    )
    assert owner.post("/v1/user-check-in", sent).status == 201
    assert scene.scan(first, station=station.id)["reason"] == "full"
    sent = document(
        "user_check_in",
        {},
        station=("station", station),
        ticket_holder=("attendee", first),
        session=("session", talk),
    )
    assert owner.post("/v1/user-check-in", sent).status == 409
    assert scene.scan(second, station=leave.id)["admitted"]
    later = document("station", {"opens-at": (now + timedelta(hours=2)).isoformat()}, station.id)
    assert owner.patch(f"/v1/stations/{station.id}", later).status == 200
    assert scene.scan(first, station=station.id)["reason"] == "too-early"
    stats = owner.get(f"/v1/user-check-in/stats/event/{scene.event.id}?session_ids={talk.id}").json
    assert stats["session_stats"][0]["check_in"] == 2


def test_a_station_for_a_kind_that_is_gone_is_not_for_all(scene: Scene) -> None:
    other = stored(make_ticket, event=scene.event)
    desk, owner = scene.station("registration"), scene.as_role("owner")
    link = {"data": [{"type": "ticket", "id": str(other.id)}]}
    assert owner.patch(f"/v1/stations/{desk.id}/relationships/tickets", link).status < 300
    assert owner.delete(f"/v1/tickets/{other.id}").status == 200
    staff = scene.client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/tickets/{other.id}?permanent=true&get_trashed=true").status == 409
    assert scene.scan(scene.holder(), station=desk.id)["reason"] == "wrong-kind"
    assert owner.delete(f"/v1/stations/{desk.id}").status == 200
    assert staff.delete(f"/v1/tickets/{other.id}?permanent=true&get_trashed=true").status == 200


def test_a_station_knows_its_session_and_its_event(scene: Scene) -> None:
    now = clock.now()
    room, _ = scene.room_with_talk(starts_at=now + timedelta(hours=3), ends_at=now + timedelta(hours=4))
    elsewhere, talk = scene.room_with_talk(starts_at=now, ends_at=now + timedelta(hours=1))
    station, holder = scene.station("check in", room), scene.holder()
    none_now = scene.scan(holder, station=station.id)
    assert (none_now["reason"], "No session" in none_now["detail"]) == ("not-this-room", True)
    assert scene.scan(holder, station=station.id, session=talk.id)["reason"] == "not-this-room"
    foreign = Scene(scene.client, scene.database).station("registration")
    for place in ({"station": foreign.id}, {"room": elsewhere.id}, {"station": 2**40}):
        assert scene.scan(holder, **place)["reason"] == "unknown-station"
    desk = scene.station("registration")
    assert scene.scan(holder, station=desk.id)["admitted"]
    assert scene.scan(holder, station=desk.id)["reason"] == "already-in"
    shown = scene.crew.get(f"/v1/attendees/{holder.id}").data["attributes"]
    assert shown["is-registered"] is True
    assert shown["register-times"]


def test_a_nonce_has_one_effect(scene: Scene) -> None:
    holder, other = scene.holder(), scene.holder()
    first = scene.scan(holder, nonce="same")
    second = scene.scan(holder, nonce="same")
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert second["admitted"]
    assert second["attendee"]["id"] == str(holder.id)
    assert (
        len(
            str(scene.database.one("SELECT checkin_times FROM attendees WHERE id = :id", id=holder.id)).split(
                ","
            )
        )
        == 1
    )
    reused = scene.scan(other, nonce="same")
    assert (reused["admitted"], reused["reason"], reused["attendee"]) == (False, "nonce-reused", None)
    elsewhere = Scene(scene.client, scene.database)
    assert elsewhere.scan(elsewhere.holder(), nonce="same")["admitted"]


def test_the_door_sees_the_answers_that_the_organizer_has_marked(scene: Scene) -> None:
    for identifier, name, shown in (
        ("meal", "Meal", True),
        ("secret", "Secret", False),
        ("company", "", True),
    ):
        stored(
            make_custom_form, event=scene.event, form="attendee", field_identifier=identifier,
            name=name or "Organisation", is_shown_at_check_in=shown,
        )  # fmt: skip
    holder = scene.holder(
        complex_field_values={"meal": "Vegan", "secret": "Hush"}, company="Analytical Engines"
    )
    answers = scene.scan(holder)["attendee"]["answers"]
    assert sorted(answer["answer"] for answer in answers) == ["Analytical Engines", "Vegan"]


def test_a_thousand_scans_in_one_request(scene: Scene) -> None:
    order = stored(make_order, event=scene.event, status="completed")
    scene.database.run(
        "INSERT INTO attendees (event_id, order_id, ticket_id, identifier, firstname) "
        "SELECT :event, :order, :ticket, lpad(to_hex(n), 6, '0'), 'N' || n FROM generate_series(1, 997) n",
        event=scene.event.id, order=order.id, ticket=scene.ticket.id,
    )  # fmt: skip
    texts = scene.database.rows(
        "SELECT o.identifier || '-' || a.identifier AS code FROM attendees a JOIN orders o ON o.id = a.order_id "
        "WHERE a.order_id = :order AND a.firstname LIKE 'N%' ORDER BY a.id",
        order=order.id,
    )
    codes = [row["code"] for row in texts]
    now = clock.now()
    scans = [
        {"nonce": f"b{place}", "code": code, "device_time": (now - timedelta(seconds=place)).isoformat()}
        for place, code in enumerate(codes)
    ]
    # The same ticket, scanned at another door before and after, and rubbish.
    scans.append(
        {"nonce": "later", "code": codes[0], "device_time": (now + timedelta(seconds=5)).isoformat()}
    )
    scans.append(
        {"nonce": "earlier", "code": codes[0], "device_time": (now - timedelta(hours=1)).isoformat()}
    )
    scans.append({"nonce": "rubbish", "code": "rubbish"})
    assert len(scans) == 1000
    address = f"/v1/events/{scene.event.id}/check-ins/batch"
    results = scene.crew.post(address, {"scans": scans}).json["results"]
    by_nonce = {result["nonce"]: result for result in results}
    assert [result["nonce"] for result in results] == [scan["nonce"] for scan in scans]
    assert sum(result["admitted"] for result in results) == 997
    assert by_nonce["earlier"]["admitted"]
    assert (by_nonce["b0"]["reason"], by_nonce["later"]["reason"]) == ("already-in", "already-in")
    assert by_nonce["rubbish"]["reason"] == "unknown"
    assert scene.database.one("SELECT count(*) FROM attendees WHERE is_checked_in") == 997
    repeated = scene.crew.post(address, {"scans": scans}).json["results"]
    assert all(result["repeated"] for result in repeated)
    assert [result["reason"] for result in repeated] == [result["reason"] for result in results]


def test_a_batch_takes_as_many_statements_as_a_scan(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [scene.code(scene.holder()) for _ in range(12)]
    address = f"/v1/events/{scene.event.id}/check-ins/batch"
    numbers = []
    for some in (codes[:2], codes[2:]):
        scans = [{"nonce": code, "code": code} for code in some]
        with counted_statements(monkeypatch) as statements:
            results = scene.crew.post(address, {"scans": scans}).json["results"]
        assert all(result["admitted"] for result in results)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


def test_two_doors_at_once_admit_one(scene: Scene) -> None:
    holder = scene.holder()
    code, address = scene.code(holder), f"/v1/events/{scene.event.id}/check-ins"

    def come(place: int) -> dict[str, Any]:
        if place % 2:
            scans = [{"nonce": f"door{place}", "code": code}]
            reply = scene.crew.post(f"{address}/batch", {"scans": scans})
            assert reply.status == 200, reply.text
            result: dict[str, Any] = reply.json["results"][0]
            return result
        return dict(scene.crew.post(address, {"nonce": f"door{place}", "code": code}).json)

    with ThreadPoolExecutor(4) as pool:
        verdicts = [*pool.map(come, range(8))]
        same = [*pool.map(lambda _: scene.scan(code=code, nonce="twice", direction="out"), range(4))]
    assert sorted(verdict["reason"] for verdict in verdicts) == ["admitted"] + ["already-in"] * 7
    assert all(verdict["admitted"] for verdict in same)
    assert sum(not verdict["repeated"] for verdict in same) == 1
    times = scene.database.rows(
        "SELECT checkin_times, checkout_times FROM attendees WHERE id = :id", id=holder.id
    )[0]
    assert "," not in times["checkin_times"] + times["checkout_times"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"nonce": ""}, "/nonce"),
        ({"nonce": 7}, "/nonce"),
        ({"code": None}, "/code"),
        ({"attendee": 1}, "/code"),
        ({"direction": "up"}, "/direction"),
        ({"station": "x"}, "/station"),
        ({"station": 1, "room": 1}, "/room"),
        ({"session": 1}, "/session"),
        ({"force": "yes"}, "/force"),
        ({"device_time": "noon"}, "/device_time"),
        ({"device_time": "2999-01-01T00:00:00Z"}, "/device_time"),
        ({"device_time": 5}, "/device_time"),
        ({"color": "red"}, "/color"),
    ],
)
def test_what_is_not_understood_is_refused(scene: Scene, sent: dict[str, Any], pointer: str) -> None:
    body = {"nonce": "n", "code": "x", **sent}
    address = f"/v1/events/{scene.event.id}/check-ins"
    single = scene.crew.post(address, body)
    batch = scene.crew.post(f"{address}/batch", {"scans": [{"nonce": "m", "code": "x"}, body]})
    assert (single.status, single.errors[0]["source"]["pointer"]) == (422, pointer)
    assert (batch.status, batch.errors[0]["source"]["pointer"]) == (422, f"/scans/1{pointer}")
    assert scene.database.one("SELECT count(*) FROM door_scans") == 0


def test_batches_are_lists_of_different_scans(scene: Scene) -> None:
    scan = {"nonce": "n", "code": "x"}
    for scans in (None, [], [scan] * 2, [scan] * 1001, "x"):
        reply = scene.crew.post(f"/v1/events/{scene.event.id}/check-ins/batch", {"scans": scans})
        assert reply.status == 422
    search = [{"nonce": "n", "search": "ada"}]
    assert scene.crew.post(f"/v1/events/{scene.event.id}/check-ins/batch", {"scans": search}).status == 422


def test_the_crew_alone_checks_in(scene: Scene) -> None:
    holder = scene.holder()
    for role in ("registrar", "coorganizer", "organizer", "owner"):
        assert scene.scan(scene.holder(), by=scene.as_role(role))["admitted"]
    stranger = scene.client.signed_in_as(stored(make_user))
    for asking, status in ((scene.client, 401), (stranger, 403), (scene.as_role("moderator"), 403)):
        assert scene.send(holder, by=asking).status == status
        batch = {"scans": [{"nonce": "n", "code": "x"}]}
        assert asking.post(f"/v1/events/{scene.event.id}/check-ins/batch", batch).status == status


def test_every_way_in_asks_the_gate(scene: Scene) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    ticket = stored(make_ticket, event=scene.event, admits_from=tomorrow)
    buyer, owner = stored(make_user), scene.as_role("owner")
    order = stored(make_order, event=scene.event, status="completed", user=buyer)
    holder = stored(make_attendee, event=scene.event, order=order, ticket=ticket)
    desk = scene.station("registration")
    at_desk = document("user_check_in", {}, station=("station", desk), ticket_holder=("attendee", holder))
    by_patch = document(
        "attendee", {"is-checked-in": True, "checkin-times": clock.now().isoformat()}, holder.id
    )
    online = {"check_in_type": "event", "is_check_in": True}

    def come(number: int) -> list[int | str]:
        scanned = scene.scan(holder, nonce=f"way{number}")["reason"]
        event = f"/v1/events/{scene.event.id}"
        return [
            scanned,
            owner.patch(f"/v1/attendees/{holder.id}", by_patch).status,
            owner.post("/v1/user-check-in", at_desk).status,
            scene.client.signed_in_as(buyer).post(f"{event}/virtual/check-in", online).status,
        ]

    assert come(1) == ["not-today", 409, 409, 403]
    sent = document("ticket", {"admits-from": None}, ticket.id)
    assert owner.patch(f"/v1/tickets/{ticket.id}", sent).status == 200
    assert come(2) == ["admitted", 409, 201, 200]  # in by the scan, so that PATCH says that they are
