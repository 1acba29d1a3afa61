"""What people do in a chaos test, over HTTP, and what they are told: each journey notes its promises."""

import base64
import http.client
import json
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from benchmarks.chaos.client import PLAIN
from benchmarks.chaos.people import Market, Person, Refused, World

_PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_STATUS: Final = "SELECT status FROM orders WHERE id = :id"
_CHARGE: Final = {"data": {"type": "charge", "attributes": {"stripe": None}}}
_LOOKS: Final = 0.5
_PATIENCE: Final = 90.0
Journey = Callable[[World, Market, random.Random], str]


def organize(world: World, _market: Market, chance: random.Random) -> str:
    """An event with sessions, which are changed and deleted, and a logo."""
    owner = Person(world, "oskar", chance)
    name, renamed = (f"Days of {chance.getrandbits(40):x}" for _ in range(2))
    times = {"starts-at": "2031-05-02T09:00:00+00:00", "ends-at": "2031-05-03T18:00:00+00:00"}
    about = {"name": name, "state": "published", "timezone": "UTC", "is-sessions-speakers-enabled": True}
    event = owner.create("event", {**about, **times})["id"]
    track = owner.create("track", {"name": "Parsing", "color": "#ff6600"}, event=event)["id"]
    talks = [
        owner.create("session", {"title": f"Talk {n}", "state": "pending"}, event=event, track=track)["id"]
        for n in range(3)
    ]
    owner.said(owner.ask("DELETE", f"/v1/sessions/{talks[0]}"))
    sql = "SELECT count(*) FROM sessions WHERE event_id = :id AND deleted_at IS NULL"
    world.promises.row(f"sessions of {event}", sql, 2, id=int(event))
    owner.change("session", talks[1], title="Another title")
    sql = "SELECT title FROM sessions WHERE id = :id"
    world.promises.row(f"session {talks[1]}", sql, "Another title", id=int(talks[1]))
    sql = "SELECT count(*) FROM events WHERE name = ANY (:names)"
    world.promises.row(f"one event {event}", sql, 1, names=[name, renamed])
    owner.change("event", event, name=renamed)
    world.promises.row(f"event {event}", "SELECT name FROM events WHERE id = :id", renamed, id=int(event))
    _upload(world, owner, event)
    return "organized"


def _upload(world: World, owner: Person, event: str) -> None:
    asked = {"slot": "event.logo-url", "owner-id": event, "file-name": "logo.png"}
    upload = owner.create("upload", asked)
    form, boundary = upload["attributes"]["form"], uuid.UUID(int=owner.chance.getrandbits(128)).hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form["fields"].items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="logo.png"\r\n\r\n'
    body = b"".join([*parts, head.encode(), _PICTURE, f"\r\n--{boundary}--\r\n".encode()])
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    status = 0
    for _ in range(40):
        status = _sent(form["url"], body, headers)
        if status in {200, 201, 204}:
            # Once the clock has jumped ahead it comes an hour too late.
            sql = """SELECT CASE WHEN reason LIKE 'It came too late%' THEN 'ready'
                ELSE coalesce(reason, state) END FROM uploads WHERE key = :id"""
            world.promises.row(f"upload {upload['id']}", sql, "ready", id=str(upload["id"]))
            return
        time.sleep(0.3)
    raise Refused(f"the bucket took no file: {status}")


