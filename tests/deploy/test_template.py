"""The template is one that AWS takes, the same for every stage, and says what the functions get."""

import json
from typing import Any

import pytest

from deploy.artefacts import ROOT, Artefacts, stages
from deploy.values import Resolver, complaints
from tests.deploy.given import FUNCTIONS, IN_NETWORK, PLAIN, WHOLE, attribute, resolved

# Optional ids are empty by default, and the linter takes every default for a value that will be used.
_DEFAULTS = {"W1030", "W1033", "W1035"}
_CORS = {
    "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
    "gatewayresponse.header.Access-Control-Allow-Headers": "'*'",
    "gatewayresponse.header.Strict-Transport-Security": "'max-age=63072000; includeSubDomains'",
    "gatewayresponse.header.X-Content-Type-Options": "'nosniff'",
    "gatewayresponse.header.Cache-Control": "'no-store'",
}


def linted(template: dict[str, Any], *regions: str) -> list[Any]:
    """What the linter has against it."""
    from cfnlint.api import lint  # a second, which only these tests need
    from cfnlint.config import ManualArgs

    return list(lint(json.dumps(template), config=ManualArgs(regions=list(regions))))


def test_the_linter_has_nothing_against_it(translated: dict[str, Any]) -> None:
    found = linted(translated, "eu-central-1", "us-east-1")
    assert [str(item) for item in found if item.rule.id not in _DEFAULTS] == []


def test_the_linter_would_notice(translated: dict[str, Any]) -> None:
    queue = translated["Resources"]["TasksQueue"]
    broken = {"Type": queue["Type"], "Properties": {"VisibilityTimeout": "soon"}}
    (found,) = linted({"Resources": {"TasksQueue": broken}}, "eu-central-1")
    assert found.rule.id.startswith("E")
    assert found.path == ["Resources", "TasksQueue", "Properties", "VisibilityTimeout"]


def test_stages_differ_by_parameters_alone(packages: dict[str, Artefacts]) -> None:
    assert packages["dev"].template.read_bytes() == packages["prod"].template.read_bytes()
    assert stages() == ("dev", "prod")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_parameters_of_a_stage_are_known_and_good(sam: dict[str, Any], stage: str) -> None:
    text = (ROOT / "deploy" / f"{stage}.json").read_text()
    ordered = json.loads(text)
    assert ordered["stack"].endswith(stage)
    assert ordered["parameters"]["Stage"] == stage
    # What only the operator of an account can know is left to them.
    theirs = {"MailFrom": "a@example.org", "WebUrl": "https://example.org"}
    theirs |= {"VpcId": "vpc-0123abcd", "SubnetIds": "subnet-0123abcd"} if stage == "prod" else {}
    assert complaints(sam, {**ordered["parameters"], **theirs}) == []
    assert not any(digits.isdigit() and len(digits) == 12 for digits in text.replace('"', " ").split())


@pytest.mark.parametrize("given", [PLAIN, IN_NETWORK, WHOLE])
def test_everything_that_is_named_exists(translated: dict[str, Any], given: dict[str, str]) -> None:
    """A reference to something whose condition is not met would end the deployment half-way."""
    asked: set[str] = set()

    def lookup(resource: str, name: str) -> str:
        asked.add(resource)
        return attribute(resource, name)

    resolver = Resolver(translated, given, lookup)
    resources = resolver.resources()
    outputs = [
        output
        for output in translated["Outputs"].values()
        if "Condition" not in output or resolver.holds(output["Condition"])
    ]
    resolver.value([output["Value"] for output in outputs])
    assert asked <= resources.keys()


