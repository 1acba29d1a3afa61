"""What an operator can set. The only place that reads the environment.

Everything has a default that is right for Lambda or is absent on purpose; nothing is
read before the first question, so importing costs nothing and needs nothing.
"""

import os
from dataclasses import dataclass, fields
from functools import cache

from chalicelib.rates import Rate

VERSION = "0.1.0"


class NotConfigured(LookupError):
    """A setting or a parameter that is needed is missing or wrong; the words name it and quote nobody."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One frozen set of answers. Field names in upper case are the variables' names."""

    stage: str = "local"
    # Where the data is. A URL such as postgresql://user:password@host:5432/name, or the name
    # of an SSM parameter that holds one.
    database_url: str = ""
    database_url_parameter: str = ""
    # The same for the role that owns the tables and migrates them; without, it is that of requests.
    migration_database_url: str = ""
    migration_database_url_parameter: str = ""
    db_prepare: bool = True  # plans kept under names: faster, but they pin connections of RDS Proxy
    db_tls: bool = False  # verified TLS towards PostgreSQL
    db_ca_file: str = ""  # certificate bundle for db_tls; empty means the system's
    db_iam: bool = False  # a short-lived IAM token in place of the URL's password; AWS asks for db_tls then
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
    # Where people reach us: links in mails, and the prefix of links in documents.
    web_url: str = "http://localhost:4200"
    api_prefix: str = ""
    # Limits.
    page_size: int = 20
    max_page_size: int = 25_000  # which is what page[size]=0 means at the most
    max_body_bytes: int = 1_000_000
    max_answer_bytes: int = 6_250_000  # as Lambda counts them, whose own limit is 6,291,556
    max_document_bytes: int = 80_000_000  # before a document is compressed: they are held in memory
    max_included: int = 50_000
    upload_max_bytes: int = 20_000_000
    soft_delete: bool = True  # whether DELETE goes to the trash; without, it removes for good
    trash_days: int = 90  # after which the trash is emptied; 0 means never
    layers: str = "/opt"  # the directory of Lambda's layers
    cookie_secure: bool = True
    unverified_order_free: bool = False  # whether free tickets are for accounts that were not verified too
    # Rate limits: a number and a period, such as 10/15m, or off. docs/operating.md says what each is for.
    limits: bool = True  # whether there are any
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
    limit_invitation_again: Rate = Rate.of("3/1h")
    limit_order_mails: Rate = Rate.of("5/1m")
    limit_order_mails_by_source: Rate = Rate.of("60/1m")
    limit_guest_mails: Rate = Rate.of("10/1h")
    limit_guest_mails_paid: Rate = Rate.of("60/1h")
    limit_guest_mails_to_one: Rate = Rate.of("10/1d")
    limit_organizer_mails: Rate = Rate.of("30/1h")
    limit_code_guesses: Rate = Rate.of("20/15m")
    limit_code_guesses_by_source: Rate = Rate.of("60/15m")
    limit_codes_shown: Rate = Rate.of("100/15m")
    limit_uploads: Rate = Rate.of("300/1h")
    # Places that one account may hold at an event in orders that are not finished; 0 means any number.
    held_places: int = 100
    held_places_unverified: int = 10
    # What is told about the work, and never about people.
    log_level: str = "INFO"
    xray: bool = False
    telemetry_audit: str = (
        ""  # a file, or - for standard error, to see all that leaves for X-Ray, metrics, logs
    )


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
    found: dict[str, object] = {}
    for field in fields(Settings):
        text = os.environ.get(field.name.upper())
        if text is not None:
            found[field.name] = _convert(field.type, text, field.name.upper())
    return Settings(**found)  # type: ignore[arg-type]
