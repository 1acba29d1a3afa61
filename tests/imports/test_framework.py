"""What every import has in common: dry runs, all or nothing, reports, rights, repetitions."""

from typing import Any

import pytest

from tests.factories import stored
from tests.factories.speaker import make_speaker
from tests.imports.conftest import Place, whole_report

pytestmark = pytest.mark.one_database
THREE = "Name,Email\r\nGrace Hopper,grace@example.org\r\nAda Lovelace,ada@example.org\r\nNobody,\r\n"
NAMES = "SELECT count(*) FROM speakers WHERE event_id = :event"


def test_a_dry_run_says_what_a_run_does_and_leaves_nothing(place: Place) -> None:
    dry = place.report("speakers", "people.csv", THREE, dry_run="true")
    assert dry["state"] == "SUCCESS"
    assert place.database.one(NAMES, event=place.event.id) == 0
    real = place.report("speakers", "people.csv", THREE)
    assert real["state"] == "SUCCESS"
    assert place.database.one(NAMES, event=place.event.id) == 3
    assert dry["result"]["counts"] == real["result"]["counts"]
    assert [{**entry, "id": None} for entry in dry["result"]["entries"]] == [
        {**entry, "id": None} for entry in real["result"]["entries"]
    ]
    assert (dry["result"]["dry_run"], real["result"]["dry_run"]) == (True, False)
    first = real["result"]["entries"][0]
    assert (first["action"], first["type"], first["label"], first["row"]) == (
        "made",
        "speaker",
        "Grace Hopper",
        2,
    )
    assert place.asking.get(f"/v1/speakers/{first['id']}").data["attributes"]["email"] == "grace@example.org"
    assert whole_report(real)["entries"] == real["result"]["entries"]
    assert place.imported("speakers", "people.csv", THREE) == {"speaker": {"unchanged": 3}}
    changed = THREE.replace("Grace Hopper", "Rear Admiral Hopper")
    assert place.imported("speakers", "people.csv", changed) == {"speaker": {"changed": 1, "unchanged": 2}}


def test_one_refusal_takes_all_back_unless_it_is_skipped(place: Place) -> None:
    stored(make_speaker, event=place.event, name="Old", email="old@example.org")
    content = (
        "Name,E-Mail,Website\nNew,new@example.org,\n,nameless@example.org,\nBad,nobody,\n"
        "Old,old@example.org,javascript:alert(1)\n"
    )
    skipping: dict[str, Any] = {"skip_refused": "1"}
    for options, state, left in (({}, "FAILURE", 1), (skipping, "SUCCESS", 2)):
        told = place.report("speakers", "people.csv", content, **options)
        assert told["state"] == state
        refused = [entry for entry in told["result"]["entries"] if entry["action"] == "refused"]
        assert [(entry["row"], entry.get("column")) for entry in refused] == [
            (3, None),
            (4, "E-Mail"),
            (5, "Website"),
        ]
        assert place.database.one(NAMES, event=place.event.id) == left
        if state == "FAILURE":
            assert told["result"]["reason"] == "Nothing was imported: the file has mistakes (3)."
            assert not any("id" in entry for entry in told["result"]["entries"])
