"""CloudFront in front of the API: what is generated from the rules, and that its function does what they say."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from deploy.edge import RULES, function, main, vcl
from deploy.values import complaints
from tests.deploy.given import PLAIN, resolved
from tests.support.node import NODE

ASKED = "GET /v1/events?sort=name&page%5Bsize%5D=5"
SECRET = "{{resolve:secretsmanager:EdgeSecret.Ref:SecretString}}"
OWN = "d111111abcdef8.cloudfront.net"
Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def run() -> Run:
    """The function, run by Node.js on a request as CloudFront describes one."""

    def running(
        method: str = "GET", query: Any = None, headers: Any = None, cookies: Any = None, code: str = ""
    ) -> Any:
        event = {
            "version": "1.0",
            "context": {"eventType": "viewer-request", "requestId": "req-1", "distributionDomainName": OWN},
            "viewer": {"ip": "203.0.113.7"},
            "request": {
                "method": method,
                "uri": "/api/v1/events",
                "querystring": query or {},
                "headers": {name: {"value": value} for name, value in (headers or {}).items()},
                "cookies": {name: {"value": value} for name, value in (cookies or {}).items()},
            },
        }
        program = f"{code or function()}\nconsole.log(JSON.stringify(handler({json.dumps(event)})));"
        done = subprocess.run([NODE, "-e", program], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return running


def test_the_query_is_sorted_and_nothing_is_dropped_from_it(run: Run) -> None:
    several = {"value": "2", "multiValue": [{"value": "2"}, {"value": "1"}]}
    given = {"sort": {"value": "name"}, "unknown": several, "page%5Bsize%5D": {"value": "5"}}
    told = run(query=given)
    assert told["querystring"] == "page%5Bsize%5D=5&sort=name&unknown=1&unknown=2"
    assert told["uri"] == "/api/v1/events"


def test_what_is_looked_up_brings_no_header_but_those_of_the_rules(run: Run) -> None:
    sent = {"accept": "*/*", "host": "x", "x-forwarded-host": "evil", "accept-language": "de", "range": "0-1"}
    told = run(headers={**sent, "x-edge-viewer": "10.0.0.1", "x-edge-pass": "a", "x-edge-host": "evil"})
    assert told["headers"] == {
        "accept": {"value": "*/*"},
        "host": {"value": "x"},
        "x-edge-viewer": {"value": "203.0.113.7"},
        "x-edge-host": {"value": OWN},
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"headers": {"authorization": "JWT x"}},
        {"cookies": {"access_token": "x"}},
        *({"query": {name: {"value": "x"}}} for name in RULES.secrets),
        {"query": {"%74oken": {"value": "x"}}},
        {"query": {"%zz": {"value": "x"}}},
    ],
    ids=str,
)
def test_what_passes_by_has_a_key_of_its_own_and_loses_nothing(run: Run, asked: Any) -> None:
    sent = {"accept-language": "de", "if-match": "x", "x-edge-secret": "guess", **asked.get("headers", {})}
    told = run(**{**asked, "headers": sent})
    assert told["headers"]["x-edge-pass"] == {"value": "req-1"}
    assert told["headers"]["x-edge-viewer"] == {"value": "203.0.113.7"}
    assert told["headers"]["x-edge-host"] == {"value": OWN}
    assert told["headers"]["accept-language"] == {"value": "de"}
    assert "x-edge-secret" not in told["headers"]
    assert told["querystring"] == asked.get("query", {})


def test_the_key_has_whatever_names_a_viewer(translated: dict[str, Any]) -> None:
    policy = resolved(translated, PLAIN)["EdgeCachePolicy"]["Properties"]["CachePolicyConfig"]
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["HeadersConfig"]["Headers"] == ["accept", "authorization", "x-edge-pass"]
    assert key["CookiesConfig"] == {"CookieBehavior": "all"}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert key["EnableAcceptEncodingGzip"] is True
    assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0), "only what says how long is kept"


def test_the_distribution_asks_the_api_and_proves_itself(translated: dict[str, Any]) -> None:
    found = resolved(translated, PLAIN)
    config = found["ApiDistribution"]["Properties"]["DistributionConfig"]
    (origin,) = config["Origins"]
    assert origin["DomainName"] == "RestAPI.Ref.execute-api.eu-central-1.amazonaws.com"
    assert origin["OriginCustomHeaders"] == [{"HeaderName": "x-edge-secret", "HeaderValue": SECRET}]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    variables = found["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert variables["EDGE_SECRET"] == SECRET
    behaviour = config["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert behaviour["CachedMethods"] == ["GET", "HEAD"]
    (association,) = behaviour["FunctionAssociations"]
    assert association["FunctionARN"] == "EdgeFunction.FunctionMetadata.FunctionARN"
    assert found["EdgeFunction"]["Properties"]["FunctionCode"] == function()
    assert len(function()) < 10_000, "which is CloudFront's limit"
    policy = found["EdgeOriginPolicy"]["Properties"]["OriginRequestPolicyConfig"]
    assert policy["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["host"]}


def test_an_error_is_kept_as_long_as_the_api_says_and_no_longer(translated: dict[str, Any]) -> None:
    config = resolved(translated, PLAIN)["ApiDistribution"]["Properties"]["DistributionConfig"]
    kept = {item["ErrorCode"]: item["ErrorCachingMinTTL"] for item in config["CustomErrorResponses"]}
    assert kept.keys() >= {400, 403, 404, 405, 414, 416, 500, 502, 503, 504}
    assert set(kept.values()) == {0}


def test_behind_the_edge_waf_counts_the_viewers_that_it_names(translated: dict[str, Any]) -> None:
    rules = resolved(translated, PLAIN)["WebAcl"]["Properties"]["Rules"]
    by_name = {rule["Name"]: rule["Statement"].get("RateBasedStatement") for rule in rules}
    direct, behind = by_name["rate"], by_name["rate-at-the-edge"]
    assert (direct["AggregateKeyType"], behind["AggregateKeyType"]) == ("IP", "FORWARDED_IP")
    assert behind["ForwardedIPConfig"]["HeaderName"] == "x-edge-viewer"
    shown = behind["ScopeDownStatement"]
    assert shown["ByteMatchStatement"]["SearchString"] == SECRET
    assert direct["ScopeDownStatement"] == {"NotStatement": {"Statement": shown}}
    assert len({rule["Priority"] for rule in rules}) == len(rules)


def test_it_can_be_switched_off(translated: dict[str, Any]) -> None:
    found = resolved(translated, {**PLAIN, "UseEdge": "false"})
    assert not [name for name in found if "Edge" in name or name == "ApiDistribution"]
    assert found["APIHandler"]["Properties"]["Environment"]["Variables"]["EDGE_SECRET"] == ""
    assert found["APIHandler"]["Properties"]["Environment"]["Variables"]["SHARED_SECONDS"] == "10"


def test_domains_of_both_sides(translated: dict[str, Any], sam: dict[str, Any], run: Run) -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/x"
    given = {**PLAIN, "EdgeDomainName": "api.example.org", "EdgeCertificateArn": certificate}
    given |= {
        "DomainName": "origin.example.org",
        "CertificateArn": "arn:aws:acm:eu-central-1:1:certificate/x",
    }
    config = resolved(translated, given)["ApiDistribution"]["Properties"]["DistributionConfig"]
    assert config["Aliases"] == ["api.example.org"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == certificate
    assert config["Origins"][0]["DomainName"] == "origin.example.org"
    code = resolved(translated, given)["EdgeFunction"]["Properties"]["FunctionCode"]
    assert run(code=code)["headers"]["x-edge-host"] == {"value": "api.example.org"}
    (missing,) = complaints(sam, {**PLAIN, "EdgeDomainName": "api.example.org"})
    assert "EdgeCertificateArn" in missing


@pytest.mark.parametrize(
    ("given", "prefix", "url"),
    [
        ({}, "/api", ""),
        ({"UseEdge": "false"}, "/api", ""),
        ({"DomainName": "own.example"}, "", "https://own.example"),
        ({"EdgeDomainName": "edge.example"}, "/api", "https://edge.example/api"),
        ({"EdgeDomainName": "edge.example", "UseEdge": "false"}, "/api", ""),
        ({"EdgeDomainName": "edge.example", "DomainName": "own.example"}, "", "https://edge.example"),
        ({"ApiPrefix": "/api", "ApiUrl": "https://x.example"}, "/api", "https://x.example"),
        ({"ApiPrefix": "https://x.example/y", "DomainName": "own.example"}, "https://x.example/y", "https://own.example"),
    ],
    ids=str,
)  # fmt: skip
def test_nobody_has_to_say_where_the_api_is(
    translated: dict[str, Any], given: dict[str, str], prefix: str, url: str
) -> None:
    for function_of_ours in ("APIHandler", "Tasks"):
        found = resolved(translated, {**PLAIN, **given})[function_of_ours]["Properties"]["Environment"]
        assert (found["Variables"]["API_PREFIX"], found["Variables"]["API_URL"]) == (prefix, url)


def test_varnish_gets_the_same_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vcl", "127.0.0.1:8000", "s3"]) == 0
    told = capsys.readouterr().out
    assert told == vcl("127.0.0.1:8000", "s3")
    assert "set bereq.http.x-edge-host" not in told
    assert main(["vcl", "127.0.0.1:8000", "s3", "edge.example.org"]) == 0
    assert 'set bereq.http.x-edge-host = "edge.example.org";' in capsys.readouterr().out
    for name in (*RULES.credentials, RULES.marker, RULES.viewer, RULES.host, RULES.proof, *RULES.key):
        assert f"req.http.{name}" in told
    assert 'set bereq.http.x-edge-secret = "s3";' in told
    assert main(["function"]) == 0
    assert capsys.readouterr().out == function()
    assert main([]) == 2
