"""The template's parameters, looked at before anything is built."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Iterator, Mapping

from account import Fault
from names import CONSOLE
from template import Template

# What a deployment works out, and from what.
SET_BY = {
    "Architecture": "ARCH=",
    "CodeBucket": "BUCKET=",
    "CodePrefix": "the code that is deployed",
    "AnalyticsConfigBucket": "CONFIG=",
    "AnalyticsConfigKey": "CONFIG=",
    "DestinationNames": "CONFIG=",
}

Values = Mapping[str, str]


def check_given(template: Template, given: Values) -> None:
    """Refuses what the template has no parameter for, and values that a parameter does not take."""
    refuse(fault for name, value in given.items() if (fault := fault_of(template["Parameters"], name, value)))


def check_whole(template: Template, given: Values, kept: Values) -> None:
    """Refuses where a parameter has no value, or keeps one that it does not take any more."""
    refuse(missing_or_stale(template["Parameters"], given, kept))
    refuse(half_a_console({**kept, **given}))


def refuse(faults: Iterator[str]) -> None:
    match list(faults):
        case []:
            return
        case [fault]:
            raise Fault(fault, status=2)
        case several:
            raise Fault("\n  ".join(["several parameters are wrong:", *several]), status=2)


def fault_of(parameters: dict[str, Any], name: str, value: str) -> str | None:
    if name in SET_BY:
        return f"{name} is set by {SET_BY[name]}"
    if name in parameters:
        reason = refusal(parameters[name], value)
        return reason and f"{name}={value} {reason}"
    free = sorted(set(parameters) - set(SET_BY))
    by_lower_case = {known.lower(): known for known in free}
    near = get_close_matches(name.lower(), by_lower_case, n=1)
    rest = f"the nearest is {by_lower_case[near[0]]}" if near else f"it has {', '.join(free)}"
    return f"the template has no parameter {name}; {rest}"


def missing_or_stale(parameters: dict[str, Any], given: Values, kept: Values) -> Iterator[str]:
    for name, parameter in parameters.items():
        if name in SET_BY or name in given:
            continue
        if name in kept:
            if reason := refusal(parameter, kept[name]):
                yield f"{name}={kept[name]}, which the stack has, {reason}: give another in PARAMETERS"
        elif "Default" not in parameter:
            yield f'{name} has no value: PARAMETERS="{name}=…" ({parameter.get("Description", "")})'


def half_a_console(values: Values) -> Iterator[str]:
    missing = [name for name in CONSOLE if not values.get(name)]
    if missing and len(missing) < len(CONSOLE):
        yield f"the console needs {', '.join(CONSOLE)}: give {', '.join(missing)}, or leave all of them empty"


def refusal(parameter: dict[str, Any], value: str) -> str | None:
    """Why a parameter does not take this value."""
    allowed = [str(it) for it in parameter.get("AllowedValues", ())]
    if allowed and value not in allowed:
        return f"is none of {', '.join(allowed)}"
    if parameter["Type"] == "Number":
        return number_refusal(parameter, value)
    if not re.fullmatch(parameter.get("AllowedPattern", ".*"), value, re.DOTALL):
        return parameter.get("ConstraintDescription") or f"does not match {parameter['AllowedPattern']}"
    if len(value) < int(parameter.get("MinLength", 0)):
        return f"is shorter than {parameter['MinLength']} characters"
    if len(value) > int(parameter.get("MaxLength", len(value))):
        return f"is longer than {parameter['MaxLength']} characters"
    return None


def number_refusal(parameter: dict[str, Any], value: str) -> str | None:
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        return "is no number"
    if float(value) < float(parameter.get("MinValue", value)):
        return f"is below {parameter['MinValue']}"
    if float(value) > float(parameter.get("MaxValue", value)):
        return f"is above {parameter['MaxValue']}"
    return None
