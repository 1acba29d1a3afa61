"""Evaluates a CloudFormation template with given parameters, as CloudFormation would.

Used to check parameters before a deployment, and by tests. Source: the CloudFormation guide, "Intrinsic
function reference" and "Rules".
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Document = Mapping[str, Any]
Lookup = Callable[[str, str], Any]

_NOTHING: Final = object()  # AWS::NoValue: removes the key
_PLACE: Final = re.compile(r"\$\{(!?)([^}]+)\}")
PSEUDO: Final[dict[str, Any]] = {
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": _NOTHING,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "open-event",
    "AWS::URLSuffix": "amazonaws.com",
}


def complaints(template: Document, given: Mapping[str, str]) -> list[str]:
    """What is wrong with these parameters, one line each; empty when they are valid."""
    known = template["Parameters"]
    found = [f"there is no parameter {name}" for name in given if name not in known]
    for name, declared in known.items():
        value = given.get(name, "")
        if value == "" and "Default" not in declared:
            about = f" ({declared['Description']})" if "Description" in declared else ""
            found.append(f"{name} is missing{about}")
        elif name in given:
            found += _wrong(name, str(value), declared)
    return found + _broken_rules(template, given) + _crossed(known, given)


class Resolver:
    """One template with one set of parameters. `lookup` returns a resource's attribute.

    It is called with ("TasksQueue", "Arn"), and with ("TasksQueue", "Ref") for Ref.
    """

    def __init__(self, template: Document, given: Mapping[str, str], lookup: Lookup | None = None) -> None:
        self._template = template
        defaults = {
            name: str(declared["Default"])
            for name, declared in template["Parameters"].items()
            if "Default" in declared
        }
        self._values: dict[str, Any] = {**PSEUDO, **defaults, **given}
        self._lookup = lookup or (lambda resource, attribute: f"{resource}.{attribute}")

    def resources(self) -> dict[str, Any]:
        """The resources that would exist, evaluated."""
        return {
            name: self.value(resource)
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def holds(self, condition: str) -> bool:
        """Whether a named condition is met."""
        return bool(self.value(self._template["Conditions"][condition]))

    def value(self, node: Any) -> Any:
        """A node of the template, evaluated."""
        if isinstance(node, list):
            return [inner for inner in map(self.value, node) if inner is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Ref":
                return self._named(argument, "Ref")
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._function(name.removeprefix("Fn::"), argument)
        worked_out = {key: self.value(inner) for key, inner in node.items()}
        return {key: inner for key, inner in worked_out.items() if inner is not _NOTHING}

    def _function(self, name: str, argument: Any) -> Any:
        if name == "If":
            condition, then, otherwise = argument
            return self.value(then if self.holds(condition) else otherwise)
        if name == "GetAtt":
            resource, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
            return self._named(resource, attribute)
        if name == "Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            return _PLACE.sub(lambda place: self._place(place, own), text)
        inner = self.value(argument)
        match name:
            case "Equals":
                return str(inner[0]) == str(inner[1])
            case "Not":
                return not inner[0]
            case "And":
                return all(inner)
            case "Or":
                return any(inner)
            case "Join":
                return inner[0].join(inner[1])
            case "Select":
                return inner[1][int(inner[0])]
            case "Split":
                return inner[1].split(inner[0])
        raise NotImplementedError(f"Fn::{name}")

    def _place(self, place: re.Match[str], own: Mapping[str, Any]) -> str:
        literal, name = place.groups()
        if literal:
            return f"${{{name}}}"
        if name in own:
            return str(self.value(own[name]))
        resource, _, attribute = name.partition(".")
        return str(self._named(resource, attribute or "Ref"))

    def _named(self, name: str, attribute: str) -> Any:
        if attribute == "Ref" and name in self._values:
            return self._values[name]
        return self._lookup(name, attribute)


def _wrong(name: str, value: str, declared: Document) -> list[str]:
    allowed = [str(choice) for choice in declared.get("AllowedValues", ())]
    if allowed and value not in allowed:
        return [f"{name} must be one of {', '.join(allowed)}, not {value}"]
    pattern = declared.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        return [f"{name} cannot be {value!r}: it does not match {pattern}"]
    if declared["Type"] != "Number":
        return []
    try:
        number = float(value)
    except ValueError:
        return [f"{name} must be a number, not {value!r}"]
    least, most = declared.get("MinValue", number), declared.get("MaxValue", number)
    return [] if least <= number <= most else [f"{name} must be from {least} to {most}, not {value}"]


def _broken_rules(template: Document, given: Mapping[str, str]) -> list[str]:
    resolver = Resolver(template, given)
    return [
        assertion["AssertDescription"]
        for rule in template.get("Rules", {}).values()
        if resolver.value(rule.get("RuleCondition", True))
        for assertion in rule["Assertions"]
        if not resolver.value(assertion["Assert"])
    ]


def _crossed(known: Document, given: Mapping[str, str]) -> list[str]:
    """What is at least more than at most: a rule of CloudFormation cannot compare numbers."""

    def number(name: str) -> float:
        try:
            return float(given.get(name, known[name]["Default"]))
        except ValueError:
            return math.nan  # which is complained of elsewhere

    pairs = [(name, "Max" + name.removeprefix("Min")) for name in known if name.startswith("Min")]
    return [
        f"{least} is more than {most}"
        for least, most in pairs
        if most in known and number(least) > number(most)
    ]
