"""Finds connectors by folder: ours under systems/, a consultant's anywhere. There is no list to edit."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from countbridge.connectors.base import BaseConnector, Definition
from countbridge.connectors.contract import Connector
from countbridge.connectors.exchanges import OnExchange
from countbridge.connectors.manifest import FILE_NAME, Manifest, manifest_of
from countbridge.connectors.pace import Turns
from countbridge.connectors.rest.engine import RestConnector
from countbridge.connectors.strict import choice, read_yaml
from countbridge.errors import ConfigError

SYSTEMS = Path(__file__).parent / "systems"
CODE_FILE = "connector.py"


def builtin_names() -> list[str]:
    """Names of the connectors that come with Countbridge, sorted."""
    return sorted(path.parent.name for path in SYSTEMS.glob(f"*/{FILE_NAME}"))


def builtin_manifests() -> list[Manifest]:
    """Their manifests, sorted by name; raises ConfigError when one of them is wrong."""
    return [definition(name).manifest for name in builtin_names()]


def folder_of(name_or_path: str | Path) -> Path:
    """The folder of a built-in connector's name or of a path; raises ConfigError when neither exists."""
    if isinstance(name_or_path, str) and name_or_path in builtin_names():
        return SYSTEMS / name_or_path
    path = Path(name_or_path)
    folder = path.parent if path.name == FILE_NAME else path
    if not (folder / FILE_NAME).is_file():
        words = choice(str(name_or_path), builtin_names())
        raise ConfigError("connectors.not_found", connector=name_or_path, file=FILE_NAME, **words)
    return folder


def definition(name_or_path: str | Path) -> Definition:
    """The connector's folder, manifest and file; raises ConfigError naming file and line."""
    folder = folder_of(name_or_path)
    told = (folder / FILE_NAME).stat()
    return _read(folder, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=64)
def _read(folder: Path, modified: int, size: int) -> Definition:
    """Parsed once for each state of the file: it is asked for at every opening of a system."""
    root = read_yaml(folder / FILE_NAME)
    return Definition(folder, manifest_of(root), root)


def open_connector(
    name_or_path: str | Path,
    settings: Mapping[str, str],
    on_exchange: OnExchange | None = None,
    turns: Turns | None = None,
) -> Connector:
    """A connector ready to call, without having called yet; alone it keeps to the manifest's limits, with others it takes
    its `turns`. Raises ConfigError for a wrong file or wrong settings."""
    found = definition(name_or_path)
    connector = connector_class(found)(found, settings, on_exchange=on_exchange)
    if turns is not None:
        connector.keep_pace(turns)
    return connector


def connector_class(found: Definition) -> type[BaseConnector]:
    """The class that serves a folder: the one in its connector.py, else the declarative engine. Raises ConfigError."""
    if not (found.folder / CODE_FILE).is_file():
        RestConnector.validate(found)
        return RestConnector
    module = load_module(found.folder)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseConnector) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        where = {"file": found.folder / CODE_FILE, "found": ", ".join(c.__name__ for c in classes) or "-"}
        raise ConfigError("connectors.one_class_wanted", **where)
    if issubclass(classes[0], RestConnector):
        classes[0].validate(found)
    return classes[0]


def load_module(folder: Path) -> ModuleType:
    """The folder's connector.py as a module; `from .other import …` works inside any folder. Raises ConfigError."""
    if folder.parent == SYSTEMS:
        return importlib.import_module(f"countbridge.connectors.systems.{folder.name}.connector")
    package = "countbridge_connector_" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = [str(folder.resolve())]
        sys.modules[package] = module
    try:
        return importlib.import_module(f"{package}.connector")
    except Exception as error:
        sys.modules.pop(f"{package}.connector", None)
        raise ConfigError(
            "connectors.broken_code", file=folder / CODE_FILE, reason=f"{type(error).__name__}: {error}"
        ) from error
