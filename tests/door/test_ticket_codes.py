"""Codes of tickets: signed and verified offline, replaced on loss and transfer, revoked; former ones admit still."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chalicelib.tasks.printed_tickets import tickets_of
from tests.door.scene import Scene
from tests.factories import stored
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client
from tests.support.pump import Pump


@pytest.fixture
def scene(client: Client, database: TestDatabase) -> Scene:
    return Scene(client, database)


def in_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(scene: Scene, code: str) -> int:
    """The attendee's id in the code, by the public keys alone, as docs/door.md tells it."""
    told = scene.client.get(f"/v1/events/{scene.event.id}/ticket-keys").json
    content = in_bytes(code.removeprefix(told["prefix"]))
    keys = {key["id"]: in_bytes(key["public_key"]) for key in told["keys"]}
    key = Ed25519PublicKey.from_public_bytes(keys[int.from_bytes(content[:4], "big")])
    key.verify(content[18:], told["context"].encode() + content[:18])
    return int.from_bytes(content[4:10], "big")


def code_of(scene: Scene, attendee: Any) -> dict[str, Any]:
    reply = scene.crew.get(f"/v1/attendees/{attendee.id}/ticket-code")
    assert reply.status == 200, reply.text
    told: dict[str, Any] = reply.json
    return told


def sign(scene: Scene, pump: Pump) -> None:
    owner = scene.as_role("organizer")
    sent = document("event", {"ticket-code": "signed"}, scene.event.id)
    assert owner.patch(f"/v1/events/{scene.event.id}", sent).status == 200
    pump.everything()


def test_signed_codes_are_verified_offline_and_admit(scene: Scene, pump: Pump) -> None:
    holder, unpaid = scene.holder(), scene.holder("pending")
    assert code_of(scene, holder)["code"] is None
    sign(scene, pump)
    code = code_of(scene, holder)["code"]
    assert len(code) < 120
    assert verified(scene, code) == holder.id
    with pytest.raises(InvalidSignature):
        verified(scene, code[:20] + ("A" if code[20] != "A" else "B") + code[21:])
    assert code_of(scene, unpaid)["code"] is None
    forged = code[:-2] + ("AA" if not code.endswith("AA") else "QA")
    for other in (forged, code[:40], "OE1:", "OE1:%%%", code.lower(), "OE2:" + code[4:]):
        assert scene.scan(code=other)["reason"] == "unknown"
    assert scene.scan(code=code)["admitted"]
    assert scene.scan(holder)["reason"] == "already-in"  # the former text is the same ticket
    foreign = Scene(scene.client, scene.database)
    assert foreign.scan(code=code)["reason"] == "other-event"


def test_a_ticket_is_printed_with_the_code_that_the_event_has(scene: Scene, pump: Pump) -> None:
    holder = scene.holder()

    def printed() -> str:
        from chalicelib import db

        with db.transaction() as session:
            tickets = tickets_of(session, holder.order_id, [holder.id])
        assert tickets is not None
        return tickets.tickets[0].code

    assert printed() == scene.code(holder)
    sign(scene, pump)
    assert printed() == code_of(scene, holder)["code"]


@pytest.mark.parametrize(("reason", "void"), [("lost", "revoked"), ("transferred", "transferred")])
def test_a_replaced_code_admits_nobody(scene: Scene, pump: Pump, reason: str, void: str) -> None:
    holder = scene.holder()
    sign(scene, pump)
    before, former = code_of(scene, holder)["code"], scene.code(holder)
    order = former.rpartition("-")[0]
    reply = scene.crew.post(f"/v1/attendees/{holder.id}/ticket-code", {"reason": reason})
    assert (reply.status, reply.json["valid"], reply.json["code"]) == (200, True, None)
    pump.everything()
    after = code_of(scene, holder)
    assert after["former_code"] == scene.code(holder) != former
    assert verified(scene, after["code"]) == holder.id
    for code in (before, former, f"{order}-{holder.id}"):
        verdict = scene.scan(code=code, force=True)
        assert (verdict["reason"], verdict["admitted"]) == (void, False), code
    assert scene.scan(code=after["code"])["admitted"]
    assert scene.scan(holder)["reason"] == "already-in"


