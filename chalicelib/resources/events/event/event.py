"""Events: what everything else is about. Drafts are their team's, private events are seen by who knows them.

Also what must be true of an event, what publishing asks for, and what its creator becomes.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.auth import roles
from chalicelib.auth.viewer import Kind
from chalicelib.db import Model, SoftDeleted, linked_to
from chalicelib.jsonapi.ground.errors import conflict, forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, among, column_is, staff, verified, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.jsonapi.rights.proofs import named
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer, of_viewer, opened_row
from chalicelib.resources.attributes import Trashable, latitude, longitude, named_links, web_address
from chalicelib.resources.columns import (
    CreatedAt,
    FalseByDefault,
    FalseInDatabase,
    TrueByDefault,
    TrueInDatabase,
)
from chalicelib.resources.events.event import certificates, creation, dates, groups, local_times, test_mode
from chalicelib.resources.events.event.after_purchase import AfterPurchase
from chalicelib.resources.events.event.feeds import FeedsShown
from chalicelib.resources.events.event.listed import indexes_of_lists
from chalicelib.resources.events.event.people import CREW, people_with
from chalicelib.resources.events.event.sales import SoldSchema
from chalicelib.resources.events.event.selling import PUBLISHED, TEAM
from chalicelib.resources.events.event_location import link_location
from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.excerpts import ExcerptShown, HasExcerpt, keep_excerpt
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.image_details import HasImageDetails, PicturesShown
from chalicelib.resources.markup import RichText
from chalicelib.resources.onsite.certificate import NONE, RULES
from chalicelib.resources.onsite.ticket_code import FORMER, KINDS
from chalicelib.resources.orders.billing import BILLED_IN_ITS_CURRENCY
from chalicelib.resources.orders.order.link_loader import ORDER, holds_link_there
from chalicelib.resources.orders.order.states import ADMITTING, ENDED, listed
from chalicelib.resources.policies import allowed_by_permission, has_role
from chalicelib.resources.search_index import EVERYWHERE
from chalicelib.resources.value_fields import Country, Currency, EmailAddress, Normal, TimeZone
from chalicelib.values.characters import is_blank
from chalicelib.values.currencies import digits_of

_BOUGHT = sql("SELECT bought.event_id FROM orders bought WHERE ", of_viewer("bought"))
_TOOK_PART = sql(
    _BOUGHT,
    *(" UNION ALL SELECT coming.event_id FROM attendees coming WHERE ", email_of_viewer("coming")),
    " AND coming.deleted_at IS NULL",
    *(" UNION ALL SELECT talk.event_id FROM sessions talk WHERE ", of_viewer("talk", "creator_id")),
    " AND talk.deleted_at IS NULL",
    *(" UNION ALL SELECT speaker.event_id FROM speakers speaker WHERE ", of_viewer("speaker")),
    " AND speaker.deleted_at IS NULL",
)
_ORDERED = sql(_BOUGHT, f" AND bought.status NOT IN {listed(ENDED)}")

PRIVATE: Final = column_is("privacy", "private")
_TAKES_PART = Described(  # which only private events ask
    among(_TOOK_PART, "buyer, attendee or speaker there", function="ids_of_events_taken_part_in")
    | holds_link_there("id"),
    "buyer, attendee or speaker there",
)
# Where to pay, and what is said after the order, is told to those who have one.
_LIVING: Final = sql(
    *("EXISTS (SELECT FROM orders held WHERE held.id = ", opened_row(ORDER)),
    f" AND held.status NOT IN {listed(ENDED)})",
)
_HAVE_ORDERED: Final = among(_ORDERED, "whoever has an order there") | (
    holds_link_there("id") & where_sql(_LIVING, "that order has not ended", of_row=True)
)
CUSTOMERS: Final = TEAM | Described(_HAVE_ORDERED, "whoever has an order there")

POLICY: Final = Policy(
    see=(PUBLISHED & (~PRIVATE | named() | CREW | _TAKES_PART)) | TEAM,
    list=~PRIVATE | CREW,
    create=verified | allowed_by_permission("create_event"),
    change=TEAM,
    remove=TEAM,
)


# A page of thousands of events comes from these in the order of the page.
_LISTED_BY = ("event_type_id", "event_topic_id", "event_sub_topic_id", "event_location_id")
LONGEST = timedelta(days=20)
# SQL: somebody has bought tickets of the event.
SOLD = sql(
    *("EXISTS (SELECT FROM orders sold WHERE sold.event_id = ", ROW["id"]),
    f" AND sold.status IN {listed(ADMITTING)})",
)
# SQL: or has paid, or was about to, or got a credit note: these are never deleted.
_KEPT = sql(
    *(SOLD, " OR EXISTS (SELECT FROM payments paid WHERE paid.event_id = ", ROW["id"], ")"),
    *(" OR EXISTS (SELECT FROM credit_notes issued WHERE issued.event_id = ", ROW["id"], ")"),
)
# $1 the event, $2 how many digits there may be.
_CURRENCY: Final = "/data/attributes/payment-currency"
_COSTS: Final = """
SELECT 1 FROM tickets WHERE event_id = $1 AND deleted_at IS NULL
AND (price > 0 OR type IN ('donation', 'donationRegistration')) LIMIT 1
"""
_ODD: Final = """
SELECT amount FROM (
  SELECT unnest(ARRAY[price, min_price, max_price]) AS amount FROM tickets
  WHERE event_id = $1 AND deleted_at IS NULL
  UNION ALL SELECT value FROM discount_codes
  WHERE event_id = $1 AND deleted_at IS NULL AND type = 'amount'
  UNION ALL SELECT fee FROM refund_rules WHERE event_id = $1
) amounts WHERE amount <> round(amount, $2::int) LIMIT 1
"""


_TOLD_BY_CALENDARS: Final = frozenset(
    {"name", "starts_at", "ends_at", "timezone", "location_name", "online", "description", "state"}
    | {"latitude", "longitude", "deleted_at"}
)


class Event(AfterPurchase, HasExcerpt, SoftDeleted, HasImageDetails, Model):
    __tablename__ = "events"
    identifier: Mapped[str] = attr(read_only=True, unique=True, default=new_identifier)
    name: Mapped[str] = attr(required=True, plain=True, allow_blank=True, searched=EVERYWHERE)
    external_event_url: Mapped[str | None] = attr(web_address)
    starts_at: Mapped[datetime] = attr(required=True)
    ends_at: Mapped[datetime] = attr(required=True)
    timezone: Mapped[str] = attr(TimeZone, required=True, default="UTC")
    online: Mapped[FalseByDefault] = attr()
    latitude: Mapped[float | None] = attr(latitude)
    longitude: Mapped[float | None] = attr(longitude)
    logo_url: Mapped[str | None] = attr(web_address)
    location_name: Mapped[str | None] = attr(fields.Line, searched=EVERYWHERE)
    searchable_location_name: Mapped[str | None] = attr(fields.Line, searched=EVERYWHERE)
    public_stream_link: Mapped[str | None] = attr(fields.Url, mailto=True, empty=True)
    stream_loop: Mapped[FalseByDefault] = attr()
    stream_autoplay: Mapped[FalseByDefault] = attr()
    description: Mapped[str | None] = attr(RichText)
    after_order_message: Mapped[str | None] = attr(RichText, seen_by=CUSTOMERS)
    original_image_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    large_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    show_remaining_tickets: Mapped[FalseByDefault] = attr()
    owner_name: Mapped[str | None] = attr(fields.Line, searched=EVERYWHERE)
    is_map_shown: Mapped[FalseByDefault] = attr()
    is_oneclick_signup_enabled: Mapped[FalseByDefault] = attr()
    has_owner_info: Mapped[FalseByDefault] = attr()
    owner_description: Mapped[str | None] = attr(RichText)
    is_sessions_speakers_enabled: Mapped[FalseByDefault] = attr()
    privacy: Mapped[str] = attr(Normal, choices=["public", "private"], default="public")
    state: Mapped[str] = attr(allow_null=True, choices=["published", "draft"], default="draft", index=True)
    ticket_url: Mapped[str | None] = attr(web_address)
    code_of_conduct: Mapped[str | None] = attr(RichText)
    schedule_published_on: Mapped[datetime | None] = attr()
    # What the platform sells, or does itself.
    is_featured: Mapped[FalseByDefault] = attr(set_by=staff)
    is_promoted: Mapped[FalseByDefault] = attr(set_by=staff)
    is_demoted: Mapped[FalseByDefault] = attr(set_by=staff)
    is_announced: Mapped[FalseByDefault] = attr(set_by=staff)
    is_ticket_form_enabled: Mapped[TrueByDefault] = attr()
    is_cfs_enabled: Mapped[FalseByDefault] = attr()
    payment_country: Mapped[str | None] = attr(Country)
    payment_currency: Mapped[str | None] = attr(Currency)
    paypal_email: Mapped[str | None] = attr(EmailAddress, seen_by=CUSTOMERS)
    is_tax_enabled: Mapped[FalseByDefault] = attr()
    is_billing_info_mandatory: Mapped[FalseByDefault] = attr()
    is_donation_enabled: Mapped[FalseByDefault] = attr()
    is_chat_enabled: Mapped[FalseByDefault] = attr()
    is_videoroom_enabled: Mapped[FalseByDefault] = attr()
    is_document_enabled: Mapped[FalseByDefault] = attr()
    document_links: Mapped[list[Any] | None] = attr(named_links)
    chat_room_name: Mapped[str | None] = attr(read_only=True)
    can_pay_by_paypal: Mapped[FalseByDefault] = attr()
    can_pay_by_stripe: Mapped[FalseByDefault] = attr()
    can_pay_by_cheque: Mapped[FalseByDefault] = attr()
    can_pay_by_bank: Mapped[FalseByDefault] = attr()
    can_pay_by_invoice: Mapped[FalseByDefault] = attr()
    can_pay_onsite: Mapped[FalseByDefault] = attr()
    can_pay_by_omise: Mapped[FalseByDefault] = attr()
    can_pay_by_alipay: Mapped[FalseByDefault] = attr()
    can_pay_by_paytm: Mapped[FalseByDefault] = attr()
    cheque_details: Mapped[str | None] = attr(RichText, seen_by=CUSTOMERS)
    invoice_details: Mapped[str | None] = attr(RichText, seen_by=CUSTOMERS)
    bank_details: Mapped[str | None] = attr(RichText, seen_by=CUSTOMERS)
    onsite_details: Mapped[str | None] = attr(RichText, seen_by=CUSTOMERS)
    is_sponsors_enabled: Mapped[FalseByDefault] = attr()
    is_guest_checkout_enabled: Mapped[TrueInDatabase] = attr()
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    # Empty: the attributes are derived. The columns are left for code that runs while this is deployed.
    pentabarf_url: Mapped[str | None]
    ical_url: Mapped[str | None]
    xcal_url: Mapped[str | None]
    refund_policy: Mapped[str | None] = attr(RichText)
    is_badges_enabled: Mapped[FalseByDefault] = attr()
    is_test_mode: Mapped[FalseInDatabase] = attr()
    # What is done about conflicts of the schedule, and the minutes between two sessions in a room.
    schedule_conflicts: Mapped[str] = attr(
        choices=["allowed", "refused"], default="allowed", server_default="allowed"
    )
    changeover_minutes: Mapped[int] = attr(minimum=0, maximum=1440, default=0, server_default="0")
    # Whether a room that is too small for who is expected is a conflict too.
    checks_capacity: Mapped[FalseInDatabase] = attr()
    # For how many sessions one attendee may sign up; null: as many as they like.
    sign_ups_per_attendee: Mapped[int | None] = attr(minimum=1, maximum=1000)
    # Which code tickets have, and whether the former one admits: docs/door.md.
    ticket_code: Mapped[str] = attr(choices=KINDS, default=FORMER, server_default=FORMER)
    is_former_code_accepted: Mapped[TrueInDatabase] = attr()
    # To whom certificates of attendance are given, from how many hours on, and what they say besides.
    certificate_rule: Mapped[str] = attr(choices=RULES, default=NONE, server_default=NONE)
    certificate_hours: Mapped[int | None] = attr(minimum=1, maximum=480)
    certificate_text: Mapped[str | None] = attr()
    # Whether somebody else of the team than its author must approve a bulk mail.
    bulk_mails_need_approval: Mapped[FalseInDatabase] = attr(set_by=has_role(roles.OWNER, "id"))
    # When what calendars tell of it was changed last; empty before the first change.
    revised_at: Mapped[datetime | None]
    # By which offsets of its zone its times are understood: see local_times.py.
    zone_offsets: Mapped[list[Any] | None] = mapped_column(deferred=True)
    event_type_id: Mapped[int | None] = linked_to("event_types.id", index=False)
    event_topic_id: Mapped[int | None] = linked_to("event_topics.id", index=False)
    event_sub_topic_id: Mapped[int | None] = linked_to("event_sub_topics.id", index=False)
    event_location_id: Mapped[int | None] = linked_to("event_locations.id", index=False)
    group_id: Mapped[int | None] = linked_to("groups.id")

    __table_args__ = (
        *(Index(f"ix_events_{name}_id", name, "id") for name in _LISTED_BY),
        *indexes_of_lists(),
    )


keep_excerpt(Event, "description")


class EventSchema(ExcerptShown, FeedsShown, SoldSchema, PicturesShown, Trashable):
    event_type = ToOne("event-type", inverse="events", inverse_creates=True)
    event_topic = ToOne("event-topic", inverse="events", inverse_creates=True)
    event_sub_topic = ToOne("event-sub-topic", inverse="events", inverse_creates=True)
    group = ToOne("group", inverse="events", inverse_creates=True)
    location = ToOne("event-location", inverse="events", column="event_location_id")
    general_statistics = ToOne("event-statistics-general", column="id", read_only=True, all_methods=True)
    session_favourites = ToMany(
        "user-favourite-session",
        through="(SELECT f.id, event_id FROM user_favourite_sessions f JOIN sessions s ON s.id = session_id)",
        left="event_id",
        right="id",
        read_only=True,
        paths=("user-favourite-sessions",),
    )
    owner = people_with(roles.OWNER_ROLE, "owner-events", single=True)
    organizers = people_with(roles.ORGANIZER_ROLE, "organizer-events")
    coorganizers = people_with(roles.COORGANIZER_ROLE, "coorganizer-events")
    track_organizers = people_with(roles.TRACK_ORGANIZER_ROLE, "track-organizer-events")
    moderators = people_with(roles.MODERATOR_ROLE, "moderator-events")
    registrars = people_with(roles.REGISTRAR_ROLE, "registrar-events")


def begin_before_ending(_context: Context, change: Change) -> None:
    """An event ends after it begins and lasts 20 days at most; a new draft may have no dates."""
    row = change.row
    _keep_a_state(change)
    matters = row.state != "draft" if change.is_new else change.restores or _publishes(change)
    if not matters and not {"starts_at", "ends_at"} & change.before.keys():
        return
    if row.ends_at <= row.starts_at:
        raise invalid("An event must end after it begins.", "/data/attributes/ends-at")
    if row.ends_at - row.starts_at > LONGEST:
        raise invalid(f"An event lasts {LONGEST.days} days at most.", "/data/attributes/ends-at")


def keep_prices_possible(context: Context, change: Change) -> None:
    """Refuse a currency with fewer decimals than a price or a discount of the event has."""
    if change.is_new or "payment_currency" not in change.before:
        return
    currency, former = change.row.payment_currency, change.before["payment_currency"]
    if currency is None and db.fetch(context.session, _COSTS, [change.row.id], flush=False):
        raise invalid("Something at this event costs money, which needs a currency.", _CURRENCY)
    digits = digits_of(currency)
    if digits >= digits_of(former):
        return
    rows = db.fetch(context.session, _ODD, [change.row.id, digits], flush=False)
    if rows:
        detail = f"{currency or 'Its currency'} has no {rows[0][0]}, which something at this event costs."
        raise invalid(detail, _CURRENCY)


def publish_with_name(context: Context, change: Change) -> None:
    """Publishing needs a verified email address of the viewer and a name of the event."""
    named = not is_blank(change.row.name)
    if change.row.state == "published" and "name" in change.before and not named:
        raise conflict("A published event has a name.", "/data/attributes/name")
    if not _publishes(change):
        return
    if not (context.viewer.is_verified or context.viewer.is_staff or _open_to_unverified(context)):
        raise forbidden("Verify your e-mail address to publish events.", "/data/attributes/state")
    if not named:
        raise conflict("An event needs a name to be published.", "/data/attributes/name")


def keep_the_currency_of_orders(context: Context, change: Change) -> None:
    """The currency is immutable while orders are paid or owed in it, or an invoice is to be paid."""
    if change.is_new or "payment_currency" not in change.before:
        return
    if db.fetch(context.session, BILLED_IN_ITS_CURRENCY, [change.row.id], flush=False):
        raise conflict("There is an invoice to be paid in this currency: it stays until then.", _CURRENCY)
    former = change.before["payment_currency"]
    if former is None:
        return
    owed = (
        "SELECT 1 FROM orders WHERE event_id = $1 AND amount > 0 "  # noqa: S608 - no user input
        f"AND status NOT IN {listed(ENDED)} LIMIT 1"
    )
    if db.fetch(context.session, owed, [change.row.id], flush=False):
        reason = f"There are orders in {former}: the currency stays while any of them does."
        raise conflict(reason, _CURRENCY)


def note_what_calendars_tell(_context: Context, change: Change) -> None:
    """Calendars take over an event that they know if it was revised since."""
    if not change.is_new and change.before.keys() & _TOLD_BY_CALENDARS:
        change.row.revised_at = clock.now()


def inherit_topic_image(context: Context, change: Change) -> None:
    """A new event without an image gets that of its topic."""
    row = change.row
    if change.is_new and row.original_image_url is None and row.event_topic_id is not None:
        topic = context.session.get(EventTopic, row.event_topic_id)
        row.original_image_url = topic.system_image_url if topic is not None else None


def stay_while_ordered(context: Context, change: Change) -> None:
    """An event with orders is deleted by super admins only."""
    if context.viewer.kind is Kind.SUPER_ADMIN:
        return
    if db.fetch(context.session, "SELECT 1 FROM orders WHERE event_id = $1 LIMIT 1", [change.row.id]):
        raise forbidden("There are orders for this event: only a super admin can remove it.")


def _keep_a_state(change: Change) -> None:
    if change.row.state is None:
        change.row.state = change.before.get("state", "draft")


def _open_to_unverified(context: Context) -> bool:
    condition = "SELECT 1 FROM user_permissions WHERE name = $1 AND unverified_user AND deleted_at IS NULL"
    return bool(db.fetch(context.session, condition, ["publish_event"], flush=False))


def _publishes(change: Change) -> bool:
    is_published = change.row.state == "published"
    return is_published and (change.is_new or change.before.get("state", "published") != "published")


EVENT = Resource(
    "event",
    Event,
    EventSchema,
    path="events",
    policy=POLICY,
    identifier="identifier",
    unlisted=PRIVATE,
    before_write=[
        begin_before_ending,
        certificates.say_how_many_hours,
        keep_the_currency_of_orders,
        keep_prices_possible,
        test_mode.finish_orders_first,
        publish_with_name,
        inherit_topic_image,
        link_location,
        groups.join_groups_of_ones_own,
        note_what_calendars_tell,
        local_times.note_offsets,
    ],
    before_delete=[stay_while_ordered],
    retain_while=_KEPT,
    viewer_with_new_roles=creation.as_owner,
    after_write=[
        creation.make_creator_owner,
        creation.ask_attendees_for_their_address,
        dates.move_what_hangs_on_the_dates,
        test_mode.give_back_what_was_tried,
    ],
    shared=True,
)
