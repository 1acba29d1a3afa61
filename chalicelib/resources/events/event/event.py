"""Events: what everything else is about. A draft is seen only by those who organise it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from chalicelib.auth import roles
from chalicelib.db import Model, SoftDeleted, linked_to
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable, latitude, longitude, titled_links, web_address
from chalicelib.resources.columns import CreatedAt, Off, On
from chalicelib.resources.events import event_policy, event_rules
from chalicelib.resources.events.event import dates, groups
from chalicelib.resources.events.event.people import people_with
from chalicelib.resources.events.event.sales import SoldSchema
from chalicelib.resources.events.event_location import locate
from chalicelib.resources.excerpts import Excerpted, ExcerptShown, keep_excerpt
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.markup import RichText
from chalicelib.resources.value_fields import Country, Currency, EmailAddress, Normal, TimeZone

_FOR_CUSTOMERS = event_policy.CUSTOMERS
# A page of thousands of events comes from these in the order of the page.
_LISTED_BY = ("event_type_id", "event_topic_id", "event_sub_topic_id", "event_location_id")


class Event(Excerpted, SoftDeleted, Pictured, Model):
    __tablename__ = "events"
    identifier: Mapped[str] = attr(read_only=True, unique=True, default=new_identifier)
    name: Mapped[str] = attr(required=True, plain=True, allow_blank=True)  # while it is a draft
    external_event_url: Mapped[str | None] = attr(web_address)
    starts_at: Mapped[datetime] = attr(required=True)
    ends_at: Mapped[datetime] = attr(required=True)
    timezone: Mapped[str] = attr(TimeZone, required=True, default="UTC")
    online: Mapped[Off] = attr()
    latitude: Mapped[float | None] = attr(latitude)
    longitude: Mapped[float | None] = attr(longitude)
    logo_url: Mapped[str | None] = attr(web_address)
    location_name: Mapped[str | None] = attr(fields.Line)
    searchable_location_name: Mapped[str | None] = attr(fields.Line)
    public_stream_link: Mapped[str | None] = attr(fields.Url, mailto=True, empty=True)
    stream_loop: Mapped[Off] = attr()
    stream_autoplay: Mapped[Off] = attr()
    description: Mapped[str | None] = attr(RichText)
    after_order_message: Mapped[str | None] = attr(RichText, seen_by=_FOR_CUSTOMERS)
    original_image_url: Mapped[str | None] = attr(web_address)
    thumbnail_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    large_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    icon_image_url: Mapped[str | None] = attr(web_address, read_only=True)
    show_remaining_tickets: Mapped[Off] = attr()
    owner_name: Mapped[str | None] = attr(fields.Line)
    is_map_shown: Mapped[Off] = attr()
    is_oneclick_signup_enabled: Mapped[Off] = attr()
    has_owner_info: Mapped[Off] = attr()
    owner_description: Mapped[str | None] = attr(RichText)
    is_sessions_speakers_enabled: Mapped[Off] = attr()
    privacy: Mapped[str] = attr(Normal, choices=["public", "private"], default="public")
    state: Mapped[str] = attr(allow_null=True, choices=["published", "draft"], default="draft", index=True)
    ticket_url: Mapped[str | None] = attr(web_address)
    code_of_conduct: Mapped[str | None] = attr(RichText)
    schedule_published_on: Mapped[datetime | None] = attr()
    # What the platform sells, or does itself.
    is_featured: Mapped[Off] = attr(set_by=staff)
    is_promoted: Mapped[Off] = attr(set_by=staff)
    is_demoted: Mapped[Off] = attr(set_by=staff)
    is_announced: Mapped[Off] = attr(set_by=staff)
    is_ticket_form_enabled: Mapped[On] = attr()
    is_cfs_enabled: Mapped[Off] = attr()
    payment_country: Mapped[str | None] = attr(Country)
    payment_currency: Mapped[str | None] = attr(Currency)
    paypal_email: Mapped[str | None] = attr(EmailAddress, seen_by=_FOR_CUSTOMERS)
    is_tax_enabled: Mapped[Off] = attr()
    is_billing_info_mandatory: Mapped[Off] = attr()
    is_donation_enabled: Mapped[Off] = attr()
    is_chat_enabled: Mapped[Off] = attr()
    is_videoroom_enabled: Mapped[Off] = attr()
    is_document_enabled: Mapped[Off] = attr()
    document_links: Mapped[list[Any] | None] = attr(titled_links)
    chat_room_name: Mapped[str | None] = attr(read_only=True)
    can_pay_by_paypal: Mapped[Off] = attr()
    can_pay_by_stripe: Mapped[Off] = attr()
    can_pay_by_cheque: Mapped[Off] = attr()
    can_pay_by_bank: Mapped[Off] = attr()
    can_pay_by_invoice: Mapped[Off] = attr()
    can_pay_onsite: Mapped[Off] = attr()
    can_pay_by_omise: Mapped[Off] = attr()
    can_pay_by_alipay: Mapped[Off] = attr()
    can_pay_by_paytm: Mapped[Off] = attr()
    cheque_details: Mapped[str | None] = attr(RichText, seen_by=_FOR_CUSTOMERS)
    invoice_details: Mapped[str | None] = attr(RichText, seen_by=_FOR_CUSTOMERS)
    bank_details: Mapped[str | None] = attr(RichText, seen_by=_FOR_CUSTOMERS)
    onsite_details: Mapped[str | None] = attr(RichText, seen_by=_FOR_CUSTOMERS)
    is_sponsors_enabled: Mapped[Off] = attr()
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    pentabarf_url: Mapped[str | None] = attr(web_address, read_only=True)
    ical_url: Mapped[str | None] = attr(web_address, read_only=True)
    xcal_url: Mapped[str | None] = attr(web_address, read_only=True)
    refund_policy: Mapped[str | None] = attr(RichText)
    is_badges_enabled: Mapped[Off] = attr()
    event_type_id: Mapped[int | None] = linked_to("event_types.id", index=False)
    event_topic_id: Mapped[int | None] = linked_to("event_topics.id", index=False)
    event_sub_topic_id: Mapped[int | None] = linked_to("event_sub_topics.id", index=False)
    event_location_id: Mapped[int | None] = linked_to("event_locations.id", index=False)
    group_id: Mapped[int | None] = linked_to("groups.id")

    __table_args__ = tuple(Index(f"ix_events_{name}_id", name, "id") for name in _LISTED_BY)


keep_excerpt(Event, "description")


class EventSchema(ExcerptShown, SoldSchema, PicturesShown, Trashable):
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


EVENT = Resource(
    "event",
    Event,
    EventSchema,
    path="events",
    policy=event_policy.POLICY,
    identifier="identifier",
    unlisted=event_policy.PRIVATE,
    before_write=[
        event_rules.begin_before_ending,
        event_rules.keep_the_currency_of_orders,
        event_rules.keep_prices_possible,
        event_rules.publish_with_name,
        event_rules.borrow_picture,
        locate,
        groups.join_groups_of_ones_own,
    ],
    before_delete=[event_rules.stay_while_ordered],
    kept_while=event_rules.SOLD,
    creator_gains=event_rules.as_owner,
    after_write=[
        event_rules.make_creator_owner,
        event_rules.ask_attendees_for_their_address,
        dates.move_what_hangs_on_the_dates,
    ],
)
