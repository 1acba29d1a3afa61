"""Parameters to try the template with, and what it then means."""

from typing import Any

from deploy.values import Resolver

FUNCTIONS = {
    "APIHandler": "ApiRole",
    "Tasks": "TasksRole",
    "Files": "FilesRole",
    "SweepOutbox": "SweepRole",
    "ProbeHealth": "ProbeRole",
    "Migrate": "MigrateRole",
}
# A database somewhere, reached with a password; media served by somebody else.
PLAIN = {
    "Stage": "dev",
    "JwtKeysParameter": "/ours/jwt-keys",
    "DatabaseUrlParameter": "/ours/database-url",
    "MailFrom": "no-reply@example.org",
    "WebUrl": "https://example.org",
    "MediaUrl": "https://media.example.org",
    "AlarmEmail": "operator@example.org",
}
IN_NETWORK = {**PLAIN, "VpcId": "vpc-0123abcd", "SubnetIds": "subnet-0123abcd,subnet-4567cdef"}
# Everything is made here, and nothing has a password.
WHOLE = {
    **IN_NETWORK,
    "CreateCluster": "true",
    "UseProxy": "true",
    "UseIamDatabaseTokens": "true",
    "MediaUrl": "",
}
PROXY_ARN = "arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-1"


def attribute(resource: str, name: str) -> str:
    """What a resource's attribute is called here: TasksQueue.Arn, or TasksQueue.Ref for what Ref gives."""
    return PROXY_ARN if (resource, name) == ("DatabaseProxy", "DBProxyArn") else f"{resource}.{name}"


def resolved(template: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """The resources that would exist under these parameters."""
    return Resolver(template, given, attribute).resources()