def test_there_is_one_regional_api_with_one_stage(translated: dict[str, Any]) -> None:
    found = resolved(translated, PLAIN)
    (api,) = (item for item in found.values() if item["Type"] == "AWS::ApiGateway::RestApi")
    (stage,) = (item for item in found.values() if item["Type"] == "AWS::ApiGateway::Stage")
    assert api["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["Properties"]["Name"] == api["Properties"]["Body"]["info"]["title"] == "open-event"
    assert stage["Properties"]["StageName"] == "api"
    assert stage["Properties"]["TracingEnabled"] is True


def test_answers_of_the_gateway_itself_are_error_documents(translated: dict[str, Any]) -> None:
    body = resolved(translated, PLAIN)["RestAPI"]["Properties"]["Body"]
    answers = body["x-amazon-apigateway-gateway-responses"]
    statuses = {"MISSING_AUTHENTICATION_TOKEN": "404", "REQUEST_TOO_LARGE": "413", "THROTTLED": "429"}
    assert answers.keys() > {*statuses, "DEFAULT_4XX", "DEFAULT_5XX", "INTEGRATION_TIMEOUT"}
    for kind, answer in answers.items():
        text = answer["responseTemplates"]["application/json"]
        document = json.loads(text.replace("$context.error.messageString", '"quoted by the gateway"'))
        (error,) = document["errors"]
        assert document["jsonapi"] == {"version": "1.1"}
        assert error["title"]
        assert error["detail"]
        assert error["id"] == "$context.requestId"
        assert error.keys() <= {"id", "status", "code", "title", "detail", "source"}
        if kind in statuses:
            assert answer["statusCode"] == error["status"] == statuses[kind]
        assert answer["responseParameters"].items() >= _CORS.items()
    assert "gatewayresponse.header.Retry-After" in answers["THROTTLED"]["responseParameters"]


def test_each_function_has_its_own_role_log_and_limits(translated: dict[str, Any]) -> None:
    found = resolved(translated, PLAIN)
    functions = {
        name: value["Properties"] for name, value in found.items() if value["Type"] == "AWS::Lambda::Function"
    }
    assert functions.keys() == FUNCTIONS.keys()
    for name, role in FUNCTIONS.items():
        assert functions[name]["Role"] == f"{role}.Arn"
        assert functions[name]["Architectures"] == ["x86_64"]
        assert functions[name]["TracingConfig"] == {"Mode": "Active"}
        assert functions[name]["ReservedConcurrentExecutions"]
    limits = {name: (value["Timeout"], value["MemorySize"]) for name, value in functions.items()}
    assert limits == {
        "APIHandler": (29, 1024),
        "Tasks": (120, 1536),
        "Files": (120, 512),
        "SweepOutbox": (55, 512),
        "ProbeHealth": (60, 512),
        "Migrate": (900, 512),
    }
    logs = [
        found[function["LoggingConfig"]["LogGroup"].removesuffix(".Ref")] for function in functions.values()
    ]
    assert len({log["Properties"]["LogGroupName"] for log in logs}) == len(FUNCTIONS)
    assert {log["Properties"]["RetentionInDays"] for log in logs} == {"30"}
    with_libmagic = {name for name, value in functions.items() if "MagicLayer" in str(value.get("Layers"))}
    assert with_libmagic == {"APIHandler", "Files"}
    assert {name for name, value in functions.items() if "PapersLayer" in str(value.get("Layers"))} == {
        "Tasks"
    }


def test_the_functions_are_woken_by_what_wakes_them_here(translated: dict[str, Any]) -> None:
    found = {name: value["Properties"] for name, value in resolved(translated, PLAIN).items()}
    source = found["TasksTasksSqsEventSource"]
    assert source["EventSourceArn"] == "TasksQueue.Arn"
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 10
    assert source["ScalingConfig"] == {"MaximumConcurrency": found["Tasks"]["ReservedConcurrentExecutions"]}
    assert found["FilesFilesEvent"]["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["FilesBucket.Ref"]}, "object": {"key": [{"prefix": "incoming/"}]}},
    }
    failures = found["FilesEventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failures == {"Destination": "DeadLetters.Arn"}
    assert found["SweepOutboxSweepOutboxEvent"]["ScheduleExpression"] == "rate(1 minute)"
    assert found["ProbeHealthProbeHealthEvent"]["ScheduleExpression"] == "rate(5 minutes)"


def test_nothing_is_reserved_where_an_account_has_little(translated: dict[str, Any]) -> None:
    found = resolved(translated, {**PLAIN, "ApiConcurrency": "0"})
    assert not any("ReservedConcurrentExecutions" in found[name]["Properties"] for name in FUNCTIONS)


def test_functions_stand_in_the_network_that_they_are_given(translated: dict[str, Any]) -> None:
    outside = resolved(translated, PLAIN)
    inside = resolved(translated, IN_NETWORK)
    grouped = resolved(translated, {**IN_NETWORK, "SecurityGroupIds": "sg-0123abcd,sg-4567cdef"})
    for name in FUNCTIONS:
        assert "VpcConfig" not in outside[name]["Properties"]
        assert inside[name]["Properties"]["VpcConfig"] == {
            "SubnetIds": ["subnet-0123abcd", "subnet-4567cdef"],
            "SecurityGroupIds": ["FunctionsGroup.GroupId"],
        }
        assert grouped[name]["Properties"]["VpcConfig"]["SecurityGroupIds"] == ["sg-0123abcd", "sg-4567cdef"]
    assert "FunctionsGroup" not in grouped


@pytest.mark.parametrize(
    ("given", "url", "parameter", "prepare"),
    [
        (PLAIN, "", "/ours/database-url", "true"),
        ({**WHOLE, "UseProxy": "false"}, "Cluster.Endpoint.Address", "", "true"),
        ({**WHOLE, "DatabaseCaFile": "/var/task/rds.pem"}, "DatabaseProxy.Endpoint", "", "false"),
        (
            {**IN_NETWORK, "UseIamDatabaseTokens": "true", "DatabaseHost": "db.example.org"},
            "db.example.org",
            "",
            "true",
        ),
    ],
)
def test_functions_are_told_where_the_database_is(
    translated: dict[str, Any], given: dict[str, str], url: str, parameter: str, prepare: str
) -> None:
    functions = resolved(translated, given)
    told = functions["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert told["DATABASE_URL"] == (f"postgresql://open_event@{url}:5432/open_event" if url else "")
    assert told["DATABASE_URL_PARAMETER"] == parameter
    assert told["DB_PREPARE"] == prepare
    assert told["DB_CA_FILE"] == ("" if "Proxy" in url else given.get("DatabaseCaFile", ""))
    assert told["DB_IAM"] == given.get("UseIamDatabaseTokens", "false")
    assert told["DB_TLS"] == "true"
    assert told["XRAY"] == "true"
    # Migrations are one session, which no proxy gives; and the proxy's certificate is not the cluster's.
    cluster = url.replace("DatabaseProxy.Endpoint", "Cluster.Endpoint.Address")
    owner = {
        "MIGRATION_DATABASE_URL": f"postgresql://open_event_owner@{cluster}:5432/open_event" if url else "",
        "MIGRATION_DATABASE_URL_PARAMETER": "",
        "DB_CA_FILE": given.get("DatabaseCaFile", ""),
        "DB_SECONDS": "0",
    }
    for name in FUNCTIONS:
        more = owner if name == "Migrate" else {}
        apis = {"EDGE_SECRET"} if name != "APIHandler" else set()
        same = {key: value for key, value in told.items() if key not in apis}
        assert functions[name]["Properties"]["Environment"]["Variables"] == {**same, **more}


def test_every_variable_is_a_setting(translated: dict[str, Any]) -> None:
    from chalicelib.settings import Settings

    variables = resolved(translated, PLAIN)["Migrate"]["Properties"]["Environment"]["Variables"]
    known = {name.upper() for name in Settings.__dataclass_fields__}
    assert variables.keys() <= known
    assert not variables.keys() & {"JWT_KEYS"}, "secrets are named, and never told"


def test_what_holds_data_is_not_lost_with_the_stack(translated: dict[str, Any]) -> None:
    found = resolved(translated, WHOLE)
    bucket, cluster = found["FilesBucket"], found["Cluster"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert cluster["DeletionPolicy"] == cluster["UpdateReplacePolicy"] == "Snapshot"
    assert cluster["Properties"]["DeletionProtection"] is True
    assert cluster["Properties"]["StorageEncrypted"] is True
    assert cluster["Properties"]["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in cluster["Properties"]


def test_a_database_is_made_only_where_it_is_asked_for(translated: dict[str, Any]) -> None:
    kinds = {item["Type"] for item in resolved(translated, {**PLAIN, "UseEdge": "false"}).values()}
    assert not any(kind.startswith(("AWS::RDS", "AWS::EC2", "AWS::CloudFront")) for kind in kinds)
    whole = resolved(translated, WHOLE)
    assert whole["DatabaseProxy"]["Properties"]["DefaultAuthScheme"] == "IAM_AUTH"
    assert "Auth" not in whole["DatabaseProxy"]["Properties"]
    assert whole["ProxyTargets"]["Properties"]["DBClusterIdentifiers"] == ["Cluster.Ref"]
    given = {**WHOLE, "CreateCluster": "false", "UseIamDatabaseTokens": "false", "DatabaseCluster": "ours"}
    given["ProxySecretArn"] = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ours"
    proxy = resolved(translated, given)
    assert proxy["DatabaseProxy"]["Properties"]["Auth"][0]["SecretArn"] == given["ProxySecretArn"]
    assert proxy["ProxyTargets"]["Properties"]["DBClusterIdentifiers"] == ["ours"]
    assert "Cluster" not in proxy