def test_a_code_is_replaced_without_signed_ones_too(scene: Scene) -> None:
    holder = scene.holder()
    former = scene.code(holder)
    assert scene.crew.post(f"/v1/attendees/{holder.id}/ticket-code").status == 200
    assert scene.scan(code=former)["reason"] == "revoked"
    shown = scene.crew.get(f"/v1/attendees/{holder.id}").data["attributes"]
    assert scene.scan(code=shown["qr-code-text"])["admitted"]


def test_a_revoked_code_admits_nobody_until_there_is_another(scene: Scene, pump: Pump) -> None:
    holder = scene.holder()
    sign(scene, pump)
    before = code_of(scene, holder)
    address, owner = f"/v1/attendees/{holder.id}/ticket-code", scene.as_role("coorganizer")
    assert scene.crew.delete(address).status == 403
    assert owner.delete(address).json == {**before, "code": None, "former_code": None, "valid": False}
    assert owner.delete(address).status == 200
    pump.everything()
    texts = [before["code"], before["former_code"]]
    assert {scene.scan(code=text)["reason"] for text in texts} == {"revoked"}
    assert code_of(scene, holder)["code"] is None
    assert owner.post(address, {"reason": "lost"}).status == 200
    assert scene.scan(holder)["admitted"]
    assert {scene.scan(code=text)["reason"] for text in texts} == {"revoked"}


def test_a_code_that_is_replaced_while_it_is_scanned_does_not_admit_twice(scene: Scene) -> None:
    for place in range(3):
        holder = scene.holder()
        code = scene.code(holder)
        address = f"/v1/attendees/{holder.id}/ticket-code"
        with ThreadPoolExecutor(2) as pool:
            scanned = pool.submit(scene.scan, code=code, nonce=f"race{place}")
            replaced = pool.submit(scene.crew.post, address, {"reason": "transferred"})
            assert replaced.result().status == 200
            first = scanned.result()["reason"]
        assert first in {"admitted", "transferred"}
        assert scene.scan(code=code)["reason"] == "transferred"
        again = scene.scan(code=scene.code(holder))["reason"]
        assert (first, again) in {("admitted", "already-in"), ("transferred", "admitted")}


def test_an_event_may_take_signed_codes_alone(scene: Scene, pump: Pump) -> None:
    holder = scene.holder()
    sign(scene, pump)
    sent = document("event", {"is-former-code-accepted": False}, scene.event.id)
    assert scene.as_role("owner").patch(f"/v1/events/{scene.event.id}", sent).status == 200
    assert scene.scan(holder)["reason"] == "revoked"
    assert scene.scan(code=code_of(scene, holder)["code"])["admitted"]


def test_who_sees_and_replaces_codes(scene: Scene) -> None:
    holder = scene.holder(email="ada@example.org")
    buyer = scene.database.one("SELECT user_id FROM orders WHERE id = :id", id=holder.order_id)
    ada = stored(make_user, email="ada@example.org", is_verified=True)
    address = f"/v1/attendees/{holder.id}/ticket-code"
    for asking, reads, replaces in (
        (scene.client, 401, 401),
        (scene.client.signed_in_as(stored(make_user)), 404, 404),
        (scene.client.signed_in_as(ada), 200, 403),
        (scene.client.signed_in_as(buyer), 200, 200),
    ):
        assert (asking.get(address).status, asking.post(address, {"reason": "lost"}).status) == (
            reads,
            replaces,
        )
    for body, pointer in (({"reason": "bored"}, "/reason"), ({"why": "x"}, "/why")):
        refused = scene.crew.post(address, body)
        assert (refused.status, refused.errors[0]["source"]["pointer"]) == (422, pointer)
