"""Further email addresses of a user."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import is_owner, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable
from chalicelib.resources.policies import ACCOUNT_HOLDER, private_to
from chalicelib.resources.value_fields import EmailAddress

KINDS = ["home", "work", "business", "office", "other"]
LONGEST = 120


class UserEmail(SoftDeleted, Model):
    __tablename__ = "user_emails"
    email_address: Mapped[str] = attr(EmailAddress, required=True, validate=validate.Length(max=LONGEST))
    type: Mapped[str] = attr(required=True, choices=KINDS)
    user_id: Mapped[int] = owned_by("users.id")

    __table_args__ = (
        Index(
            "uq_user_emails_email_address",
            text("lower(email_address)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


KEEPER = is_owner("user_id") | staff


class UserEmailSchema(Trashable):
    # Same as the relationship, for clients that send it here.
    user_id = fields.Int(strict=True, metadata={"set_by": KEEPER, "example": None})

    user = ToOne(
        "user", inverse="alternate-emails", required=True, inverse_scope=ACCOUNT_HOLDER, all_methods=True
    )


USER_EMAIL = Resource(
    "user-email",
    UserEmail,
    UserEmailSchema,
    path="user-emails",
    aliases=("alternate-emails", "admin/user-emails"),
    policy=private_to("user_id"),
    constraint_errors={
        "uq_user_emails_email_address": ("/data/attributes/email-address", "This e-mail address is taken.")
    },
)
