"""Badges as PDF: the preview of a form, and the print of an attendee's, read back by another library."""

import io
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import pypdfium2
import pytest
from PIL import Image

from chalicelib.badges.layout import page_size
from chalicelib.badges.vcard import vcard
from chalicelib.settings import settings
from tests.factories import stored
from tests.factories.attendee import make_attendee
from tests.factories.badge_field_form import make_badge_field_form
from tests.factories.badge_form import make_badge_form
from tests.factories.event import make_event
from tests.factories.order import make_order
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.factories.users_events_roles import make_users_events_roles
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump
from tests.uploads.conftest import stored as objects
from tests.uploads.test_temporary import image_url

PREVIEW = "/v1/badge-forms/preview-badge-pdf"


@dataclass(frozen=True)
class Sheet:
    """What a PDF shows: its size in points, its text, and its pixels at 72 dots per inch."""

    size: tuple[float, float]
    text: str
    pixels: Image.Image

    @staticmethod
    def of(content: bytes) -> "Sheet":
        document = pypdfium2.PdfDocument(content)
        (page,) = document
        text = page.get_textpage().get_text_range()
        return Sheet(page.get_size(), text, page.render(scale=1).to_pil().convert("RGB"))

    def colors(self) -> list[tuple[int, int, int]]:
        """Red, green and blue of each pixel."""
        flat = self.pixels.tobytes()
        return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))


def preview(client: Client, fields: list[dict[str, Any]], **form: Any) -> Reply:
    sent = {"badgeForms": [{"badgeID": "b", "badgeSize": "4x3", **form, "badgeFields": fields}]}
    return client.post(PREVIEW, sent, content_type="application/json")


def sheet(reply: Reply) -> Sheet:
    assert reply.status == 200, reply.text
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.content.startswith(b"%PDF-1.7")
    return Sheet.of(reply.content)


@pytest.fixture
def asking(client: Client) -> Client:
    return client.signed_in_as(stored(make_user))


def test_a_preview_is_a_pdf_with_the_sample_texts(asking: Client) -> None:
    fields = [
        {"field_identifier": "firstname", "sample_text": "Ada", "font_size": 40, "text_type": "uppercase"},
        {"field_identifier": "lastname", "sample_text": "Lovelace", "font_color": "#ff0000", "font_size": 48},
        {"field_identifier": "gone", "sample_text": "Gone", "is_deleted": True},
    ]
    reply = preview(asking, fields, badgeColor="#0000ff", badgeOrientation="Landscape")
    shown = sheet(reply)
    assert [round(side) for side in shown.size] == [288, 216]
    assert shown.text.split() == ["ADA", "Lovelace"]
    assert shown.pixels.getpixel((2, 200)) == (0, 0, 255)
    assert any(red > 200 and green < 50 and blue < 80 for red, green, blue in shown.colors())
    assert reply.headers["content-disposition"] == 'attachment; filename="badge.pdf"'
    assert reply.headers["cache-control"] == "no-store"
    assert len(reply.content) < 30_000, "the font has the glyphs alone that are used"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Żółć Ελένη Жук", "Żółć Ελένη Жук"),
        ("שלום", "שלום"),
        ("漢字 🎉 ok", "ok"),
        ("a\x00b\u202e\ufffe c", "c"),
        ("\U000e0041\ud83d x".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "x"),
        ("", ""),
        ("W" * 900, "W"),
    ],
)
def test_texts_of_any_script_are_drawn_or_boxed(asking: Client, text: str, seen: str) -> None:
    looks = [{"name": "b", "font_weight": "bold", "font_style": "italic", "text_decoration": "underline"}]
    field = {"sample_text": text.replace("\x00", ""), "font_weight": looks, "text_rotation": 45}
    shown = sheet(preview(asking, [field]))
    assert seen in shown.text
    assert not text or len(set(shown.colors())) > 1, "something is drawn"


def test_a_qr_code_is_a_vcard_of_sample_data(asking: Client) -> None:
    field = {"custom_field": "QR", "field_identifier": "QR", "qr_custom_field": ["firstname", "jobTitle"]}
    shown = sheet(preview(asking, [field]))
    black = sum(sum(color) < 300 for color in shown.colors())
    assert 2_000 < black < 10_000, "a good third of the code's square"


def test_images_are_drawn_from_our_own_uploads_and_no_other_url_is_asked_for(asking: Client) -> None:
    red = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(red, "PNG")
    ours = image_url(asking, red.getvalue())
    assert sheet(preview(asking, [], badgeImageURL=ours)).pixels.getpixel((144, 100)) == (254, 0, 0)
    media = settings().media_url
    for url in (
        "http://127.0.0.1:9/a.png",
        f"{media}/media/../results/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4",
        f"{media}/incoming/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4.png",
        f"{media}/media/upload/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4.png",
        f"{media}.evil.example/media/upload/7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4.png",
    ):
        shown = sheet(preview(asking, [], badgeImageURL=url))
        assert shown.pixels.getpixel((144, 100)) == (255, 255, 255), url


