"""What people do, with values that nobody else has, so that each is known wherever it turns up."""

import json
import re
from collections.abc import Mapping

from chalicelib.resources.events.event.event import Event
from tests.factories import stored
from tests.factories.access_code import make_access_code
from tests.factories.attendee import make_attendee
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.role import built_in
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client
from tests.telemetry.story import Story
from tests.uploads import samples
from tests.uploads.conftest import put


class Journeys(Story):
    """Each method is one story."""

    def all(self) -> tuple[str, str, str]:
        """Every story; an account's e-mail, and the address of an order with its buyer's token."""
        email, password = self.sign_up()
        token = self.sign_in(email, password)
        self.forget_the_password(email)
        event = self.organize()
        order, buyer = self.sell(event)
        self.sell_without_account(event)
        self.upload(event)
        self.search(token, event)
        return email, order, buyer

    def sign_up(self) -> tuple[str, str]:
        """An account with a verified address."""
        email = self.planted.plant("e-mail", "zebedee.quillfeather@plover-post.example")
        password = self.planted.plant("password", "vermilion-0strich+77")
        person = {
            "email": email,
            "password": password,
            "first-name": self.planted.plant("first name", "Zebedee"),
            "last-name": self.planted.plant("last name", "Quillfeather"),
            "contact": self.planted.plant("telephone number", "+49 170 5550199"),
            "billing-address": self.planted.plant("postal address", "17 Whistlebrook Crescent"),
        }
        assert self.ask("POST", "/v1/users", document("user", person)).status == 201
        body = {"data": {"token": self.mailed_token()}}
        assert self.ask("POST", "/v1/auth/verify-email", body).status == 200
        assert self.ask("POST", "/v1/auth/verify-email", {"data": {"token": "forged"}}).status == 400
        assert self.ask("POST", "/v1/users/checkEmail", {"email": email}).status == 200
        return email, password

    def sign_in(self, email: str, password: str) -> str:
        """Wrongly, rightly, and staying signed in."""
        wrong = self.planted.plant("mistyped password", "vermilion-Ostrich-78")
        sent: dict[str, object] = {"email": email, "password": wrong}
        assert self.ask("POST", "/v1/auth/login", sent, content_type="application/json").status == 401
        sent |= {"password": password, "remember-me": True, "include-in-response": True}
        given = self.ask("POST", "/v1/auth/login", sent, content_type="application/json").json
        again = self.ask("POST", "/v1/auth/token/refresh", token=given["refresh_token"])
        assert again.status == 200
        sent["include-in-response"] = False
        cookies = self.ask("POST", "/v1/auth/login", sent, content_type="application/json").headers[
            "set-cookie"
        ]
        csrf = re.search(r"csrf_refresh_token=([^;]+)", cookies)
        assert csrf
        self.planted.plant("csrf value", csrf[1])
        forged = self.planted.plant_token("forged token", given["access_token"][:-8] + "AbCdEfGh")
        assert self.ask("GET", "/v1/users", token=forged).status == 401
        sent = {"email": email, "password": password}
        return str(
            self.ask("POST", "/v1/auth/login", sent, content_type="application/json").json["access_token"]
        )

    def forget_the_password(self, email: str) -> None:
        """A new one, by mail."""
        assert self.ask("POST", "/v1/auth/reset-password", {"data": {"email": email}}).status == 200
        new = self.planted.plant("new password", "celadon-Ibex_3141")
        body = {"data": {"token": self.mailed_token(), "password": new}}
        assert self.ask("PATCH", "/v1/auth/reset-password", body).status == 200

    def organize(self) -> tuple[Client, Event]:
        """An event of a new organizer with a programme and an invited helper."""
        owner = stored(make_user)
        self.planted.plant("organizer's e-mail", owner.email)
        event = stored(make_event, owner=owner, name=self.planted.plant("event", "Gathering of Nine Herons"))
        asking = self.client.signed_in_as(owner)
        self.planted.plant_token("token", asking.token or "")
        session = {"title": self.planted.plant("session", "Confessions of a Tin Whistler")}
        speaker = {
            "name": self.planted.plant("speaker", "Ottoline Brackenbury"),
            "email": self.planted.plant("speaker's e-mail", "ottoline@brackenbury.example"),
            "mobile": self.planted.plant("speaker's number", "+44 7700 900461"),
        }
        of = {"event": ("event", event)}
        assert (
            asking.post("/v1/sessions", document("session", {**session, "state": "draft"}, **of)).status
            == 201
        )
        assert asking.post("/v1/speakers", document("speaker", speaker, **of)).status == 201
        helper = {"email": self.planted.plant("helper's e-mail", "peregrine@thistle-down.example")}
        links = {**of, "role": ("role", stored(built_in, name="coorganizer"))}
        assert asking.post("/v1/role-invites", document("role-invite", helper, **links)).status == 201
        self.mailed_token()
        assert (
            self.ask("GET", f"/v1/events/{event.id}?include=sessions,speakers", token=asking.token).status
            == 200
        )
        return asking, event

    def sell(self, organized: tuple[Client, Event]) -> tuple[str, str]:
        """An order with its attendees, codes and a refused payment."""
        asking, event = organized
        buyer = stored(
            make_user, email=self.planted.plant("buyer's e-mail", "cordelia@mistlethwaite.example")
        )
        bill = {
            "address": self.planted.plant("billing address", "9 Gingerbread Wharf"),
            "city": self.planted.plant("billing city", "Lower Quagmire"),
            "zipcode": self.planted.plant("billing code", "QX9 4ZZ"),
            "company": self.planted.plant("company", "Pennyfarthing & Daughters"),
        }
        values = {**bill, "tax_business_info": self.planted.plant("tax number", "DE-881-7716")}
        values["transaction_id"] = self.planted.plant("transaction", "txn_5Kq0vYwP")
        order = stored(make_order, event=event, user=buyer, amount=98765.43, **values)
        self.planted.plant("amount", "98765.43")
        identifier = self.planted.plant("order's identifier", order.identifier)
        names = {
            "firstname": self.planted.plant("attendee's first name", "Thaddeus"),
            "lastname": self.planted.plant("attendee's last name", "Ravenscroft"),
            "email": self.planted.plant("attendee's e-mail", "thaddeus@ravenscroft.example"),
        }
        stored(make_attendee, event=event, order=order, **names)
        signed = self.client.signed_in_as(buyer)
        assert self.ask("GET", f"/v1/orders/{identifier}?include=attendees", token=signed.token).status == 200
        assert (
            self.ask(
                "PATCH", f"/v1/orders/{identifier}", document("order", bill, order.id), signed.token
            ).status
            == 200
        )
        card = {"stripe": self.planted.plant("card's token", "tok_visa_7Hx2mQ")}
        assert (
            self.ask("POST", f"/v1/orders/{identifier}/charge", document("charge", card), signed.token).status
            == 409
        )
        assert asking.get(f"/v1/events/{event.id}/attendees").status == 200
        stored(make_access_code, event=event, code=self.planted.plant("access code", "HERONS-ONLY-42"))
        stored(make_discount_code, event=event, code=self.planted.plant("discount code", "THRIFTY-HERON"))
        for address in ("access-codes/HERONS-ONLY-42", "discount-codes/THRIFTY-HERON"):
            assert self.ask("GET", f"/v1/events/{event.id}/{address}").status == 200
            assert self.ask("PUT", f"/v1/events/{event.id}/{address}").status in {401, 405}
        return f"/v1/orders/{identifier}", signed.token or ""

    def sell_without_account(self, organized: tuple[Client, Event]) -> None:
        """An order of a guest, its link, and a link that is made up."""
        _, event = organized
        buyer = {
            "name": self.planted.plant("guest's name", "Marmaduke Featherstonehaugh"),
            "email": self.planted.plant("guest's e-mail", "marmaduke@gooseberry-lane.example"),
        }
        body = {"tickets": [{"id": stored(make_ticket, event=event).id}], "buyer": buyer}
        made = self.ask("POST", "/v1/orders/create-order", body)
        assert made.status == 200, made.text
        self.pump.everything()
        key = re.search(r"#key=(\S+)", self.pump.mails()[-1]["text"])
        assert key
        sent = {"data": {"token": self.planted.plant("key of the link", key[1])}}
        token = self.ask("POST", "/v1/orders/open-link", sent).json["access_token"]
        wrong = {"data": {"token": self.planted.plant("made-up key", "sassafras-9917-umbrella")}}
        assert self.ask("POST", "/v1/orders/open-link", wrong).status == 404
        assert self.ask("POST", "/v1/orders/mail-links", {"data": {"email": buyer["email"]}}).status == 200
        self.pump.everything()
        address = f"/v1/orders/{made.data['id']}"
        assert self.ask("GET", address, token=token).status == 200
        assert self.ask("DELETE", f"{address}/links", token=token).status == 200
        assert self.ask("GET", address, token=token).status == 401

    def upload(self, organized: tuple[Client, Event]) -> None:
        """A picture, a file that is refused, and one that nobody asked for."""
        asking, event = organized
        name = self.planted.plant("file name", "passport-of-zebedee-q.png")
        for content in (samples.image(), b"no picture"):
            sent = {"slot": "event.original-image-url", "owner-id": str(event.id), "file-name": name}
            reply = asking.post("/v1/uploads", document("upload", sent))
            assert reply.status == 201, reply.text
            for field, value in reply.data["attributes"]["form"]["fields"].items():
                if field in {"policy", "signature", "x-amz-signature"}:
                    self.planted.plant(f"form's {field}", value)
            put(f"incoming/{reply.data['id']}", content)
            self.pump.everything()
        put("incoming/" + self.planted.plant("stray file", "will-of-aunt-hepzibah.pdf"), b"%PDF")
        self.pump.everything()

    def search(self, token: str, organized: tuple[Client, Event]) -> None:
        """Filters and other things in the query that are nobody else's business."""
        secret = self.planted.plant("secret of a query", "kingfisher-9931")
        condition = json.dumps([{"name": "name", "op": "eq", "val": secret}])
        queries: list[Mapping[str, object]] = [
            {"filter": condition},
            {"filter": f"[{secret}"},
            {"filter[name]": secret},
            {"sort": secret},
            {"api_token": secret, "page[size]": 1},
        ]
        for query in queries:
            assert self.ask("GET", "/v1/events", token=token, query=query).status in {200, 400, 401}
        assert self.ask("GET", f"/v1/{secret}").status == 404
        assert self.ask("GET", f"/v1/events/{secret}/sessions/{secret}").status == 404
