"""SnapStart in the template: versions, an alias, and who is called."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deploy import snapshots
from deploy.artefacts import Artefacts
from deploy.values import complaints
from tests.deploy.given import PLAIN, resolved

ON = {**PLAIN, "SnapStart": "true", "Release": "abc123"}


def called(resources: dict[str, Any]) -> set[str]:
    """What API Gateway's methods call."""
    paths = resources["RestAPI"]["Properties"]["Body"]["paths"]
    methods = [method for item in paths.values() for method in item.values()]
    found = (method.get("x-amazon-apigateway-integration", {}).get("uri") for method in methods)
    return {uri.partition("/functions/")[2] for uri in found if uri}


def test_without_the_switch_the_function_itself_is_called(translated: dict[str, Any]) -> None:
    resources = resolved(translated, PLAIN)
    assert called(resources) == {"APIHandler.Arn/invocations"}
    assert resources["APIHandler"]["Properties"]["SnapStart"] == {"ApplyOn": "None"}
    assert not resources.keys() & {"ApiVersion", "ApiAlias", "ApiAliasPermission"}


def test_with_it_the_alias_of_a_published_version_is_called(translated: dict[str, Any]) -> None:
    resources = resolved(translated, ON)
    assert called(resources) == {"ApiAlias.Ref/invocations"}
    assert resources["APIHandler"]["Properties"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    alias, permission = (resources[name]["Properties"] for name in ("ApiAlias", "ApiAliasPermission"))
    assert alias == {
        "FunctionName": "APIHandler.Ref",
        "FunctionVersion": "ApiVersion.Version",
        "Name": "live",
    }
    assert (permission["FunctionName"], permission["Principal"]) == (
        "ApiAlias.Ref",
        "apigateway.amazonaws.com",
    )
    assert permission["SourceArn"].endswith(":RestAPI.Ref/*")
    others = {name for name, value in resources.items() if value["Type"] == "AWS::Lambda::Function"}
    assert not any("SnapStart" in resources[name]["Properties"] for name in others - {"APIHandler"})


def test_another_release_is_another_version(
    translated: dict[str, Any], packages: dict[str, Artefacts]
) -> None:
    descriptions = {
        resolved(translated, {**ON, "Release": release})["ApiVersion"]["Properties"]["Description"]
        for release in ("a", "b")
    }
    assert descriptions == {"release a", "release b"}
    marks = [
        snapshots.release(b"template", PLAIN),
        snapshots.release(b"template", {**PLAIN, "Release": "whatever"}),
        snapshots.release(b"template", {**PLAIN, "MailFrom": "b@example.org"}),
        snapshots.release(b"changed", PLAIN),
    ]
    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


def test_the_switch_alone_makes_a_new_deployment_of_the_api(
    packages: dict[str, Artefacts], tmp_path: Path, region: None
) -> None:
    """Its stage would go on with what it has, if SAM saw no difference."""

    def deployments(parameters: dict[str, str]) -> set[str]:
        target = tmp_path / "switched.json"
        snapshots.write_switched(packages["dev"].template, parameters, target)
        document = json.loads(target.read_text())
        for resource in document["Resources"].values():
            for name in ("CodeUri", "ContentUri"):
                if name in resource["Properties"]:
                    resource["Properties"][name] = "s3://a-bucket/it"
        found = Translator({}, Parser()).translate(copy.deepcopy(document), {})["Resources"]
        return {name for name, item in found.items() if item["Type"] == "AWS::ApiGateway::Deployment"}

    assert deployments(PLAIN) == deployments({**PLAIN, "MailFrom": "b@example.org"})
    assert not deployments(PLAIN) & deployments(ON)


@pytest.mark.parametrize(("python", "refused"), [((3, 11), True), ((3, 12), False), ((3, 13), False)])
def test_snapshots_need_a_newer_python(
    python: tuple[int, int], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PYTHON", python)
    assert bool(snapshots.complaints(ON)) is refused
    assert snapshots.complaints(PLAIN) == []


def test_the_switch_is_on_or_off(sam: dict[str, Any]) -> None:
    assert complaints(sam, {**PLAIN, "SnapStart": "maybe"}) == [
        "SnapStart must be one of true, false, not maybe"
    ]
