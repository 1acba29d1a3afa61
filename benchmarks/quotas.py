"""Default quotas of AWS, per account and region, and what the template sets.

Looked up in the pages named here, on the date below; most can be raised by asking. Look again before a
decision hangs on one of them.
"""

from typing import Final

DATE: Final = "2026-11-30"
SOURCES: Final = (
    "docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
    "docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
    "docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
    "docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    "docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html",
    "docs.aws.amazon.com/ses/latest/dg/quotas.html",
    "docs.aws.amazon.com/prescriptive-guidance/latest/tuning-postgresql-parameters/max-connections.html",
)

CLOUDFRONT_PER_SECOND: Final = 250_000  # of one distribution
API_GATEWAY_PER_SECOND: Final = 10_000  # 2,500 in some regions
LAMBDA_AT_ONCE: Final = 1_000
LAMBDA_MORE_IN_TEN_SECONDS: Final = 1_000  # of one function
# A queue starts five batches at once, and 300 more each minute; some copies of the page say 1,250 at most.
QUEUE_FIRST_BATCHES: Final = 5
QUEUE_MORE_IN_A_MINUTE: Final = 300
QUEUE_BATCHES: Final = 1_000
QUEUE_IN_FLIGHT: Final = 120_000  # received and not deleted; calls of a standard queue have no limit
# In the sandbox. AWS names no figure for an account that has left it: it grants one by use and reputation.
MAILS_A_DAY: Final = 200
MAILS_PER_SECOND: Final = 1
BYTES_A_CONNECTION: Final = 9_531_392  # RDS: max_connections is memory / this, at most the next line
MOST_CONNECTIONS: Final = 5_000
CAPACITY_UNIT_BYTES: Final = 2 * 1024**3  # of Aurora Serverless v2
# AWS names no figure: instance classes of this generation have 8 GiB for each processor.
PROCESSORS_A_CAPACITY_UNIT: Final = 0.25
MOST_CAPACITY_UNITS: Final = 256
# Caches that ask the origin by themselves. AWS names 13 regional ones; twice that is assumed.
REGIONAL_CACHES: Final = 26
