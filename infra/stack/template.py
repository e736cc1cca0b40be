"""The template: read, its loops written out, the names of what outlives a stack literal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterable, Mapping

import yaml

from account import Fault

LOOP = "Fn::ForEach::"
TRANSFORM = "AWS::LanguageExtensions"
# A parameter of Fn::Sub, but for `${!Literal}`.
PLACEHOLDER = re.compile(r"\$\{(?!!)([\w:.]+)\}")

Template = dict[str, Any]


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, such as `!Ref`."""


def intrinsic(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", intrinsic)


def read(path: Path) -> Template:
    """The template as it is written."""
    return yaml.load(path.read_text("utf-8"), Loader)  # noqa: S506: it is a SafeLoader


def body(template: Template, stack: str, parameters: Mapping[str, str]) -> str:
    """What CloudFormation is given for a stack of this name, with these values of the parameters."""
    template = without_transform(template, parameters)
    return json.dumps({**template, "Resources": named_literally(template["Resources"], stack)}, separators=(",", ":"))


def without_transform(template: Template, parameters: Mapping[str, str]) -> Template:
    """The same, as CloudFormation would take it without a transform."""
    template = dict(template)
    if template.get("Transform") == TRANSFORM:
        del template["Transform"]
    defaults = {name: it["Default"] for name, it in template.get("Parameters", {}).items() if "Default" in it}
    values = {**defaults, **parameters}
    mappings = template.get("Mappings", {})
    for section in ("Resources", "Outputs"):
        template[section] = simplified(written_out(template.get(section, {}), values), mappings)
    return template


def written_out(members: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Each Fn::ForEach as the members that it stands for."""
    written: dict[str, Any] = {}
    for name, member in members.items():
        if not name.startswith(LOOP):
            written[name] = member
            continue
        identifier, collection, fragment = member
        for item in items(collection, values):
            made = with_item(fragment, identifier, item)
            if taken := written.keys() & made.keys():
                raise Fault(f"{item} and another of {name} would both be {min(taken)}: rename one of them")
            written |= made
    return written


def items(collection: Any, values: Mapping[str, Any]) -> Iterable[str]:
    """What a loop is over: a list, or a parameter's."""
    match collection:
        case {"Ref": str(parameter)}:
            return [item.strip() for item in str(values[parameter]).split(",")]
    return collection


def with_item(node: Any, identifier: str, item: str) -> Any:
    """The fragment for one item of the collection."""
    if node == {"Ref": identifier}:
        return item
    if isinstance(node, dict):
        return {with_item(key, identifier, item): with_item(value, identifier, item) for key, value in node.items()}
    if isinstance(node, list):
        return [with_item(value, identifier, item) for value in node]
    if not isinstance(node, str):
        return node
    alphanumeric = re.sub("[^0-9a-zA-Z]+", "", item)
    return node.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", alphanumeric)


def simplified(node: Any, mappings: dict[str, Any]) -> Any:
    """The same, with what the template alone answers answered: it may be a logical id, or a name."""
    if isinstance(node, list):
        return [simplified(value, mappings) for value in node]
    if not isinstance(node, dict):
        return node
    node = {key: simplified(value, mappings) for key, value in node.items()}
    match node:
        case {"Fn::FindInMap": [str(name), str(key), str(attribute)]} if key in mappings.get(name, {}):
            return mappings[name][key][attribute]
        case {"Fn::Sub": [str(text), dict(values)]} if all(isinstance(value, str) for value in values.values()):
            return substituted(text, values)
        case {"Fn::Sub": str(text)}:
            return substituted(text, {})
    return node


def substituted(text: str, values: dict[str, str]) -> Any:
    text = PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
    return {"Fn::Sub": text} if "${" in text else text


def named_literally(resources: dict[str, Any], stack: str) -> dict[str, Any]:
    """What outlives a stack has its name written out: CloudFormation imports only what has a literal name."""
    return {logical_id: with_literal_name(resource, stack) for logical_id, resource in resources.items()}


def with_literal_name(resource: dict[str, Any], stack: str) -> dict[str, Any]:
    properties = dict(resource.get("Properties", {}))
    for name in ("TableName", "LogGroupName"):
        if resource.get("DeletionPolicy") == "Retain" and name in properties:
            properties[name] = properties[name]["Fn::Sub"].replace("${AWS::StackName}", stack)
    return {**resource, "Properties": properties}
