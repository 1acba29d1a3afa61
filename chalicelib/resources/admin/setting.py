"""Settings of the platform: the public sees names and links, signed-in people the apps, staff the keys."""

from typing import Any

from chalicelib.jsonapi.fields import Computed, Schema, fields, validate
from chalicelib.jsonapi.policy import logged_in, staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.texts import LONGEST_ANSWER
from chalicelib.resources.admin.setting_row import Setting
from chalicelib.resources.attributes import link, web_address
from chalicelib.resources.markup import RichText
from chalicelib.resources.policies import STAFF_EDITS
from chalicelib.resources.value_fields import EmailAddress, TimeZone, one_of

# Payment services are tried out in all but the last two.
MODES = ("sandbox", "test", "testing", "debug", "development", "live", "production")
FOR_USERS = {"seen_by": logged_in}
FOR_STAFF = {"seen_by": staff}


def _all_set(*columns: str) -> str:
    return "(" + " AND ".join(f"coalesce({{t}}.{column}, '') <> ''" for column in columns) + ")"


PAYPAL = (
    "CASE WHEN {t}.paypal_mode = 'sandbox' "
    f"THEN {_all_set('paypal_sandbox_client', 'paypal_sandbox_secret')} "
    f"ELSE {_all_set('paypal_client', 'paypal_secret')} END"
)
STRIPE = (
    f"{_all_set('stripe_client_id', 'stripe_secret_key', 'stripe_publishable_key')} OR "
    f"{_all_set('stripe_test_client_id', 'stripe_test_secret_key', 'stripe_test_publishable_key')}"
)
OMISE = (
    f"{_all_set('omise_live_public', 'omise_live_secret')} OR "
    f"{_all_set('omise_test_public', 'omise_test_secret')}"
)
ALIPAY = _all_set("alipay_publishable_key", "alipay_secret_key")
BILLING_PAYPAL = f"({PAYPAL}) AND {_all_set('admin_billing_paypal_email')}"


def _key(**options: Any) -> fields.Str:
    """A key of a service, which nobody shows as markup; some are certificates."""
    return fields.Str(plain=True, longest=LONGEST_ANSWER, allow_none=True, **options)


