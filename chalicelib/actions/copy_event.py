"""Copies an event's set-up for the next edition, without what people did with it."""

from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib import signals
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.verdicts import demand
from chalicelib.jsonapi.write.changing import lock_visible
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event.dates import end_sales
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.social_link import SocialLink
from chalicelib.resources.events.sponsor import Sponsor
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.forms.custom_form_option import CustomFormOption
from chalicelib.resources.forms.custom_form_translate import CustomFormTranslate
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.onsite.lead_terms import set_terms, terms_of
from chalicelib.resources.orders.refund_rule import RefundRule
from chalicelib.resources.policies import has_role
from chalicelib.resources.programme.microlocation import Microlocation
from chalicelib.resources.programme.speakers_call import SpeakersCall
from chalicelib.resources.programme.track import Track
from chalicelib.resources.tickets.discount_code import DiscountCode, discount_codes_tickets
from chalicelib.resources.tickets.tax import Tax
from chalicelib.resources.tickets.ticket import Ticket
from chalicelib.resources.tickets.ticket_pool import TicketPool

Row = TypeVar("Row", bound=Model)

_PARTS: tuple[type[Model], ...] = (
    Tax,
    SocialLink,
    Sponsor,
    Track,
    SpeakersCall,
    UsersEventsRoles,
    RefundRule,
)
_TEAM = has_role(COORGANIZERS, "id")
# A copy starts as a draft, and is not promoted.
_FRESH: dict[str, Any] = {
    "state": "draft",
    "is_featured": False,
    "is_promoted": False,
    "is_demoted": False,
    "is_announced": False,
    "schedule_published_on": None,
    "pentabarf_url": None,
    "ical_url": None,
    "xcal_url": None,
    "chat_room_name": None,
}


@action("POST", "/v1/events/{id}/copy")
@documented(
    who="owner, organizers and coorganizers of the event who may create events",
    response={"id": 4, "identifier": "6e9304ce", "copied": True},
    errors=(400, 401, 403, 404),
)
def copy_event(context: Context, id: str) -> Answer:
    """{id, identifier, copied} of the new event, a draft with the same team. Raises Problem 401, 403, 404.

    Sessions, speakers, orders, access codes and ticket tags are not copied.
    """
    events = context.registry["event"]
    event: Event = lock_visible(context, events, id)
    demand(context, events, event, _TEAM, "You may not copy this event.")
    # Copying creates an event, so it needs the permission to create one.
    demand(context, events, event, events.policy.create, "You may not create this event.")
    session = context.session
    copied = _twin(context, event, identifier=new_identifier(), **_FRESH)
    for model in _PARTS:
        _twins(context, model, event, copied)
    for room in _of(session, Microlocation, event):
        _twin(context, room, event_id=copied.id, video_stream_id=None, chat_room_name=None)
    tickets = _copy_tickets(context, event, copied)
    end_sales(session, copied)
    _copy_discounts(context, event, copied, tickets)
    _copy_forms(context, event, copied)
    leads = terms_of(session, event.id)
    if leads.version:  # switched on by its team: the wording may be about the event before
        set_terms(session, copied.id, replace(leads, is_enabled=False))
    signals.emit(session, "event.copied", id=copied.id, source_id=event.id, viewer_id=context.viewer.id)
    return plain({"id": copied.id, "identifier": copied.identifier, "copied": True})


def _copy_tickets(context: Context, event: Event, copied: Event) -> dict[int, int]:
    """Copy the tickets into copies of their pools; returns new ids by old ones."""
    pools = _twins(context, TicketPool, event, copied)
    twins = {}
    for ticket in _of(context.session, Ticket, event):
        pool = pools.get(ticket.pool_id) if ticket.pool_id is not None else None
        twins[ticket.id] = _twin(context, ticket, event_id=copied.id, pool_id=pool).id
    return twins


def _copy_discounts(context: Context, event: Event, copied: Event, tickets: dict[int, int]) -> None:
    codes = _twins(context, DiscountCode, event, copied)
    table = discount_codes_tickets
    links = context.session.execute(select(table).where(table.c.discount_code_id.in_(codes))).all()
    twins = [
        {"discount_code_id": codes[link.discount_code_id], "ticket_id": tickets[link.ticket_id]}
        for link in links
        if link.ticket_id in tickets
    ]
    if twins:
        context.session.execute(table.insert(), twins)


def _copy_forms(context: Context, event: Event, copied: Event) -> None:
    fields = _twins(context, CustomForm, event, copied)
    for model in (CustomFormOption, CustomFormTranslate):
        rows: list[Any] = list(context.session.scalars(select(model).where(model.custom_form_id.in_(fields))))
        for row in rows:
            if getattr(row, "deleted_at", None) is None:
                _twin(context, row, custom_form_id=fields[row.custom_form_id])


def _twins(context: Context, model: type[Model], event: Event, copied: Event) -> dict[int, int]:
    """Copy the event's rows of this model that are not deleted; returns new ids by old ones."""
    return {row.id: _twin(context, row, event_id=copied.id).id for row in _of(context.session, model, event)}


def _of(session: Session, model: type[Row], event: Event) -> list[Row]:
    kind: Any = model
    select_rows = select(kind).where(kind.event_id == event.id).order_by(kind.id)
    if "deleted_at" in model.__table__.columns:
        select_rows = select_rows.where(kind.deleted_at.is_(None))
    return list(session.scalars(select_rows))


def _twin(context: Context, row: Row, **changes: Any) -> Row:
    """A new row with the same values, except id, creation time and `changes`."""
    columns = [column.key for column in row.__table__.columns if column.key not in {"id", "created_at"}]
    values = {name: getattr(row, name) for name in columns}
    made = type(row)(**{**_kept(context, type(row), values), **changes})
    context.session.add(made)
    context.session.flush()
    return made


def _kept(context: Context, model: type[Model], values: dict[str, Any]) -> dict[str, Any]:
    """The values in today's normal form."""
    # By the table, which is known of each type without importing its model: this holds the event's lock.
    tables = ((resource, "" if resource.is_report else resource.table) for resource in context.registry)
    noun = next((resource for resource, table in tables if table == model.__tablename__), None)
    return values if noun is None else noun.stored_forms(values)