def _sent(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of a POST to a service that is none of ours; 0 where the connection was lost."""
    parts = urlsplit(url)
    there = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        there.request("POST", parts.path, body, headers)
        return there.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        there.close()


def come(world: World, market: Market, chance: random.Random) -> str:
    """Two free tickets: one is cancelled, the other passed on, and whoever has it comes in."""
    buyer = Person(world, "bert", chance)
    order, people = buyer.order(market.free, 2)
    buyer.change("order", order, status="completed")
    world.promises.row(f"state of order {order}", _STATUS, "completed", id=int(order))
    reference = f"{buyer.read(f'/v1/orders/{order}')['attributes']['identifier']}"
    world.promises.mail(buyer.email, reference)
    quote = buyer.said(buyer.ask("GET", f"/v1/attendees/{people[0]}/cancellation-quote"))["quote"]
    buyer.said(buyer.ask("POST", f"/v1/attendees/{people[0]}/cancel", {"quote": quote}, PLAIN))
    sql = "SELECT count(*) FROM attendees WHERE order_id = :id AND deleted_at IS NULL"
    world.promises.row(f"people of {order}", sql, 1, id=int(order))
    if chance.random() < 0.6:
        _pass_on(world, buyer, people[1])
    scan = {"nonce": f"{chance.getrandbits(64):x}", "attendee": people[1]}
    path = f"/v1/events/{market.event}/check-ins"
    if not market.owner.said(market.owner.ask("POST", path, scan, PLAIN))["admitted"]:
        raise Refused("whoever has the ticket is not admitted")
    sql = "SELECT is_checked_in FROM attendees WHERE id = :id"
    world.promises.row(f"attendee {people[1]} is in", sql, True, id=int(people[1]))
    return "came in"


def _pass_on(world: World, buyer: Person, attendee: str) -> None:
    friend = f"friend.{buyer.email}"
    buyer.said(buyer.ask("POST", f"/v1/attendees/{attendee}/transfer", {"email": friend}, PLAIN))
    key = buyer.mailed(r"/ticket-transfers#key=(\S+)", friend)
    body = {"data": {"token": key, "attributes": {"firstname": "Grace", "lastname": "Hopper"}}}
    buyer.said(buyer.client.ask("POST", "/v1/ticket-transfers/accept", body, PLAIN))
    sql = "SELECT email FROM attendees WHERE id = :id"
    world.promises.row(f"holder of {attendee}", sql, friend, id=int(attendee))


def pay(world: World, market: Market, chance: random.Random) -> str:
    """A ticket that is paid online, by one of several ways; some of it goes back."""
    buyer = Person(world, "paula", chance)
    order, _ = buyer.order(market.paid, chance.choice((1, 2)))
    intent = _charged(buyer, order)
    if chance.random() < 0.3 and _charged(buyer, order)["id"] != intent["id"]:
        world.diary.complain(f"two payments of order {order}")
    form = urlencode({"payment_method": "pm_card_visa", "client_secret": intent["client_secret"]}).encode()
    media = {"Content-Type": "application/x-www-form-urlencoded"}
    if _sent(f"{world.stripe}/v1/payment_intents/{intent['id']}/confirm", form, media) != 200:
        raise Refused("the stand-in for Stripe did not take the card")
    way = chance.choice(("verified", "closed the browser", "refunded"))
    world.promises.row(f"state of order {order}", _STATUS, "completed", id=int(order))
    if way == "closed the browser":
        return way
    deadline = time.monotonic() + _PATIENCE
    while buyer.said(buyer.ask("POST", f"/v1/orders/{order}/verify"))["payment_status"] != "completed":
        if time.monotonic() > deadline:
            raise Refused("an order that is paid was not completed")
        time.sleep(_LOOKS)
    if way == "refunded":
        market.owner.said(market.owner.ask("POST", f"/v1/orders/{order}/refund", {}, PLAIN))
        sql = """SELECT refunded_minor = amount_minor FROM payments
            WHERE order_id = :id AND state = 'succeeded'"""
        world.promises.row(f"money of order {order}", sql, True, id=int(order))
        world.promises.row(f"state of order {order}", "SELECT 1 FROM orders WHERE id = :id", 1, id=int(order))
    return way


def _charged(buyer: Person, order: str) -> Any:
    told = buyer.said(buyer.ask("POST", f"/v1/orders/{order}/charge", _CHARGE))
    return json.loads(told["data"]["attributes"]["message"])


def wait_in_line(world: World, market: Market, chance: random.Random) -> str:
    """One of three seats, or a place in the line for them; whoever has one gives it up."""
    person = Person(world, "wanda", chance)
    basket = {"tickets": [{"id": market.rare, "quantity": 1}]}
    bought = person.ask("POST", "/v1/orders/create-order", basket, PLAIN)
    if bought.status == 200:
        return _give_up(world, person, bought.json["data"]["id"])
    if bought.status != 409:
        raise Refused(f"{bought.status} {bought.body[:200]!r}")
    path = f"/v1/events/{market.event}/waiting-list"
    entry = person.said(person.ask("POST", path, {"tickets": [market.rare]}, PLAIN))["entry"]
    sql = "SELECT count(*) FROM waiting_list_entries WHERE id = :id"
    world.promises.row(f"entry {entry}", sql, 1, id=int(entry))
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and not world.is_over():
        if person.read(f"/v1/waiting-list-entries/{entry}")["attributes"]["state"] == "offered":
            offer = {**basket, "waiting-list-offer": str(entry)}
            claimed = person.said(person.ask("POST", "/v1/orders/create-order", offer, PLAIN))
            sql = "SELECT state FROM waiting_list_entries WHERE id = :id"
            world.promises.row(f"state of entry {entry}", sql, "claimed", id=int(entry))
            world.promises.mail(person.email, "/waiting-list#key=")
            return _give_up(world, person, claimed["data"]["id"])
        time.sleep(_LOOKS)
    return "waited"


def _give_up(world: World, person: Person, order: str) -> str:
    time.sleep(person.chance.uniform(0, 2))
    person.change("order", order, status="cancelled")
    world.promises.row(f"state of order {order}", _STATUS, "cancelled", id=int(order))
    return "had a seat"


def write_to_all(world: World, market: Market, _chance: random.Random) -> str:
    """The owner mails everybody who comes, and exports who that is."""
    text = {"audience": "attendees", "subject": "News", "message": "Dear {name}, see {event_link}"}
    mail = market.owner.create("bulk-mail", text, event=market.event)["id"]
    for move in ("submit", "approve", "send"):
        market.owner.said(market.owner.ask("POST", f"/v1/bulk-mails/{mail}/{move}"))
    sql = "SELECT state FROM bulk_mails WHERE id = :id"
    world.promises.row(f"bulk mail {mail}", sql, "sent", id=int(mail))
    asked = market.owner.ask("POST", f"/v1/events/{market.event}/exports/attendees.csv")
    address = market.owner.said(asked, 202)["task_url"]
    deadline = time.monotonic() + _PATIENCE
    while market.owner.said(market.owner.ask("GET", address))["state"] != "SUCCESS":
        if time.monotonic() > deadline:
            raise Refused("an export did not end")
        time.sleep(_LOOKS)
    return "mailed and exported"


JOURNEYS: Final[tuple[Journey, ...]] = (
    organize,
    come,
    come,
    pay,
    pay,
    wait_in_line,
    wait_in_line,
    write_to_all,
)
