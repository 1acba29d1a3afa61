"""An exhibitor's leads as a file, at once: CSV or a spreadsheet, written by what writes all exports."""

from datetime import datetime
from typing import Any, Final

from chalicelib.actions.lead_requests import exhibiting
from chalicelib.actions.leads import WHO
from chalicelib.docs.documented import documented
from chalicelib.exports.columns import Column, Kind, column
from chalicelib.exports.csv_file import MEDIA_TYPE
from chalicelib.exports.export import Place
from chalicelib.exports.files import CSV, FILES, XLSX
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, content_disposition
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.onsite.lead_lists import leads_of
from chalicelib.resources.onsite.lead_terms import terms_of

_FORMS: Final = (CSV, XLSX)
_MOST: Final = 20_000
_TITLES: Final = {"job-title": "Job Title", "linkedin": "LinkedIn", "github": "GitHub"}


@action("GET", "/v1/exhibitors/{id}/lead-files/{file}", query=("event",))
@documented(
    who=WHO,
    path={"file": "leads.csv"},
    media_type=MEDIA_TYPE,
    errors=(400, 401, 403, 404),
)
def export_exhibitor_leads(context: Context, id: str, file: str) -> Answer:
    """The exhibitor's leads as `leads.csv` or `leads.xlsx`: what the list has, with times in the event's time
    zone; the first 20,000.
    """
    booth = exhibiting(context, id)
    name, _, form = file.rpartition(".")
    if name != "leads" or form not in _FORMS:
        raise not_found("There are leads.csv and leads.xlsx.")
    terms = terms_of(context.session, booth.event_id)
    fields = [*terms.fields]
    written = FILES[form](_columns(fields), Place(booth.id, booth.name, str(booth.id), booth.zone), {})
    rows = [_row(lead, fields) for lead in leads_of(context.session, booth.id, terms, most=_MOST)]
    content = written.begin() + written.rows(rows) + written.end()
    headers = {
        "Content-Type": written.media_type,
        "Content-Disposition": content_disposition("attachment", f"leads-{booth.id}.{form}"),
        "Cache-Control": delivery.NEVER,
    }
    return Answer(200, content, headers, binary=form == XLSX)


def _columns(fields: list[str]) -> list[Column]:
    named = [column(field, _TITLES.get(field) or field.replace("-", " ").title(), "") for field in fields]
    return [
        column("scanned-at", "Scanned At", "", Kind.MOMENT),
        *named,
        column("ticket", "Ticket", ""),
        column("rating", "Rating", "", Kind.NUMBER),
        column("note", "Note", "", Kind.MARKUP),
        column("consented-at", "Consented At", "", Kind.MOMENT),
    ]


def _row(lead: dict[str, Any], fields: list[str]) -> list[Any]:
    person = [lead["person"].get(field) for field in fields]
    return [
        _seconds(lead["scanned_at"]),
        *person,
        lead["ticket"],
        lead["rating"],
        lead["note"],
        _seconds(lead["consented_at"]),
    ]


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
