"""Platform settings: names and links are public, app settings for authenticated users, keys for staff.

Secrets are write-only: staff sees which of them are set.
"""

from typing import Any

from sqlalchemy.orm import Mapped

from chalicelib.db import Model
from chalicelib.jsonapi.ground.sql import ROW, Sql, joined, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, attr, fields
from chalicelib.jsonapi.model.policy import logged_in, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import link, web_address
from chalicelib.resources.columns import FalseByDefault
from chalicelib.resources.markup import RichText
from chalicelib.resources.policies import STAFF_EDITS
from chalicelib.resources.secret_fields import Secret
from chalicelib.resources.value_fields import EmailAddress, Normal, TimeZone

# Stages; payment services are in test mode in all but the last two.
LIVE_MODES = ("live", "production")
TEST_MODES = ("sandbox", "test", "testing", "debug", "development")
MODES = (*TEST_MODES, *LIVE_MODES)


def _all_set(*columns: str) -> Sql:
    given = (sql("coalesce(", ROW[column], ", '') <> ''") for column in columns)
    return sql("(", joined(" AND ", given), ")")


PAYPAL = sql(
    *("CASE WHEN ", ROW["paypal_mode"], f" IN {TEST_MODES}"),
    *(" THEN ", _all_set("paypal_sandbox_client", "paypal_sandbox_secret")),
    *(" ELSE ", _all_set("paypal_client", "paypal_secret"), " END"),
)
STRIPE = sql(
    _all_set("stripe_client_id", "stripe_secret_key", "stripe_publishable_key"),
    *(" OR ", _all_set("stripe_test_client_id", "stripe_test_secret_key", "stripe_test_publishable_key")),
)
OMISE = sql(
    _all_set("omise_live_public", "omise_live_secret"),
    *(" OR ", _all_set("omise_test_public", "omise_test_secret")),
)
ALIPAY = STRIPE  # whose method it is
BILLING_PAYPAL = sql("(", PAYPAL, ") AND ", _all_set("admin_billing_paypal_email"))


def _key(**options: Any) -> fields.Str:
    """An API key or certificate of a service, stored as is."""
    return fields.Str(plain=True, longest=LONGEST_ANSWER, **options)


