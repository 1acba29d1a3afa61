"""What API Gateway and WAF do before our code is asked, as the template says it."""

import json
import re
from typing import Any

import pytest

from tests.deploy.given import PLAIN, WHOLE, resolved

# Of a request's context only these are nobody's data.
IMPERSONAL = {
    *("requestId", "requestTimeEpoch", "httpMethod", "resourcePath", "status", "responseLength"),
    *("responseLatency", "integrationLatency", "error.responseType", "wafResponseCode"),
}
WITH_DOMAIN = {
    **PLAIN,
    "DomainName": "api.example.org",
    "CertificateArn": "arn:aws:acm:eu-central-1:1:certificate/x",
}


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in resources.values() if resource["Type"] == kind]


def test_the_stage_is_throttled_as_the_parameters_say(translated: dict[str, Any]) -> None:
    for given, rate, burst in (
        (PLAIN, "200", "400"),
        ({**PLAIN, "ThrottleRate": "7", "ThrottleBurst": "9"}, "7", "9"),
    ):
        (stage,) = of_type(resolved(translated, given), "AWS::ApiGateway::Stage")
        (method,) = stage["MethodSettings"]
        assert (method["HttpMethod"], method["ResourcePath"]) == ("*", "/*")
        assert (method["ThrottlingRateLimit"], method["ThrottlingBurstLimit"]) == (rate, burst)


def test_the_access_log_holds_nobodys_data(translated: dict[str, Any]) -> None:
    found = resolved(translated, PLAIN)
    (stage,) = of_type(found, "AWS::ApiGateway::Stage")
    log = stage["AccessLogSetting"]
    assert log["DestinationArn"] == "AccessLogs.Arn"
    assert set(re.findall(r"\$context\.([\w.]+)", log["Format"])) == IMPERSONAL
    assert "\n" not in log["Format"]
    assert json.loads(log["Format"])
    assert found["AccessLogs"]["Properties"]["RetentionInDays"] == "30"
    (method,) = stage["MethodSettings"]
    assert (method["LoggingLevel"], method["DataTraceEnabled"]) == ("OFF", False)
    assert translated["Resources"]["RestAPI"]["DependsOn"] == "ApiAccount", (
        "without the role there is no stage"
    )


def test_answers_of_any_media_type_may_be_binary_and_only_we_compress(translated: dict[str, Any]) -> None:
    (api,) = of_type(resolved(translated, PLAIN), "AWS::ApiGateway::RestApi")
    assert api["BinaryMediaTypes"] == ["*/*"]
    assert api["Body"]["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    assert "MinimumCompressionSize" not in api
    methods = [method for path in api["Body"]["paths"].values() for method in path.values()]
    # Without it API Gateway answers a preflight with 500 where everything is binary.
    assert {method["x-amazon-apigateway-integration"]["contentHandling"] for method in methods} == {
        "CONVERT_TO_TEXT"
    }


def test_older_tls_than_1_2_is_refused_at_every_address(translated: dict[str, Any]) -> None:
    (api,) = of_type(resolved(translated, PLAIN), "AWS::ApiGateway::RestApi")
    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_2021_06"
    assert _closed(api) is False
    found = resolved(translated, WITH_DOMAIN)
    (domain,) = of_type(found, "AWS::ApiGateway::DomainName")
    assert (domain["DomainName"], domain["SecurityPolicy"]) == ("api.example.org", "TLS_1_2")
    (api,) = of_type(found, "AWS::ApiGateway::RestApi")
    assert _closed(api) is True
    (path,) = of_type(found, "AWS::ApiGateway::BasePathMapping")
    assert (path["RestApiId"], path["Stage"]) == ("RestAPI.Ref", "RestAPIapiStage.Ref")
    assert not of_type(resolved(translated, WHOLE), "AWS::ApiGateway::DomainName")


def _closed(api: dict[str, Any]) -> Any:
    """Whether API Gateway's own address is."""
    return api["Body"]["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"]


def test_the_web_acl_stands_in_front_of_the_stage(translated: dict[str, Any]) -> None:
    found = resolved(translated, {**PLAIN, "UseEdge": "false"})
    (acl,) = of_type(found, "AWS::WAFv2::WebACL")
    (of_api,) = of_type(found, "AWS::WAFv2::WebACLAssociation")
    assert of_api["WebACLArn"] == "WebAcl.Arn"
    assert of_api["ResourceArn"] == (
        "arn:aws:apigateway:eu-central-1::/restapis/RestAPI.Ref/stages/RestAPIapiStage.Ref"
    )
    rate, common = acl["Rules"]
    assert rate["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP", "Limit": "3000", "EvaluationWindowSec": 300,
    }  # fmt: skip
    assert rate["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    group = common["Statement"]["ManagedRuleGroupStatement"]
    assert (group["VendorName"], group["Name"]) == ("AWS", "AWSManagedRulesCommonRuleSet")
    counted = {
        ruleactionoverride["Name"]
        for ruleactionoverride in group["RuleActionOverrides"]
        if ruleactionoverride["ActionToUse"] == {"Count": {}}
    }
    assert counted >= {"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "SizeRestrictions_QUERYSTRING"}
    for item in (acl, rate, common):
        assert item["VisibilityConfig"]["SampledRequestsEnabled"] is False, (
            "samples hold addresses and queries"
        )


@pytest.mark.parametrize("kind", ["AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"])
def test_the_web_acl_can_be_switched_off(translated: dict[str, Any], kind: str) -> None:
    assert not of_type(resolved(translated, {**PLAIN, "UseWebAcl": "false"}), kind)