class SettingSchema(Schema):
    app_name = fields.Str(allow_none=True)
    tagline = fields.Str(allow_none=True)
    order_expiry_time = fields.Int(strict=True, validate=validate.Range(1, 60))
    start_pg_event_id = fields.Str(allow_none=True)
    start_pg_enabled = fields.Str(allow_none=True)
    max_complex_custom_fields = fields.Int(strict=True, validate=validate.Range(1, 30))
    analytics_key = _key()
    fb_client_id = _key()
    google_url = link(empty=True, allow_none=True)
    github_url = link(empty=True, allow_none=True)
    twitter_url = link(empty=True, allow_none=True)
    support_url = link(empty=True, allow_none=True)
    facebook_url = link(empty=True, allow_none=True)
    instagram_url = link(empty=True, allow_none=True)
    patreon_url = link(empty=True, allow_none=True)
    gitter_url = link(empty=True, allow_none=True)
    telegram_url = link(empty=True, allow_none=True)
    youtube_url = link(empty=True, allow_none=True)
    weblate_url = link(empty=True, allow_none=True)
    frontend_url = web_address(allow_none=True)
    rocket_chat_url = web_address(allow_none=True)
    cookie_policy = RichText(allow_none=True)
    cookie_policy_link = link(empty=True, allow_none=True)
    is_paytm_activated = fields.Bool()
    is_paypal_activated = Computed("boolean", PAYPAL)
    is_stripe_activated = Computed("boolean", STRIPE)
    is_omise_activated = Computed("boolean", OMISE)
    is_alipay_activated = Computed("boolean", ALIPAY)
    is_billing_paypal_activated = Computed("boolean", BILLING_PAYPAL)
    stripe_client_id = _key()
    stripe_publishable_key = _key()
    stripe_test_client_id = _key()
    stripe_test_publishable_key = _key()
    stripe_mode = one_of(MODES, allow_none=True)
    paypal_mode = one_of(MODES, allow_none=True)
    paypal_client = _key()
    paypal_sandbox_client = _key()
    omise_mode = one_of(MODES, allow_none=True)
    omise_test_public = _key()
    omise_live_public = _key()
    alipay_publishable_key = _key()
    paytm_mode = one_of(MODES, allow_none=True)
    paytm_live_merchant = _key()
    paytm_sandbox_merchant = _key()
    admin_billing_contact_name = fields.Str(allow_none=True)
    admin_billing_phone = fields.Str(allow_none=True)
    admin_billing_email = EmailAddress(allow_none=True)
    admin_billing_state = fields.Str(allow_none=True)
    admin_billing_country = fields.Str(allow_none=True)
    admin_billing_tax_info = fields.Str(allow_none=True)
    admin_company = fields.Str(allow_none=True)
    admin_billing_address = fields.Str(allow_none=True)
    admin_billing_city = fields.Str(allow_none=True)
    admin_billing_zip = fields.Str(allow_none=True)
    admin_billing_additional_info = fields.Str(longest=LONGEST_ANSWER, allow_none=True)
    admin_billing_logo = web_address(allow_none=True)
    logo_size = fields.Int(strict=True)
    image_size = fields.Int(strict=True)
    slide_size = fields.Int(strict=True)
    android_app_url = link(empty=True, allow_none=True, metadata=FOR_USERS)
    web_app_url = link(empty=True, allow_none=True, metadata=FOR_USERS)
    app_environment = one_of(("development", "staging", "testing", "production"), metadata=FOR_STAFF)
    static_domain = fields.Str(allow_none=True, metadata=FOR_STAFF)
    storage_place = one_of(("local", "s3", "gs"), allow_none=True, metadata=FOR_STAFF)
    aws_key = _key(metadata=FOR_STAFF)
    aws_secret = _key(metadata=FOR_STAFF)
    aws_bucket_name = fields.Str(allow_none=True, metadata=FOR_STAFF)
    aws_region = fields.Str(allow_none=True, metadata=FOR_STAFF)
    gs_key = _key(metadata=FOR_STAFF)
    gs_secret = _key(metadata=FOR_STAFF)
    gs_bucket_name = fields.Str(allow_none=True, metadata=FOR_STAFF)
    is_google_recaptcha_enabled = fields.Bool(metadata=FOR_STAFF)
    google_recaptcha_site = _key(metadata=FOR_STAFF)
    google_recaptcha_secret = _key(metadata=FOR_STAFF)
    google_client_id = _key(metadata=FOR_STAFF)
    google_client_secret = _key(metadata=FOR_STAFF)
    fb_client_secret = _key(metadata=FOR_STAFF)
    tw_consumer_key = _key(metadata=FOR_STAFF)
    tw_consumer_secret = _key(metadata=FOR_STAFF)
    in_client_id = _key(metadata=FOR_STAFF)
    in_client_secret = _key(metadata=FOR_STAFF)
    stripe_secret_key = _key(metadata=FOR_STAFF)
    stripe_test_secret_key = _key(metadata=FOR_STAFF)
    paypal_secret = _key(metadata=FOR_STAFF)
    paypal_sandbox_secret = _key(metadata=FOR_STAFF)
    omise_test_secret = _key(metadata=FOR_STAFF)
    omise_live_secret = _key(metadata=FOR_STAFF)
    alipay_secret_key = _key(metadata=FOR_STAFF)
    paytm_live_secret = _key(metadata=FOR_STAFF)
    paytm_sandbox_secret = _key(metadata=FOR_STAFF)
    email_service = one_of(("smtp", "sendgrid"), allow_none=True, metadata=FOR_STAFF)
    email_from = EmailAddress(allow_none=True, metadata=FOR_STAFF)
    email_from_name = fields.Str(allow_none=True, metadata=FOR_STAFF)
    sendgrid_key = _key(metadata=FOR_STAFF)
    smtp_host = fields.Str(allow_none=True, metadata=FOR_STAFF)
    smtp_username = _key(metadata=FOR_STAFF)
    smtp_password = _key(metadata=FOR_STAFF)
    smtp_port = fields.Int(
        strict=True, allow_none=True, validate=validate.Range(0, 65535), metadata=FOR_STAFF
    )
    smtp_encryption = one_of(
        ("none", "tls", "ssl", "tls_optional", "ssl_optional"), allow_none=True, metadata=FOR_STAFF
    )
    rocket_chat_registration_secret = _key(metadata=FOR_STAFF)
    invoice_sending_day = fields.Int(strict=True, metadata=FOR_STAFF)
    invoice_sending_timezone = TimeZone(metadata=FOR_STAFF)
    admin_billing_paypal_email = EmailAddress(allow_none=True, metadata=FOR_STAFF)


SETTING = Resource(
    "setting",
    Setting,
    SettingSchema,
    path="settings",
    singleton=True,
    offers=frozenset({"read", "update"}),
    policy=STAFF_EDITS,
)
