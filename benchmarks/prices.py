"""Public list prices in US dollars, without free tiers, savings plans and taxes; each with where it was seen.

Region us-east-1, looked up on the date below in stored copies of public pages: the benchmark does not ask
anybody, and AWS's own pricing pages fill most figures in by script, so that a stored copy seldom has them.
Look at the page named here before a decision hangs on a price; other regions are up to a fifth dearer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LOOKED_UP: Final = "2026-11-30"


@dataclass(frozen=True, slots=True)
class Price:
    """One price: dollars for a unit, the page that has it, and how its figure was seen on LOOKED_UP."""

    name: str
    value: float
    unit: str
    page: str
    seen: str


LISTED: Final[list[Price]] = []


def _listed(name: str, value: float, unit: str, page: str, seen: str) -> float:
    LISTED.append(Price(name, value, unit, page, seen))
    return value


def _file(offer: str, date: str) -> str:
    return f"AWS's price list file {offer} of {date}, quoted by others"


def _quoted(date: str) -> str:
    return f"the page of {date}, quoted by others"


_UNDATED: Final = "a stored copy of the page, which says no date"
_OTHERS: Final = "quoted by others without a date; the page was not found, as published in January 2025"

_LAMBDA: Final = ("aws.amazon.com/lambda/pricing", _file("AWSLambda", "2026-09-19"))
LAMBDA_GB_SECOND: Final = _listed("Lambda, x86", 0.0000166667, "GB-second", *_LAMBDA)
LAMBDA_PER_MILLION: Final = _listed("Lambda, invocations", 0.20, "million", *_LAMBDA)
SNAPSHOT_GB_SECOND: Final = _listed("SnapStart, a kept snapshot", 0.0000015046, "GB-second", *_LAMBDA)
RESTORED_GB: Final = _listed("SnapStart, a restored copy", 0.0001397998, "GB", *_LAMBDA)

API_GATEWAY_PER_MILLION: Final = _listed(
    *("API Gateway, REST API", 3.50, "million requests"),
    *("aws.amazon.com/api-gateway/pricing", _quoted("2026-09-20")),
)
SQS_PER_MILLION: Final = _listed(
    *("SQS, standard queue", 0.40, "million requests"),
    *("aws.amazon.com/sqs/pricing", _quoted("March 2026")),
)
# Accounts that were new after 21 July 2026 have the plan Essentials; older ones may still pay 0.10.
_SES: Final = ("aws.amazon.com/ses/pricing", _file("AmazonSES", "2026-07-22"))
SES_PER_THOUSAND: Final = _listed("SES, plan Essentials", 0.16, "thousand mails", *_SES)
SES_PER_THOUSAND_FORMERLY: Final = _listed("SES, à la carte", 0.10, "thousand mails", *_SES)

_CLOUDWATCH: Final = "aws.amazon.com/cloudwatch/pricing"
LOGS_PER_GB: Final = _listed(
    "CloudWatch, logs", 0.50, "GB", _CLOUDWATCH, _file("AmazonCloudWatch", "2026-09-22")
)
ALARM_MONTH: Final = _listed(
    "CloudWatch, alarm", 0.10, "month", _CLOUDWATCH, _file("AmazonCloudWatch", "2026-09-22")
)
METRIC_MONTH: Final = _listed("CloudWatch, metric", 0.30, "month", _CLOUDWATCH, _quoted("February 2026"))
DASHBOARD_MONTH: Final = _listed("CloudWatch, dashboard", 3.00, "month", _CLOUDWATCH, _quoted("June 2026"))
TRACE_PER_MILLION: Final = _listed(
    "X-Ray, recorded traces", 5.00, "million", "aws.amazon.com/xray/pricing", _UNDATED
)

TRANSFER_PER_GB: Final = _listed(
    *("Transfer to the internet", 0.09, "GB"),
    *("aws.amazon.com/ec2/pricing/on-demand", _file("AWSDataTransfer", "2026-09-16")),
)
# To viewers in the United States; from the API to CloudFront nothing is paid.
_EDGE: Final = ("aws.amazon.com/cloudfront/pricing/pay-as-you-go", _file("AmazonCloudFront", "2026-09-16"))
EDGE_PER_MILLION: Final = _listed("CloudFront, HTTPS requests", 1.00, "million", *_EDGE)
EDGE_FUNCTION_PER_MILLION: Final = _listed("CloudFront, its function", 0.10, "million", *_EDGE)
EDGE_TRANSFER_PER_GB: Final = _listed("CloudFront, transfer", 0.085, "GB", *_EDGE)
SECRET_MONTH: Final = _listed(
    *("Secrets Manager, secret", 0.40, "month"),
    *("aws.amazon.com/secrets-manager/pricing", _quoted("2026-09-24")),
)
PARAMETER_MONTH: Final = _listed(
    *("SSM, standard parameter", 0.0, "month"),
    *("aws.amazon.com/systems-manager/pricing", _quoted("2026-09-24")),
)
_S3: Final = ("aws.amazon.com/s3/pricing", _file("AmazonS3", "2026-09-18"))
FILES_GB_MONTH: Final = _listed("S3, kept", 0.023, "GB-month", *_S3)
FILES_PUT_PER_THOUSAND: Final = _listed("S3, PUT", 0.005, "thousand", *_S3)
FILES_GET_PER_THOUSAND: Final = _listed("S3, GET", 0.0004, "thousand", *_S3)

_WAF: Final = ("aws.amazon.com/waf/pricing", _quoted("2026-08-29"))
WEB_ACL_MONTH: Final = _listed("WAF, web ACL", 5.00, "month", *_WAF)
WEB_ACL_RULE_MONTH: Final = _listed("WAF, rule", 1.00, "month", *_WAF)
WEB_ACL_PER_MILLION: Final = _listed("WAF, requests", 0.60, "million", *_WAF)

_RDS: Final = ("aws.amazon.com/rds/postgresql/pricing", _file("AmazonRDS", "2026-10-06"))
DATABASE_HOUR: Final = {"db.t4g.micro": _listed("RDS, db.t4g.micro", 0.016, "hour", *_RDS)}
DATABASE_GB_MONTH: Final = _listed("RDS, gp3", 0.115, "GB-month", *_RDS)
_AURORA: Final = "aws.amazon.com/rds/aurora/pricing"
_TOOL: Final = "in a tool of AWS's own (github.com/aws/agent-toolkit-for-aws), of 2026-03-28"
AURORA_UNIT_HOUR: Final = _listed("Aurora Serverless v2, capacity unit", 0.12, "hour", _AURORA, _TOOL)
AURORA_GB_MONTH: Final = _listed("Aurora, kept", 0.10, "GB-month", _AURORA, _TOOL)
AURORA_PER_MILLION_PAGES: Final = _listed("Aurora, pages read or written", 0.20, "million", _AURORA, _OTHERS)
_PROXY: Final = ("aws.amazon.com/rds/proxy/pricing", _OTHERS)
PROXY_PROCESSOR_HOUR: Final = _listed("RDS Proxy, processor of an instance", 0.015, "hour", *_PROXY)
PROXY_UNIT_HOUR: Final = _listed("RDS Proxy, capacity unit", 0.015, "hour", *_PROXY)
PROXY_LEAST_UNITS: Final = 8  # that are paid for with Aurora Serverless v2; of processors 2

_EC2: Final = "aws.amazon.com/ec2/pricing/on-demand"
SERVER_HOUR: Final = {
    "t3.small": _listed("EC2, t3.small", 0.0208, "hour", _EC2, _quoted("2026-09-09")),
    "t3.medium": _listed("EC2, t3.medium", 0.0416, "hour", _EC2, _OTHERS),
    "c6i.xlarge": _listed("EC2, c6i.xlarge", 0.17, "hour", _EC2, _OTHERS),
}
_ELB: Final = ("aws.amazon.com/elasticloadbalancing/pricing", _file("AWSELB", "2026-10"))
BALANCER_HOUR: Final = _listed("ELB, balancer", 0.0225, "hour", *_ELB) + _listed(
    "ELB, its capacity unit", 0.008, "hour", *_ELB
)

HOURS_A_MONTH: Final = 730


def said() -> str:
    """In a line: which prices these are."""
    return f"list prices of us-east-1, looked up on {LOOKED_UP} (benchmarks/prices.py), without free tiers"


def table() -> Iterator[str]:
    """All of them, in Markdown."""
    yield "| price | dollars | for a | page | seen |"
    yield "| --- | ---: | --- | --- | --- |"
    for price in LISTED:
        value = f"{price.value:.10f}".rstrip("0").removesuffix(".")
        whole, _, rest = value.partition(".")
        value = f"{whole}.{rest:0<2}"
        yield f"| {price.name} | {value} | {price.unit} | {price.page} | {price.seen} |"
