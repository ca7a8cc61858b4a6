"""YAML read strictly into frozen dataclasses: a mistake is answered with file, line, what is allowed, the nearest word.

Scalars are taken as written (`version: 8.20` stays "8.20"); only the target's type decides what they become, so YAML's
own guessing ("no" as false, 1e5 as a number) never happens. Aliases and repeated keys are refused.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from countbridge.errors import ConfigError

T = TypeVar("T")
MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a YAML file together with where it stands."""

    file: str
    path: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """Line in the file, counted from 1."""
        return int(self.node.start_mark.line) + 1

    def error(self, code: str, **params: object) -> ConfigError:
        """A ConfigError that says where: params file, line and key (the dotted path) are filled in."""
        return ConfigError(code, **{"file": self.file, "line": self.line, "key": self.path or "(top)"} | params)

    def entries(self) -> dict[str, tuple[Part, Part]]:
        """The parts of a mapping by key, each with the part of its key; raises ConfigError on anything else."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("manifest.wrong_shape", expected="mapping", found=shape_of(self.node))
        found: dict[str, tuple[Part, Part]] = {}
        for key_node, value_node in self.node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise Part(self.file, self.path, key_node).error(
                    "manifest.wrong_shape", expected="text", found="mapping"
                )
            name = str(key_node.value)
            path = f"{self.path}.{name}" if self.path else name
            if name in found:
                raise Part(self.file, path, key_node).error("manifest.repeated_key", first=found[name][0].line)
            found[name] = (Part(self.file, path, key_node), Part(self.file, path, value_node))
        return found

    def items(self) -> list[Part]:
        """The parts of a list; raises ConfigError on anything else."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("manifest.wrong_shape", expected="list", found=shape_of(self.node))
        return [Part(self.file, f"{self.path}[{index}]", node) for index, node in enumerate(self.node.value)]

    def text(self) -> str:
        """A scalar as it is written; an empty unquoted one is refused."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("manifest.wrong_shape", expected="text", found=shape_of(self.node))
        if is_empty(self.node):
            raise self.error("manifest.empty_value")
        return str(self.node.value)


def read_yaml(path: Path) -> Part:
    """The one YAML document in `path`; raises ConfigError naming file and line when it cannot be read."""
    name = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError("manifest.no_file", file=name, reason=error.strerror or "") from error
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError("manifest.too_large", file=name, limit=MAX_FILE_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("manifest.not_utf8", file=name, line=data[: error.start].count(b"\n") + 1) from error
    return Part(name, "", parse(text, name))


def parse(text: str, file: str) -> yaml.Node:
    """The node tree of `text`; raises ConfigError on YAML errors, aliases, tags, and depth beyond 30."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or (isinstance(event, yaml.NodeEvent) and event.anchor):
                raise ConfigError("manifest.alias", file=file, line=line)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise ConfigError("manifest.too_deep", file=file, line=line, limit=MAX_DEPTH)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError("manifest.not_yaml", file=file, line=line, reason=error.problem or "") from error
    except yaml.YAMLError as error:  # a character YAML does not allow; its position is an offset
        at = getattr(error, "position", 0)
        raise ConfigError("manifest.not_yaml", file=file, line=text.count("\n", 0, at) + 1, reason="") from error
    if node is None:
        raise ConfigError("manifest.empty_file", file=file)
    return node


def build(kind: type[T], part: Part, *, ignore: Iterable[str] = ()) -> T:
    """An object of dataclass `kind` from a mapping; keys in `ignore` belong to someone else. Raises ConfigError."""
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, (key, value) in part.entries().items():
        if name in ignore:
            continue
        if name not in fields:
            raise key.error("manifest.unknown_key", word=name, **choice(name, [*fields, *ignore]))
        values[name] = convert(hints[name], value, fields[name].metadata)
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise part.error("manifest.missing_key", word=name)
    return kind(**values)


def convert(hint: Any, part: Part, rules: Mapping[str, Any]) -> Any:
    """The value of `part` as the annotation `hint` wants it, within `rules` (at_least, pattern). Raises ConfigError."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (arm for arm in get_args(hint) if arm is not type(None))
        return None if is_empty(part.node) else convert(inner, part, rules)
    if origin is Literal:
        return one_of(get_args(hint), part)
    if origin is tuple:
        return tuple(convert(get_args(hint)[0], item, rules) for item in part.items())
    if origin is not None and issubclass(origin, Mapping):
        return to_mapping(hint, part, rules)
    if dataclasses.is_dataclass(hint):
        return build(hint, part)  # type: ignore[arg-type]
    return to_scalar(hint, part, rules)


def to_mapping(hint: Any, part: Part, rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only mapping whose keys and values both fit their annotations."""
    key_hint, value_hint = get_args(hint)
    return MappingProxyType(
        {
            convert(key_hint, key, {"pattern": rules.get("key_pattern")}): convert(value_hint, value, rules)
            for key, value in part.entries().values()
        }
    )


def to_scalar(hint: Any, part: Part, rules: Mapping[str, Any]) -> Any:
    """Text, a whole number, a decimal or true/false."""
    text = part.text()
    if hint is bool:
        return one_of(("true", "false"), part) == "true"
    if hint in (int, Decimal):
        return to_number(hint, text, part, rules)
    if (pattern := rules.get("pattern")) and not re.fullmatch(pattern, text):
        raise part.error("manifest.wrong_form", word=text, pattern=pattern)
    return text


def to_number(hint: Any, text: str, part: Part, rules: Mapping[str, Any]) -> int | Decimal:
    """A plain number without sign or exponent, not below the rule `at_least`."""
    form, expected = (r"[0-9]{1,12}", "whole number") if hint is int else (r"[0-9]{1,9}(\.[0-9]{1,6})?", "number")
    if not re.fullmatch(form, text, re.ASCII):
        raise part.error("manifest.not_number", word=text, expected=expected)
    number: int | Decimal = int(text) if hint is int else Decimal(text)
    if number < (least := rules.get("at_least", 0)):
        raise part.error("manifest.too_small", word=text, least=least)
    return number


def one_of(words: tuple[str, ...], part: Part) -> str:
    """The scalar, which must be one of `words`."""
    text = part.text()
    if text not in words:
        raise part.error("manifest.unknown_word", word=text, **choice(text, words))
    return text


def choice(word: str, words: Iterable[str]) -> dict[str, str]:
    """Params `allowed` (all words) and `nearest` (the one most like `word`)."""
    known = list(dict.fromkeys(words))
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.0)
    return {"allowed": ", ".join(known) or "-", "nearest": near[0] if near else "-"}


def is_empty(node: yaml.Node) -> bool:
    """True for `key:` with nothing behind it and for an unquoted null."""
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null")


def shape_of(node: yaml.Node) -> str:
    """What a person sees in the file: mapping, list or text."""
    if isinstance(node, yaml.MappingNode):
        return "mapping"
    return "list" if isinstance(node, yaml.SequenceNode) else "text"
