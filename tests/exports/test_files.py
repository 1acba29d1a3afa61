"""Spreadsheets and PDFs, read by others' libraries, and exports that take several messages."""

import io
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.request import urlopen

import openpyxl
import pikepdf
import pytest
from openpyxl.utils.escape import unescape

from chalicelib.exports import parts
from chalicelib.exports.orders import ORDERS
from chalicelib.exports.xlsx_file import XlsxFile
from chalicelib.tasks import export_rows
from tests.exports.asking import cells_of
from tests.exports.conftest import BEGINS, Fair
from tests.exports.test_attendees import ORDERED, sold
from tests.factories import stored
from tests.factories.microlocation import make_microlocation
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker

pytestmark = pytest.mark.one_database
_GREETING = "مرحبا"
_MANY = """
INSERT INTO speakers (event_id, is_featured, is_email_overridden, name, email, short_biography)
SELECT :event, FALSE, FALSE, 'Speaker ' || lpad(n::text, 4, '0'), n || '@example.org',
  (SELECT string_agg(md5(n || '-' || k), '') FROM generate_series(1, 500) k)
FROM generate_series(1, :rows) n
"""


def test_a_spreadsheet_has_numbers_dates_and_no_formulas(fair: Fair) -> None:
    order, (person,) = sold(fair, "12.5", company='=HYPERLINK("http://evil")')
    sold(fair, "0")
    texts = {"firstname": "=1+1", "lastname": 'a_x0041_b <&> "q"\n' + _GREETING + " 👩‍💻 "}
    fair.database.run(
        "UPDATE attendees SET firstname = :firstname, lastname = :lastname WHERE id = :id",
        **texts,
        id=person.id,
    )
    sheet = fair.asking.sheet(fair.path("attendees.xlsx"), sort="id")
    head, row, free = sheet.iter_rows()
    cells = {title.value: cell for title, cell in zip(head, row, strict=True)}
    assert all(title.font.bold for title in head)
    assert sheet.freeze_panes == "A2"
    assert (cells["Ticket Price"].value, cells["Ticket Price"].data_type) == (12.5, "n")
    assert cells["Ticket Price"].number_format == "0.00"
    assert cells["Order Date"].is_date
    assert cells["Order Date"].value == datetime(2030, 1, 2, 10, 0, 5)  # noqa: DTZ001 - as the sheet has it
    assert (cells["First Name"].value, cells["First Name"].data_type) == ("=1+1", "s")
    assert (cells["Company"].value, cells["Company"].data_type) == (order.company, "s")
    assert unescape(cells["Last Name"].value) == texts["lastname"]
    assert {title.value: cell.value for title, cell in zip(head, free, strict=True)}["Price Paid"] == 0
    assert cells["Tax ID"].value is None
    assert ORDERED.year == 2030


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_list_is_a_file_too(fair: Fair, rows: int) -> None:
    for _ in range(rows):
        stored(make_speaker, event=fair.event, email=None)
    assert len(fair.asking.csv(fair.path("speakers.csv"))) == rows + 1
    assert fair.asking.sheet(fair.path("speakers.xlsx")).max_row == rows + 1
    assert len(fair.asking.pages(fair.path("speakers.pdf"))) == 1


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_it_goes_on_in_further_messages_and_in_parts(
    fair: Fair, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message reads one batch, and parts are as small as S3 allows."""
    monkeypatch.setattr(export_rows, "SECONDS", 0.0)
    monkeypatch.setattr(export_rows, "BATCH", 200)
    monkeypatch.setattr(parts, "PART", 5 * 2**20)
    rows = 900
    fair.database.run(_MANY, event=fair.event.id, rows=rows)
    content = fair.asking.content(fair.path(f"speakers.{form}"))
    assert len(content) > 5 * 2**20
    if form == "csv":
        names = [row[0] for row in cells_of(content)[1:]]
    else:
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        names = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert names == [f"Speaker {number:04}" for number in range(1, rows + 1)]
    assert fair.database.one("SELECT count(*) FROM tasks_done WHERE task = 'export_rows'") >= 5, "messages"


def test_who_was_deleted_on_the_way_is_left_out(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "SECONDS", 0.0)
    monkeypatch.setattr(export_rows, "BATCH", 2)
    speakers = [stored(make_speaker, event=fair.event, name=f"{n}") for n in range(5)]
    task = fair.asking.started(fair.path("speakers.csv"), columns="name")
    fair.pump.tasks()
    fair.database.run("UPDATE speakers SET deleted_at = now() WHERE id = :id", id=speakers[3].id)
    stored(make_speaker, event=fair.event, name="2a")
    told = fair.asking.ended(task)
    with urlopen(told["result"]["download_url"]) as answer:
        assert [name for (name,) in cells_of(answer.read())] == ["Name", "0", "1", "2", "4"]


def test_a_pdf_is_a_table_in_the_zone_of_the_event(fair: Fair) -> None:
    room = stored(make_microlocation, event=fair.event, name="Großer Saal")
    times = {"starts_at": BEGINS, "ends_at": BEGINS + timedelta(hours=1)}
    talk = stored(make_session, event=fair.event, title="Grüße שלום", microlocation_id=room.id, **times)
    stored(make_speaker, event=fair.event, name="山田太郎", sessions=[talk])
    for number in range(80):
        stored(make_session, event=fair.event, title=f"Talk {number}", state="pending")
    content = fair.asking.content(fair.path("sessions.pdf"))
    assert pikepdf.open(io.BytesIO(content)).check_pdf_syntax() == []
    pages = fair.asking.pages(fair.path("sessions.pdf"))
    assert len(pages) > 1
    assert all("Status" in page and "Speakers" in page for page in pages)
    text = " ".join(pages[0].split())
    assert fair.event.name in text
    for expected in ("Grüße", "Großer Saal", "山田太郎", "1 Jul 2031 10:00", "Europe/Berlin", "accepted"):
        assert expected in text


def test_a_pdf_has_room_for_some_columns(fair: Fair) -> None:
    names = [column.name for column in ORDERS.columns]
    paths = [f"/v1{fair.path('orders.pdf')}?columns={','.join(names[:count])}" for count in (14, 15)]
    replies = [fair.asking.client.post(path, content_type=None) for path in paths]
    assert [reply.status for reply in replies] == [200, 400]
    assert replies[1].json["errors"][0]["source"] == {"parameter": "columns"}


def test_too_many_rows_for_a_format_are_told(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(XlsxFile, "most_rows", 1)
    for _ in range(2):
        stored(make_speaker, event=fair.event)
    told = fair.asking.ended(fair.asking.started(fair.path("speakers.xlsx")))
    assert (told["state"], "more than 1 rows" in told["result"]["reason"]) == ("FAILURE", True)


def test_amounts_have_the_decimals_of_their_currency(fair: Fair) -> None:
    fair.database.run("UPDATE events SET payment_currency = 'JPY' WHERE id = :id", id=fair.event.id)
    sold(fair, "500", 2, currency="JPY", tax=None)
    records = fair.asking.records(fair.path("orders.csv"))
    assert [(record["Total Amount"], record["Quantity"]) for record in records] == [("1000", "2")]
    paid = fair.asking.records(fair.path("attendees.csv"), columns="price-paid")
    assert paid == [{"Price Paid": "500"}] * 2
    cell: Any = fair.asking.sheet(fair.path("attendees.xlsx"), columns="price-paid")["A2"]
    assert (Decimal(str(cell.value)), cell.number_format) == (Decimal(500), "0")
