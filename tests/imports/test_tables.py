"""Tables that exports have written come back, at another event and at the same one."""

import io
from typing import Any

import openpyxl
import pytest

from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.session_type import make_session_type
from tests.factories.speaker import make_speaker
from tests.factories.track import make_track
from tests.imports.conftest import BEGINS, Place

pytestmark = pytest.mark.one_database


def _programme(place: Place) -> None:
    """A programme with whatever is hard to write into a cell."""
    own = {"event": place.event, "form": "speaker", "is_included": True}
    stored(
        make_custom_form, **own, name="Vegetarian", field_identifier="vegetarian", type="boolean", position=1
    )
    stored(make_custom_form, **own, name="Shirt; size", field_identifier="shirtSize", type="text", position=2)
    stored(make_custom_form, **own, name="City", field_identifier="cityOfBirth", type="text", position=3)
    stored(make_custom_form, **own, name="Gender", field_identifier="gender", type="text", position=4)
    stored(make_custom_form, **own, name="Fee", field_identifier="fee", is_internal=True, position=5)
    ada = stored(
        make_speaker,
        event=place.event,
        name="=Ada+Lovelace",
        email="ada@example.org",
        short_biography="<p>First <b>programmer</b> &amp; more</p><p>of all</p>",
        mobile="+44 20 7946",
        organisation='Analytical, "Engine" Society',
        city="-London",
        gender="Woman",
        website="https://example.org/ada",
        is_featured=True,
        complex_field_values={
            "vegetarian": True,
            "shirt_size": "@M\nor L",
            "city_of_birth": "'quoted",
            "x": 1,
        },
        internal_field_values={"fee": "=300"},
    )
    bob = stored(make_speaker, event=place.event, name="Bob", email=None, complex_field_values=None)
    twin = stored(make_speaker, event=place.event, name="Bob", email="bob@example.org")
    track = stored(make_track, event=place.event, name="Engines")
    room = stored(make_microlocation, event=place.event, name="Großer Saal")
    kind = stored(make_session_type, event=place.event, name="Keynote", length="01:15")
    talk = stored(
        make_session,
        event=place.event,
        title="Notes (accepted)",
        state="confirmed",
        starts_at=BEGINS.replace(hour=9, second=7),
        ends_at=BEGINS.replace(hour=10),
        track_id=track.id,
        microlocation_id=room.id,
        session_type_id=kind.id,
        short_abstract="<p>a</p>",
        comments="+ see <a href='https://example.org'>this</a>",
        language="en",
        level="Expert",
    )
    same = stored(make_session, event=place.event, title="Notes (accepted)", state="pending")
    for speaker, session in ((ada, talk), (bob, talk), (twin, same)):
        place.database.run(
            "INSERT INTO speakers_sessions VALUES (:speaker, :session)",
            speaker=speaker.id,
            session=session.id,
        )
    stored(make_session, event=place.event, title="Empty", state="draft", starts_at=None, ends_at=None)


def _told(place: Place, name: str) -> list[dict[str, Any]]:
    """The rows of an exported list, without the times of their making."""
    rows = place.exports.records(f"/events/{place.event.id}/exports/{name}.csv")
    return [{key: text for key, text in row.items() if key != "Created At"} for row in rows]


@pytest.mark.parametrize(("form", "language"), [("csv", "en"), ("xlsx", "en"), ("csv", "de")])
def test_what_exports_write_comes_back(place: Place, form: str, language: str) -> None:
    _programme(place)
    files = {
        name: place.exports.content(f"/events/{place.event.id}/exports/{name}.{form}", language=language)
        for name in ("speakers", "sessions")
    }
    if form == "xlsx":
        rows = openpyxl.load_workbook(io.BytesIO(files["sessions"])).active.iter_rows(min_row=2, max_row=2)
        assert [cell.is_date for cell in next(rows)][:4] == [False, True, True, False]
    for name, noun in (("speakers", "speaker"), ("sessions", "session")):
        assert place.imported(name, f"own.{form}", files[name]) == {noun: {"unchanged": 3}}
    before = {name: _told(place, name) for name in files}
    other = Place(place.client, place.pump, place.database)
    for row in place.database.rows(
        "SELECT form, name, field_identifier, type, position, is_internal FROM custom_forms "
        "WHERE event_id = :id AND "
        "form = 'speaker'",
        id=place.event.id,
    ):
        stored(make_custom_form, event=other.event, is_included=True, **row)
    assert other.imported("speakers", f"a.{form}", files["speakers"]) == {"speaker": {"made": 3}}
    missing = other.report("sessions", f"b.{form}", files["sessions"])
    assert missing["state"] == "FAILURE"
    first = missing["result"]["entries"][0]
    assert (first["action"], first["row"], first["column"]) == (
        "refused",
        2,
        {"en": "Track", "de": "Themenbereich"}[language],
    )
    assert first["detail"] == "The event has no track 'Engines'."
    made = other.imported("sessions", f"b.{form}", files["sessions"], create_missing="true")
    assert made == {
        "track": {"made": 1},
        "microlocation": {"made": 1},
        "session-type": {"made": 1},
        "session": {"made": 3},
    }
    after = {name: _told(other, name) for name in files}
    assert after == before
    assert other.database.one(
        "SELECT complex_field_values FROM speakers WHERE event_id = :id AND email = 'ada@example.org'",
        id=other.event.id,
    ) == {"vegetarian": True, "shirt_size": "@M\nor L", "city_of_birth": "'quoted"}
    assert other.database.one(
        "SELECT internal_field_values FROM speakers WHERE event_id = :id AND email = 'ada@example.org'",
        id=other.event.id,
    ) == {"fee": "=300"}
    for name, noun in (("speakers", "speaker"), ("sessions", "session")):
        assert other.imported(name, f"again.{form}", files[name]) == {noun: {"unchanged": 3}}
