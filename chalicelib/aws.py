"""AWS service clients, each created on first use. The only importer of boto3.

Importing boto3 and creating a client takes about 300 ms, which requests without AWS calls are spared.
"""

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chalicelib import telemetry
from chalicelib.settings import NotConfigured, settings

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef
    from mypy_boto3_ses.client import SESClient
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_ssm.client import SSMClient


@cache
def s3() -> "S3Client":
    """The S3 client. URLs are path-style where a stand-in for AWS is used.

    It gives up within the time that an answer may take.
    """
    from botocore.config import Config  # lazy: slow, see the module's docstring

    addressing: Any = {"addressing_style": "path" if settings().aws_endpoint_url else "virtual"}
    patience: Any = {"connect_timeout": 2, "read_timeout": 8, "retries": {"total_max_attempts": 2}}
    return _client("s3", config=Config(signature_version="s3v4", s3=addressing, **patience))  # type: ignore[no-any-return]


def stored_object(key: str) -> "GetObjectOutputTypeDef | None":
    """An object of the bucket: ContentLength and Body; None if it is missing. Raises boto3's errors."""
    try:
        return s3().get_object(Bucket=settings().bucket, Key=key)
    except s3().exceptions.ClientError as problem:
        # Who may not list the bucket is not told that an object is not there, but that it is forbidden.
        if problem.response["Error"]["Code"] in {"NoSuchKey", "404", "AccessDenied", "403"}:
            return None
        raise


@cache
def sqs() -> "SQSClient":
    """The SQS client, with short timeouts: an answer waits for it, and the outbox keeps what was not sent."""
    from botocore.config import Config  # lazy: slow, see the module's docstring

    patience = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    return _client("sqs", config=patience)  # type: ignore[no-any-return]


@cache
def ses() -> "SESClient":
    """The SES client, which repeats no call by itself: SES may have taken a mail whose answer was lost.

    The ledger of mails knows what to do then (docs/mail.md).
    """
    from botocore.config import Config  # lazy: slow, see the module's docstring

    once = Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 1})
    return _client("ses", config=once)  # type: ignore[no-any-return]


@cache
def ssm() -> "SSMClient":
    """The SSM client."""
    return _client("ssm")  # type: ignore[no-any-return]


@cache
def parameter(name: str) -> str:
    """The decrypted value of an SSM parameter, fetched once per process.

    Raises NotConfigured, naming the parameter, when it does not exist.
    """
    try:
        answer = ssm().get_parameter(Name=name, WithDecryption=True)
    except ssm().exceptions.ParameterNotFound:
        raise NotConfigured(f"SSM parameter {name} does not exist") from None
    return answer["Parameter"]["Value"]


def database_token(host: str, port: int, user: str) -> str:
    """An IAM password for `user` at RDS, Aurora or RDS Proxy, valid for 15 minutes.

    Signed locally, without a network call. Source: the RDS guide, "Connecting using IAM authentication".
    """
    return str(_client("rds").generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user))


def failures() -> tuple[type[Exception], ...]:
    """What clients raise when a service is not reached or refuses."""
    from botocore.exceptions import BotoCoreError, ClientError  # lazy: slow, see the module's docstring

    return BotoCoreError, ClientError


def refusal() -> type["ClientError"]:
    """What clients raise when a service has answered, and refuses."""
    from botocore.exceptions import ClientError  # lazy: slow, see the module's docstring

    return ClientError


def is_used() -> bool:
    """Whether any client was created since forget() (tests)."""
    return any(made.cache_info().currsize for made in (s3, sqs, ses, ssm))


def forget() -> None:
    """Drop every client and parameter, for a process whose settings changed (tests)."""
    for made in (s3, sqs, ses, ssm, parameter):
        made.cache_clear()


def import_boto3() -> None:
    """Import what clients are made of."""
    for name in ("boto3", "botocore.config", "botocore.exceptions"):
        import_module(name)


def forget_session() -> None:
    """Drop boto3's default session, which has credentials."""
    if loaded := sys.modules.get("boto3"):
        loaded.DEFAULT_SESSION = None  # type: ignore[attr-defined]


def _client(name: str, **options: Any) -> Any:
    import boto3  # lazy: slow, see the module's docstring

    made = boto3.client(
        name,  # type: ignore[call-overload]
        region_name=settings().aws_region,
        endpoint_url=settings().aws_endpoint_url or None,
        **options,
    )
    telemetry.instrument(made)
    return made
