"""Attendees: the people for whom tickets were ordered, and whether they have come."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import REGISTRARS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.fields import Computed, ToMany, ToOne, fields, validate
from chalicelib.jsonapi.policy import holds, staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import IdText, Trashable, moment, web_address
from chalicelib.resources.columns import Off
from chalicelib.resources.orders import attendee_rules
from chalicelib.resources.policies import ACCOUNT_HOLDER, addressed_to
from chalicelib.resources.programme.form_values import FormValues
from chalicelib.resources.tickets.stock import TOO_MANY
from chalicelib.resources.value_fields import EmailAddress

AGE_GROUPS = (
    "Under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+", "I prefer not to say",
)  # fmt: skip
# Nobody's column says who an attendee is: the account with the same address is theirs.
_ACCOUNTS = (
    "(SELECT person.id AS attendee_id, account.id AS user_id FROM attendees person "
    "JOIN users account ON lower(account.email) = lower(person.email))"
)
_QR_CODE_TEXT = "(SELECT b.identifier FROM orders b WHERE b.id = {t}.order_id) || '-' || {t}.identifier"
_BY_STAFF = {"set_by": staff}
_AT_THE_DOOR = {"set_by": holds(REGISTRARS)}
_AT_HAND = {
    "event": (
        "order_id", "ticket_id", "is_checked_in", "is_checked_out", "is_registered", "identifier",
        "firstname", "lastname", "email",
    ),
    "ticket": ("event_id", "order_id", "is_checked_in", "email"),
}  # fmt: skip
# An entry of an index holds 2,704 bytes: both names, the address and the numbers fit, in any script.
_LONGEST_NAME, _LONGEST_ADDRESS = 200, 254
_LONGEST_LINK = 500


def new_attendee_identifier() -> str:
    """Six hexadecimal digits: with the order's identifier in front they are the ticket's QR code."""
    return secrets.token_hex(3)


class Attendee(SoftDeleted, Model):
    __tablename__ = "attendees"
    identifier: Mapped[str] = mapped_column(default=new_attendee_identifier)
    firstname: Mapped[str | None]
    lastname: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    country: Mapped[str | None]
    job_title: Mapped[str | None]
    phone: Mapped[str | None]
    tax_business_info: Mapped[str | None]
    billing_address: Mapped[str | None]
    home_address: Mapped[str | None]
    shipping_address: Mapped[str | None]
    company: Mapped[str | None]
    work_address: Mapped[str | None]
    work_phone: Mapped[str | None]
    website: Mapped[str | None]
    blog: Mapped[str | None]
    twitter: Mapped[str | None]
    facebook: Mapped[str | None]
    github: Mapped[str | None]
    instagram: Mapped[str | None]
    linkedin: Mapped[str | None]
    gender: Mapped[str | None]
    accept_video_recording: Mapped[bool | None]
    accept_share_details: Mapped[bool | None]
    accept_receive_emails: Mapped[bool | None]
    age_group: Mapped[str | None]
    home_wiki: Mapped[str | None]
    wiki_scholarship: Mapped[str | None]
    birth_date: Mapped[datetime | None]
    same_as_buyer: Mapped[bool | None]
    is_checked_in: Mapped[Off]
    device_name_checkin: Mapped[str | None]
    checkin_times: Mapped[str | None]
    checkout_times: Mapped[str | None]
    attendee_notes: Mapped[str | None]
    is_checked_out: Mapped[Off]
    is_registered: Mapped[Off]
    register_times: Mapped[str | None]
    pdf_url: Mapped[str | None]
    complex_field_values: Mapped[dict[str, Any] | None]
    is_consent_form_field: Mapped[bool | None] = mapped_column(default=False)
    is_consent_of_refund_policy: Mapped[Off]
    native_language: Mapped[str | None]
    fluent_language: Mapped[str | None]
    is_consent_form_field_photo: Mapped[bool | None] = mapped_column(default=False)
    is_consent_form_field_email: Mapped[bool | None] = mapped_column(default=False)
    is_badge_printed: Mapped[bool | None] = mapped_column(default=False)
    badge_printed_at: Mapped[datetime | None]
    is_discount_applied: Mapped[bool | None] = mapped_column(default=False)
    is_access_code_applied: Mapped[bool | None] = mapped_column(default=False)
    event_id: Mapped[int] = owned_by("events.id", index=False)
    ticket_id: Mapped[int] = owned_by("tickets.id", index=False)
    # Empty while tickets are held for an order that is not there yet.
    order_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("orders.id", ondelete="CASCADE"), index=True, nullable=True
    )
    tag_id: Mapped[int | None] = linked_to("tags.id")
    # The codes that this place was had with, and counts against.
    discount_code_id: Mapped[int | None] = linked_to("discount_codes.id")
    access_code_id: Mapped[int | None] = linked_to("access_codes.id")

    __table_args__ = (
        CheckConstraint(
            f"char_length(firstname) <= {_LONGEST_NAME} AND char_length(lastname) <= {_LONGEST_NAME} "
            f"AND char_length(email) <= {_LONGEST_ADDRESS}",
            name="lengths",
        ),
        # An event has thousands: a page of them comes from an index in the order of the page.
        Index("ix_attendees_email", text("lower(email)")),
        Index("ix_attendees_event_id_id", "event_id", "id"),
        Index("ix_attendees_ticket_id_id", "ticket_id", "id"),
        # Expired holds lie in the trash by the thousand, and must not be stepped over. And while many events
        # sell, an event's people are strewn over the table: with this at hand they are counted, searched,
        # sorted by name and matched with their orders without going there.
        *(
            Index(
                f"ix_attendees_of_{owner}",
                f"{owner}_id",
                "id",
                postgresql_include=at_hand,
                postgresql_where=text("deleted_at IS NULL"),
            )
            for owner, at_hand in _AT_HAND.items()
        ),
    )


class AttendeeSchema(Trashable):
    firstname = fields.Str(allow_none=True, validate=validate.Length(max=_LONGEST_NAME))
    lastname = fields.Str(allow_none=True, validate=validate.Length(max=_LONGEST_NAME))
    email = EmailAddress(allow_none=True, validate=validate.Length(max=_LONGEST_ADDRESS))
    address = fields.Line(allow_none=True)
    city = fields.Line(allow_none=True)
    state = fields.Line(allow_none=True)
    country = fields.Line(allow_none=True)
    job_title = fields.Line(allow_none=True)
    phone = fields.Line(allow_none=True)
    tax_business_info = fields.Line(allow_none=True)
    billing_address = fields.Line(allow_none=True)
    home_address = fields.Line(allow_none=True)
    shipping_address = fields.Line(allow_none=True)
    company = fields.Line(allow_none=True)
    work_address = fields.Line(allow_none=True)
    work_phone = fields.Line(allow_none=True)
    website = web_address(allow_none=True)
    blog = web_address(allow_none=True)
    twitter = web_address(allow_none=True)
    facebook = web_address(allow_none=True)
    github = web_address(allow_none=True)
    instagram = web_address(allow_none=True)
    linkedin = web_address(allow_none=True)
    gender = fields.Line(allow_none=True)
    accept_video_recording = fields.Bool(allow_none=True)
    accept_share_details = fields.Bool(allow_none=True)
    accept_receive_emails = fields.Bool(allow_none=True)
    age_group = fields.Str(allow_none=True, validate=validate.OneOf(AGE_GROUPS))
    home_wiki = fields.Line(allow_none=True)
    wiki_scholarship = fields.Line(allow_none=True)
    birth_date = moment(allow_none=True)
    same_as_buyer = fields.Bool(allow_none=True)
    ticket_id = IdText("ticket_id", allow_none=True, metadata=_BY_STAFF)
    is_checked_in = fields.Bool(metadata=_AT_THE_DOOR)
    device_name_checkin = fields.Line(allow_none=True, metadata=_AT_THE_DOOR)
    checkin_times = fields.Str(allow_none=True, metadata=_AT_THE_DOOR)
    checkout_times = fields.Str(allow_none=True, metadata=_AT_THE_DOOR)
    attendee_notes = fields.Str(allow_none=True, metadata=_AT_THE_DOOR)
    is_checked_out = fields.Bool(metadata=_AT_THE_DOOR)
    is_registered = fields.Bool(metadata=_AT_THE_DOOR)
    register_times = fields.Str(allow_none=True, metadata=_AT_THE_DOOR)
    pdf_url = web_address(dump_only=True)
    complex_field_values = FormValues(most_bytes=8_000, allow_none=True)
    is_consent_form_field = fields.Bool(allow_none=True)
    is_consent_of_refund_policy = fields.Bool()
    native_language = fields.Line(allow_none=True)
    fluent_language = fields.Line(allow_none=True)
    is_consent_form_field_photo = fields.Bool(allow_none=True)
    is_consent_form_field_email = fields.Bool(allow_none=True)
    is_badge_printed = fields.Bool(allow_none=True, metadata=_AT_THE_DOOR)
    badge_printed_at = moment(allow_none=True, metadata=_AT_THE_DOOR)
    is_discount_applied = fields.Bool(allow_none=True, metadata=_BY_STAFF)
    is_access_code_applied = fields.Bool(allow_none=True, metadata=_BY_STAFF)
    tag_id = fields.Int(strict=True, allow_none=True, metadata=_AT_THE_DOOR)
    identifier = fields.Str(dump_only=True)
    # What the QR code on the ticket says.
    qr_code_text = Computed("text", _QR_CODE_TEXT)

    event = ToOne("event", inverse="attendees", read_only=True, inverse_scope=holds(REGISTRARS, "id"))
    order = ToOne("order", inverse="attendees", read_only=True)
    ticket = ToOne("ticket", inverse="attendees", read_only=True)
    tag = ToOne("tag", within="event", paths=("tags",))
    user = ToMany(
        "user",
        inverse="attendees",
        through=_ACCOUNTS,
        left="attendee_id",
        right="user_id",
        single=True,
        read_only=True,
        # Whoever types an address must not learn whose account it is.
        scope=addressed_to("email") | staff,
        inverse_scope=ACCOUNT_HOLDER,
    )


ATTENDEE = Resource(
    "attendee",
    Attendee,
    AttendeeSchema,
    path="attendees",
    most_bytes=20_000,
    # Attendees are born with their order.
    offers=frozenset({"read", "update", "delete"}),
    policy=attendee_rules.POLICY,
    before_write=[
        attendee_rules.heed_the_order,
        attendee_rules.hold_a_ticket_of_the_event,
        attendee_rules.tag_within_the_event,
        attendee_rules.note_moments_only,
        attendee_rules.come_at_a_time,
        attendee_rules.register_once,
        attendee_rules.keep_earlier_times,
    ],
    before_delete=[attendee_rules.leave_with_the_order],
    # Whoever changes an order locks it first and its attendees next.
    locked_with="order",
    conflicts={TOO_MANY: ("/data", "There is no place left for this ticket.")},
)
