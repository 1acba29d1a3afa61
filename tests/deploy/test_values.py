"""Parameters are checked, and a template is worked out, as CloudFormation would."""

from itertools import combinations
from typing import Any

import pytest

from deploy.values import Resolver, complaints
from tests.deploy.given import IN_NETWORK, PLAIN, WHOLE

TOKENS = {**IN_NETWORK, "UseIamDatabaseTokens": "true"}
# Parameters that are given together or not at all.
TOGETHER = (
    {"VapidPublicKey": "B" * 87, "VapidPrivateKeyParameter": "/oes/push"},
    {
        "ApplePassType": "pass.org.example",
        "ApplePassTeam": "A" * 10,
        "ApplePassCredentialsParameter": "/oes/apple",
    },
    {"GoogleWalletIssuer": "3388", "GoogleWalletCredentialsParameter": "/oes/google"},
)


@pytest.mark.parametrize("given", [PLAIN, IN_NETWORK, WHOLE])
def test_good_parameters_are_taken(sam: dict[str, Any], given: dict[str, str]) -> None:
    assert complaints(sam, given) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**PLAIN, "MailForm": "a@b.org"}, "there is no parameter MailForm"),
        ({**PLAIN, "MailFrom": ""}, "MailFrom is missing (The sender of mails, verified in SES)"),
        ({**PLAIN, "JwtKeysParameter": ""}, "JwtKeysParameter is missing"),
        ({**PLAIN, "Tracing": "yes"}, "Tracing must be one of true, false, not yes"),
        ({**PLAIN, "LogRetentionDays": "8"}, "LogRetentionDays must be one of"),
        ({**PLAIN, "MailFrom": "nobody"}, "MailFrom cannot be 'nobody': it does not match"),
        ({**PLAIN, "ApiConcurrency": "many"}, "ApiConcurrency must be a number, not 'many'"),
        ({**PLAIN, "TasksConcurrency": "1"}, "TasksConcurrency must be from 2 to 1000, not 1"),
        ({**PLAIN, "SubnetIds": "subnet-0123abcd"}, "VpcId is missing"),
        ({**PLAIN, "CreateCluster": "true"}, "SubnetIds is missing"),
        ({**WHOLE, "SubnetIds": ""}, "SubnetIds is missing"),
        (
            {**IN_NETWORK, "UseProxy": "true", "ProxySecretArn": "arn:aws:secretsmanager:x"},
            "DatabaseCluster is",
        ),
        ({**IN_NETWORK, "UseProxy": "true", "DatabaseCluster": "c"}, "ProxySecretArn is missing"),
        ({**TOKENS, "DatabaseResourceId": "cluster-A"}, "DatabaseHost is missing"),
        ({**TOKENS, "DatabaseHost": "db.example.org"}, "DatabaseResourceId is missing"),
        (
            {**TOKENS, "DatabaseResourceId": "cluster-A", "UseProxy": "true", "DatabaseCluster": "c"},
            "DatabaseHost is missing",
        ),
        ({**WHOLE, "DatabaseTls": "false"}, "DatabaseTls must be true with IAM tokens"),
        ({**PLAIN, "DatabaseUrlParameter": ""}, "DatabaseUrlParameter is missing"),
        ({**PLAIN, "UseReader": "true"}, "DatabaseReaderUrlParameter is missing"),
        ({**PLAIN, "VapidPublicKey": "B" * 87}, "VapidPublicKey and VapidPrivateKeyParameter are a pair"),
        ({**PLAIN, "VapidPrivateKeyParameter": "/oes/push"}, "VapidPublicKey and VapidPrivateKeyParameter"),
        ({**PLAIN, "ApplePassType": "pass.org.example"}, "ApplePassType, ApplePassTeam and"),
        (
            {**PLAIN, "ApplePassTeam": "A" * 10, "ApplePassCredentialsParameter": "/oes/apple"},
            "ApplePassType, ApplePassTeam and",
        ),
        ({**PLAIN, "GoogleWalletIssuer": "3388"}, "GoogleWalletIssuer and GoogleWalletCredentialsParameter"),
        # With tokens, the reader's URL is made of its host.
        (
            {
                **TOKENS,
                "DatabaseHost": "a.example.org",
                "DatabaseResourceId": "cluster-A",
                "UseReader": "true",
                "DatabaseReaderUrlParameter": "/reader",
            },
            "DatabaseReaderUrlParameter is missing, or DatabaseReaderHost",
        ),
        ({**WHOLE, "MigrationUser": "open_event"}, "DatabaseUser must not be MigrationUser"),
        ({**PLAIN, "MinCapacity": "8"}, "MinCapacity is more than MaxCapacity"),
        (
            {
                **PLAIN,
                "DomainName": "api.example.org",
                "CertificateArn": "arn:aws:acm:x",
                "EdgeDomainName": "api.example.org",
                "EdgeCertificateArn": "arn:aws:acm:us-east-1:x",
            },
            "EdgeDomainName must not be DomainName",
        ),
    ],
)
def test_bad_parameters_are_named(sam: dict[str, Any], given: dict[str, str], said: str) -> None:
    (told,) = complaints(sam, given)
    assert told.startswith(said)


