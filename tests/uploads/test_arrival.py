"""A file that has arrived is judged by what it is, published when good and removed when not."""

from typing import Any

import pytest

from chalicelib import aws, uploads
from chalicelib.settings import settings
from chalicelib.uploads import arrival
from devstack.aws_stand_in import Resources
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.uploads import samples
from tests.uploads.conftest import Organizer, logo_of, make_user, put, stored
from tests.uploads.news import news_of

MEDIA_URL = "https://media.example.org/"


def test_a_png_named_txt_is_published_as_what_it_is(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    content = samples.image("PNG")
    id = organizer.upload(content)
    pump.everything()

    outcome = organizer.outcome(id)
    key = f"media/event/{organizer.event.id}/{id}.png"
    assert outcome["state"] == "ready"
    assert outcome["mime-type"] == "image/png"
    assert outcome["size"] == len(content)
    assert outcome["url"] == logo_of(database) == MEDIA_URL + key
    thing = aws.s3().get_object(Bucket=settings().bucket, Key=key)
    assert thing["Body"].read() == content
    assert thing["ContentType"] == "image/png"
    assert thing["ContentDisposition"] == "inline; filename*=UTF-8''logo.png"
    assert thing["CacheControl"] == "public, max-age=31536000, immutable"
    assert stored("incoming/") == []


def test_slides_are_saved_rather_than_shown_and_keep_their_name_in_any_script(
    organizer: Organizer, talk_id: str, pump: Pump, database: TestDatabase
) -> None:
    content = samples.office("ppt", "presentation", "presentationml.presentation")
    id = organizer.upload(content, "session.slides-url", talk_id, **{"file-name": 'C:\\Fôo "bar";.html'})
    pump.everything()

    assert organizer.outcome(id)["state"] == "ready"
    assert database.one("SELECT slides_url FROM sessions") == f"{MEDIA_URL}media/session/{talk_id}/{id}.pptx"
    thing = aws.s3().head_object(Bucket=settings().bucket, Key=f"media/session/{talk_id}/{id}.pptx")
    assert thing["ContentDisposition"] == "attachment; filename*=UTF-8''F%C3%B4o%20%22bar%22%3B.pptx"


def test_news_that_comes_twice_has_one_effect(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    id = organizer.upload(samples.image("PNG"), "event.original-image-url")
    uploads.receive(news_of(f"incoming/{id}"))
    before = database.rows("SELECT * FROM uploads"), stored()
    uploads.receive(news_of(f"incoming/{id}"))

    assert (database.rows("SELECT * FROM uploads"), stored()) == before
    assert database.one("SELECT count(*) FROM outbox") == 1


def test_news_that_comes_twice_at_once_has_one_effect(
    organizer: Organizer, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = organizer.upload(samples.image("PNG"), "event.original-image-url")
    publish = arrival._publish

    def overtaken(*arguments: Any) -> None:
        publish(*arguments)
        with monkeypatch.context() as patch:
            patch.setattr(arrival, "_publish", publish)
            uploads.receive(news_of(f"incoming/{id}"))

    with monkeypatch.context() as patch:
        patch.setattr(arrival, "_publish", overtaken)
        uploads.receive(news_of(f"incoming/{id}"))

    assert organizer.outcome(id)["state"] == "ready"
    assert database.one("SELECT count(*) FROM outbox") == 1


def test_a_second_file_sent_with_the_same_form_is_thrown_away(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    id = organizer.upload(samples.image("PNG"))
    pump.everything()
    put(f"incoming/{id}", samples.image("GIF"))
    pump.everything()

    assert organizer.outcome(id)["mime-type"] == "image/png"
    assert stored() == [f"media/event/{organizer.event.id}/{id}.png"]


@pytest.mark.parametrize(
    ("how", "bucket", "prefix"),
    [
        ("ObjectCreated:Copy", None, "incoming/"),
        ("ObjectCreated:Post", "another-bucket", "incoming/"),
        ("ObjectCreated:Post", None, "media/"),
    ],
)
def test_news_that_is_not_about_an_upload_changes_nothing(
    organizer: Organizer, how: str, bucket: str | None, prefix: str
) -> None:
    id = organizer.upload(samples.image("PNG"))
    uploads.receive(news_of(f"{prefix}{id}", how, bucket))

    assert organizer.outcome(id)["state"] == "pending"
    assert stored() == [f"incoming/{id}"]


@pytest.mark.parametrize("step", ["_head", "_publish", "_settle", "_remove"])
def test_a_process_that_dies_at_any_step_is_made_up_for_by_the_next_delivery(
    organizer: Organizer, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    id = organizer.upload(samples.image("PNG"))
    real = getattr(arrival, step)

    def die_afterwards(*arguments: Any) -> Any:
        real(*arguments)
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(arrival, step, die_afterwards)
        with pytest.raises(SystemExit):
            uploads.receive(news_of(f"incoming/{id}"))
    uploads.receive(news_of(f"incoming/{id}"))

    assert organizer.outcome(id)["state"] == "ready"
    assert stored() == [f"media/event/{organizer.event.id}/{id}.png"]
    assert logo_of(database) == organizer.outcome(id)["url"]


def test_the_last_of_two_uploads_wins(organizer: Organizer, pump: Pump, database: TestDatabase) -> None:
    organizer.upload(samples.image("PNG"))
    pump.everything()
    second = organizer.upload(samples.image("GIF"))
    pump.everything()

    assert logo_of(database).endswith(f"{second}.gif")


def test_a_user_s_picture_is_their_original_image_too(
    organizer: Organizer, pump: Pump, database: TestDatabase
) -> None:
    somebody = make_user()
    them = Organizer(organizer.client.signed_in_as(somebody), somebody, organizer.event)
    them.upload(samples.image("PNG"), "user.avatar-url", str(somebody.id))
    pump.files()

    row = database.rows("SELECT avatar_url, original_image_url FROM users WHERE id = :id", id=somebody.id)[0]
    assert row["avatar_url"] == row["original_image_url"] != None  # noqa: E711 - a chain


def test_the_log_of_an_upload_carries_the_id_of_the_request_that_began_it(
    organizer: Organizer, pump: Pump, database: TestDatabase, stand_in: Resources
) -> None:
    organizer.upload(samples.image("PNG"), "event.original-image-url")
    pump.files()

    assert database.one("SELECT trace FROM outbox") == database.one("SELECT trace FROM uploads") != ""
