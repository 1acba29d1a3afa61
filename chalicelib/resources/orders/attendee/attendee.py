"""Attendees: the people for whom tickets were ordered, and whether they have come."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.auth.roles import REGISTRARS
from chalicelib.auth.viewer import Kind
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, ToMany, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import Policy, nobody, staff, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.attributes import IdText, Trashable, web_address
from chalicelib.resources.columns import FalseInDatabase
from chalicelib.resources.identifiers import new_attendee_identifier
from chalicelib.resources.orders.attendee import own_words, rules
from chalicelib.resources.orders.notes import LONGEST
from chalicelib.resources.orders.order.link_loader import holds_link
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role, owns_email, works_at
from chalicelib.resources.programme.form_values import FormValues
from chalicelib.resources.search_index import WITHIN_EVENT, search_index
from chalicelib.resources.tickets.stock import TOO_MANY
from chalicelib.resources.value_fields import EmailAddress

AGE_GROUPS = (
    "Under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+", "I prefer not to say",
)  # fmt: skip
# No column refers to the attendee's account: it is the one with the same email address.
_ACCOUNTS = (
    "(SELECT person.id AS attendee_id, account.id AS user_id FROM attendees person "
    "JOIN users account ON lower(account.email) = lower(person.email))"
)
_QR_CODE_TEXT = sql(
    *("(SELECT b.identifier FROM orders b WHERE b.id = ", ROW["order_id"], ") || '-' || ", ROW["identifier"])
)
_AT_THE_DOOR = has_role(REGISTRARS)
_AT_HAND = {
    "event": (
        "order_id", "ticket_id", "is_checked_in", "is_checked_out", "is_registered", "identifier",
        "firstname", "lastname", "email",
    ),
    "ticket": ("event_id", "order_id", "is_checked_in", "email"),
}  # fmt: skip
# An index entry is limited to 2,704 bytes: names, address and numbers fit, in any script.
_LONGEST_NAME, _LONGEST_ADDRESS = 200, 254
_LONGEST_LINK = 500


# What its order was paid, or is owed, is shared among tickets that were refunded or cancelled, too.
_IN_THE_BOOKS = sql(
    *("(EXISTS (SELECT FROM ticket_cancellations ended WHERE ended.attendee_id = ", ROW["id"], ")"),
    *(" OR EXISTS (SELECT FROM refunds given WHERE given.order_id = ", ROW["order_id"]),
    *(" AND given.attendee_ids @> to_jsonb(", ROW["id"], ")))"),
)
_KEPT = sql(ROW["transferred_at"], " IS NULL")
_BOUGHT = sql(
    *(_KEPT, " AND EXISTS (SELECT 1 FROM orders bought WHERE bought.id = "),
    *(ROW["order_id"], " AND ", of_viewer("bought"), ")"),
)
_IS_KEPT = where_sql(_KEPT, "it was not passed on", of_row=True)
_BUYER = Described(
    where_sql(_BOUGHT, "the buyer", least=Kind.USER) | (holds_link() & _IS_KEPT),
    "the buyer, until it is passed on",
)
_CREW = works_at(REGISTRARS)
# What an attendee of a group order has said by their own link is not for its buyer.
_SAID_BY_BUYER = where_sql(
    sql(ROW["answered_at"], " IS NULL"), "the attendee has not filled in their own form", of_row=True
)
_ANSWERS = Described(
    _SAID_BY_BUYER | _AT_THE_DOOR | owns_email("email"),
    "all but the buyer of those who fill in their own form",
)
_IS_CHANGEABLE = sql(
    *("EXISTS (SELECT 1 FROM events rules WHERE rules.id = ", ROW["event_id"]),
    " AND rules.is_attendee_change_enabled)",
)
_HOLDER = Described(
    owns_email("email") & where_sql(_IS_CHANGEABLE, "its event lets who comes be changed"),
    "whose verified address it has, where the event lets who comes be changed",
)
POLICY = Policy(
    see=_CREW | owns_email("email") | _BUYER,  # what is cheapest to tell comes first
    create=nobody,
    change=_CREW | _HOLDER | _BUYER,
    remove=_CREW,
    # Whoever was removed comes back by the crew alone: else a cancelled ticket could be revived.
    trash=_CREW,
)
_IS_PASSED_ON = where_sql(sql(ROW["transferred_at"], " IS NOT NULL"), "it was passed on", of_row=True)
# Who decides whether exhibitors get the attendee's details: not the crew.
MAY_CONSENT = _BUYER | owns_email("email")
# Who may have a new code for the ticket: whose it is, and the crew.
MAY_REPLACE_CODE = (
    _CREW | _BUYER | Described(owns_email("email") & _IS_PASSED_ON, "whoever it was passed on to")
)


class Attendee(SoftDeleted, Model):
    __tablename__ = "attendees"
    firstname: Mapped[str | None] = attr(validate=validate.Length(max=_LONGEST_NAME), searched=WITHIN_EVENT)
    lastname: Mapped[str | None] = attr(validate=validate.Length(max=_LONGEST_NAME), searched=WITHIN_EVENT)
    email: Mapped[str | None] = attr(
        EmailAddress, validate=validate.Length(max=_LONGEST_ADDRESS), searched=WITHIN_EVENT
    )
    address: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    city: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    state: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    country: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    job_title: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    phone: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    tax_business_info: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    billing_address: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    home_address: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    shipping_address: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    company: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    work_address: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    work_phone: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    website: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    blog: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    twitter: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    facebook: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    github: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    instagram: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    linkedin: Mapped[str | None] = attr(web_address, seen_by=_ANSWERS)
    gender: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    accept_video_recording: Mapped[bool | None] = attr(seen_by=_ANSWERS)
    accept_share_details: Mapped[bool | None] = attr(seen_by=_ANSWERS)
    accept_receive_emails: Mapped[bool | None] = attr(seen_by=_ANSWERS)
    age_group: Mapped[str | None] = attr(choices=AGE_GROUPS, seen_by=_ANSWERS)
    home_wiki: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    wiki_scholarship: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    birth_date: Mapped[datetime | None] = attr(seen_by=_ANSWERS)
    same_as_buyer: Mapped[bool | None] = attr()
    is_checked_in: Mapped[FalseInDatabase] = attr(set_by=_AT_THE_DOOR)
    device_name_checkin: Mapped[str | None] = attr(max_length=LONGEST, set_by=_AT_THE_DOOR)
    checkin_times: Mapped[str | None] = attr(max_length=LONGEST, set_by=_AT_THE_DOOR)
    checkout_times: Mapped[str | None] = attr(max_length=LONGEST, set_by=_AT_THE_DOOR)
    attendee_notes: Mapped[str | None] = attr(set_by=_AT_THE_DOOR)
    is_checked_out: Mapped[FalseInDatabase] = attr(set_by=_AT_THE_DOOR)
    is_registered: Mapped[FalseInDatabase] = attr(set_by=_AT_THE_DOOR)
    register_times: Mapped[str | None] = attr(max_length=LONGEST, set_by=_AT_THE_DOOR)
    pdf_url: Mapped[str | None] = attr(web_address, read_only=True)
    complex_field_values: Mapped[dict[str, Any] | None] = attr(FormValues, most_bytes=8000, seen_by=_ANSWERS)
    is_consent_form_field: Mapped[FalseInDatabase | None] = attr()
    is_consent_of_refund_policy: Mapped[FalseInDatabase] = attr()
    native_language: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    fluent_language: Mapped[str | None] = attr(fields.Line, seen_by=_ANSWERS)
    is_consent_form_field_photo: Mapped[FalseInDatabase | None] = attr()
    is_consent_form_field_email: Mapped[FalseInDatabase | None] = attr()
    is_badge_printed: Mapped[FalseInDatabase | None] = attr(set_by=_AT_THE_DOOR)
    badge_printed_at: Mapped[datetime | None] = attr(set_by=_AT_THE_DOOR)
    is_discount_applied: Mapped[bool | None] = attr(set_by=staff, default=False)
    is_access_code_applied: Mapped[bool | None] = attr(set_by=staff, default=False)
    identifier: Mapped[str] = attr(read_only=True, default=new_attendee_identifier)
    # Since when it is somebody else's than the buyer said: the buyer sees neither them nor their code.
    transferred_at: Mapped[datetime | None] = attr(read_only=True)
    # Since when its answers are the attendee's own, by a link: the buyer sees names and address alone.
    answered_at: Mapped[datetime | None] = attr(read_only=True)
    event_id: Mapped[int] = owned_by("events.id", index=False)
    ticket_id: Mapped[int] = owned_by("tickets.id", index=False)
    # Null while seats are reserved for an order that does not exist yet.
    order_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("orders.id", ondelete="CASCADE"), index=True, nullable=True
    )
    tag_id: Mapped[int | None] = linked_to("tags.id")
    # The codes used for this seat, against whose limits it counts.
    discount_code_id: Mapped[int | None] = linked_to("discount_codes.id")
    access_code_id: Mapped[int | None] = linked_to("access_codes.id")

    __table_args__ = (
        CheckConstraint(
            f"char_length(firstname) <= {_LONGEST_NAME} AND char_length(lastname) <= {_LONGEST_NAME} "
            f"AND char_length(email) <= {_LONGEST_ADDRESS}",
            name="lengths",
        ),
        # For pages of an event's thousands of attendees, in the order of the page.
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
        search_index("attendees", "firstname", "lastname", "email", within=WITHIN_EVENT),
    )


class AttendeeSchema(Trashable):
    ticket_id = IdText("ticket_id", allow_none=True, metadata={"set_by": staff, "after": "same_as_buyer"})
    tag_id = fields.Int(allow_none=True, metadata={"set_by": _AT_THE_DOOR, "after": "is_access_code_applied"})
    # What the QR code on the ticket says.
    qr_code_text = Computed("text", _QR_CODE_TEXT, metadata={"after": "identifier"})

    event = ToOne("event", inverse="attendees", read_only=True, inverse_scope=has_role(REGISTRARS, "id"))
    order = ToOne("order", inverse="attendees", read_only=True)
    ticket = ToOne("ticket", inverse="attendees", read_only=True)
    tag = ToOne("tag", same_parent="event", paths=("tags",))
    user = ToMany(
        "user",
        inverse="attendees",
        through=_ACCOUNTS,
        left="attendee_id",
        right="user_id",
        single=True,
        read_only=True,
        # An address must not disclose whose account it belongs to.
        scope=owns_email("email") | staff,
        inverse_scope=ACCOUNT_HOLDER,
    )


ATTENDEE = Resource(
    "attendee",
    Attendee,
    AttendeeSchema,
    path="attendees",
    most_bytes=20_000,
    # Attendees are created with their order.
    methods=frozenset({"read", "update", "delete"}),
    policy=POLICY,
    before_write=[
        rules.check_order_state,
        rules.require_ticket_of_event,
        rules.require_tag_of_event,
        rules.require_timestamps,
        rules.require_checkin_time,
        rules.register_once,
        rules.append_only_times,
        own_words.leave_their_words,
    ],
    before_delete=[rules.cancel_order_without_attendees],
    retain_while=_IN_THE_BOOKS,
    # Whoever changes an order locks it first and its attendees next.
    locked_with="order",
    constraint_errors={TOO_MANY: ("/data", "There is no place left for this ticket.")},
)
