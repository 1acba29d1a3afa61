"""Web Push, against a push service that decrypts as a browser does, with another implementation."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import http_ece
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib import clock, http_client, web_push
from chalicelib.http_client import Deadline, NoAnswer
from chalicelib.settings import NotConfigured, settings
from devstack.stand_in_server import Asked, StandInServer, Told
from tests.factories import stored
from tests.factories.push_subscription import AUTH, P256DH, make_push_subscription
from tests.factories.user import make_user
from tests.people.acting import Person
from tests.people.test_inbox import READ, tell
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

ORIGIN = "https://updates.push.services.mozilla.com"
SUBSCRIPTIONS = "/v1/push-subscriptions"


def in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """A browser with keys of its own."""

    path: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen secret b"

    def attributes(self, *kinds: str) -> dict[str, Any]:
        return {
            "endpoint": f"{ORIGIN}{self.path}",
            "p256dh": in_base64(point(self.key)),
            "auth": in_base64(self.auth),
            "label": "Firefox",
            "kinds": list(kinds),
        }

    def read(self, asked: Asked) -> dict[str, Any]:
        """The message, decrypted."""
        text = http_ece.decrypt(asked.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        read: dict[str, Any] = json.loads(text)
        return read


class PushService:
    """A push service, which knows who sends by the public key."""

    def __init__(self, public_key: ec.EllipticCurvePublicKey) -> None:
        self.public_key, self.status = public_key, 201
        self.requests: list[Asked] = []
        self._server = StandInServer(self._answer)
        self.address, self.close = self._server.address, self._server.close

    def _answer(self, asked: Asked) -> Told:
        self.requests.append(asked)
        return Told(self.status, b"")

    def claims(self, asked: Asked) -> dict[str, Any]:
        """What the signed token says, if the signature is right (ES256)."""
        scheme, _, rest = asked.headers["authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        assert web_push.octets(parts["k"]) == self.public_key.public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        signed, _, signature = parts["t"].rpartition(".")
        both = web_push.octets(signature)
        numbers = (int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"))
        self.public_key.verify(encode_dss_signature(*numbers), signed.encode(), ec.ECDSA(SHA256()))
        header, claims = (json.loads(web_push.octets(part)) for part in signed.split("."))
        assert header == {"typ": "JWT", "alg": "ES256"}
        told: dict[str, Any] = claims
        return told


@pytest.fixture
def service(environment: pytest.MonkeyPatch) -> Iterator[PushService]:
    key = ec.generate_private_key(ec.SECP256R1())
    server = PushService(key.public_key())
    environment.setenv("VAPID_PUBLIC_KEY", in_base64(point(key)))
    environment.setenv(
        "VAPID_PRIVATE_KEY", in_base64(key.private_numbers().private_value.to_bytes(32, "big"))
    )
    environment.setenv("PUSH_URL", server.address)
    settings.cache_clear()
    yield server
    server.close()
    settings.cache_clear()


def subscribe(client: Client, user: Any, attributes: dict[str, Any], **links: Any) -> Reply:
    return client.post(SUBSCRIPTIONS, document("push-subscription", attributes, user=("user", user), **links))


def test_the_example_of_the_standard_is_encrypted_to_the_byte() -> None:
    """RFC 8291, appendix A."""
    number = int.from_bytes(web_push.octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    sealed = web_push.encrypt(
        b"When I grow up, I want to be a watermelon",
        web_push.octets(P256DH),
        web_push.octets(AUTH),
        salt=web_push.octets("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=ec.derive_private_key(number, ec.SECP256R1()),
    )
    assert in_base64(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_browser_gets_what_its_user_chose_encrypted_and_signed(
    client: Client, pump: Pump, service: PushService
) -> None:
    ada, browser, silent = stored(make_user), Browser("/wpush/v2/ada"), Browser("/wpush/v2/silent")
    reader = client.signed_in_as(ada)
    reply = client.get(f"{SUBSCRIPTIONS}/public-key")
    assert reply.json == {"public-key": settings().vapid_public_key}
    created = subscribe(reader, ada, browser.attributes("new_session"))
    assert created.status == 201
    assert {"p256dh", "auth"}.isdisjoint(created.data["attributes"]), "keys are never shown"
    assert subscribe(reader, ada, silent.attributes()).status == 201, "opt-in: nothing is chosen"
    tell([ada], kind="new_session", word="<b>one</b> &amp; two")
    tell([ada], kind="event_role", word="of another kind")
    pump.everything()
    (request,) = service.requests
    assert (request.method, request.path, request.headers["ttl"]) == ("POST", browser.path, "86400")
    assert request.headers["content-encoding"] == "aes128gcm"
    message = browser.read(request)
    assert (message["title"], message["body"], message["kind"], message["count"]) == (
        "News one & two",
        "Message one & two.",
        "new_session",
        1,
    )
    (id,) = [
        item["id"]
        for item in reader.get(f"/v1/users/{ada.id}/notifications").data
        if item["attributes"]["kind"] == "new_session"
    ]
    assert message["notification"] == id
    claims = service.claims(request)
    now = clock.now().timestamp()
    assert claims["aud"] == ORIGIN
    assert claims["sub"] == f"mailto:{settings().mail_from}"
    assert now < claims["exp"] <= now + 24 * 3600
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    service.public_key, known = other, service.public_key
    with pytest.raises((AssertionError, InvalidSignature)):
        service.claims(request)
    service.public_key = known


def test_a_group_is_pushed_once_with_its_count_and_what_was_read_not_at_all(
    client: Client, pump: Pump, service: PushService
) -> None:
    ada, browser = stored(make_user), Browser("/wpush/v2/ada")
    reader = client.signed_in_as(ada)
    subscribe(reader, ada, browser.attributes("new_session"))
    for word in ("one", "two"):
        tell([ada], word=word)
    tell([ada], target=8, word="read at once")
    (read,) = [item["id"] for item in reader.get(f"/v1/users/{ada.id}/notifications").data][:1]
    sent = document("notification", {"is-read": True}, read)
    assert reader.patch(f"/v1/notifications/{read}", sent).status == 200
    pump.everything()
    assert [(browser.read(item)["title"], browser.read(item)["count"]) for item in service.requests] == [
        ("News two", 2)
    ]
    assert len({item.headers["topic"] for item in service.requests}) == 1
    assert len(service.requests[0].headers["topic"]) == 32
    assert reader.post(READ, None, content_type="application/json").json["unread"] == 0


def test_a_subscription_of_a_profile_gets_what_concerns_it(
    client: Client, pump: Pump, service: PushService
) -> None:
    ada, stranger = Person(client), Person(client)
    browser = Browser("/wpush/v2/museum")
    links = {"profile": ("profile", ada.museum)}
    assert subscribe(ada.under(ada.club), ada.user, browser.attributes("new_session"), **links).status == 201
    for target, profile in enumerate((None, ada.museum.id, ada.club.id)):
        tell([ada.user], target=target, word=str(profile), profiles={ada.user.id: profile})
    pump.everything()
    assert [browser.read(item)["title"] for item in service.requests] == [f"News {ada.museum.id}"]
    links = {"profile": ("profile", stranger.club)}
    refused = subscribe(ada.under(), ada.user, Browser("/x").attributes("new_session"), **links)
    assert refused.status in {404, 422}


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_the_service_does_not_know_is_deleted(
    client: Client, pump: Pump, database: TestDatabase, service: PushService, status: int
) -> None:
    ada = stored(make_user)
    stored(make_push_subscription, user=ada)
    kept = stored(make_push_subscription, kinds=["new_session"])
    service.status = status
    tell([ada])
    pump.everything()
    assert database.rows("SELECT id FROM push_subscriptions") == [{"id": kept.id}]
    assert pump.waiting()["dead"] == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_is_busy_is_asked_again(
    pump: Pump, database: TestDatabase, service: PushService, status: int
) -> None:
    ada = stored(make_user)
    stored(make_push_subscription, user=ada)
    service.status = status
    tell([ada])
    pump.everything()
    assert database.one("SELECT attempts FROM outbox WHERE task = 'send_push'") == 1
    assert database.one("SELECT count(*) FROM push_subscriptions") == 1
    assert pump.waiting()["dead"] == 0


def test_a_refusal_is_a_dead_letter_and_the_subscription_stays(
    pump: Pump, database: TestDatabase, service: PushService
) -> None:
    ada = stored(make_user)
    stored(make_push_subscription, user=ada)
    service.status = 403
    tell([ada])
    pump.everything()
    assert database.one("SELECT failure FROM outbox WHERE task = 'send_push'").endswith("refuses: 403")
    assert database.one("SELECT count(*) FROM push_subscriptions") == 1


def test_without_keys_nothing_is_enqueued(client: Client, database: TestDatabase) -> None:
    ada = stored(make_user)
    stored(make_push_subscription, user=ada)
    tell([ada])
    assert database.one("SELECT count(*) FROM outbox") == 0
    assert client.get(f"{SUBSCRIPTIONS}/public-key").status == 404


def test_keys_that_do_not_belong_together_send_nothing(
    pump: Pump, service: PushService, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("VAPID_PUBLIC_KEY", P256DH)
    settings.cache_clear()
    receiver = web_push.Receiver(f"{ORIGIN}/x", P256DH, AUTH)
    with pytest.raises(NotConfigured, match="VAPID_PUBLIC_KEY is not the public key"):
        web_push.push(receiver, b"{}", ttl=1, topic="x")
    assert service.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", "http://updates.push.services.mozilla.com/x"),
        ("endpoint", "https://169.254.169.254/latest/meta-data"),
        ("endpoint", "https://[::1]/x"),
        ("endpoint", "https://localhost/x"),
        ("endpoint", "https://push.services.mozilla.com.example.org/x"),
        ("endpoint", "https://fcm.googleapis.com@example.org/x"),
        ("endpoint", "https://fcm.googleapis.com:8443/x"),
        ("endpoint", "https://notify.windows.com/x"),
        ("endpoint", "https://fcm.googleapis.com/fcm/send/\u00e9"),
        ("endpoint", "https://\u00e9.notify.windows.com/x"),
        ("p256dh", P256DH[:-4] + "AAAA"),
        ("p256dh", "short"),
        ("auth", "c2hvcnQ"),
        ("auth", "!" * 22),
        ("kinds", ["gossip"]),
    ],
)
def test_what_no_browser_has_is_refused(client: Client, name: str, value: Any) -> None:
    ada = stored(make_user)
    attributes = {**Browser("/x").attributes("new_session"), name: value}
    reply = subscribe(client.signed_in_as(ada), ada, attributes)
    assert reply.status == 422
    assert reply.errors[0]["source"]["pointer"].startswith(f"/data/attributes/{name}")


def test_subscriptions_are_seen_and_changed_by_their_user_alone(client: Client) -> None:
    ada, other, staff = stored(make_user), stored(make_user), stored(make_user, is_admin=True)
    row = stored(make_push_subscription, user=ada)
    path = f"{SUBSCRIPTIONS}/{row.id}"
    sent = document("push-subscription", {"kinds": []}, row.id)
    asking = client.signed_in_as(staff)
    assert not {"p256dh", "auth"} & asking.get(path).data["attributes"].keys()
    for stranger in (other,):
        asking = client.signed_in_as(stranger)
        assert [asking.get(path).status, asking.patch(path, sent).status, asking.delete(path).status] == [
            404
        ] * 3
        assert asking.get(SUBSCRIPTIONS).data == []
        assert subscribe(asking, ada, Browser("/y").attributes()).status == 403
    own = client.signed_in_as(ada)
    assert [item["id"] for item in own.get(f"/v1/users/{ada.id}/push-subscriptions").data] == [str(row.id)]
    assert own.patch(path, sent).data["attributes"]["kinds"] == []
    assert own.delete(path).status in {200, 204}


def test_a_browser_that_subscribes_again_replaces_its_subscription_and_the_oldest_end(
    client: Client, database: TestDatabase
) -> None:
    ada, grace = stored(make_user), stored(make_user)
    browser = Browser("/shared")
    assert subscribe(client.signed_in_as(ada), ada, browser.attributes("new_session")).status == 201
    assert subscribe(client.signed_in_as(grace), grace, browser.attributes()).status == 201
    assert database.rows("SELECT user_id FROM push_subscriptions") == [{"user_id": grace.id}]
    for number in range(21):
        reply = subscribe(client.signed_in_as(grace), grace, Browser(f"/{number}").attributes())
        assert reply.status == 201
    ends = [row["endpoint"] for row in database.rows("SELECT endpoint FROM push_subscriptions ORDER BY id")]
    assert ends == [f"{ORIGIN}/{number}" for number in range(1, 21)]


def test_an_endpoint_is_one_browser_however_it_is_written(client: Client, database: TestDatabase) -> None:
    mine, theirs = stored(make_user), stored(make_user)
    normal = "https://fcm.googleapis.com/fcm/send/A"
    for user, written in (
        (mine, normal),
        (theirs, "https://fcm.googleapis.com:443/fcm/send/A"),
        (mine, "HTTPS://FCM.googleapis.com:0443/fcm/send/A?"),
    ):
        made = subscribe(client.signed_in_as(user), user, Browser("/a").attributes() | {"endpoint": written})
        assert (made.status, made.data["attributes"]["endpoint"]) == (201, normal)
        assert database.rows("SELECT user_id FROM push_subscriptions") == [{"user_id": user.id}]
    other = subscribe(
        client.signed_in_as(mine), mine, Browser("/a").attributes() | {"endpoint": normal.lower()}
    )
    assert (other.status, database.one("SELECT count(*) FROM push_subscriptions")) == (201, 2)


def test_a_name_that_leads_into_a_private_network_is_not_connected_to() -> None:
    server = StandInServer(lambda _: Told(200, b""))
    try:
        assert http_client.send("GET", server.address, Deadline()).status == 200
        with pytest.raises(NoAnswer, match="no connection: ValueError"):
            http_client.send("GET", server.address, Deadline(), only_public=True)
        for name in (
            "127.0.0.1",
            "10.0.0.7",
            "169.254.169.254",
            "::ffff:10.0.0.7",
            "fe80::1%lo",
            "224.0.0.1",
        ):
            assert not http_client._is_public(name)
        assert http_client._is_public("9.9.9.9")
    finally:
        server.close()


def test_a_message_for_a_reader_who_is_blocked_is_not_sent(
    pump: Pump, database: TestDatabase, service: PushService
) -> None:
    ada = stored(make_user)
    stored(make_push_subscription, user=ada)
    tell([ada])
    database.run("UPDATE users SET is_blocked = true")
    pump.everything()
    assert service.requests == []
