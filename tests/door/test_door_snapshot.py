"""The list of a door: what a device needs to go on without a network, and what a thief of it cannot read."""

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.values.sealed_entries import CodeSecret, unseal
from tests.door.scene import Scene
from tests.door.test_door_devices import made, pair
from tests.door.test_ticket_codes import code_of, sign
from tests.factories import stored
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


class DeviceList:
    """What a device has: it follows the answers, as docs/door.md says."""

    def __init__(self, scene: Scene, by: Client | None = None, limit: int = 5000, waits: bool = True) -> None:
        self.address = f"/v1/events/{scene.event.id}/door-snapshot"
        pair(scene, made(scene))  # changes are noted where there are devices
        # From when on, depends on what else was going on anywhere on the server.
        while scene.crew.get(self.address).json["cursor"].split(".")[2] == "0" and waits:
            pass
        self.by, self.limit, self.cursor = by or scene.crew, limit, ""
        self.entries: dict[int, bytes] = {}
        self.removed: dict[int, list[tuple[str, list[bytes]]]] = {}
        self.last: dict[str, Any] = {}
        self.answers = 0

    def sync(self) -> set[int]:
        """Fetch what has changed; the ids of those of whom something else is told than before.

        While other transactions are going on anywhere on the server, what is known is told again.
        """
        seen: set[int] = set()
        while True:
            more = f"&cursor={self.cursor}" if self.cursor else ""
            reply = self.by.get(f"{self.address}?limit={self.limit}{more}")
            assert reply.status == 200, reply.text
            self.last, self.answers = reply.json, self.answers + 1
            seen |= self._take(self.last)
            self.cursor = self.last["cursor"]
            if not self.last["more"]:
                return seen

    def _take(self, answer: dict[str, Any]) -> set[int]:
        if answer["reset"]:
            self.entries.clear()
            self.removed.clear()
        ids = {row[0] for row in answer["entries"]} | {row[0] for row in answer["removed"]}
        former = {id: (self.entries.pop(id, None), self.removed.pop(id, None)) for id in ids}
        for id, sealed in answer["entries"]:
            self.entries[id] = base64.b64decode(sealed)
        for id, reason, tags in answer["removed"]:
            content = base64.b64decode(tags)
            cut = [content[at : at + 6] for at in range(0, len(content), 6)]
            self.removed.setdefault(id, []).append((reason, cut))
        return {id for id in ids if (self.entries.get(id), self.removed.get(id)) != former[id]}

    def look_up(self, text: str) -> Any:
        """What the text of a code says: the content of its entry, or why it is void, or None."""
        salt = base64.b64decode(self.last["salt"])
        secret = CodeSecret.of(salt, text)
        for rows in self.removed.values():
            for reason, tags in rows:
                if secret.tag in tags:
                    return reason
        if text.startswith("OE1:"):
            content = base64.urlsafe_b64decode(text[4:] + "==")
            id = int.from_bytes(content[4:10], "big")
            opened = unseal(id, self.entries[id], secret.key, secret.wrapping) if id in self.entries else None
            return None if opened is None else json.loads(opened)
        found = [id for id, entry in self.entries.items() if entry[0] & 1 and entry[1:7] == secret.tag]
        order, _, last = text.lower().rpartition("-")
        found += [int(last)] if last.isdigit() and int(last) in self.entries else []
        for id in found:
            key = CodeSecret.of(salt, f"{order}-{id}").key
            opened = unseal(id, self.entries[id], key)
            if opened is not None:
                return json.loads(opened)
        return None


def moved(scene: Scene, door: DeviceList, holder: Any) -> Any:
    """That the next delta tells this attendee, and nobody else; what the code says then."""
    assert door.sync() == {holder.id}
    return door.look_up(scene.code(holder))


