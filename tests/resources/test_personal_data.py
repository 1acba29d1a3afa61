"""Personal data is for the person, for those who work with it and for staff; the public sees the programme."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.feedback import make_feedback
from tests.factories.group import make_group
from tests.factories.order import make_order
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.speakers_call import make_speakers_call
from tests.factories.user import make_user
from tests.factories.user_follow_group import make_user_follow_group
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.http_client import Client

PERSONAL = {
    "email": "ada@example.org", "mobile": "+49 151 1", "address": "Hafen 5", "gender": "Woman",
    "heard_from": "a friend", "sponsorship_required": "the flight", "complex_field_values": {"diet": "none"},
}  # fmt: skip
ON_THE_PROGRAMME = {
    "name", "short-biography", "long-biography", "photo-url", "organisation", "position", "country", "city",
    "website", "twitter", "is-featured", "speaking-experience",
}  # fmt: skip
HIDDEN = {name.replace("_", "-") for name in PERSONAL} | {"is-email-overridden"}
PAYMENT = {
    "bank_details": "DE02 1203", "cheque_details": "to Ada", "invoice_details": "at once",
    "onsite_details": "at the door", "paypal_email": "pay@example.org", "after_order_message": "Room 7",
}  # fmt: skip


def viewers(client: Client, event: Any, speaker: Any) -> dict[str, Client]:
    people: dict[str, Any] = {"nobody": client, "stranger": client.signed_in_as(stored(make_user))}
    people["self"] = client.signed_in_as(speaker)
    for role in ("coorganizer", "track_organizer", "moderator", "registrar"):
        people[role] = client.signed_in_as(stored(make_users_events_roles, event=event, role=role).user_id)
    people["staff"] = client.signed_in_as(stored(make_user, is_admin=True))
    return people


def test_the_public_sees_of_a_speaker_what_a_programme_page_shows(client: Client) -> None:
    event, ada = stored(make_event), stored(make_user)
    talk = stored(make_session, event=event, state="accepted")
    speaker = stored(make_speaker, event=event, sessions=(talk,), user_id=ada.id, **PERSONAL)
    for name, asking in viewers(client, event, ada).items():
        everything = name not in {"nobody", "stranger", "registrar"}
        for address in (f"/v1/speakers/{speaker.id}", f"/v1/sessions/{talk.id}?include=speakers"):
            reply = asking.get(address)
            shown = reply.data if reply.data["type"] == "speaker" else reply.json["included"][0]
            assert shown["attributes"].keys() >= ON_THE_PROGRAMME
            assert (shown["attributes"].keys() >= HIDDEN) is everything, name
            assert everything or not HIDDEN & shown["attributes"].keys()
            assert ("user" in shown["relationships"]) is everything


@pytest.mark.parametrize("state", ["draft", "pending", "rejected", "canceled", "withdrawn", None])
def test_who_gives_no_talk_is_not_public(client: Client, state: str | None) -> None:
    event, ada = stored(make_event), stored(make_user)
    talks = (stored(make_session, event=event, state=state),) if state else ()
    speaker = stored(make_speaker, event=event, sessions=talks, user_id=ada.id)
    for name, asking in viewers(client, event, ada).items():
        seen = name not in {"nobody", "stranger", "registrar"}
        assert (asking.get(f"/v1/speakers/{speaker.id}").status == 200) is seen, name
        assert (len(asking.get(f"/v1/events/{event.id}/speakers").data) == 1) is seen, name
        assert asking.get(f"/v1/events/{event.id}/speakers").json["meta"]["count"] == int(seen)


def test_featured_speakers_are_public(client: Client) -> None:
    speaker = stored(make_speaker, is_featured=True)
    assert client.get(f"/v1/speakers/{speaker.id}").status == 200


def test_speakers_of_one_proposal_see_each_other(client: Client) -> None:
    event = stored(make_event)
    creator, first, second = (stored(make_user) for _ in range(3))
    talk = stored(make_session, event=event, state="pending", creator_id=creator.id)
    for user in (first, second):
        stored(make_speaker, event=event, sessions=(talk,), user_id=user.id, mobile="+49 1")
    for user in (creator, first):
        shown = client.signed_in_as(user).get(f"/v1/sessions/{talk.id}/speakers").data
        assert len(shown) == 2
        mine = [item for item in shown if "mobile" in item["attributes"]]
        assert len(mine) == int(user is first)


def test_notes_on_a_session_are_for_those_who_make_the_programme(client: Client) -> None:
    event, ada = stored(make_event), stored(make_user)
    talk = stored(
        make_session,
        event=event,
        creator_id=ada.id,
        comments="I am shy",
        complex_field_values={"diet": "none"},
    )
    hidden = {"comments", "complex-field-values", "is-mail-sent"}
    for name, asking in viewers(client, event, ada).items():
        shown = asking.get(f"/v1/sessions/{talk.id}").data
        everything = name not in {"nobody", "stranger", "registrar"}
        assert (hidden <= shown["attributes"].keys()) is everything, name
        assert everything or not hidden & shown["attributes"].keys()
        assert ("creator" in shown["relationships"]) is everything


def test_reviews_of_a_session_are_for_those_who_make_the_programme(client: Client) -> None:
    event, ada = stored(make_event), stored(make_user)
    talk = stored(make_session, event=event)
    review = stored(make_feedback, session_id=talk.id, event_id=None, user=ada)
    for name, asking in viewers(client, event, ada).items():
        seen = name not in {"nobody", "stranger", "registrar"}
        assert (asking.get(f"/v1/feedbacks/{review.id}").status == 200) is seen, name
        assert len(asking.get(f"/v1/sessions/{talk.id}/feedbacks").data) == int(seen)
    said = stored(make_feedback, event=event)
    assert client.get(f"/v1/feedbacks/{said.id}").status == 200


@pytest.mark.parametrize("status", ["initializing", "pending", "placed", "completed", "cancelled", "expired"])
def test_how_to_pay_is_told_to_those_who_have_an_order_and_to_the_team(client: Client, status: str) -> None:
    owner, buyer = stored(make_user), stored(make_user)
    event = stored(make_event, owner=owner, **PAYMENT)
    stored(make_order, event=event, user=buyer, status=status)
    elsewhere = stored(make_user)
    stored(make_order, user=elsewhere, status="completed")
    told = {name.replace("_", "-") for name in PAYMENT}
    open_to = {
        owner: True,
        stored(make_user, is_admin=True): True,
        buyer: status not in {"cancelled", "expired"},
        elsewhere: False,
        None: False,
    }
    for user, shown in open_to.items():
        asking = client.signed_in_as(user) if user else client
        attributes = asking.get(f"/v1/events/{event.id}").data["attributes"].keys()
        assert told <= attributes if shown else not told & attributes


def test_a_private_call_for_speakers_is_for_whoever_has_its_hash(client: Client) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    call = stored(make_speakers_call, event=event, privacy="private", hash="5ecret")
    for address in (f"/v1/speakers-calls/{call.id}", f"/v1/events/{event.id}?include=speakers-call"):
        for query in ("", "hash=wrong"):
            reply = client.get(address, query=[tuple(query.split("="))] if query else ())
            assert "5ecret" not in reply.text
            assert reply.status == 404 or reply.json["included"] == []
    shown = client.get(f"/v1/speakers-calls/{call.id}?hash=5ecret")
    assert shown.data["attributes"]["hash"] == "5ecret"
    assert client.get(shown.data["relationships"]["event"]["links"]["related"]).status == 200
    assert client.signed_in_as(owner).get(f"/v1/speakers-calls/{call.id}").status == 200


def test_guests_of_an_order_do_not_see_its_bill(client: Client) -> None:
    buyer, guest = stored(make_user), stored(make_user)
    event = stored(make_event)
    order = stored(make_order, event=event, user=buyer, address="Hafen 5", status="completed", last4="4242")
    stored(make_attendee, event=event, order=order, email=guest.email)
    bill = {"address", "city", "company", "tax-business-info", "last4", "transaction-id", "tickets-pdf-url"}
    for user, shown in ((buyer, True), (guest, False)):
        attributes = client.signed_in_as(user).get(f"/v1/orders/{order.identifier}").data["attributes"].keys()
        assert {"identifier", "status", "reference"} <= attributes
        assert bill <= attributes if shown else not bill & attributes


def test_an_address_on_a_ticket_does_not_tell_whose_account_it_is(client: Client) -> None:
    buyer, stranger = stored(make_user), stored(make_user, first_name="Rosebud")
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    order = stored(make_order, event=event, user=buyer)
    guest = stored(make_attendee, event=event, order=order, email=stranger.email)
    for user in (buyer, owner):
        asking = client.signed_in_as(user)
        assert "Rosebud" not in asking.get(f"/v1/attendees/{guest.id}?include=user").text
        assert asking.get(f"/v1/attendees/{guest.id}/user").status == 404
        found = asking.get(f"/v1/orders/{order.id}/attendees?filter[user.first-name]=Rosebud")
        assert found.data == []
    assert client.signed_in_as(stranger).get(f"/v1/attendees/{guest.id}/user").data["id"] == str(stranger.id)


def test_who_follows_a_group_is_known_to_those_who_run_it(client: Client) -> None:
    owner, fan = stored(make_user), stored(make_user, first_name="Rosebud")
    group = stored(make_group, user=owner)
    stored(make_user_follow_group, group=group, user=fan)
    address = f"/v1/groups/{group.id}/followers?include=user"
    for user, shown in ((owner, True), (fan, True), (stored(make_user), False)):
        assert ("Rosebud" in client.signed_in_as(user).get(address).text) is shown


def test_who_works_at_an_event_is_known_to_those_who_do(client: Client) -> None:
    event = stored(make_event, owner=stored(make_user))
    helper = stored(make_users_events_roles, event=event, role="registrar")
    address = f"/v1/events/{event.id}?include=registrars,owner"
    assert len(client.get(address).json["included"]) == 1
    assert len(client.signed_in_as(helper.user_id).get(address).json["included"]) == 2


def test_the_team_sees_the_addresses_of_its_buyers_and_nothing_else_of_them(client: Client) -> None:
    owner = stored(make_user)
    event, other = stored(make_event, owner=owner), stored(make_event)
    buyer = stored(make_user, first_name="Ada", billing_phone="+49 1", details="quiet")
    elsewhere = stored(make_user)
    stored(make_order, event=event, user=buyer)
    stored(make_order, event=other, user=elsewhere)
    asking = client.signed_in_as(owner)
    reply = asking.get(f"/v1/events/{event.id}/orders?include=user")
    (shown,) = (resource["attributes"] for resource in reply.json["included"])
    assert (shown["email"], shown["first-name"]) == (buyer.email, "Ada")
    assert not {"billing-phone", "details", "is-admin", "last-accessed-at"} & shown.keys()
    named = f'[{{"name":"user","op":"has","val":{{"name":"email","op":"ilike","val":"{buyer.email}"}}}}]'
    for query in ({"filter": named}, {"filter[user.email]": buyer.email}):
        found = asking.get(f"/v1/events/{event.id}/orders", query=query)
        assert (found.status, len(found.data)) == (200, 1)
    # Registrars sell nothing, and other teams have other buyers.
    helper = stored(make_users_events_roles, event=event, role="registrar").user_id
    stored(make_event, owner=elsewhere)
    for user in (elsewhere, helper, buyer):
        assert client.signed_in_as(user).get(f"/v1/events/{event.id}/orders").status == 404
    assert asking.get(f"/v1/users/{buyer.id}").status == 404