class Setting(Model):
    __tablename__ = "settings"
    app_name: Mapped[str | None] = attr()
    tagline: Mapped[str | None] = attr()
    order_expiry_time: Mapped[int] = attr(minimum=1, maximum=60, default=15)
    start_pg_event_id: Mapped[str | None] = attr()
    start_pg_enabled: Mapped[str | None] = attr(default="default")
    max_complex_custom_fields: Mapped[int] = attr(minimum=1, maximum=30, default=30)
    analytics_key: Mapped[str | None] = attr(_key)
    fb_client_id: Mapped[str | None] = attr(_key)
    google_url: Mapped[str | None] = attr(link, empty=True)
    github_url: Mapped[str | None] = attr(link, empty=True)
    twitter_url: Mapped[str | None] = attr(link, empty=True)
    support_url: Mapped[str | None] = attr(link, empty=True)
    facebook_url: Mapped[str | None] = attr(link, empty=True)
    instagram_url: Mapped[str | None] = attr(link, empty=True)
    patreon_url: Mapped[str | None] = attr(link, empty=True)
    gitter_url: Mapped[str | None] = attr(link, empty=True)
    telegram_url: Mapped[str | None] = attr(link, empty=True)
    youtube_url: Mapped[str | None] = attr(link, empty=True)
    weblate_url: Mapped[str | None] = attr(link, empty=True)
    frontend_url: Mapped[str | None] = attr(web_address)
    rocket_chat_url: Mapped[str | None] = attr(web_address)
    cookie_policy: Mapped[str | None] = attr(RichText)
    cookie_policy_link: Mapped[str | None] = attr(link, empty=True)
    is_paytm_activated: Mapped[FalseByDefault] = attr()
    stripe_client_id: Mapped[str | None] = attr(_key)
    stripe_publishable_key: Mapped[str | None] = attr(_key)
    stripe_test_client_id: Mapped[str | None] = attr(_key)
    stripe_test_publishable_key: Mapped[str | None] = attr(_key)
    stripe_mode: Mapped[str | None] = attr(Normal, choices=MODES)
    paypal_mode: Mapped[str | None] = attr(Normal, choices=MODES)
    paypal_client: Mapped[str | None] = attr(_key)
    paypal_sandbox_client: Mapped[str | None] = attr(_key)
    omise_mode: Mapped[str | None] = attr(Normal, choices=MODES)
    omise_test_public: Mapped[str | None] = attr(_key)
    omise_live_public: Mapped[str | None] = attr(_key)
    alipay_publishable_key: Mapped[str | None] = attr(_key)
    paytm_mode: Mapped[str | None] = attr(Normal, choices=MODES)
    paytm_live_merchant: Mapped[str | None] = attr(_key)
    paytm_sandbox_merchant: Mapped[str | None] = attr(_key)
    admin_billing_contact_name: Mapped[str | None] = attr()
    admin_billing_phone: Mapped[str | None] = attr()
    admin_billing_email: Mapped[str | None] = attr(EmailAddress)
    admin_billing_state: Mapped[str | None] = attr()
    admin_billing_country: Mapped[str | None] = attr()
    admin_billing_tax_info: Mapped[str | None] = attr()
    admin_company: Mapped[str | None] = attr()
    admin_billing_address: Mapped[str | None] = attr()
    admin_billing_city: Mapped[str | None] = attr()
    admin_billing_zip: Mapped[str | None] = attr()
    admin_billing_additional_info: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    admin_billing_logo: Mapped[str | None] = attr(web_address)
    logo_size: Mapped[int] = attr(default=1000)
    image_size: Mapped[int] = attr(default=10000)
    slide_size: Mapped[int] = attr(default=20000)
    android_app_url: Mapped[str | None] = attr(link, empty=True, seen_by=logged_in)
    web_app_url: Mapped[str | None] = attr(link, empty=True, seen_by=logged_in)
    app_environment: Mapped[str] = attr(
        Normal,
        choices=("development", "staging", "testing", "production"),
        seen_by=staff,
        default="production",
    )
    static_domain: Mapped[str | None] = attr(seen_by=staff)
    storage_place: Mapped[str | None] = attr(Normal, choices=("local", "s3", "gs"), seen_by=staff)
    aws_key: Mapped[str | None] = attr(_key, seen_by=staff)
    aws_secret: Mapped[str | None] = attr(Secret, "aws_secret", seen_by=staff)
    aws_bucket_name: Mapped[str | None] = attr(seen_by=staff)
    aws_region: Mapped[str | None] = attr(seen_by=staff)
    gs_key: Mapped[str | None] = attr(_key, seen_by=staff)
    gs_secret: Mapped[str | None] = attr(Secret, "gs_secret", seen_by=staff)
    gs_bucket_name: Mapped[str | None] = attr(seen_by=staff)
    is_google_recaptcha_enabled: Mapped[FalseByDefault] = attr(seen_by=staff)
    google_recaptcha_site: Mapped[str | None] = attr(_key, seen_by=staff)
    google_recaptcha_secret: Mapped[str | None] = attr(Secret, "google_recaptcha_secret", seen_by=staff)
    google_client_id: Mapped[str | None] = attr(_key, seen_by=staff)
    google_client_secret: Mapped[str | None] = attr(Secret, "google_client_secret", seen_by=staff)
    fb_client_secret: Mapped[str | None] = attr(Secret, "fb_client_secret", seen_by=staff)
    tw_consumer_key: Mapped[str | None] = attr(_key, seen_by=staff)
    tw_consumer_secret: Mapped[str | None] = attr(Secret, "tw_consumer_secret", seen_by=staff)
    in_client_id: Mapped[str | None] = attr(_key, seen_by=staff)
    in_client_secret: Mapped[str | None] = attr(Secret, "in_client_secret", seen_by=staff)
    stripe_secret_key: Mapped[str | None] = attr(Secret, "stripe_secret_key", seen_by=staff)
    stripe_test_secret_key: Mapped[str | None] = attr(Secret, "stripe_test_secret_key", seen_by=staff)
    paypal_secret: Mapped[str | None] = attr(Secret, "paypal_secret", seen_by=staff)
    paypal_sandbox_secret: Mapped[str | None] = attr(Secret, "paypal_sandbox_secret", seen_by=staff)
    omise_test_secret: Mapped[str | None] = attr(Secret, "omise_test_secret", seen_by=staff)
    omise_live_secret: Mapped[str | None] = attr(Secret, "omise_live_secret", seen_by=staff)
    alipay_secret_key: Mapped[str | None] = attr(Secret, "alipay_secret_key", seen_by=staff)
    paytm_live_secret: Mapped[str | None] = attr(Secret, "paytm_live_secret", seen_by=staff)
    paytm_sandbox_secret: Mapped[str | None] = attr(Secret, "paytm_sandbox_secret", seen_by=staff)
    email_service: Mapped[str | None] = attr(Normal, choices=("smtp", "sendgrid"), seen_by=staff)
    email_from: Mapped[str | None] = attr(EmailAddress, seen_by=staff)
    email_from_name: Mapped[str | None] = attr(seen_by=staff)
    sendgrid_key: Mapped[str | None] = attr(Secret, "sendgrid_key", seen_by=staff)
    smtp_host: Mapped[str | None] = attr(seen_by=staff)
    smtp_username: Mapped[str | None] = attr(_key, seen_by=staff)
    smtp_password: Mapped[str | None] = attr(Secret, "smtp_password", seen_by=staff)
    smtp_port: Mapped[int | None] = attr(minimum=0, maximum=65535, seen_by=staff)
    smtp_encryption: Mapped[str | None] = attr(
        Normal, choices=("none", "tls", "ssl", "tls_optional", "ssl_optional"), seen_by=staff
    )
    rocket_chat_registration_secret: Mapped[str | None] = attr(
        Secret, "rocket_chat_registration_secret", seen_by=staff
    )
    rocket_chat_bot_id: Mapped[str | None] = attr(_key, seen_by=staff)
    rocket_chat_bot_token: Mapped[str | None] = attr(Secret, "rocket_chat_bot_token", seen_by=staff)
    invoice_sending_day: Mapped[int] = attr(seen_by=staff, default=1)
    invoice_sending_timezone: Mapped[str] = attr(TimeZone, seen_by=staff, default="UTC")
    admin_billing_paypal_email: Mapped[str | None] = attr(EmailAddress, seen_by=staff)


class SettingSchema(Schema):
    is_paypal_activated = Computed("boolean", PAYPAL, metadata={"after": "is_paytm_activated"})
    is_stripe_activated = Computed("boolean", STRIPE, metadata={"after": "is_paypal_activated"})
    is_omise_activated = Computed("boolean", OMISE, metadata={"after": "is_stripe_activated"})
    is_alipay_activated = Computed("boolean", ALIPAY, metadata={"after": "is_omise_activated"})
    is_billing_paypal_activated = Computed(
        "boolean", BILLING_PAYPAL, metadata={"after": "is_alipay_activated"}
    )


SETTING = Resource(
    "setting",
    Setting,
    SettingSchema,
    path="settings",
    singleton=True,
    methods=frozenset({"read", "update"}),
    policy=STAFF_EDITS,
    shared=True,
)