def test_functions_are_worked_out() -> None:
    template = {
        "Parameters": {"A": {"Type": "String", "Default": "a,b"}, "N": {"Type": "Number", "Default": 2}},
        "Conditions": {
            "Two": {"Fn::Equals": [{"Ref": "N"}, "2"]},
            "Never": {"Fn::And": [{"Condition": "Two"}, {"Fn::Not": [{"Condition": "Two"}]}]},
            "Either": {"Fn::Or": [{"Condition": "Never"}, {"Condition": "Two"}]},
        },
        "Resources": {
            "Here": {"Condition": "Either", "Type": "T"},
            "Away": {"Condition": "Never", "Type": "T"},
        },
    }
    resolver = Resolver(template, {})
    assert resolver.resources() == {"Here": {"Condition": "Either", "Type": "T"}}
    for written, meant in [
        ({"Fn::Select": ["1", {"Fn::Split": [",", {"Ref": "A"}]}]}, "b"),
        ({"Fn::Join": ["-", ["x", {"Ref": "AWS::Region"}]]}, "x-eu-central-1"),
        ({"Fn::Sub": "${A} ${!A} ${Here} ${Here.Arn}"}, "a,b ${A} Here.Ref Here.Arn"),
        ({"Fn::Sub": ["${X}${A}", {"X": {"Fn::GetAtt": ["Here", "Arn"]}}]}, "Here.Arna,b"),
        ({"Fn::GetAtt": "Here.Endpoint.Address"}, "Here.Endpoint.Address"),
        (
            {"k": {"Fn::If": ["Never", 1, {"Ref": "AWS::NoValue"}]}, "l": [{"Ref": "AWS::NoValue"}, 3]},
            {"l": [3]},
        ),
    ]:
        assert resolver.value(written) == meant
    with pytest.raises(NotImplementedError, match="Fn::Cidr"):
        resolver.value({"Fn::Cidr": []})


@pytest.mark.parametrize("group", TOGETHER)
def test_parameters_that_belong_together_are_given_together(
    sam: dict[str, Any], group: dict[str, str]
) -> None:
    assert complaints(sam, {**PLAIN, **group}) == []
    for few in range(1, len(group)):
        for given in combinations(group.items(), few):
            (said,) = complaints(sam, {**PLAIN, **dict(given)})
            assert all(name in said for name in group), said


def test_a_parameter_named_like_a_group_is_in_it(sam: dict[str, Any]) -> None:
    """Another one that signs or pushes cannot be forgotten in a rule."""
    named = {name for name in sam["Parameters"] if name.startswith(("Vapid", "ApplePass", "GoogleWallet"))}
    assert named == {name for group in TOGETHER for name in group}