def test_a_device_gets_the_list_in_pages_and_each_text_finds_its_entry(scene: Scene, pump: Pump) -> None:
    holders = [scene.holder(firstname="Ada", lastname=f"N{place}") for place in range(5)]
    device = pair(scene, made(scene))
    door = DeviceList(scene, device, limit=2)
    assert door.sync() == {holder.id for holder in holders}
    assert door.answers == 3
    order = scene.code(holders[0]).rpartition("-")[0]
    for text in (scene.code(holders[0]).upper(), f"{order}-{holders[0].id}"):
        assert door.look_up(text) == ["Ada N0", scene.ticket.id]
    assert door.look_up("rubbish") is None
    assert door.look_up(f"{order}-ffffff") is None
    sign(scene, pump)
    told = door.sync()
    assert door.last["reset"] is False or told  # the switch is part of the version: told anew
    signed = code_of(scene, holders[1])["code"]
    assert door.look_up(signed)[0] == "Ada N1"
    assert door.look_up(scene.code(holders[1]))[0] == "Ada N1"
    assert door.last["keys"]["keys"]
    assert door.sync() == set()
    sent = document("event", {"is-former-code-accepted": False}, scene.event.id)
    assert scene.as_role("owner").patch(f"/v1/events/{scene.event.id}", sent).status == 200
    assert len(door.sync()) == 5
    assert door.look_up(signed)[0] == "Ada N1"
    assert door.look_up(scene.code(holders[1])) is None


def test_each_change_that_matters_is_in_the_next_delta(scene: Scene) -> None:
    holder, other = scene.holder(firstname="Ada", lastname="Lovelace"), scene.holder()
    door, owner = DeviceList(scene), scene.as_role("owner")
    assert door.sync() == {holder.id, other.id}
    assert door.sync() == set()
    address = f"/v1/attendees/{holder.id}"

    def patched(**attributes: Any) -> Any:
        sent = document(
            "attendee", {name.replace("_", "-"): value for name, value in attributes.items()}, holder.id
        )
        reply = owner.patch(address, sent)
        assert reply.status == 200, reply.text
        return moved(scene, door, holder)

    assert patched(attendee_notes="Speaks")[3]["n"] == "Speaks"
    assert scene.scan(holder)["admitted"]
    assert moved(scene, door, holder)[2] > 0
    assert scene.scan(holder, direction="out")["admitted"]
    assert moved(scene, door, holder)[2] < 0
    now = clock.now().isoformat()
    assert patched(is_checked_in=True, is_checked_out=False, checkin_times=now)[2] > 0
    desk = scene.station("registration")
    assert scene.scan(holder, station=desk.id)["admitted"]
    assert moved(scene, door, holder)[3]["s"][0][0] == desk.id
    begins = clock.now() - timedelta(hours=1)
    room, talk = scene.room_with_talk(starts_at=begins, ends_at=begins + timedelta(hours=3))
    entrance = scene.station("check in", room)
    sent = document(
        "user_check_in", {}, station=("station", entrance), ticket_holder=("attendee", holder),
        session=("session", talk),
    )  # fmt: skip
    assert owner.post("/v1/user-check-in", sent).status == 201
    assert moved(scene, door, holder)[3]["s"][1][0] == entrance.id
    former = scene.code(holder)
    assert owner.post(f"{address}/ticket-code", {"reason": "lost"}).status == 200
    assert moved(scene, door, holder)[0] == "Ada Lovelace"
    assert door.look_up(former) == "revoked"
    assert door.look_up(f"{former.rpartition('-')[0]}-{holder.id}") == "revoked"
    assert owner.delete(f"{address}/ticket-code").status == 200
    door.sync()
    assert door.look_up(former) == "revoked"
    assert holder.id not in door.entries
    assert owner.post(f"{address}/ticket-code", {"reason": "transferred"}).status == 200
    assert moved(scene, door, holder)[0] == "Ada Lovelace"
    third = scene.holder()
    assert moved(scene, door, third)
    sent = document("order", {"status": "cancelled"}, third.order_id)
    assert owner.patch(f"/v1/orders/{third.order_id}", sent).status == 200
    assert moved(scene, door, third) == "cancelled"
    assert owner.delete(f"/v1/attendees/{other.id}").status == 200
    assert moved(scene, door, other) == "cancelled"
    staff = scene.client.signed_in_as(stored(make_user, is_admin=True))
    assert staff.delete(f"/v1/attendees/{other.id}?permanent=true").status == 200
    assert door.sync() == {other.id}
    assert other.id not in door.entries


