"""Files in the body of a request: checked as presigned uploads are, used once written into an attribute."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import aws, clock, db
from chalicelib.settings import settings
from chalicelib.uploads import temporary
from tests.factories import stored as made
from tests.factories.custom_placeholder import make_custom_placeholder
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump
from tests.uploads import samples
from tests.uploads.conftest import Organizer, make_event, make_user, stored
from tests.uploads.contents import CONTENTS

SMALL = samples.image("PNG", (20, 10))
LINE = "----WebKitFormBoundary7MA4YWxk"
PREFIX = "https://media.example.org/media/upload/"


def send_image(client: Client, content: bytes, claimed: str = "image/png", **more: Any) -> Reply:
    """POST /v1/upload/image, as the web client does."""
    data = f"data:{claimed};base64,{base64.b64encode(content).decode()}"
    return client.post(
        "/v1/upload/image?force_local=true", {"data": data, **more}, content_type="application/json"
    )


def image_url(client: Client, content: bytes | None = None) -> str:
    """The URL of an image that was sent."""
    reply = send_image(client, content or samples.image("PNG", (80, 40)))
    assert reply.status == 200, reply.text
    return str(reply.json["url"])


def send_files(client: Client, *files: tuple[str, str | None, bytes], line: str = LINE, **more: Any) -> Reply:
    """POST /v1/upload/files with parts (name, file name, content), as a browser does."""
    parts = []
    for name, file_name, content in files:
        said = f'; filename="{file_name}"' if file_name is not None else ""
        head = f'--{line}\r\nContent-Disposition: form-data; name="{name}"{said}\r\n'
        parts += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n"]
    body = b"".join([*parts, f"--{line}--\r\n".encode()])
    options = {"content_type": f"multipart/form-data; boundary={line}", **more}
    return client.post("/v1/upload/files", body=body, **options)


def write(client: Client, noun: str, id: Any, attributes: dict[str, Any]) -> Reply:
    """PATCH of attributes."""
    return client.patch(f"/v1/{noun}s/{id}", document(noun, attributes, id=id))


def key_of(url: str) -> str:
    """The key of the object in the bucket."""
    return url.removeprefix("https://media.example.org/")


def test_an_image_sent_in_base64_is_public_at_once_as_what_it_is(
    organizer: Organizer, database: TestDatabase
) -> None:
    content = samples.image("JPEG")
    reply = send_image(organizer.client, content, "image/png")

    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert list(reply.json) == ["url"]
    url = reply.json["url"]
    assert url.startswith(PREFIX)
    assert url.endswith(".jpg"), "the true type counts, not the one that the data URL declares"
    thing = aws.s3().get_object(Bucket=settings().bucket, Key=key_of(url))
    assert thing["Body"].read() == content
    assert (thing["ContentType"], thing["ContentDisposition"]) == (
        "image/jpeg",
        "inline; filename*=UTF-8''image.jpg",
    )
    row = database.rows("SELECT creator_id, used_at, mime_type, size FROM temporary_uploads")[0]
    assert row == {
        "creator_id": organizer.user.id, "used_at": None, "mime_type": "image/jpeg", "size": len(content),
    }  # fmt: skip


def test_base64_with_line_breaks_as_android_writes_it_is_accepted(organizer: Organizer) -> None:
    data = "data:image/png;base64," + base64.encodebytes(samples.image("PNG", (300, 200))).decode()
    assert "\n" in data
    reply = organizer.client.post("/v1/upload/image", {"data": data}, content_type="application/json")
    assert reply.status == 200


def test_one_file_gets_one_url_and_files_in_brackets_get_a_list(organizer: Organizer) -> None:
    pdf, png = samples.PDF, samples.image("PNG")
    one = send_files(organizer.client, ("file", "a.b.php", pdf))
    several = send_files(organizer.client, ("files[]", "talk", pdf), ("files[]", "C:\\pictures\\me.png", png))
    single = send_files(organizer.client, ("files[]", "talk.pdf", pdf), ("note", None, b"ignored"))

    assert (one.status, several.status, single.status) == (200, 200, 200)
    assert one.json["url"].endswith(".pdf")
    assert [url.rpartition(".")[2] for url in several.json["url"]] == ["pdf", "png"]
    assert len(single.json["url"]) == 1
    for url, name in zip(several.json["url"], ("talk.pdf", "me.png"), strict=True):
        head = aws.s3().head_object(Bucket=settings().bucket, Key=key_of(url))
        assert head["ContentDisposition"] == f"inline; filename*=UTF-8''{name}"


def test_an_image_written_into_a_new_event_gets_its_renditions_and_stays_where_it_is(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    url = image_url(organizer.client, samples.image("PNG", (1600, 800)))
    sent = {
        "name": "Tea",
        "timezone": "UTC",
        "starts-at": "2099-01-01T10:00:00Z",
        "ends-at": "2099-01-02T10:00:00Z",
    }
    event = organizer.client.post("/v1/events", document("event", {**sent, "original-image-url": url})).data
    assert event["attributes"]["original-image-url"] == url
    pump.everything()

    shown = organizer.client.get(f"/v1/events/{event['id']}").data["attributes"]
    stem = url.removesuffix(".png")
    assert shown["original-image-url"] == url
    assert shown["large-image-url"] == f"{stem}-1300.jpg"
    assert shown["thumbnail-image-url"] == f"{stem}-500.jpg"
    assert shown["image-details"]["icon-image-url"]["width"] == 75
    assert {key_of(shown[name]) for name in ("large-image-url", "icon-image-url")} < set(stored("media/"))
    assert database.one("SELECT used_at IS NOT NULL FROM temporary_uploads")
    row = database.rows("SELECT slot, owner_id, state, creator_id FROM uploads")[0]
    assert row == {
        "slot": "event.original-image-url", "owner_id": int(event["id"]), "state": "ready",
        "creator_id": organizer.user.id,
    }  # fmt: skip


def test_a_user_s_picture_fills_all_columns_of_its_slot(organizer: Organizer, pump: Pump) -> None:
    url = image_url(organizer.client)
    assert write(organizer.client, "user", organizer.user.id, {"avatar-url": url}).status == 200
    pump.everything()

    shown = organizer.client.get(f"/v1/users/{organizer.user.id}").data["attributes"]
    assert shown["avatar-url"] == shown["original-image-url"] == url
    assert shown["small-image-url"].endswith("-500.jpg")


def test_slides_are_taken_where_slides_belong_and_refused_where_images_do(
    organizer: Organizer, talk_id: str, pump: Pump, database: TestDatabase
) -> None:
    pdf = send_files(organizer.client, ("file", "talk.pdf", samples.PDF)).json["url"]
    refused = write(organizer.client, "event", organizer.event.id, {"logo-url": pdf, "name": "Coffee"})
    assert (refused.status, refused.errors[0]["source"]) == (422, {"pointer": "/data/attributes/logo-url"})
    assert database.rows("SELECT name, logo_url FROM events") == [{"name": "Tea", "logo_url": None}]
    assert database.one("SELECT used_at FROM temporary_uploads") is None

    assert write(organizer.client, "session", talk_id, {"slides-url": pdf}).status == 200
    assert database.one("SELECT slides_url FROM sessions") == pdf
    assert database.one("SELECT state FROM uploads") == "ready"


def test_a_file_larger_than_the_slot_takes_is_refused_there(organizer: Organizer) -> None:
    url = image_url(organizer.client)
    with db.transaction() as session:
        db.fetch(session, "UPDATE temporary_uploads SET size = 5000001")
    refused = write(organizer.client, "event", organizer.event.id, {"logo-url": url})
    assert (refused.status, refused.errors[0]["source"]) == (422, {"pointer": "/data/attributes/logo-url"})
    assert write(organizer.client, "event", organizer.event.id, {"original-image-url": url}).status == 200


def test_a_link_within_a_list_or_a_text_keeps_the_file(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    pdf = send_files(organizer.client, ("file", "map.pdf", samples.PDF)).json["url"]
    png = image_url(organizer.client)
    change = {
        "document-links": [{"name": "Map", "link": pdf}],
        "description": f'<p>See <a href="{png}">this</a></p>',
    }
    assert write(organizer.client, "event", organizer.event.id, change).status == 200
    with clock.shifted(timedelta(days=2)):
        pump.tick("sweep_outbox")
        pump.everything()

    assert set(stored("media/")) == {key_of(pdf), key_of(png)}
    assert database.one("SELECT count(*) FROM uploads") == 0


def test_what_is_not_used_in_a_day_is_deleted_and_cannot_be_used_any_more(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    unused, used = image_url(organizer.client), image_url(organizer.client)
    assert write(organizer.client, "event", organizer.event.id, {"logo-url": used}).status == 200
    with clock.shifted(timedelta(days=1, minutes=1)):
        # Due, and not deleted yet: it is over all the same.
        late = write(
            organizer.client.signed_in_as(organizer.user),
            "event",
            organizer.event.id,
            {"original-image-url": unused},
        )
        pump.tick("sweep_outbox")
        pump.everything()
        asking = organizer.client.signed_in_as(organizer.user)
        gone = write(asking, "event", organizer.event.id, {"original-image-url": unused})
    assert gone.status == 422
    assert (late.status, late.errors[0]["source"]) == (
        422,
        {"pointer": "/data/attributes/original-image-url"},
    )

    assert stored("media/") == [key_of(used)]
    assert database.one("SELECT count(*) FROM temporary_uploads") == 2
    assert write(organizer.client, "event", organizer.event.id, {"original-image-url": used}).status == 200

    with clock.shifted(timedelta(days=31, minutes=1)):
        pump.tick("sweep_outbox")
        pump.everything()
        assert database.one("SELECT count(*) FROM temporary_uploads") == 0
        # By now a link like any other.
        assert write(organizer.client.signed_in_as(organizer.user), "event", organizer.event.id,
                     {"external-event-url": used}).status == 200  # fmt: skip
    assert key_of(used) in stored("media/")


def test_rows_are_forgotten_in_batches_and_with_what_is_left_of_their_files(
    organizer: Organizer, pump: Pump, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "BATCH", 2)
    urls = [image_url(organizer.client) for _ in range(3)]
    database.run("DELETE FROM outbox")  # the tasks that should have removed them are lost
    assert write(organizer.client, "event", organizer.event.id, {"logo-url": urls[0]}).status == 200
    with clock.shifted(timedelta(days=30)):
        pump.tick("sweep_outbox")
    assert database.one("SELECT count(*) FROM temporary_uploads") == 3
    with clock.shifted(timedelta(days=32)):
        for left in (1, 0):
            pump.tick("sweep_outbox")
            assert database.one("SELECT count(*) FROM temporary_uploads") == left
        pump.everything()
    assert stored("media/") == [key_of(urls[0])]


def test_the_upload_of_somebody_else_is_used_by_nobody_until_it_is_shown(
    organizer: Organizer, client: Client, pump: Pump, database: TestDatabase
) -> None:
    other = make_user()
    theirs = client.signed_in_as(other)
    event = make_event(other)
    url = image_url(organizer.client)

    for attributes in ({"logo-url": url}, {"external-event-url": url}):
        refused = write(theirs, "event", event.id, attributes)
        assert refused.status == 422
        assert refused.errors[0]["source"] == {"pointer": f"/data/attributes/{next(iter(attributes))}"}
    assert write(theirs, "event", event.id, {"description": f"<p>{url}</p>"}).status == 200
    assert database.one("SELECT used_at FROM temporary_uploads") is None, "a text of others keeps no file"

    assert write(organizer.client, "event", organizer.event.id, {"logo-url": url}).status == 200
    assert write(theirs, "event", event.id, {"logo-url": url}).status == 200, (
        "now it is a link like any other"
    )
    assert database.rows("SELECT owner_id FROM uploads") == [{"owner_id": organizer.event.id}]


def test_one_s_own_upload_is_no_way_into_the_row_of_somebody_else(
    organizer: Organizer, client: Client, database: TestDatabase
) -> None:
    stranger = make_user()
    url = image_url(client.signed_in_as(stranger))
    for reply in (
        write(client.signed_in_as(stranger), "event", organizer.event.id, {"logo-url": url}),
        write(client.signed_in_as(stranger), "user", organizer.user.id, {"avatar-url": url}),
    ):
        assert reply.status in {403, 404}
    assert database.one("SELECT count(*) FROM uploads") == 0
    assert database.one("SELECT used_at FROM temporary_uploads") is None


def test_other_urls_are_links_that_nobody_fetches(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    links = [
        "http://127.0.0.1:9/latest/meta-data",
        "https://media.example.org.evil.example/media/upload/x.png",
        f"{PREFIX}nothing-we-know.png",
        f"{PREFIX}f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11-500.jpg",
        f"{PREFIX}f0f2a1a8-6f0c-4d3c-9d2a-4a1f5e7b9c11.png",
    ]
    for link in links:
        assert write(organizer.client, "event", organizer.event.id, {"logo-url": link}).status == 200, link
    pump.everything()
    assert database.rows("SELECT logo_url FROM events") == [{"logo_url": links[-1]}]
    assert database.one("SELECT count(*) FROM uploads") == 0


def test_the_same_upload_serves_two_rows_of_its_uploader_and_is_sent_back_unchanged(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    url = image_url(organizer.client)
    for attributes in (
        {"logo-url": url},
        {"original-image-url": url},
        {"original-image-url": url, "name": "B"},
    ):
        assert write(organizer.client, "event", organizer.event.id, attributes).status == 200
    pump.everything()

    assert database.one("SELECT count(*) FROM uploads") == 2, "an unchanged URL is no new upload"
    shown = organizer.client.get(f"/v1/events/{organizer.event.id}").data["attributes"]
    assert set(shown["image-details"]) == {
        "logo-url", "original-image-url", "large-image-url", "thumbnail-image-url", "icon-image-url",
    }  # fmt: skip


def test_each_content_is_judged_by_its_true_type_however_it_is_sent(organizer: Organizer) -> None:
    images = {"image/gif", "image/jpeg", "image/png", "image/webp"}
    accepted = 0
    for title, content in CONTENTS.items():
        reply = send_image(organizer.client, content.make())
        fits = bool(content.make()) and content.type in images and content.is_drawable
        assert reply.status == (200 if fits else 422), (title, reply.text)
        assert fits or reply.errors[0]["source"] == {"pointer": "/data"}
        accepted += fits
    assert len(stored()) == accepted > 3


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, ""),
        (b"[]", 400, "/data"),
        (b"{}", 400, "/data"),
        (b'{"data": 5}', 400, "/data"),
        (b'{"data": ""}', 400, "/data"),
        (b'{"data": "iVBORw0KGgo="}', 422, "/data"),
        (b'{"data": "https://example.org/a.png"}', 422, "/data"),
        (b'{"data": "data:image/png;base64,%%%"}', 422, "/data"),
        (b'{"data": "data:image/png;base64,"}', 422, "/data"),
    ],
)
def test_a_body_without_an_image_is_refused_with_a_pointer(
    organizer: Organizer, body: bytes, status: int, pointer: str
) -> None:
    reply = organizer.client.post("/v1/upload/image", body=body, content_type="application/json")
    assert (reply.status, reply.errors[0]["source"]) == (status, {"pointer": pointer})


def test_forms_that_hold_no_file_or_too_much_are_refused_and_nothing_is_kept(
    organizer: Organizer, database: TestDatabase
) -> None:
    pdf, ask = samples.PDF, organizer.client
    assert send_files(ask).status == 400
    assert send_files(ask, ("picture", "a.pdf", pdf)).status == 400
    assert send_files(ask, ("file", None, pdf)).status == 422
    assert send_files(ask, ("file", "a.pdf", pdf), ("file", "b.pdf", pdf)).status == 400
    assert send_files(ask, ("file", "a.pdf", pdf), ("files[]", "b.pdf", pdf)).status == 400
    assert send_files(ask, *[("files[]", "a.pdf", pdf)] * 21).status == 400
    assert send_files(ask, ("file", "a.pdf", b"")).status == 422
    assert send_files(ask, ("file", "a.pdf", pdf), content_type="application/json").status == 415
    assert send_files(ask, ("file", "a.pdf", pdf), content_type="multipart/form-data").status == 400
    assert (
        send_files(
            ask, ("file", "a.pdf", pdf), content_type=f"multipart/form-data; boundary={'x' * 9}"
        ).status
        == 400
    )
    cut = ask.post("/v1/upload/files", body=f'--{LINE}\r\nContent-Disposition: form-data; name="file"'.encode(),
                   content_type=f"multipart/form-data; boundary={LINE}")  # fmt: skip
    assert cut.status == 400
    mixed = send_files(ask, ("files[]", "a.pdf", pdf), ("files[]", "page.pdf", b"<html><script>1</script>"))
    assert (mixed.status, mixed.errors[0]["source"]) == (422, {"pointer": "/files[]/1"})
    assert stored() == []
    assert database.one("SELECT count(*) FROM temporary_uploads") == 0


def test_only_these_addresses_take_large_bodies_and_they_have_a_limit(
    organizer: Organizer, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("MAX_BODY_BYTES", "300")
    environment.setenv("MAX_UPLOAD_BODY_BYTES", "3000")
    settings.cache_clear()
    assert send_image(organizer.client, SMALL, note="x" * 1000).status == 200
    assert send_image(organizer.client, SMALL, note="x" * 3000).status == 413
    assert send_files(organizer.client, ("file", "a.pdf", samples.PDF + b" " * 1000)).status == 200
    assert send_files(organizer.client, ("file", "a.pdf", samples.PDF + b" " * 3000)).status == 413
    assert write(organizer.client, "event", organizer.event.id, {"name": "x" * 400}).status == 413

    environment.setenv("UPLOAD_MAX_BYTES", "50")
    settings.cache_clear()
    assert send_image(organizer.client, SMALL).status == 422


def test_nobody_uploads_without_signing_in_and_nobody_without_end(
    organizer: Organizer, client: Client, environment: pytest.MonkeyPatch
) -> None:
    assert send_image(client, samples.image("PNG")).status == 401
    assert send_files(client, ("file", "a.pdf", samples.PDF)).status == 401
    environment.setenv("LIMIT_UPLOADS", "2/1h")
    environment.setenv("LIMITS", "on")
    settings.cache_clear()
    asked = [send_image(organizer.client, samples.image("PNG")).status for _ in range(3)]
    assert asked == [200, 200, 429]


def test_a_revoked_token_leaves_no_file(organizer: Organizer, database: TestDatabase) -> None:
    assert send_image(organizer.client, SMALL).status == 200  # the process knows the account by now
    database.run("UPDATE users SET is_blocked = true")
    assert send_image(organizer.client, SMALL).status == 401
    assert len(stored("media/")) == database.one("SELECT count(*) FROM temporary_uploads") == 1


def test_a_request_repeated_with_its_key_stores_one_file(organizer: Organizer) -> None:
    asking = organizer.client.with_headers({"Idempotency-Key": "picture-1"})
    content = samples.image("PNG")
    assert send_image(asking, content).json == send_image(asking, content).json
    assert len(stored("media/")) == 1


def test_a_file_that_could_not_be_stored_is_stored_by_the_repeated_request(
    organizer: Organizer, environment: pytest.MonkeyPatch, database: TestDatabase
) -> None:
    content, bucket = samples.image("PNG"), settings().bucket
    forms: list[Callable[[Client], Reply]] = [
        lambda ask: send_image(ask, content),
        lambda ask: send_files(ask, ("file", "a.png", content)),
    ]
    for send in forms:
        asking = organizer.client.with_headers({"Idempotency-Key": f"picture-{id(send)}"})
        environment.setenv("BUCKET", "there-is-no-such-bucket")
        settings.cache_clear()
        failed = send(asking)
        assert (failed.status, failed.headers["retry-after"]) == (503, "10")
        assert "bucket" not in failed.text
        environment.setenv("BUCKET", bucket)
        settings.cache_clear()
        healed = send(asking)
        assert healed.status == 200, healed.text
        assert "idempotent-replayed" not in healed.headers
        assert key_of(healed.json["url"]) in stored("media/")
        assert send(asking).json == healed.json
    assert database.one("SELECT count(*) FROM outbox WHERE task = 'expire_temporary_upload'") == 4


def test_a_required_image_is_replaced_and_kept(organizer: Organizer, client: Client, pump: Pump) -> None:
    staff = client.signed_in_as(make_user(is_admin=True))
    row = made(make_custom_placeholder)
    url = image_url(staff)
    assert write(staff, "custom-placeholder", row.id, {"original-image-url": url}).status == 200
    pump.everything()
    assert (
        staff.get(f"/v1/custom-placeholders/{row.id}")
        .data["attributes"]["icon-image-url"]
        .endswith("-75.jpg")
    )
