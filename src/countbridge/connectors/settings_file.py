"""The settings FILE of `read` and `conformance`: YAML or JSON, a secret as `${VARIABLE}` from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from countbridge.connectors.conformance.plan import ConformancePlan
from countbridge.connectors.strict import Part, build, read_yaml

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
PLAN_SECTION = "conformance"


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """Setting values by name, and what the conformance suite may do (section `conformance`)."""

    values: Mapping[str, str]
    plan: ConformancePlan


def read_settings(path: Path, environment: Mapping[str, str] = os.environ) -> SettingsFile:
    """The settings in `path`; raises ConfigError naming file and line, also for a variable that is not set."""
    entries = read_yaml(path).entries()
    values = {name: value_of(part, environment) for name, (_, part) in entries.items() if name != PLAN_SECTION}
    plan = build(ConformancePlan, entries[PLAN_SECTION][1]) if PLAN_SECTION in entries else ConformancePlan()
    return SettingsFile(values, plan)


def value_of(part: Part, environment: Mapping[str, str]) -> str:
    """A scalar as written; `${VARIABLE}` as a whole value is taken from the environment."""
    if not isinstance(part.node, yaml.ScalarNode):
        raise part.error("connectors.settings_not_text")
    text = str(part.node.value)
    named = VARIABLE.fullmatch(text)
    if named is None:
        return text
    if named.group(1) not in environment:
        raise part.error("connectors.no_environment_value", variable=named.group(1))
    return environment[named.group(1)]