def test_what_cannot_be_drawn_is_pointed_at(asking: Client) -> None:
    at = "/badgeForms/0/badgeFields/0"
    for field, pointer in (
        ({"font_size": "large"}, f"{at}/font_size"),
        ({"font_size": 10**9}, f"{at}/font_size"),
        ({"margin_left": 1.5}, f"{at}/margin_left"),
        ({"font_color": "url(http://x)"}, f"{at}/font_color"),
        ({"sample_text": "x" * 1001}, f"{at}/sample_text"),
        ({"sample_text": ["x"]}, f"{at}/sample_text"),
        ({"custom_field": "qr", "qr_custom_field": "email"}, f"{at}/qr_custom_field"),
        ("x", at),
    ):
        reply = preview(asking, [field])  # type: ignore[list-item]
        assert reply.status in {400, 422}, (field, reply.text)
        assert reply.errors[0]["source"] == {"pointer": pointer}
    full = {"custom_field": "QR", "qr_custom_field": [f"custom{number}" for number in range(90)]}
    assert preview(asking, [full]).status == 422
    assert preview(asking, [{}] * 101).status == 422
    assert preview(asking, [{"custom_field": "QR"}] * 5).status == 422
    assert preview(asking, [], badgeColor="blue").status == 422
    for sent, status in (({}, 404), ({"badgeForms": []}, 404), ({"badgeForms": {}}, 400), ([], 400)):
        assert asking.post(PREVIEW, sent, content_type="application/json").status == status


def test_previews_are_for_who_is_signed_in_and_are_limited(
    client: Client, asking: Client, environment: pytest.MonkeyPatch
) -> None:
    assert preview(client, []).status == 401
    environment.setenv("LIMIT_BADGE_PREVIEWS", "1/1h")
    environment.setenv("LIMITS", "on")
    settings.cache_clear()
    assert [preview(asking, []).status for _ in range(2)] == [200, 429]


class World:
    """An event whose ticket has a badge with a name, a company, an answer and a QR code."""

    def __init__(self) -> None:
        self.owner = stored(make_user)
        self.event = stored(make_event, owner=self.owner, state="published")
        self.ticket = stored(make_ticket, event=self.event, badge_id="guests")
        form = stored(make_badge_form, event=self.event, badge_id="guests", badge_size="A6")
        foreign = stored(make_badge_form, badge_id="guests")
        stored(make_badge_field_form, badge_form=foreign, field_identifier="email")
        for name, more in (
            ("firstname", {"font_size": 40}),
            ("company", {}),
            ("shoeSize", {}),
            ("QR", {"custom_field": "QR", "qr_custom_field": ["firstname", "email"]}),
        ):
            stored(make_badge_field_form, badge_form=form, field_identifier=name, **more)
        order = stored(make_order, event=self.event, status="completed")
        self.attendee = stored(
            make_attendee, event=self.event, order=order, ticket=self.ticket, firstname="Ada", company="Engines",
            complex_field_values={"shoeSize": "38"},
        )  # fmt: skip

    def ask(self, client: Client, **query: Any) -> Reply:
        asked = {"attendee_id": self.attendee.id, "list_field_show": "firstname,shoeSize", **query}
        return client.get("/v1/badge-forms/print-badge-pdf", query=asked)


@pytest.fixture
def world(database: object) -> World:
    return World()


