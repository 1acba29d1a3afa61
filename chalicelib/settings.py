"""Settings, from environment variables. The only place that reads the environment.

Every default suits Lambda or is deliberately empty; nothing is read before the first use, so importing needs
nothing.
"""

import os
from dataclasses import dataclass, fields
from functools import cache

from chalicelib.rates import Rate

VERSION = "0.1.0"
OLDEST_SECONDS = 30  # no reader sees a page that is older
LEAST_ACTIVITY_DAYS = 30
# The entry of a mail keeps it from being sent twice, as long as its task may be tried again: the outbox and
# the queue of dead letters know it for 30 days at most.
LEAST_MAIL_DAYS = 60


class NotConfigured(LookupError):
    """A required setting or parameter is missing or wrong; the text names it and quotes no value."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # secrets would be in a repr; none are compared
class Settings:
    """All settings, immutable. Field names in upper case are the variables' names."""

    stage: str = "local"
    # The database. A URL such as postgresql://user:password@host:5432/name, or the name
    # of an SSM parameter that holds one.
    database_url: str = ""
    database_url_parameter: str = ""
    # The same for the role that owns and migrates the tables; default: the request role.
    migration_database_url: str = ""
    migration_database_url_parameter: str = ""
    # A replica that content is read from where that shows nothing that is too old (docs/operating.md); none
    # where both are empty.
    database_reader_url: str = ""
    database_reader_url_parameter: str = ""
    reader_most_lag: int = 5  # seconds that what it answers may be old
    db_prepare: bool = True  # prepared statements: faster, but they pin connections of RDS Proxy
    db_seconds: int = 0  # without an answer, after which a connection is given up; 0: never
    db_tls: bool = False  # verified TLS towards PostgreSQL
    db_ca_file: str = ""  # certificate bundle for db_tls; empty means the system's
    db_iam: bool = False  # IAM token instead of the URL's password; AWS then requires db_tls
    # Signing keys for tokens, newest first: "kid:secret,oldkid:oldsecret".
    jwt_keys: str = ""
    jwt_keys_parameter: str = ""
    # AWS. An endpoint is set only where a stand-in is used.
    aws_endpoint_url: str = ""
    aws_region: str = "eu-central-1"
    bucket: str = ""
    media_url: str = ""  # public prefix of media/..., without a slash at the end
    tasks_queue_url: str = ""
    dead_letters_url: str = ""
    mail_from: str = "no-reply@example.org"
    mail_language: str = "en"  # of mails to those who have chosen none
    mail_configuration_set: str = ""  # of SES, which publishes what becomes of a mail
    # Stripe. The platform's keys are set by staff; the secret of its webhook here, or in an SSM parameter.
    stripe_webhook_secret: str = ""
    stripe_webhook_secret_parameter: str = ""
    stripe_api_url: str = "https://api.stripe.com"
    stripe_connect_url: str = "https://connect.stripe.com"
    # PayPal. The ids of the webhooks are no secrets: PayPal tells by its own keys what it has sent.
    paypal_webhook_id: str = ""
    paypal_sandbox_webhook_id: str = ""
    paypal_platform_fees: bool = False  # whether PayPal collects the platform's fees: it has to agree to that
    paypal_api_url: str = "https://api-m.paypal.com"
    paypal_sandbox_api_url: str = "https://api-m.sandbox.paypal.com"
    # Web Push (VAPID): a pair of keys in base64url; the private one here, or in an SSM parameter.
    vapid_public_key: str = ""
    vapid_private_key: str = ""
    vapid_private_key_parameter: str = ""
    vapid_subject: str = ""  # whom a push service may ask: mailto: or https:; empty means MAIL_FROM
    # Hosts of push services, parted by spaces; nothing is ever sent to another one.
    push_services: str = (
        "fcm.googleapis.com *.push.services.mozilla.com *.notify.windows.com *.push.apple.com"
    )
    push_url: str = ""  # leads to a stand-in for all of them, where one is used
    # Wallet passes; what signs them here, or in an SSM parameter. Apple: a private key, its certificate and
    # that of WWDR, in PEM. Google: the key file (JSON) of a service account.
    apple_pass_type: str = ""  # the identifier of the pass type
    apple_pass_team: str = ""
    apple_pass_credentials: str = ""
    apple_pass_credentials_parameter: str = ""
    google_wallet_issuer: str = ""  # Google's id of the issuer
    google_wallet_credentials: str = ""
    google_wallet_credentials_parameter: str = ""
    # Public addresses: links in emails, and the prefix of links in documents.
    web_url: str = "http://localhost:4200"
    api_prefix: str = ""
    api_url: str = ""  # the API's own address, for links in mails; api_prefix will do if it is a whole one
    # Shared caches, such as CloudFront in front of the API: docs/edge.md.
    shared_seconds: int = 10  # for which they may tell what is the same for everybody; 0: never
    stale_seconds: int = 4  # and for which they tell it still, while they ask for the present state
    edge_secret: str = ""  # which our own cache proves itself by; empty: there is none
    # Limits.
    page_size: int = 20
    max_page_size: int = 25_000  # also the meaning of page[size]=0
    max_body_bytes: int = 1_000_000
    max_upload_body_bytes: int = 10_000_000  # of the two addresses that take files; API Gateway's own limit
    max_answer_bytes: int = 6_250_000  # as Lambda counts them, whose own limit is 6,291,556
    max_document_bytes: int = 80_000_000  # before compression: held in memory
    max_included: int = 50_000
    upload_max_bytes: int = 20_000_000
    soft_delete: bool = True  # whether DELETE moves rows to the trash; False: permanent
    trash_days: int = 90  # retention period of the trash; 0: forever
    notification_days: int = 365  # how long notifications that were read are kept; 0: forever
    activity_days: int = 0  # how long entries of the audit log are kept, 30 at least; 0: forever
    mail_days: int = 0  # how long entries of the log of mails are kept, 60 at least; 0: forever
    door_scan_days: int = 90  # how long scans at doors are kept after their event; 0: forever
    layers: str = "/opt"  # the directory of Lambda's layers
    cookie_secure: bool = True
    unverified_order_free: bool = False  # whether unverified accounts may order free tickets
    # Rate limits: a number and a period, such as 10/15m, or off. docs/operating.md says what each is for.
    limits: bool = True  # False turns all off
    limit_sign_in: Rate = Rate.of("10/15m")
    limit_sign_in_by_source: Rate = Rate.of("100/15m")
    limit_password_check: Rate = Rate.of("20/15m")
    limit_token_guesses: Rate = Rate.of("30/15m")
    limit_refresh: Rate = Rate.of("100/15m")
    limit_check_email: Rate = Rate.of("60/10m")
    limit_sign_up: Rate = Rate.of("100/1h")
    limit_reset_mail: Rate = Rate.of("3/1h")
    limit_reset_mail_by_source: Rate = Rate.of("1/1m")
    limit_verification_mail: Rate = Rate.of("5/1h")
    limit_first_mail: Rate = Rate.of("5/1h")
    limit_verification_mail_by_source: Rate = Rate.of("20/1h")
    limit_address_change: Rate = Rate.of("5/1d")
    limit_invitations: Rate = Rate.of("60/1h")
    limit_invitations_to_one: Rate = Rate.of("5/1d")
    limit_invitations_by_recipient: Rate = Rate.of("20/1d")
    limit_ticket_invitations: Rate = Rate.of("5000/1d")
    limit_ticket_transfers: Rate = Rate.of("50/1d")
    limit_transfers_by_recipient: Rate = Rate.of("20/1d")
    limit_waiting_list_joins: Rate = Rate.of("60/1h")
    limit_joins_by_recipient: Rate = Rate.of("10/1d")
    limit_form_requests: Rate = Rate.of("500/1d")
    limit_form_requests_by_recipient: Rate = Rate.of("20/1d")
    limit_form_request_again: Rate = Rate.of("5/1d")
    limit_invitation_again: Rate = Rate.of("3/1h")
    limit_order_mails: Rate = Rate.of("5/1m")
    limit_order_mails_by_source: Rate = Rate.of("60/1m")
    limit_guest_mails: Rate = Rate.of("10/1h")
    limit_guest_mails_paid: Rate = Rate.of("60/1h")
    limit_guest_mails_to_one: Rate = Rate.of("10/1d")
    limit_guest_mails_by_recipient: Rate = Rate.of("40/1d")
    limit_guest_orders: Rate = Rate.of("5/1h")
    limit_guest_orders_by_source: Rate = Rate.of("30/1h")
    limit_guest_orders_by_event: Rate = Rate.of("3000/1h")
    limit_link_mails: Rate = Rate.of("3/1h")
    limit_link_mails_by_source: Rate = Rate.of("20/1h")
    limit_organizer_mails: Rate = Rate.of("30/1h")
    limit_session_mails: Rate = Rate.of("300/1h")
    limit_schedule_releases: Rate = Rate.of("30/1d")
    limit_session_mails_to_one: Rate = Rate.of("20/1d")
    limit_session_mails_by_recipient: Rate = Rate.of("100/1d")
    limit_speaker_mails: Rate = Rate.of("300/1h")
    limit_speaker_mails_unverified: Rate = Rate.of("5/1d")
    limit_sign_ups: Rate = Rate.of("120/1h")
    limit_sign_up_mails: Rate = Rate.of("1000/1h")
    limit_submission_mails: Rate = Rate.of("20/1h")
    limit_questions: Rate = Rate.of("10/1h")
    limit_questions_by_source: Rate = Rate.of("30/1h")
    limit_announcements: Rate = Rate.of("10/1d")
    limit_bulk_mails: Rate = Rate.of("20/1d")
    limit_bulk_mail_recipients: Rate = Rate.of("300000/1d")
    limit_bulk_mail_recipients_unverified: Rate = Rate.of("50/1d")
    limit_test_mails: Rate = Rate.of("20/1h")
    limit_code_guesses: Rate = Rate.of("20/15m")
    limit_code_guesses_by_source: Rate = Rate.of("60/15m")
    limit_codes_shown: Rate = Rate.of("100/15m")
    limit_uploads: Rate = Rate.of("300/1h")
    limit_virtual_check_ins: Rate = Rate.of("300/1h")
    limit_badge_previews: Rate = Rate.of("120/1h")
    limit_tasks: Rate = Rate.of("60/1h")
    limit_papers: Rate = Rate.of("120/10m")
    limit_certificates: Rate = Rate.of("60/10m")
    limit_service_calls: Rate = Rate.of("60/10m")
    limit_payments: Rate = Rate.of("120/10m")
    limit_forged_events: Rate = Rate.of("60/15m")
    mail_attachment_bytes: int = 3_000_000  # of all files in one email; 0: none. SES takes 10 MB, encoded
    paper_patience: int = 12  # seconds that a request waits for a document that is being made
    # Seats that one account may reserve at an event in unfinished orders; 0: unlimited.
    held_places: int = 100
    held_places_unverified: int = 10
    held_places_guest: int = 10  # for each e-mail address and each IP address without an account
    guest_hold_minutes: int = 15  # at most, as staff may set a longer time for accounts
    # Telemetry, without personal data.
    log_level: str = "INFO"
    xray: bool = False
    telemetry_audit: str = ""  # a file, or - for stderr: a copy of all that is sent to X-Ray, metrics, logs


