"""SnapStart in the template: API Gateway calls the function, or the alias of its version with a snapshot."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.requirements import PYTHON

PARAMETER: Final = "SnapStart"
RELEASE: Final = "Release"
_FIRST: Final = (3, 12)  # Source: the Lambda guide, "Supported features and limitations" of SnapStart
_NAMED: Final = "${APIHandler.Arn}"
_CALLED: Final = {
    "Fn::If": ["Snaps", {"Ref": "ApiAlias"}, {"Fn::GetAtt": ["APIHandler", "Arn"]}],
}


def call_by_alias(template: Mapping[str, Any]) -> None:
    """Let each integration of Chalice's API call the alias where there is one."""
    for integration in _integrations(template):
        uri: str = integration["uri"]["Fn::Sub"]
        integration["uri"] = {"Fn::Sub": [uri.replace(_NAMED, "${Called}"), {"Called": _CALLED}]}


def complaints(parameters: Mapping[str, str]) -> list[str]:
    """Why there can be no snapshots, one line each."""
    if parameters.get(PARAMETER) == "true" and PYTHON < _FIRST:
        return [
            f"SnapStart needs Python {'.'.join(map(str, _FIRST))} or newer, and this one is packaged with"
        ]
    return []


def write_switched(template: Path, parameters: Mapping[str, str], target: Path) -> None:
    """The template, with the switch in the API's description: else its stage would keep what it calls.

    SAM makes a new deployment of an API where the text of its description is another one, whatever conditions
    in it come to.
    """
    document = json.loads(template.read_text())
    switched = "a snapshot" if parameters.get(PARAMETER) == "true" else "the function"
    information = document["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["info"]
    information["description"] = f"Answered by {switched}"
    target.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def release(packaged: bytes, parameters: Mapping[str, str]) -> str:
    """A mark of what is deployed: template, code and parameters."""
    given = json.dumps({name: value for name, value in parameters.items() if name != RELEASE}, sort_keys=True)
    return hashlib.sha256(packaged + given.encode()).hexdigest()[:32]


def _integrations(template: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for methods in paths.values():
        for method in methods.values():
            found = method.get("x-amazon-apigateway-integration", {})
            if "uri" in found:
                yield found
