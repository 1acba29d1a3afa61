"""Leads: exhibitors scan attendees who consent, get what was agreed to, and nobody else sees it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from tests.door.booth import TERMS, Booth
from tests.door.test_door_devices import made as made_door
from tests.door.test_door_devices import pair as pair_door
from tests.exports.asking import cells_of
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

pytestmark = pytest.mark.one_database


@pytest.fixture
def booth(client: Client, database: TestDatabase) -> Booth:
    return Booth(client, database)


def test_nobody_is_a_lead_without_consent(booth: Booth) -> None:
    ada, asking = booth.visitor()
    told = booth.scans(ada)
    assert (told["reason"], told["lead"]) == ("consent-needed", None)
    assert "Lovelace" not in booth.sends({"nonce": "again", "code": booth.code(ada)}).text
    assert booth.listed() == []
    added = booth.agreed(ada, note="Wants a quote", rating=4)
    assert (added["reason"], added["lead"]["note"], added["lead"]["rating"]) == ("added", "Wants a quote", 4)
    assert added["lead"]["person"] == {"name": "Ada Lovelace", "company": "=Engines", "email": ada.email}
    assert booth.agreed(ada)["reason"] == booth.scans(ada)["reason"] == "known"
    assert [lead["id"] for lead in booth.listed()] == [added["lead"]["id"]]
    seen = asking.get(f"/v1/attendees/{ada.id}/lead-consent").json
    assert (seen["consent"], [lead["exhibitor"] for lead in seen["leads"]]) == (None, [booth.exhibitor.name])
    assert (seen["leads"][0]["wording"], seen["leads"][0]["fields"]) == (TERMS["wording"], TERMS["fields"])


def test_who_has_decided_before_is_not_asked_at_the_booth(booth: Booth) -> None:
    (ada, asking), (eve, refusing) = booth.visitor(), booth.visitor()
    assert booth.decides(asking, ada, True, wording_version=booth.version + 1).status == 409
    assert booth.decides(asking, ada, True).json["consent"] is True
    assert booth.scans(ada)["reason"] == "added"
    assert booth.decides(refusing, eve, False).json["consent"] is False
    assert booth.agreed(eve)["reason"] == "refused"
    assert booth.decides(asking, ada, False).json["leads"] == []
    assert booth.listed() == []
    assert booth.agreed(ada)["reason"] == "refused"


def test_what_is_withdrawn_is_gone_and_no_late_scan_brings_it_back(booth: Booth) -> None:
    ada, asking = booth.visitor()
    scan = {
        "nonce": "offline", "code": booth.code(ada), "consent": True, "wording_version": booth.version,
        "note": "Private",
    }  # fmt: skip
    (added,) = booth.sends(scan).json["results"]
    lead = added["lead"]["id"]
    assert asking.delete(f"/v1/attendees/{ada.id}/leads/{lead}").json["leads"] == []
    assert booth.listed() == []
    (again,) = booth.sends(scan).json["results"]
    assert (again["reason"], again["repeated"], again["lead"]) == ("consent-needed", True, None)
    early = booth.agreed(ada, device_time="2026-01-01T00:00:00Z")
    assert early["reason"] == "refused"
    assert booth.database.one("SELECT note FROM leads WHERE id = :id", id=int(lead)) is None
    assert booth.device.patch(f"{booth.path}/leads/{lead}", {"rating": 5}).status == 404
    assert booth.scans(ada)["reason"] == "consent-needed"
    assert booth.agreed(ada)["reason"] == "added"


def test_more_is_never_handed_over_than_was_agreed_to(booth: Booth) -> None:
    (ada, _), (eve, _) = booth.visitor(phone="0123"), booth.visitor(phone="0456")
    former = booth.version
    assert booth.agreed(ada)["reason"] == "added"
    booth.version = booth.says(fields=["name", "phone"]).json["version"]
    assert booth.version == former + 1
    assert booth.says(fields=["name", "phone"]).json["version"] == booth.version
    assert booth.agreed(eve)["lead"]["person"] == {"name": "Ada Lovelace", "phone": "0456"}
    # A device that was offline has shown the former wording.
    lin, _ = booth.visitor(phone="0789")
    assert booth.scans(lin, consent=True, wording_version=former)["lead"]["person"] == {
        "name": "Ada Lovelace"
    }
    assert [lead["person"] for lead in booth.listed()] == [
        {"name": "Ada Lovelace"}, {"name": "Ada Lovelace", "phone": "0456"}, {"name": "Ada Lovelace"},
    ]  # fmt: skip
    assert booth.scans(booth.visitor()[0], consent=True, wording_version=99)["reason"] == "consent-needed"
    booth.says(is_enabled=False)
    assert booth.sends({"nonce": "off", "code": booth.code(ada)}).status == 409


def test_leads_are_of_the_exhibitor_alone(booth: Booth) -> None:
    ada, _ = booth.visitor()
    lead = booth.agreed(ada)["lead"]["id"]
    other = booth.another()
    speaker = stored(make_user, email=booth.exhibitor.contact_email, is_verified=True)
    unproved = stored(make_user, email=other.contact_email, is_verified=False)
    staff = booth.client.signed_in_as(stored(make_user, is_admin=True, is_super_admin=True))
    speaks = booth.client.signed_in_as(speaker)
    door, rival = pair_door(booth, made_door(booth)), booth.pair(other)
    others = (
        (booth.client, 401), (booth.owner, 403), (booth.crew, 403), (staff, 403), (door, 403), (rival, 403),
        (booth.client.signed_in_as(unproved), 403),
    )  # fmt: skip
    for asking, status in others:
        replies = (
            asking.get(f"{booth.path}/leads"),
            asking.get(f"{booth.path}/lead-files/leads.csv"),
            asking.patch(f"{booth.path}/leads/{lead}", {"rating": 1}),
            asking.delete(f"{booth.path}/leads/{lead}"),
            booth.sends({"nonce": "x", "code": "y"}, by=asking),
        )
        assert {reply.status for reply in replies} == {status}
    assert [each["id"] for each in booth.listed(speaks)] == [lead]
    assert rival.get(f"/v1/exhibitors/{other.id}/leads").json["leads"] == []
    for foreign in (f"/v1/exhibitors/{other.id}/leads/{lead}",):
        assert rival.patch(foreign, {"rating": 1}).status == rival.delete(foreign).status == 404
    # What opens the leads opens nothing else: neither the door nor attendees.
    assert booth.send(ada, by=booth.device).status in {401, 403}
    assert booth.device.get(f"/v1/attendees/{ada.id}").status in {401, 404}
    assert booth.device.get(f"{booth.path}/lead-devices").status in {401, 403}


def test_the_attendee_decides_and_not_the_crew(booth: Booth) -> None:
    ada, asking = booth.visitor()
    lead = booth.agreed(ada)["lead"]["id"]
    buyer = booth.client.signed_in_as(
        booth.database.one("SELECT user_id FROM orders WHERE id = :id", id=ada.order_id)
    )
    stranger = booth.client.signed_in_as(stored(make_user))
    path = f"/v1/attendees/{ada.id}"
    for who, status in ((booth.client, 401), (stranger, 404), (booth.owner, 403), (booth.device, 404)):
        got = (
            who.get(f"{path}/lead-consent").status,
            booth.decides(who, ada, True).status,
            who.delete(f"{path}/leads/{lead}").status,
        )
        assert set(got) == {status}, got
    assert buyer.get(f"{path}/lead-consent").status == asking.get(f"{path}/lead-consent").status == 200
    eve, _ = booth.visitor()
    other = booth.agreed(eve)["lead"]["id"]
    assert asking.delete(f"{path}/leads/{other}").status == 404


def test_a_ticket_that_changes_hands_leaves_no_lead(booth: Booth) -> None:
    ada, asking = booth.visitor()
    assert booth.decides(asking, ada, True).status == 200
    assert booth.scans(ada)["reason"] == "added"
    another = (
        "email = 'grace@example.org'",
        "transferred_at = now()",
        "firstname = 'Grace', lastname = 'Hopper'",
    )
    for change in another:
        kept = "UPDATE attendees SET city = 'Berlin', lastname = lastname || 'e', email = upper(email) WHERE id = :id"
        booth.database.run(kept, id=ada.id)
        assert len(booth.listed()) == 1
        booth.database.run(f"UPDATE attendees SET {change} WHERE id = :id", id=ada.id)
        assert booth.listed() == []
        decided = "SELECT count(*) FROM lead_consents WHERE attendee_id = :id"
        assert booth.database.one(decided, id=ada.id) == 0
        assert booth.scans(ada)["reason"] == "consent-needed"
        assert booth.agreed(ada)["reason"] == "added"
    booth.database.run("UPDATE attendees SET deleted_at = now() WHERE id = :id", id=ada.id)
    assert booth.listed() == []
    assert booth.scans(ada)["reason"] == "cancelled"


@pytest.mark.parametrize(
    ("before", "after", "is_kept"),
    [
        ("email = NULL", "firstname = 'Grace', lastname = 'Hopper'", False),
        ("email = NULL, lastname = NULL", "firstname = 'Grace'", False),
        ("email = NULL", "transferred_at = now()", False),
        ("email = NULL, firstname = NULL, lastname = NULL", "firstname = 'Grace', lastname = 'Hopper'", True),
        ("email = NULL", "email = 'ada@example.org'", True),
        ("lastname = NULL", "lastname = 'Byron'", True),
    ],
)
def test_who_is_another_is_told_by_what_is_known(
    booth: Booth, before: str, after: str, is_kept: bool
) -> None:
    holder, _ = booth.visitor()
    booth.database.run(f"UPDATE attendees SET {before} WHERE id = :id", id=holder.id)
    assert booth.agreed(holder)["reason"] == "added"
    booth.database.run(f"UPDATE attendees SET {after} WHERE id = :id", id=holder.id)
    assert bool(booth.listed()) is is_kept


def test_tickets_that_admit_nobody_are_no_leads(booth: Booth) -> None:
    pending = booth.holder("pending")
    assert booth.agreed(pending)["reason"] == "unpaid"
    elsewhere = Booth(booth.client, booth.database)
    assert booth.agreed(elsewhere.holder())["reason"] == "other-event"
    (result,) = booth.sends({"nonce": "unknown", "code": "nobody-1"}).json["results"]
    assert result["reason"] == "unknown"
    draft = stored(make_event, state="draft")
    booth.database.run("UPDATE exhibitors SET event_id = :id WHERE id = :exhibitor", id=draft.id,
                       exhibitor=booth.exhibitor.id)  # fmt: skip
    assert booth.device.get(f"{booth.path}/leads").status == 404


def test_two_devices_at_once_make_one_lead_and_a_withdrawal_wins(booth: Booth) -> None:
    ada, asking = booth.visitor()
    with ThreadPoolExecutor(4) as pool:
        reasons = [*pool.map(lambda _: booth.agreed(ada)["reason"], range(4))]
    assert sorted(reasons) == ["added", "known", "known", "known"]
    jobs = [partial(booth.decides, asking, ada, False), *[partial(booth.agreed, ada)] * 3]
    with ThreadPoolExecutor(4) as pool:
        assert len([*pool.map(lambda job: job(), jobs)]) == 4
    assert booth.listed() == []
    same = {"nonce": "one", "code": booth.code(ada)}
    with ThreadPoolExecutor(2) as pool:
        told = [*pool.map(lambda _: booth.sends(same).json["results"][0]["repeated"], range(2))]
    assert sorted(told) == [False, True]
    other = booth.sends({**same, "rating": 3}).json["results"][0]
    assert other["reason"] == "nonce-reused"


def test_a_file_has_what_the_list_has_and_no_formulas(booth: Booth) -> None:
    ada, _ = booth.visitor()
    lead = booth.agreed(ada, rating=5)["lead"]["id"]
    noted = booth.device.patch(f"{booth.path}/leads/{lead}", {"note": "<b>Call</b> back"})
    assert (noted.status, noted.json["rating"]) == (200, 5)
    reply = booth.device.get(f"{booth.path}/lead-files/leads.csv")
    head, row = cells_of(reply.content)
    named = dict(zip(head, row, strict=True))
    assert (named["Name"], named["Company"], named["Rating"], named["Note"]) == (
        "Ada Lovelace", "'=Engines", "5", "Call back",
    )  # fmt: skip
    book = booth.device.get(f"{booth.path}/lead-files/leads.xlsx")
    sheet: Any = openpyxl.load_workbook(BytesIO(book.content)).active
    assert [cell.value for cell in sheet[2]][1:3] == ["Ada Lovelace", "=Engines"]
    for file in ("leads.pdf", "guests.csv", "leads"):
        assert booth.device.get(f"{booth.path}/lead-files/{file}").status == 404
    assert booth.device.delete(f"{booth.path}/leads/{lead}").status == 200
    assert booth.listed() == []


def test_devices_are_made_by_the_team_and_the_exhibitor_and_revoked(booth: Booth) -> None:
    path = f"{booth.path}/lead-devices"
    speaks = booth.client.signed_in_as(
        stored(make_user, email=booth.exhibitor.contact_email, is_verified=True)
    )
    made = speaks.post(path, {"name": "Tablet"})
    assert made.status == 200
    for asking, status in ((booth.client, 401), (booth.client.signed_in_as(stored(make_user)), 403),
                           (booth.crew, 403)):  # fmt: skip
        assert asking.post(path, {"name": "Mine"}).status == asking.get(path).status == status
    for sent, pointer in (({"name": " "}, "/name"), ({"name": 5}, "/name"), ({"color": 1}, "/color")):
        wrong = speaks.post(path, sent)
        assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, pointer)
    body = {"data": {"token": made.json["pairing"]["token"]}}
    token = booth.client.post("/v1/lead-devices/pair", body).json["access_token"]
    assert booth.client.post("/v1/lead-devices/pair", body).status == 404
    device = booth.client.signed_in_as(str(token))
    assert device.get(f"{booth.path}/leads").status == 200
    assert speaks.delete(f"{path}/{made.json['id']}").status == 200
    assert device.get(f"{booth.path}/leads").status == 401
    assert [bool(each["revoked_at"]) for each in booth.owner.get(path).json] == [True, False]


_SCAN = {"nonce": "n", "code": "x"}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/scans"), ({"scans": []}, "/scans"), ({"scans": [_SCAN] * 501}, "/scans"),
        ({"scans": [5]}, "/scans/0"), ({"scans": [_SCAN, _SCAN]}, "/scans/1/nonce"),
        ({"scans": [{**_SCAN, "force": True}]}, "/scans/0/force"),
        ({"scans": [{"nonce": "n"}]}, "/scans/0/code"), ({"scans": [{"code": "x"}]}, "/scans/0/nonce"),
        ({"scans": [{**_SCAN, "consent": "yes"}]}, "/scans/0/consent"),
        ({"scans": [{**_SCAN, "consent": True}]}, "/scans/0/wording_version"),
        ({"scans": [{**_SCAN, "wording_version": 0}]}, "/scans/0/wording_version"),
        ({"scans": [{**_SCAN, "rating": 6}]}, "/scans/0/rating"),
        ({"scans": [{**_SCAN, "rating": True}]}, "/scans/0/rating"),
        ({"scans": [{**_SCAN, "note": "n" * 1001}]}, "/scans/0/note"),
        ({"scans": [{**_SCAN, "device_time": "soon"}]}, "/scans/0/device_time"),
        ({"scans": [{**_SCAN, "device_time": "2999-01-01T00:00:00Z"}]}, "/scans/0/device_time"),
        ({"scans": [_SCAN], "sent_at": 1}, "/sent_at"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(booth: Booth, sent: Any, pointer: str) -> None:
    refused = booth.device.post(f"{booth.path}/leads", sent)
    assert refused.status in {400, 422}
    assert refused.errors[0]["source"]["pointer"] == pointer
    scans = "SELECT count(*) FROM lead_scans WHERE exhibitor_id = :id"
    assert booth.database.one(scans, id=booth.exhibitor.id) == 0


def test_the_team_says_what_is_handed_over(booth: Booth) -> None:
    path = f"/v1/events/{booth.event.id}/lead-settings"
    assert booth.client.get(path).json == {**TERMS, "version": booth.version}
    assert booth.crew.patch(path, {"is_enabled": False}).status == 403
    for sent, pointer in (
        ({"fields": ["name", "birth-date"]}, "/fields/1"), ({"fields": []}, "/fields"),
        ({"is_enabled": 1}, "/is_enabled"), ({"wording": ""}, "/wording"), ({"price": 1}, "/price"),
    ):  # fmt: skip
        wrong = booth.owner.patch(path, sent)
        assert (wrong.status, wrong.errors[0]["source"]["pointer"]) == (422, pointer)
    sent = document("event", {"state": "draft"}, booth.event.id)
    assert booth.owner.patch(f"/v1/events/{booth.event.id}", sent).status == 200
    assert booth.client.get(path).status == 404