def test_the_windows_of_kinds_and_the_state_of_orders_are_told(scene: Scene) -> None:
    kind = stored(make_ticket, event=scene.event)
    pending = scene.holder("pending", ticket=kind)
    abandoned = scene.holder("initializing", ticket=kind)
    door, owner = DeviceList(scene), scene.as_role("owner")
    assert door.sync() == {pending.id}
    assert door.look_up(scene.code(pending)) == "unpaid"
    begins = clock.now().replace(microsecond=0)
    sent = document("ticket", {"admits-from": begins.isoformat()}, kind.id)
    assert owner.patch(f"/v1/tickets/{kind.id}", sent).status == 200
    sent = document("order", {"status": "completed"}, pending.order_id)
    reply = owner.patch(f"/v1/orders/{pending.order_id}", sent)
    assert reply.status == 200, reply.text
    assert pending.id in door.sync()
    assert door.look_up(scene.code(pending))[1] == kind.id
    (window,) = [each["admits_from"] for each in door.last["kinds"] if each["id"] == str(kind.id)]
    assert window.startswith(begins.isoformat()[:19])
    assert abandoned.id not in door.entries


def everything_in(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        values = [*values.values()]
    if isinstance(values, list):
        for value in values:
            yield from everything_in(value)
    else:
        yield str(values)


def test_a_stolen_list_tells_nothing_without_a_code_and_a_code_its_own_entry(
    scene: Scene, pump: Pump
) -> None:
    people = [
        scene.holder(firstname=f"Ada{place}", lastname=f"Lovelace{place}", email=f"a{place}@example.org",
                     attendee_notes=f"Secret {place}")
        for place in range(4)
    ]  # fmt: skip
    sign(scene, pump)
    scene.scan(people[3])
    door = DeviceList(scene)
    door.sync()
    told = json.dumps(door.last).encode()
    blobs = [told, *door.entries.values()]
    for text in everything_in(door.last):
        try:
            blobs.append(base64.b64decode(text, validate=True))
        except ValueError:
            continue
    secrets = []
    for place, holder in enumerate(people):
        codes = code_of(scene, holder)
        order, _, identifier = scene.code(holder).rpartition("-")
        secrets += [f"Ada{place}", f"Lovelace{place}", f"a{place}@", f"Secret {place}", order, codes["code"]]
        secrets += [order.replace("-", ""), identifier + '"', codes["code"][20:40]]
    for secret in secrets:
        assert not any(secret.encode().lower() in blob.lower() for blob in blobs), secret
    salt = base64.b64decode(door.last["salt"])
    for holder in people:
        order = scene.code(holder).rpartition("-")[0]
        for text in (scene.code(holder), f"{order}-{holder.id}", code_of(scene, holder)["code"]):
            secret = CodeSecret.of(salt, text)
            key = CodeSecret.of(salt, f"{order}-{holder.id}").key
            opened = [
                id
                for id, entry in door.entries.items()
                if unseal(
                    id,
                    entry,
                    None if text.startswith("OE") else key,
                    secret.wrapping if text.startswith("OE") else b"",
                )
            ]
            assert opened == [holder.id]
    changed = bytearray(door.entries[people[0].id])
    changed[-1] ^= 1
    code = code_of(scene, people[0])["code"]
    assert unseal(people[0].id, bytes(changed), None, CodeSecret.of(salt, code).wrapping) is None


def test_cursors_and_limits_are_checked_and_strangers_get_no_list(scene: Scene) -> None:
    scene.holder()
    address = f"/v1/events/{scene.event.id}/door-snapshot"
    for query in ("cursor=x", "cursor=1.a.b.c.d", "limit=0", "limit=5001", "limit=x", "color=red",
                  "cursor=1.ab.5.5.-5", f"cursor=1.ab.{10**19}.0.0"):  # fmt: skip
        assert scene.crew.get(f"{address}?{query}").status == 400, query
    door = DeviceList(scene)
    door.sync()
    version, base = door.cursor.split(".")[1:3]
    # Of another database, or of another version: all is told anew.
    for cursor in (f"1.{version}.{10**17}.0.-", f"1.ffff.{base}.0.-", f"0.{version}.{base}.0.-"):
        assert scene.crew.get(f"{address}?cursor={cursor}").json["reset"] is True
    stranger = scene.client.signed_in_as(stored(make_user))
    assert [asking.get(address).status for asking in (scene.client, stranger)] == [401, 403]
    elsewhere = Scene(scene.client, scene.database)
    device = pair(elsewhere, made(elsewhere))
    assert device.get(address).status == 403


def test_a_change_that_commits_late_is_not_missed(scene: Scene) -> None:
    first, second = scene.holder(), scene.holder()
    door = DeviceList(scene)
    door.sync()
    with scene.database.connected() as late:
        late.run("BEGIN")
        late.run("UPDATE attendees SET lastname = 'Late' WHERE id = :id", id=first.id)
        scene.database.run("UPDATE attendees SET lastname = 'Early' WHERE id = :id", id=second.id)
        assert door.sync() == {second.id}
        late.run("COMMIT")
    assert first.id in door.sync()
    assert door.look_up(scene.code(first))[0].endswith("Late")
    assert door.sync() == set()


def test_an_event_without_devices_notes_nothing_and_its_list_is_whole_each_time(scene: Scene) -> None:
    holder = scene.holder()
    address = f"/v1/events/{scene.event.id}/door-snapshot"

    def asked(cursor: str = "") -> Any:
        return scene.crew.get(f"{address}?cursor={cursor}" if cursor else address).json

    first = asked()
    assert asked(first["cursor"])["reset"] is True
    assert scene.scan(holder)["admitted"]
    assert scene.database.one("SELECT count(*) FROM door_marks") == 0
    told = made(scene)
    unpaired = asked(asked()["cursor"])
    assert unpaired["reset"] is True  # somebody may have begun before the device was made
    pair(scene, told)
    assert asked(unpaired["cursor"])["reset"] is True
    while (known := asked())["cursor"].split(".")[2] == "0":
        pass  # something else goes on at the server
    assert scene.scan(holder, direction="out")["admitted"]
    delta = asked(known["cursor"])
    assert (delta["reset"], [id for id, _ in delta["entries"]]) == (False, [holder.id])
    # Of another event nothing is noted.
    Scene(scene.client, scene.database).holder()
    assert scene.database.one("SELECT count(DISTINCT event_id) FROM door_marks") == 1


def test_a_change_that_began_before_the_first_device_is_not_missed(scene: Scene) -> None:
    first, second = scene.holder(), scene.holder()
    with scene.database.connected() as late:
        late.run("BEGIN")
        late.run("UPDATE attendees SET lastname = 'Late' WHERE id = :id", id=first.id)
        door = DeviceList(scene, waits=False)  # made and paired meanwhile
        door.sync()
        assert scene.database.one("SELECT count(*) FROM door_marks") == 0
        scene.database.run("UPDATE attendees SET lastname = 'Early' WHERE id = :id", id=second.id)
        door.sync()
        late.run("COMMIT")
    door.sync()
    assert door.look_up(scene.code(first))[0].endswith("Late")
    assert door.look_up(scene.code(second))[0].endswith("Early")


def test_a_thousand_people_are_small(scene: Scene) -> None:
    for start in range(0, 1000, 20):
        order = scene.holder().order_id
        scene.database.run(
            "INSERT INTO attendees (event_id, order_id, ticket_id, identifier, firstname, lastname) "
            "SELECT :event, :order, :ticket, substr(md5(n::text), 1, 6), initcap(substr(md5(n || 'a'), 1, 6)), "
            "initcap(substr(md5(n || 'b'), 1, 8)) FROM generate_series(:start, :start + 18) n",
            event=scene.event.id, order=order, ticket=scene.ticket.id, start=start,
        )  # fmt: skip
    reply = scene.crew.get(f"/v1/events/{scene.event.id}/door-snapshot")
    assert len(reply.json["entries"]) == 1000
    assert len(gzip.compress(reply.text.encode())) <= 60_000
