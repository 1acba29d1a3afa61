"""Events: what everything else is about. A draft is seen only by those who organise it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth import roles
from chalicelib.db import Model, SoftDeleted, linked_to
from chalicelib.jsonapi.fields import ToMany, ToOne, fields, validate
from chalicelib.jsonapi.policy import staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import Trashable, latitude, longitude, moment, titled_links, web_address
from chalicelib.resources.columns import CreatedAt, Off, On
from chalicelib.resources.events import event_dates, event_group_rules, event_policy, event_rules
from chalicelib.resources.events.event_location import locate
from chalicelib.resources.events.event_people import people_with
from chalicelib.resources.events.event_sales import SoldSchema
from chalicelib.resources.excerpts import Excerpted, ExcerptShown, keep_excerpt
from chalicelib.resources.identifiers import new_identifier
from chalicelib.resources.image_details import Pictured, PicturesShown
from chalicelib.resources.markup import RichText
from chalicelib.resources.value_fields import Country, Currency, EmailAddress, TimeZone, one_of

_FOR_CUSTOMERS = {"seen_by": event_policy.CUSTOMERS}
# A page of thousands of events comes from these in the order of the page.
_LISTED_BY = ("event_type_id", "event_topic_id", "event_sub_topic_id", "event_location_id")


class Event(Excerpted, SoftDeleted, Pictured, Model):
    __tablename__ = "events"
    identifier: Mapped[str] = mapped_column(unique=True, default=new_identifier)
    name: Mapped[str]
    external_event_url: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(default="UTC")
    online: Mapped[Off]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    logo_url: Mapped[str | None]
    location_name: Mapped[str | None]
    searchable_location_name: Mapped[str | None]
    public_stream_link: Mapped[str | None]
    stream_loop: Mapped[Off]
    stream_autoplay: Mapped[Off]
    description: Mapped[str | None]
    after_order_message: Mapped[str | None]
    original_image_url: Mapped[str | None]
    thumbnail_image_url: Mapped[str | None]
    large_image_url: Mapped[str | None]
    icon_image_url: Mapped[str | None]
    show_remaining_tickets: Mapped[Off]
    owner_name: Mapped[str | None]
    is_map_shown: Mapped[Off]
    is_oneclick_signup_enabled: Mapped[Off]
    has_owner_info: Mapped[Off]
    owner_description: Mapped[str | None]
    is_sessions_speakers_enabled: Mapped[Off]
    privacy: Mapped[str] = mapped_column(default="public")
    state: Mapped[str] = mapped_column(default="draft", index=True)
    ticket_url: Mapped[str | None]
    code_of_conduct: Mapped[str | None]
    schedule_published_on: Mapped[datetime | None]
    is_featured: Mapped[Off]
    is_promoted: Mapped[Off]
    is_demoted: Mapped[Off]
    is_announced: Mapped[Off]
    is_ticket_form_enabled: Mapped[On]
    is_cfs_enabled: Mapped[Off]
    payment_country: Mapped[str | None]
    payment_currency: Mapped[str | None]
    paypal_email: Mapped[str | None]
    is_tax_enabled: Mapped[Off]
    is_billing_info_mandatory: Mapped[Off]
    is_donation_enabled: Mapped[Off]
    is_chat_enabled: Mapped[Off]
    is_videoroom_enabled: Mapped[Off]
    is_document_enabled: Mapped[Off]
    document_links: Mapped[list[Any] | None]
    chat_room_name: Mapped[str | None]
    can_pay_by_paypal: Mapped[Off]
    can_pay_by_stripe: Mapped[Off]
    can_pay_by_cheque: Mapped[Off]
    can_pay_by_bank: Mapped[Off]
    can_pay_by_invoice: Mapped[Off]
    can_pay_onsite: Mapped[Off]
    can_pay_by_omise: Mapped[Off]
    can_pay_by_alipay: Mapped[Off]
    can_pay_by_paytm: Mapped[Off]
    cheque_details: Mapped[str | None]
    invoice_details: Mapped[str | None]
    bank_details: Mapped[str | None]
    onsite_details: Mapped[str | None]
    is_sponsors_enabled: Mapped[Off]
    created_at: Mapped[CreatedAt]
    pentabarf_url: Mapped[str | None]
    ical_url: Mapped[str | None]
    xcal_url: Mapped[str | None]
    refund_policy: Mapped[str | None]
    is_badges_enabled: Mapped[Off]
    event_type_id: Mapped[int | None] = linked_to("event_types.id", index=False)
    event_topic_id: Mapped[int | None] = linked_to("event_topics.id", index=False)
    event_sub_topic_id: Mapped[int | None] = linked_to("event_sub_topics.id", index=False)
    event_location_id: Mapped[int | None] = linked_to("event_locations.id", index=False)
    group_id: Mapped[int | None] = linked_to("groups.id")

    __table_args__ = tuple(Index(f"ix_events_{name}_id", name, "id") for name in _LISTED_BY)


keep_excerpt(Event, "description")


# What the platform sells, or does itself.
_BY_PLATFORM = {"set_by": staff}


class EventSchema(ExcerptShown, SoldSchema, PicturesShown, Trashable):
    identifier = fields.Str(dump_only=True)
    name = fields.Str(plain=True, required=True, metadata={"allow_blank": True})  # while it is a draft
    external_event_url = web_address(allow_none=True)
    starts_at = moment(required=True)
    ends_at = moment(required=True)
    timezone = TimeZone(required=True)
    online = fields.Bool()
    latitude = latitude(allow_none=True)
    longitude = longitude(allow_none=True)
    logo_url = web_address(allow_none=True)
    location_name = fields.Line(allow_none=True)
    searchable_location_name = fields.Line(allow_none=True)
    public_stream_link = fields.Url(mailto=True, empty=True, allow_none=True)
    stream_loop = fields.Bool()
    stream_autoplay = fields.Bool()
    description = RichText(allow_none=True)
    after_order_message = RichText(allow_none=True, metadata=_FOR_CUSTOMERS)
    original_image_url = web_address(allow_none=True)
    thumbnail_image_url = web_address(dump_only=True)
    large_image_url = web_address(dump_only=True)
    icon_image_url = web_address(dump_only=True)
    show_remaining_tickets = fields.Bool()
    owner_name = fields.Line(allow_none=True)
    is_map_shown = fields.Bool()
    is_oneclick_signup_enabled = fields.Bool()
    has_owner_info = fields.Bool()
    owner_description = RichText(allow_none=True)
    is_sessions_speakers_enabled = fields.Bool()
    privacy = one_of(["public", "private"])
    state = fields.Str(allow_none=True, validate=validate.OneOf(["published", "draft"]))
    ticket_url = web_address(allow_none=True)
    code_of_conduct = RichText(allow_none=True)
    schedule_published_on = moment(allow_none=True)
    is_featured = fields.Bool(metadata=_BY_PLATFORM)
    is_promoted = fields.Bool(metadata=_BY_PLATFORM)
    is_demoted = fields.Bool(metadata=_BY_PLATFORM)
    is_announced = fields.Bool(metadata=_BY_PLATFORM)
    is_ticket_form_enabled = fields.Bool()
    is_cfs_enabled = fields.Bool()
    payment_country = Country(allow_none=True)
    payment_currency = Currency(allow_none=True)
    paypal_email = EmailAddress(allow_none=True, metadata=_FOR_CUSTOMERS)
    is_tax_enabled = fields.Bool()
    is_billing_info_mandatory = fields.Bool()
    is_donation_enabled = fields.Bool()
    is_chat_enabled = fields.Bool()
    is_videoroom_enabled = fields.Bool()
    is_document_enabled = fields.Bool()
    document_links = titled_links(allow_none=True)
    chat_room_name = fields.Str(dump_only=True)
    can_pay_by_paypal = fields.Bool()
    can_pay_by_stripe = fields.Bool()
    can_pay_by_cheque = fields.Bool()
    can_pay_by_bank = fields.Bool()
    can_pay_by_invoice = fields.Bool()
    can_pay_onsite = fields.Bool()
    can_pay_by_omise = fields.Bool()
    can_pay_by_alipay = fields.Bool()
    can_pay_by_paytm = fields.Bool()
    cheque_details = RichText(allow_none=True, metadata=_FOR_CUSTOMERS)
    invoice_details = RichText(allow_none=True, metadata=_FOR_CUSTOMERS)
    bank_details = RichText(allow_none=True, metadata=_FOR_CUSTOMERS)
    onsite_details = RichText(allow_none=True, metadata=_FOR_CUSTOMERS)
    is_sponsors_enabled = fields.Bool()
    created_at = moment(dump_only=True)
    pentabarf_url = web_address(dump_only=True)
    ical_url = web_address(dump_only=True)
    xcal_url = web_address(dump_only=True)
    refund_policy = RichText(allow_none=True)
    is_badges_enabled = fields.Bool()

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
        event_group_rules.join_groups_of_ones_own,
    ],
    before_delete=[event_rules.stay_while_ordered],
    kept_while=event_rules.SOLD,
    after_write=[
        event_rules.make_creator_owner,
        event_rules.ask_attendees_for_their_address,
        event_dates.move_what_hangs_on_the_dates,
    ],
)
