"""Wallet passes: signed as Apple's phones and Google's servers verify it, for whom the ticket is, with the code of today."""

import base64
import hashlib
import io
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4
from zipfile import ZipFile

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
)
from cryptography.x509.oid import NameOID
from PIL import Image

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.uploads import public_url
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

_KEY = rsa.generate_private_key(65537, 2048)
_DAY = timedelta(days=1)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: str, issuer: str, key: rsa.RSAPrivateKey, signs: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 400 * _DAY)
        .not_valid_after(now + 400 * _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return builder.sign(signs, hashes.SHA256())


@dataclass
class Authority:
    """A stand-in for Apple: a root, the intermediate authority (WWDR), and the certificate of a pass type."""

    root: x509.Certificate
    credentials: str

    @classmethod
    def new(cls) -> "Authority":
        root_key, middle_key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root = _certificate("root", "root", root_key, root_key, is_authority=True)
        middle = _certificate("wwdr", "root", middle_key, root_key, is_authority=True)
        own = _certificate("pass.org.example", "wwdr", _KEY, middle_key, is_authority=False)
        key = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pems = [key, *(each.public_bytes(Encoding.PEM) for each in (own, middle))]
        return cls(root, b"".join(pems).decode())


_AUTHORITY = Authority.new()


@pytest.fixture
def configured(environment: pytest.MonkeyPatch) -> Iterator[None]:
    account = {
        "client_email": "tickets@example.iam.gserviceaccount.com",
        "private_key": _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    environment.setenv("APPLE_PASS_TYPE", "pass.org.example")
    environment.setenv("APPLE_PASS_TEAM", "TEAM123456")
    environment.setenv("APPLE_PASS_CREDENTIALS", _AUTHORITY.credentials)
    environment.setenv("GOOGLE_WALLET_ISSUER", "3388000000012345678")
    environment.setenv("GOOGLE_WALLET_CREDENTIALS", json.dumps(account))
    settings.cache_clear()
    yield
    settings.cache_clear()


class World:
    """A completed order of a buyer, with a guest's ticket."""

    def __init__(self, client: Client, database: TestDatabase, pump: Pump) -> None:
        self.client, self.database, self.pump = client, database, pump
        self.owner, self.buyer = stored(make_user), stored(make_user, email="buyer@example.org")
        self.guest = stored(make_user, email="guest@example.org")
        self.event = stored(
            make_event, owner=self.owner, state="published", name="Tage der Freiheit", timezone="Asia/Tokyo",
            location_name="Lyon", starts_at="2031-12-05T01:00:00Z", ends_at="2031-12-05T09:00:00Z",
            latitude=45.76, longitude=4.83, owner_name="Compiler Club", logo_url=None,
        )  # fmt: skip
        ticket = stored(make_ticket, event=self.event, name="Early bird")
        self.order = stored(make_order, event=self.event, user=self.buyer, status="completed")
        self.guests = stored(
            make_attendee, event=self.event, order=self.order, ticket=ticket, firstname="Alan",
            lastname="Turing", email="guest@example.org",
        )  # fmt: skip

    def get(self, who: Any, path: str = "") -> Reply:
        """The answer for this viewer, while a task makes what is wanted."""
        address = f"/v1/attendees/{self.guests.id}/wallet-pass{path}"
        asking = self.client if who is None else self.client.signed_in_as(who)
        reply = asking.get(address)
        if reply.status == 503:
            assert reply.headers["retry-after"] == "3"
            self.pump.everything()
            reply = asking.get(address)
        return reply

    def files(self, who: Any) -> dict[str, bytes]:
        """What is in the pass of Apple's."""
        reply = self.get(who, "/apple")
        assert reply.status == 302, reply.text
        with urlopen(reply.headers["location"], timeout=10) as answer:
            assert answer.headers["content-type"] == "application/vnd.apple.pkpass"
            assert ".pkpass" in answer.headers["content-disposition"]
            opened = ZipFile(io.BytesIO(answer.read()))
        return {name: opened.read(name) for name in opened.namelist()}

    def code(self) -> str:
        return str(
            self.database.one(
                "SELECT orders.identifier || '-' || attendees.identifier FROM attendees "
                "JOIN orders ON orders.id = order_id WHERE attendees.id = :id",
                id=self.guests.id,
            )
        )


@pytest.fixture
def world(client: Client, database: TestDatabase, pump: Pump) -> World:
    return World(client, database, pump)


def verified(files: dict[str, bytes], directory: Path) -> None:
    """OpenSSL verifies the signature of the manifest up to the stand-in's root; the manifest is of these files."""
    manifest = json.loads(files["manifest.json"])
    assert manifest == {
        name: hashlib.sha1(content).hexdigest()  # noqa: S324 - as the format wants it
        for name, content in files.items()
        if name not in {"manifest.json", "signature"}
    }
    for name, content in [
        ("manifest.json", files["manifest.json"]),
        ("signature", files["signature"]),
        ("root.pem", _AUTHORITY.root.public_bytes(Encoding.PEM)),
    ]:
        (directory / name).write_bytes(content)
    command = "openssl smime -verify -binary -inform DER -in signature -content manifest.json -purpose any"
    done = subprocess.run(
        [*command.split(), "-CAfile", "root.pem"], cwd=directory, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == files["manifest.json"]
    names = {each.subject.rfc4514_string() for each in pkcs7.load_der_pkcs7_certificates(files["signature"])}
    assert names == {"CN=pass.org.example", "CN=wwdr"}
    # The attribute signing-time (RFC 5652, section 11.3), without which no pass is accepted.
    assert bytes.fromhex("06092a864886f70d010905") in files["signature"]


@pytest.mark.usefixtures("configured")
def test_an_apple_pass_is_signed_and_has_the_ticket(world: World, tmp_path: Path) -> None:
    files = world.files(world.buyer)
    verified(files, tmp_path)
    known = json.loads(files["pass.json"])
    assert (known["formatVersion"], known["passTypeIdentifier"], known["teamIdentifier"]) == (
        1,
        "pass.org.example",
        "TEAM123456",
    )
    assert (known["organizationName"], known["relevantDate"]) == ("Compiler Club", "2031-12-05T10:00+09:00")
    assert known["locations"] == [{"latitude": 45.76, "longitude": 4.83}]
    (barcode,) = known["barcodes"]
    assert (barcode["format"], barcode["message"]) == ("PKBarcodeFormatQR", world.code())
    shown = {
        field["key"]: field["value"] for part in known["eventTicket"].values() for field in part if field
    }
    assert (shown["event"], shown["place"], shown["name"], shown["kind"]) == (
        "Tage der Freiheit",
        "Lyon",
        "Alan Turing",
        "Early bird",
    )
    for suffix, side in [("", 29), ("@2x", 58), ("@3x", 87)]:
        assert Image.open(io.BytesIO(files[f"icon{suffix}.png"])).size == (side, side)
    assert '"Place" = "Ort";' in files["de.lproj/pass.strings"].decode()
    assert {"ar.lproj/pass.strings", "en.lproj/pass.strings"} <= files.keys()


@pytest.mark.usefixtures("configured")
def test_the_logo_that_was_uploaded_is_in_the_pass(world: World, tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (600, 300), (200, 30, 30)).save(content, "PNG")
    key = f"media/event-logo/{world.event.id}/{uuid4()}.png"
    aws.s3().put_object(Bucket=settings().bucket, Key=key, Body=content.getvalue())
    for url, has_logo in [(public_url(key), True), ("https://example.org/logo.png", False)]:
        world.database.run("UPDATE events SET logo_url = :url WHERE id = :id", url=url, id=world.event.id)
        files = world.files(world.guest)
        verified(files, tmp_path)
        assert ("logo.png" in files) is has_logo
        icon = Image.open(io.BytesIO(files["icon@2x.png"])).convert("RGB")
        pixel = icon.getpixel((29, 29))
        assert isinstance(pixel, tuple)
        assert (pixel[0] > 150 > pixel[2]) is has_logo
        if has_logo:
            assert Image.open(io.BytesIO(files["logo@2x.png"])).size == (200, 100)


@pytest.mark.usefixtures("configured")
def test_a_pass_that_was_changed_is_not_verified(world: World, tmp_path: Path) -> None:
    files = world.files(world.buyer)
    forged = json.loads(files["manifest.json"]) | {"pass.json": hashlib.sha1(b"{}").hexdigest()}  # noqa: S324
    files |= {"pass.json": b"{}", "manifest.json": json.dumps(forged).encode()}
    with pytest.raises(AssertionError, match=r"(?i)digest|verification"):
        verified(files, tmp_path)


@pytest.mark.usefixtures("configured")
def test_a_google_link_is_signed_and_has_the_ticket(world: World) -> None:
    reply = world.get(world.guest, "/google")
    assert reply.status == 200, reply.text
    start, _, token = reply.json["url"].rpartition("/")
    assert start == "https://pay.google.com/gp/v/save"
    assert len(token) <= 1800
    public = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(token, public, algorithms=["RS256"], audience="google")
    assert (claims["iss"], claims["typ"]) == ("tickets@example.iam.gserviceaccount.com", "savetowallet")
    (event,), (ticket,) = claims["payload"]["eventTicketClasses"], claims["payload"]["eventTicketObjects"]
    assert event["eventName"]["defaultValue"] == {"language": "en", "value": "Tage der Freiheit"}
    assert event["dateTime"]["start"] == "2031-12-05T10:00:00+09:00"
    assert (event["issuerName"], event["reviewStatus"]) == ("Compiler Club", "UNDER_REVIEW")
    assert (ticket["classId"], ticket["state"]) == (event["id"], "ACTIVE")
    assert ticket["barcode"] == {"type": "QR_CODE", "value": world.code()}
    for id in (event["id"], ticket["id"]):
        issuer, _, name = id.partition(".")
        assert issuer == "3388000000012345678"
        assert name.replace("-", "").replace("_", "").isalnum()


@pytest.mark.usefixtures("configured")
def test_a_link_is_short_enough_whatever_the_names_are(world: World) -> None:
    world.database.run(
        "UPDATE events SET name = :long, location_name = :long, owner_name = :long WHERE id = :id",
        long="مؤتمر المترجمات " * 15,
        id=world.event.id,
    )
    world.database.run("UPDATE attendees SET firstname = :long, lastname = :long", long="محمد " * 30)
    token = world.get(world.guest, "/google").json["url"].rpartition("/")[2]
    assert len(token) <= 1800
    public = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (ticket,) = jwt.decode(token, public, algorithms=["RS256"], audience="google")["payload"][
        "eventTicketObjects"
    ]
    assert ticket["ticketHolderName"].startswith("محمد")
    assert ticket["barcode"]["value"] == world.code()


@pytest.mark.usefixtures("configured")
def test_a_code_that_was_replaced_is_in_the_next_pass(world: World) -> None:
    before, link = world.files(world.guest), world.get(world.guest, "/google").json["url"]
    replaced = world.client.signed_in_as(world.owner).post(
        f"/v1/attendees/{world.guests.id}/ticket-code", {"reason": "lost"}, content_type="application/json"
    )
    assert replaced.status == 200, replaced.text
    former, known = (json.loads(files["pass.json"]) for files in (before, world.files(world.guest)))
    assert known["barcodes"][0]["message"] == world.code() != former["barcodes"][0]["message"]
    assert known["serialNumber"] == former["serialNumber"], "it replaces the former one on the phone"
    assert world.get(world.guest, "/google").json["url"] != link


@pytest.mark.usefixtures("configured")
def test_a_signed_code_is_in_the_pass(world: World) -> None:
    owner = world.client.signed_in_as(world.owner)
    sent = document("event", {"ticket-code": "signed"}, world.event.id)
    assert owner.patch(f"/v1/events/{world.event.id}", sent).status == 200
    world.pump.everything()
    (barcode,) = json.loads(world.files(world.guest)["pass.json"])["barcodes"]
    shown = owner.get(f"/v1/attendees/{world.guests.id}/ticket-code").json
    assert barcode["message"] == shown["code"]
    assert barcode["message"].startswith("OE1:")


@pytest.mark.usefixtures("configured")
def test_who_gets_a_pass(world: World) -> None:
    crew = stored(make_users_events_roles, event=world.event, role="registrar").user_id
    insiders: list[Any] = [world.buyer, world.guest, world.owner, crew]
    for who in insiders:
        assert world.get(who).json == {"apple": True, "google": True}
        assert world.get(who, "/apple").status == 302
    others: list[tuple[Any, int]] = [(None, 401), (stored(make_user), 404)]
    for other, status in others:
        for path in ("", "/apple", "/google"):
            assert world.get(other, path).status == status, path


@pytest.mark.usefixtures("configured")
def test_a_ticket_that_admits_nobody_has_no_pass(world: World) -> None:
    for status in ("cancelled", "pending"):
        world.database.run(
            "UPDATE orders SET status = :status WHERE id = :id", status=status, id=world.order.id
        )
        for path in ("", "/apple", "/google"):
            assert world.get(world.buyer, path).status == 409


def test_without_certificates_there_is_a_clear_answer(world: World) -> None:
    assert world.get(world.buyer).json == {"apple": False, "google": False}
    for path, name in [("/apple", "Apple Wallet"), ("/google", "Google Wallet")]:
        reply = world.get(world.buyer, path)
        assert (reply.status, name in reply.errors[0]["detail"]) == (409, True)


@pytest.mark.parametrize("name", ["APPLE_PASS_CREDENTIALS", "GOOGLE_WALLET_CREDENTIALS"])
@pytest.mark.usefixtures("configured")
def test_credentials_that_are_none_are_named_and_never_shown(
    world: World, environment: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    environment.setenv(name, "SECRET")
    settings.cache_clear()
    path = "/apple" if name.startswith("APPLE") else "/google"
    assert world.get(world.buyer, path).status == 503
    said = capfd.readouterr().err
    assert name in said
    assert "SECRET" not in said


@pytest.mark.usefixtures("configured")
def test_the_mail_of_a_ticket_has_its_passes(world: World, tmp_path: Path) -> None:
    assert _mailed(world) == {"tickets.pdf", "event.ics", "ticket-1.pkpass"}
    (mail,) = [mail for mail in world.pump.mails() if "guest@example.org" in mail["to"]]
    assert re.search(
        r"Add to Google Wallet: Alan Turing:\s+https://pay\.google\.com/gp/v/save/\S+", mail["text"]
    )
    (file,) = [file for file in mail["attachments"] if file["name"].endswith("pkpass")]
    assert file["type"] == "application/vnd.apple.pkpass"
    opened = ZipFile(io.BytesIO(base64.b64decode(file["base64"])))
    verified({name: opened.read(name) for name in opened.namelist()}, tmp_path)


@pytest.mark.usefixtures("configured")
def test_credentials_that_are_none_keep_no_ticket_from_its_holder(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("APPLE_PASS_CREDENTIALS", "SECRET")
    settings.cache_clear()
    assert _mailed(world) == {"tickets.pdf", "event.ics"}


def _mailed(world: World) -> set[str]:
    """The order is completed; the names of what is attached to the guest's mail."""
    world.database.run(
        "UPDATE orders SET status = 'placed', payment_mode = 'onsite', amount = 5 WHERE id = :id",
        id=world.order.id,
    )
    done = document("order", {"status": "completed"}, world.order.id)
    reply = world.client.signed_in_as(world.owner).patch(f"/v1/orders/{world.order.identifier}", done)
    assert reply.status == 200, reply.text
    world.pump.everything()
    (mail,) = [mail for mail in world.pump.mails() if "guest@example.org" in mail["to"]]
    return {file["name"] for file in mail["attachments"]}
