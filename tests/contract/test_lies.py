"""A schema with a wrong field makes Dredd fail: the description of one noun is made from a schema that
tells another story than the server, and sent to the server.

`make contract` runs it, since Dredd is installed for that alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from marshmallow import validate

import chalicelib.entrypoints  # noqa: F401 - it declares the actions, which are described too
from chalicelib.docs import blueprint, everything
from chalicelib.jsonapi.model.fields import ToOne, fields
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.resources import REGISTRY
from chalicelib.resources.events.faq import FaqSchema
from tests.contract import dredd
from tests.contract.serving import running

# What a schema says wrongly, and what Dredd has to say to that.
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "an attribute that there is not": ({"colour": fields.Str()}, "'/data/attributes/colour'"),
    "a number for a text": ({"question": fields.Int()}, "'/data/attributes/question'"),
    "a choice that is another": (
        {"answer": fields.Str(validate=validate.OneOf(["yes", "no"]))},
        "'/data/attributes/answer'",
    ),
    "an attribute less": (
        {"exclude": ["answer"]},
        "data/data/attributes should NOT have additional properties",
    ),
    "a link that there is not": ({"author": ToOne("user")}, "'/data/relationships/author'"),
}


def reading(*, exclude: Sequence[str] = (), **otherwise: Any) -> str:
    """The blueprint of reading a FAQ, where the FAQ's schema has these fields instead."""
    attributes = {name: value for name, value in otherwise.items() if isinstance(value, fields.Field)}
    links = {name: value for name, value in otherwise.items() if name not in attributes}
    honest = REGISTRY["faq"]
    members = {**links, "__module__": FaqSchema.__module__}
    lying = replace(honest, schema_class=type("FaqSchema", (FaqSchema,), members))
    schema = FaqSchema.from_dict({**honest.schema.fields, **attributes})
    vars(lying)["schema"] = schema(exclude=exclude)
    registry = Registry(lying if resource is honest else resource for resource in REGISTRY)
    described = [
        operation for operation in everything.operations(registry) if operation.key == "GET /v1/faqs/{id}"
    ]
    return blueprint.written(registry, described)


def test_a_wrong_field_in_a_schema_makes_dredd_fail() -> None:
    with running() as system:
        truth = dredd.run(system, reading(), name="truth")
        assert (len(truth.transactions), truth.failed, truth.exit_code) == (1, [], 0), truth.log
        for lie, (otherwise, said) in LIES.items():
            verdict = dredd.run(system, reading(**otherwise), name="lie")
            (failed,) = verdict.failed
            assert (failed["real"]["statusCode"], verdict.exit_code) == (200, 1), lie
            assert said in failed["test"]["message"], lie