def test_a_badge_is_printed_by_a_task_with_the_fields_asked_for(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    asking = client.signed_in_as(world.owner)
    reply = world.ask(asking)
    assert reply.status == 200, reply.text
    address = reply.json["task_url"]
    assert asking.get(address).json == {"state": "WAITING"}
    assert database.one("SELECT badge_printed_at FROM attendees") is None
    pump.everything()

    told = asking.get(address).json
    assert told["state"] == "SUCCESS", told
    with urlopen(told["result"]["download_url"], timeout=10) as answer:
        shown = Sheet.of(answer.read())
    assert shown.text.split() == ["Ada", "38"], "the company was not asked for"
    assert [round(side) for side in shown.size] == [298, 420]
    row = database.rows("SELECT is_badge_printed, badge_printed_at IS NOT NULL AS at FROM attendees")[0]
    assert row == {"is_badge_printed": True, "at": True}
    assert client.signed_in_as(stored(make_user)).get(address).status == 404


def test_printing_is_for_the_team_and_says_what_is_missing(client: Client, world: World) -> None:
    asking = client.signed_in_as(world.owner)
    registrar, helper = stored(make_user), stored(make_user)
    stored(make_users_events_roles, event=world.event, user=registrar, role="registrar")
    stored(make_users_events_roles, event=world.event, user=helper, role="coorganizer")
    assert world.ask(client.signed_in_as(helper)).status == 200
    assert world.ask(client).status == 401
    assert world.ask(client.signed_in_as(registrar)).status == 403
    assert world.ask(client.signed_in_as(stored(make_user))).status == 404
    for query, status in (
        ({"attendee_id": ""}, 404), ({"list_field_show": ""}, 404), ({"attendee_id": "x"}, 422),
        ({"attendee_id": "1.5"}, 422), ({"attendee_id": 99999}, 404), ({"list_field_show": "x" * 4001}, 422),
    ):  # fmt: skip
        assert world.ask(asking, **query).status == status, query
    bare = stored(make_attendee, event=world.event)
    assert world.ask(asking, attendee_id=bare.id).status == 404, "its ticket has no badge"


def test_printing_is_limited_although_it_is_a_get(
    client: Client, world: World, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LIMIT_TASKS", "1/1h")
    environment.setenv("LIMITS", "on")
    settings.cache_clear()
    asking = client.signed_in_as(world.owner)
    assert [world.ask(asking).status for _ in range(2)] == [200, 429]


def test_a_badge_that_went_meanwhile_is_told_as_a_failure(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    asking = client.signed_in_as(world.owner)
    address = world.ask(asking).json["task_url"]
    database.run("DELETE FROM badge_forms")
    pump.everything()
    assert asking.get(address).json["state"] == "FAILURE"
    assert objects("results/") == []


def test_a_ticket_lists_the_fields_of_its_badge(client: Client, world: World) -> None:
    asking = client.signed_in_as(stored(make_user))
    path = f"/v1/tickets/{world.ticket.id}/badge-forms"
    reply = asking.get(path)
    assert reply.status == 200
    names = [element["field_identifier"] for element in reply.json]
    assert names == ["firstname", "company", "shoeSize", "QR"], "and none of another event's badge"
    assert all({"id", "custom_field", "qr_custom_field"} <= element.keys() for element in reply.json)
    assert client.get(path).status == 401
    bare = stored(make_ticket, event=world.event)
    assert asking.get(f"/v1/tickets/{bare.id}/badge-forms").json == []
    hidden = stored(make_ticket, event=stored(make_event, state="draft"), badge_id="guests")
    assert asking.get(f"/v1/tickets/{hidden.id}/badge-forms").status == 404


@pytest.mark.parametrize(
    ("size", "orientation", "wanted"),
    [
        ("4x3", "", (101.6, 76.2)),
        ("4x3", "Portrait", (76.2, 101.6)),
        ("A6", "Landscape", (148, 105)),
        ("86 x 54", "", (86, 54)),
        ("8.5cm x 5cm", "", (85, 50)),
        ("huge", "", (76.2, 101.6)),
        ("9999x9999", "", (600, 600)),
        ("0x0", "", (20, 20)),
    ],
)
def test_sizes_are_understood(size: str, orientation: str, wanted: tuple[float, float]) -> None:
    assert [round(side, 1) for side in page_size(size, orientation)] == list(wanted)


def test_a_vcard_escapes_what_would_end_a_value() -> None:
    card = vcard({"firstname": "A;b", "lastname": "C,\\d", "note-1": "x\r\nEND:VCARD", "website": ""}, 7)
    assert card.splitlines() == [
        "BEGIN:VCARD", "VERSION:3.0", r"FN:A\;b C\,\\d", r"N:C\,\\d;A\;b;;;",
        r"X-SOCIALPROFILE;TYPE=NOTE-1:x\nEND:VCARD", "X-SOCIALPROFILE;TYPE=EVENTYAY:7", "END:VCARD",
    ]  # fmt: skip


def test_an_upload_written_into_a_badge_form_is_on_the_badges_that_are_printed(
    client: Client, world: World, pump: Pump, database: TestDatabase
) -> None:
    asking = client.signed_in_as(world.owner)
    blue = io.BytesIO()
    Image.new("RGB", (300, 300), "blue").save(blue, "PNG")
    url = image_url(asking, blue.getvalue())
    form = database.one("SELECT id FROM badge_forms WHERE event_id = :id", id=world.event.id)
    change = document("badge-form", {"badge-image-url": url}, form)
    assert asking.patch(f"/v1/badge-forms/{form}", change).data["attributes"]["badge-image-url"] == url
    pump.everything()
    assert database.one("SELECT state FROM uploads") == "ready"

    address = world.ask(asking).json["task_url"]
    pump.everything()
    with urlopen(asking.get(address).json["result"]["download_url"], timeout=10) as answer:
        red, _, most = Sheet.of(answer.read()).colors()[-1]
    assert most > 200 > 50 > red
