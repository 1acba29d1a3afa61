"""What the tests here can ask for by name: packages, sam, translated, cli."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deploy import package
from deploy.artefacts import Artefacts
from tests.deploy.cli import Cli

UPLOADED = "s3://a-bucket/"


@pytest.fixture(scope="session")
def packages() -> dict[str, Artefacts]:
    """The package of each stage; what was built before is used as long as nothing has changed."""
    return {stage: package.build(stage) for stage in ("dev", "prod")}


@pytest.fixture(scope="session")
def sam(packages: dict[str, Artefacts]) -> dict[str, Any]:
    """The SAM template, as if its files were uploaded."""
    found = packages["prod"].document()
    for resource in found["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource["Properties"]:
                resource["Properties"][name] = UPLOADED + resource["Properties"][name].removeprefix("./")
    return found


@pytest.fixture(scope="session")
def region() -> Iterator[None]:
    """Some region: the translator asks where it is."""
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"
    yield
    if before is None:
        del os.environ["AWS_DEFAULT_REGION"]
    else:
        os.environ["AWS_DEFAULT_REGION"] = before


@pytest.fixture(scope="session")
def translated(sam: dict[str, Any], region: None) -> dict[str, Any]:
    """The template as CloudFormation gets to see it, when SAM is done with it."""
    found: dict[str, Any] = Translator({}, Parser()).translate(copy.deepcopy(sam), {})
    return found


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Templates in YAML are parsed once, since it takes a second: `deploy` reads the same one each time."""
    parse = YAMLTemplateSerializer.load_template
    kept: dict[str, Any] = {}

    def parsed(self: YAMLTemplateSerializer, text: str, filename: str = "") -> Any:
        if text not in kept:
            kept[text] = parse(self, text, filename)
        return copy.deepcopy(kept[text])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(YAMLTemplateSerializer, "load_template", parsed)
        yield


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: dict[str, Artefacts]) -> Cli:
    """The CLI of an account in which dev stands."""
    monkeypatch.setenv("DEPLOY_BUCKET", "a-bucket")
    return Cli(tmp_path, monkeypatch)