_TRUE = {"1", "true", "yes", "on"}


def _convert(kind: object, text: str, name: str) -> object:
    if kind is bool:
        return text.strip().lower() in _TRUE
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise SystemExit(f"{name} must be a whole number, not {text!r}") from None
    if kind is Rate:
        try:
            return Rate.of(text)
        except ValueError as mistake:
            raise SystemExit(f"{name}: {mistake}") from None
    return text


@cache
def settings() -> Settings:
    """The settings of this process, read once. Tests call settings.cache_clear()."""
    values: dict[str, object] = {}
    for field in fields(Settings):
        text = os.environ.get(field.name.upper())
        if text is not None:
            values[field.name] = _convert(field.type, text, field.name.upper())
    found = Settings(**values)  # type: ignore[arg-type]
    if found.shared_seconds < 0 or found.stale_seconds < 0:
        raise SystemExit("SHARED_SECONDS and STALE_SECONDS are not below 0")
    if found.shared_seconds + found.stale_seconds > OLDEST_SECONDS:
        raise SystemExit(f"SHARED_SECONDS and STALE_SECONDS are {OLDEST_SECONDS} at most, together")
    for name, days, least in (
        ("ACTIVITY_DAYS", found.activity_days, LEAST_ACTIVITY_DAYS),
        ("MAIL_DAYS", found.mail_days, LEAST_MAIL_DAYS),
    ):
        if days != 0 and days < least:
            raise SystemExit(f"{name} is 0, which means forever, or {least} at least")
    return found


def begins_as_snapshot() -> bool:
    """Whether Lambda will take a snapshot of this process (SnapStart). It is asked while importing."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
