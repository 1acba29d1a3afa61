"""Names and answers are changed after the purchase: as the event allows it, by whose ticket it is, until then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib import clock
from tests.door.scene import Scene
from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.tag import make_tag
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.orders.stage import Stage
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.guests import Guest
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

pytestmark = pytest.mark.one_database


class Changing(Stage):
    """A sold ticket whose holder has an account, at an event where who comes may be changed."""

    def __init__(self, client: Client, database: TestDatabase, *, is_allowed: bool = True) -> None:
        super().__init__(client, database)
        self.eve = stored(make_user, is_verified=True)
        self.holder = client.signed_in_as(self.eve)
        if is_allowed:
            self.allow(**{"is-attendee-change-enabled": True})
        self.sold = self.ordered("completed")
        self.attendee: int = database.one("SELECT id FROM attendees WHERE order_id = :id", id=self.sold.id)
        database.run(
            "UPDATE attendees SET email = :email WHERE id = :id", email=self.eve.email, id=self.attendee
        )

    def allow(self, **attributes: Any) -> None:
        sent = document("event", attributes, self.event.id)
        assert self.asking("owner").patch(f"/v1/events/{self.event.id}", sent).status == 200

    def says(self, who: Client | str, **attributes: Any) -> Reply:
        """PATCH of the attendee."""
        asking = self.asking(who) if isinstance(who, str) else who
        sent = {name.replace("_", "-"): value for name, value in attributes.items()}
        return asking.patch(f"/v1/attendees/{self.attendee}", document("attendee", sent, self.attendee))

    def name(self) -> str:
        return str(self.database.one("SELECT firstname FROM attendees WHERE id = :id", id=self.attendee))

    def asks(self, identifier: str, **values: Any) -> None:
        kept = {"name": identifier, "form": "attendee", "field_identifier": identifier, **values}
        stored(make_custom_form, event=self.event, **kept)


def pointer(reply: Reply) -> str:
    return str(reply.errors[0]["source"]["pointer"])


def test_nothing_changes_where_the_event_does_not_allow_it(client: Client, database: TestDatabase) -> None:
    stage = Changing(client, database, is_allowed=False)
    refused = stage.says("buyer", firstname="Grace")
    assert (refused.status, pointer(refused)) == (422, "/data/attributes/firstname")
    assert "The order is completed" in refused.errors[0]["detail"]
    assert stage.says(stage.holder, firstname="Grace").status == 403
    # What a client sends back as it was is no change.
    assert stage.says("buyer", firstname=stage.name()).status == 200


def test_buyer_and_holder_change_names_and_answers(client: Client, database: TestDatabase) -> None:
    stage = Changing(client, database)
    stage.asks("tShirtSize", is_required=True)
    unanswered = stage.says("buyer", firstname="Grace")
    assert (unanswered.status, pointer(unanswered)) == (
        422,
        "/data/attributes/complex-field-values/t_shirt_size",
    )
    for who, name in (("buyer", "Grace"), (stage.holder, "Joan")):
        done = stage.says(who, firstname=name, complex_field_values={"t-shirt-size": name})
        assert done.status == 200, done.text
        assert stage.name() == name
    assert stage.says("stranger", firstname="Eve").status == 404
    assert stage.says("registrar", firstname="Eve").status == 403
    # Whose ticket it is follows from the address: the buyer says another, the holder passes it on.
    assert stage.says(stage.holder, email="joan@example.org").status == 403
    assert stage.says("buyer", email="joan@example.org").status == 200
    assert stage.says(stage.holder, firstname="Eve").status == 404
    actions = [row["action"] for row in database.rows("SELECT action FROM activities ORDER BY id")]
    told = f"attendee {stage.attendee} of order {stage.sold.id} was changed after the purchase"
    assert actions == [
        f"{told}: complex-field-values, firstname", f"{told}: complex-field-values, firstname", f"{told}: email",
    ]  # fmt: skip


def test_what_the_crew_notes_is_not_the_holders(client: Client, database: TestDatabase) -> None:
    stage = Changing(client, database)
    tag = stored(make_tag, event=stage.event)
    linked = document("attendee", {}, stage.attendee, tag=("tag", tag.id))
    assert stage.holder.patch(f"/v1/attendees/{stage.attendee}", linked).status == 403
    for name, value in (("attendee_notes", "VIP"), ("is_checked_in", True), ("is_discount_applied", True)):
        assert stage.says(stage.holder, **{name: value}).status == 403, name


def test_an_answer_that_stays_and_a_deadline(client: Client, database: TestDatabase) -> None:
    stage = Changing(client, database)
    stage.asks("lastname", is_changeable=False)
    stage.asks("mealChoice", is_changeable=False)
    stage.asks("hotel")
    other = stored(make_ticket, event=stage.event, form_id="other")
    stage.asks("city", is_changeable=False, form_id=other.form_id)
    refused = stage.says("buyer", lastname="Hopper", city="Ulm", complex_field_values={"meal-choice": "None"})
    assert sorted(error["source"]["pointer"] for error in refused.errors) == [
        "/data/attributes/complex-field-values/meal_choice",
        "/data/attributes/lastname",
    ]
    assert stage.says("buyer", firstname="Grace", complex_field_values={"hotel": "Ritz"}).status == 200
    past = (clock.now() - timedelta(minutes=1)).isoformat()
    stage.allow(**{"attendee-change-ends-at": past})
    for who in ("buyer", stage.holder):
        late = stage.says(who, firstname="Joan")
        assert (late.status, pointer(late)) == (422, "/data/attributes/firstname")
        assert "too late" in late.errors[0]["detail"]
    stage.allow(**{"attendee-change-ends-at": None})
    assert stage.says("buyer", firstname="Joan").status == 200
    database.run("UPDATE events SET starts_at = now() - interval '1 hour' WHERE id = :id", id=stage.event.id)
    assert stage.says("buyer", firstname="Eve").status == 422


@pytest.mark.parametrize("status", ["pending", "cancelled"])
def test_only_what_is_sold_is_changed_by_the_rules_of_the_event(
    client: Client, database: TestDatabase, status: str
) -> None:
    stage = Changing(client, database)
    database.run("UPDATE orders SET status = :status WHERE id = :id", status=status, id=stage.sold.id)
    assert stage.says("buyer", firstname="Grace").status == 422
    assert stage.says(stage.holder, firstname="Grace").status == 403


def test_what_an_attendee_has_answered_is_not_the_buyers(client: Client, database: TestDatabase) -> None:
    """By another address the buyer would see answers that are not for them."""
    stage = Changing(client, database)
    database.run("UPDATE attendees SET answered_at = now() WHERE id = :id", id=stage.attendee)
    for name, value in (("email", "eve@example.org"), ("firstname", "Eve"), ("city", "Ulm")):
        refused = stage.says("buyer", **{name: value})
        assert (refused.status, pointer(refused)) == (403, f"/data/attributes/{name}")
    assert stage.says(stage.holder, firstname="Grace").status == 200


def test_what_was_passed_on_is_its_holders(client: Client, database: TestDatabase) -> None:
    stage = Changing(client, database)
    database.run("UPDATE attendees SET transferred_at = now() WHERE id = :id", id=stage.attendee)
    assert stage.says("buyer", firstname="Grace").status == 404
    assert stage.says(stage.holder, firstname="Grace").status == 200


def test_the_door_sees_the_new_name_by_the_same_code_and_a_used_ticket_stays(
    client: Client, database: TestDatabase
) -> None:
    scene = Scene(client, database)
    database.run("UPDATE events SET is_attendee_change_enabled = true WHERE id = :id", id=scene.event.id)
    person = scene.holder(firstname="Ada", email="ada@example.org")
    code = scene.code(person)
    buyer = client.signed_in_as(database.one("SELECT user_id FROM orders WHERE id = :id", id=person.order_id))
    renamed = document("attendee", {"firstname": "Grace"}, person.id)
    path = f"/v1/attendees/{person.id}"
    # Whoever is faster: the door, which then knows the former name, or the buyer.
    with ThreadPoolExecutor(2) as pool:
        changed = pool.submit(partial(buyer.patch, path, renamed))
        verdict = scene.scan(code=code)
    assert verdict["reason"] == "admitted"
    assert changed.result().status in {200, 409}
    assert scene.code(person) == code
    name = database.one("SELECT firstname FROM attendees WHERE id = :id", id=person.id)
    assert name == ("Grace" if changed.result().status == 200 else "Ada")
    assert name in str(scene.scan(code=code)["attendee"])
    again = buyer.patch(path, document("attendee", {"firstname": "Joan"}, person.id))
    assert (again.status, pointer(again)) == (409, "/data/attributes/firstname")


def test_a_guest_changes_by_the_link_of_the_order(client: Client, database: TestDatabase, pump: Pump) -> None:
    stage = Changing(client, database)
    free = stored(make_ticket, event=stage.event, type="free", price=0, quantity=5)
    guest, order = Guest(client, pump).with_order((free, 1))
    guest.names(order)
    guest = guest.by_link()
    assert guest.moves(order, status="completed").status == 200
    (attendee,) = guest.client.get(f"/v1/orders/{order['id']}/attendees").data
    sent = document("attendee", {"firstname": "Grace"}, attendee["id"])
    assert guest.client.patch(f"/v1/attendees/{attendee['id']}", sent).status == 200
    actor = database.one("SELECT actor FROM activities ORDER BY id DESC LIMIT 1")
    assert actor == f"link of order {order['id']}"
