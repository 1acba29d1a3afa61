"""CloudFront in front of the API: resources of the template, generated from the rules of the edge.

A cache behaviour cannot ask whether a header is there. So whatever names a viewer is in the key, and the
function gives each request that passes by a key of its own: it finds nothing, and nothing waits for it.
Source: Amazon CloudFront Developer Guide, "Control the cache key", "CloudFront Functions", "Manage how long
content stays in the cache".
"""

from typing import Any, Final

from deploy.edge import RULES, Rules, function

CONDITION: Final = "HasEdge"
# Statuses that CloudFront keeps by itself, for seconds, unless it is told not to. A longer time that the API
# says goes for all of them; `no-store` only for 404, 410, 414 and 501. Source: CloudFront Developer Guide,
# "Control how long CloudFront caches errors".
_ERRORS: Final = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
_A_YEAR: Final = 31_536_000
_METHODS: Final = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
_SECRET: Final = {"Fn::Sub": "{{resolve:secretsmanager:${EdgeSecret}:SecretString}}"}


def resources(rules: Rules = RULES) -> dict[str, Any]:
    """The resources by their logical ids; all have the condition."""
    return {
        "EdgeSecret": _resource(
            "SecretsManager::Secret",
            Description="What the edge proves itself by to the functions",
            GenerateSecretString={"PasswordLength": 48, "ExcludePunctuation": True},
        ),
        "EdgeFunction": _resource(
            "CloudFront::Function",
            Name={"Fn::Sub": "${AWS::StackName}-edge"},
            AutoPublish=True,
            FunctionCode={
                "Fn::If": [
                    "EdgeHasDomain",
                    {"Fn::Sub": function(rules, "'${EdgeDomainName}'")},
                    function(rules),
                ]
            },
            FunctionConfig={
                "Comment": "Which requests the cache is asked about, and by which key",
                "Runtime": "cloudfront-js-2.0",
            },
        ),
        "EdgeCachePolicy": _resource("CloudFront::CachePolicy", CachePolicyConfig=_cache_policy(rules)),
        "EdgeOriginPolicy": _resource("CloudFront::OriginRequestPolicy", OriginRequestPolicyConfig=_origin()),
        "ApiDistribution": _resource("CloudFront::Distribution", DistributionConfig=_distribution(rules)),
    }


def environment() -> dict[str, Any]:
    """What the function of the API is told: EDGE_SECRET, by which it knows the edge."""
    return {"EDGE_SECRET": {"Fn::If": [CONDITION, _SECRET, ""]}}


def output() -> dict[str, Any]:
    """The address that clients are given; the stage's name stays in it, as in links."""
    address = "https://${ApiDistribution.DomainName}"
    return {
        "Condition": CONDITION,
        "Description": "The API behind the edge: /api follows, unless it has a domain of its own",
        "Value": {"Fn::Sub": address},
    }


def merge(template: dict[str, Any]) -> None:
    """Add all of it to the template."""
    template["Resources"].update(resources())
    template["Outputs"]["EdgeAddress"] = output()
    handler = template["Resources"]["APIHandler"]["Properties"]
    handler.setdefault("Environment", {}).setdefault("Variables", {}).update(environment())
    acl = template["Resources"]["WebAcl"]["Properties"]["Rules"]
    acl[:] = [rule for given in acl for rule in (_rates(given) if given["Name"] == "rate" else [given])]


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Condition": CONDITION, "Properties": properties}


def _cache_policy(rules: Rules) -> dict[str, Any]:
    headers = [*rules.key, *(name for name in rules.credentials if name != "cookie"), rules.marker]
    return {
        "Name": {"Fn::Sub": "${AWS::StackName}-edge"},
        "Comment": "As long as the API says, and not at all where it does not",
        "MinTTL": 0,
        "DefaultTTL": 0,
        "MaxTTL": _A_YEAR,  # of files whose address names their content
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": False,
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": headers},
            "CookiesConfig": {"CookieBehavior": "all"},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
        },
    }


def _origin() -> dict[str, Any]:
    """What reaches the API: all that the function has left, but the host, by which API Gateway finds it."""
    return {
        "Name": {"Fn::Sub": "${AWS::StackName}-edge"},
        "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["host"]},
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }


def _distribution(rules: Rules) -> dict[str, Any]:
    return {
        "Enabled": True,
        "Comment": {"Fn::Sub": "${AWS::StackName}: the API"},
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "Aliases": {"Fn::If": ["EdgeHasDomain", [{"Ref": "EdgeDomainName"}], {"Ref": "AWS::NoValue"}]},
        "ViewerCertificate": {
            "Fn::If": [
                "EdgeHasDomain",
                {
                    "AcmCertificateArn": {"Ref": "EdgeCertificateArn"},
                    "SslSupportMethod": "sni-only",
                    "MinimumProtocolVersion": "TLSv1.2_2021",
                },
                {"CloudFrontDefaultCertificate": True},
            ]
        },
        "Origins": [
            {
                "Id": "api",
                # With a domain of its own, API Gateway answers at no other.
                "DomainName": {
                    "Fn::If": [
                        "OwnDomain",
                        {"Ref": "DomainName"},
                        {"Fn::Sub": "${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}"},
                    ]
                },
                "CustomOriginConfig": {
                    "OriginProtocolPolicy": "https-only",
                    "OriginSSLProtocols": ["TLSv1.2"],
                    "OriginReadTimeout": 30,
                },
                "OriginCustomHeaders": [{"HeaderName": rules.proof, "HeaderValue": _SECRET}],
            }
        ],
        "DefaultCacheBehavior": {
            "TargetOriginId": "api",
            "ViewerProtocolPolicy": "https-only",
            "AllowedMethods": list(_METHODS),
            "CachedMethods": list(rules.methods),
            "Compress": False,  # the functions do
            "CachePolicyId": {"Ref": "EdgeCachePolicy"},
            "OriginRequestPolicyId": {"Ref": "EdgeOriginPolicy"},
            "FunctionAssociations": [
                {
                    "EventType": "viewer-request",
                    "FunctionARN": {"Fn::GetAtt": ["EdgeFunction", "FunctionMetadata.FunctionARN"]},
                }
            ],
        },
        "CustomErrorResponses": [{"ErrorCode": status, "ErrorCachingMinTTL": 0} for status in _ERRORS],
    }


def _rates(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """WAF's limit for one address: of what comes directly, and of the viewers that the edge names.

    Otherwise the edge would be the one address that all requests come from.
    """
    shown = {
        "ByteMatchStatement": {
            "FieldToMatch": {"SingleHeader": {"Name": RULES.proof}},
            "PositionalConstraint": "EXACTLY",
            "SearchString": _SECRET,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }
    limit = rule["Statement"]["RateBasedStatement"]
    behind = {
        **limit,
        "AggregateKeyType": "FORWARDED_IP",
        "ForwardedIPConfig": {"HeaderName": RULES.viewer, "FallbackBehavior": "MATCH"},
        "ScopeDownStatement": shown,
    }
    outside = {**limit, "ScopeDownStatement": {"NotStatement": {"Statement": shown}}}
    nothing = {"Ref": "AWS::NoValue"}
    visible = {**rule["VisibilityConfig"], "MetricName": "rate-at-the-edge"}
    edge = {
        **rule,
        "Name": "rate-at-the-edge",
        "Priority": 3,
        "Statement": {"RateBasedStatement": behind},
        "VisibilityConfig": visible,
    }
    direct = {"Fn::If": [CONDITION, outside, limit]}
    return [
        {**rule, "Statement": {"RateBasedStatement": direct}},
        {"Fn::If": [CONDITION, edge, nothing]},
    ]
