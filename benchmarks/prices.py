"""Public list prices in US dollars, without free tiers, savings plans and taxes.

Region us-east-1, written down by hand at the date below: the benchmark does not ask anybody. Look at
the pages named here before a decision hangs on them; other regions are up to a fifth dearer.
"""

from typing import Final

DATE: Final = (
    "written down by hand: as published in January 2025; of Aurora, WAF and CloudFront as found on "
    "30 November 2026"
)
SOURCES: Final = (
    "aws.amazon.com/lambda/pricing",
    "aws.amazon.com/api-gateway/pricing",
    "aws.amazon.com/sqs/pricing",
    "aws.amazon.com/ses/pricing",
    "aws.amazon.com/rds/postgresql/pricing",
    "aws.amazon.com/rds/aurora/pricing",
    "aws.amazon.com/waf/pricing",
    "aws.amazon.com/ec2/pricing/on-demand",
    "aws.amazon.com/elasticloadbalancing/pricing",
    "aws.amazon.com/cloudwatch/pricing",
    "aws.amazon.com/cloudfront/pricing",
)
# CloudFront's were looked up later than the others.
EDGE_DATE: Final = "looked up in a stored copy of aws.amazon.com/cloudfront/pricing on 30 November 2026"

LAMBDA_GB_SECOND: Final = 0.0000166667  # x86
LAMBDA_PER_MILLION: Final = 0.20
API_GATEWAY_PER_MILLION: Final = 3.50  # REST API
SQS_PER_MILLION: Final = 0.40
SES_PER_THOUSAND: Final = 0.10
LOGS_PER_GB: Final = 0.50
TRANSFER_PER_GB: Final = 0.09
EDGE_PER_MILLION: Final = 1.00  # HTTPS requests of viewers in the United States
EDGE_FUNCTION_PER_MILLION: Final = 0.10
EDGE_TRANSFER_PER_GB: Final = 0.085  # to viewers; from the API to CloudFront nothing is paid
METRIC_MONTH: Final = 0.30
ALARM_MONTH: Final = 0.10
DASHBOARD_MONTH: Final = 3.00

DATABASE_HOUR: Final = {"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065}
DATABASE_GB_MONTH: Final = 0.115
AURORA_UNIT_HOUR: Final = 0.12  # Serverless v2, one capacity unit
AURORA_GB_MONTH: Final = 0.10
AURORA_PER_MILLION_PAGES: Final = 0.20  # read from storage or written to it
WEB_ACL_MONTH: Final = 5.00
WEB_ACL_RULE_MONTH: Final = 1.00
WEB_ACL_PER_MILLION: Final = 0.60
SERVER_HOUR: Final = {"t3.small": 0.0208, "t3.medium": 0.0416, "c6i.xlarge": 0.17}
BALANCER_HOUR: Final = 0.0225 + 0.008  # with one capacity unit

HOURS_A_MONTH: Final = 730
