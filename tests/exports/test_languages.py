"""Lists in the language of who asks: headings, words, months; and none of it at the addresses that scripts know."""

import io
import zipfile
from datetime import timedelta

import pytest

from chalicelib.values.messages import CATALOGS, catalog, languages
from tests.exports.conftest import BEGINS, Fair
from tests.exports.test_attendees import sold
from tests.factories import stored
from tests.factories.custom_form import make_custom_form
from tests.factories.custom_form_translate import make_custom_form_translate
from tests.factories.group import make_group
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.factories.user_follow_group import make_user_follow_group

pytestmark = pytest.mark.one_database


def prefer(fair: Fair, language: str | None) -> None:
    fair.database.run(
        "UPDATE users SET language_preference = :tag WHERE id = :id", tag=language, id=fair.helper.id
    )


def test_all_kinds_of_files_have_the_same_headings_in_the_language_of_who_asks(fair: Fair) -> None:
    sold(fair, "12.5")
    columns = "order-number,price-paid,checked-in,order-date"
    for preferred, query, expected in (
        (None, {}, ["Order#", "Price Paid", "Checked In", "Order Date"]),
        ("de-AT", {}, ["Bestellung Nr.", "Bezahlter Preis", "Eingecheckt", "Bestelldatum"]),
        ("tlh", {}, ["Order#", "Price Paid", "Checked In", "Order Date"]),
        ("de", {"language": "en"}, ["Order#", "Price Paid", "Checked In", "Order Date"]),
        (None, {"language": "German"}, ["Bestellung Nr.", "Bezahlter Preis", "Eingecheckt", "Bestelldatum"]),
    ):
        prefer(fair, preferred)
        table = fair.asking.csv(fair.path("attendees.csv"), columns=columns, **query)
        german = "Nr." in expected[0]
        assert table[0] == expected
        # The cells of a CSV are those that programs read, in any language.
        assert table[1][1:] == ["12.50", "Nein" if german else "No", "January 2, 2030 10:00 +0100"]
        sheet = fair.asking.sheet(fair.path("attendees.xlsx"), columns=columns, **query)
        assert [cell.value for cell in next(iter(sheet.iter_rows()))] == expected
        (page,) = fair.asking.pages(fair.path("attendees.pdf"), columns=columns, **query)
        text = " ".join(page.split())
        title = "Teilnehmende: " if german else "Attendees: "
        shown = ("12,50 EUR", "2. Jan. 2030, ") if german else ("12.50 EUR", "2 Jan 2030 ")
        for part in (f"{title}{fair.event.name}", *expected, *shown):
            assert part in text


def test_a_language_without_texts_is_refused(fair: Fair) -> None:
    for language in ("tlh", "", "de;drop"):
        reply = fair.asking.client.post(
            f"/v1{fair.path('orders.csv')}?language={language}", content_type=None
        )
        assert (reply.status, reply.errors[0]["source"]) == (400, {"parameter": "language"})
        assert reply.errors[0]["detail"] == "Exports are written in de, en."


def test_the_former_addresses_keep_the_headings_of_their_csv(fair: Fair) -> None:
    prefer(fair, "de")
    times = {"starts_at": BEGINS, "ends_at": BEGINS + timedelta(hours=1)}
    stored(make_session, event=fair.event, title="Sales", **times)
    path = f"/events/{fair.event.id}/export"
    assert fair.asking.csv(f"{path}/orders/csv", "GET")[0][:2] == ["Order#", "Order Date"]
    assert fair.asking.csv(f"{path}/sessions/csv", body={"status": "all"})[0][0] == "Session Title"
    (page,) = fair.asking.pages(f"{path}/sessions/pdf", "GET")
    text = " ".join(page.split())
    for part in (f"Beiträge: {fair.event.name}", "Vortragende", "1. Juli 2031, 10:00", "Sales"):
        assert part in text
    group = stored(make_group, user=fair.helper)
    stored(make_user_follow_group, group=group, user=stored(make_user))
    assert [row[-1] for row in fair.asking.csv(f"/group/{group.id}/export/followers/csv")] == [
        "Role",
        "Follower",
    ]
    followers = fair.asking.csv(f"/groups/{group.id}/exports/followers.csv")
    assert [row[-1] for row in followers] == ["Rolle", "Folgender"]


def test_a_field_of_the_form_has_the_name_of_its_translation(fair: Fair) -> None:
    _, (person,) = sold(fair, "5")
    fair.database.run(
        "UPDATE attendees SET complex_field_values = '{\"vegan\": true}' WHERE id = :id", id=person.id
    )
    given = {"event": fair.event, "form": "attendee", "is_included": True}
    size = stored(
        make_custom_form,
        field_identifier="vegan",
        name="Vegan food",
        type="checkbox",
        **given,
    )
    stored(make_custom_form, field_identifier="jobTitle", name="Job Title", **given)
    stored(make_custom_form_translate, custom_form=size, name="Veganes Essen", language_code="de-DE")
    for language, expected in (
        ("en", ("Vegan food", "Job Title", "Yes")),
        ("de", ("Veganes Essen", "Berufsbezeichnung", "Ja")),
    ):
        head, row = fair.asking.csv(fair.path("attendees.csv"), columns="answers", language=language)
        assert (*head, row[0]) == expected


def test_translators_get_all_texts_and_german_has_them_all(fair: Fair) -> None:
    staff = fair.client.signed_in_as(stored(make_user, is_admin=True))
    answer = staff.get("/v1/admin/content/translations/all", headers={"Accept": "*/*"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        entries = archive.read("messages.pot").decode().split("\n\n")
    of_exports = {
        entry.split('msgid "')[1].split('"\nmsgstr')[0]
        for entry in entries
        if entry.startswith(("#: exports/", "#: forms/"))
    }
    assert {"Order#", "Attendees", "Yes", "Follower", "%-d %b %Y %H:%M", "Dec"} <= of_exports
    assert languages() == ("de", "en")
    assert set(catalog("de")) == of_exports
    # A translator's program may wrap its texts, and escapes quotation marks.
    assert all(text.strip() for text in catalog("de").values())
    assert (CATALOGS / "de.po").read_text(encoding="utf-8").count("\nmsgid ") == len(of_exports) + 1
