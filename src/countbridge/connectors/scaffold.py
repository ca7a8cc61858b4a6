"""A new connector folder that passes its own check from the first minute."""

from __future__ import annotations

import re
from pathlib import Path

from countbridge.connectors.manifest import NAME_PATTERN
from countbridge.errors import ConfigError

TEMPLATE = Path(__file__).parent / "template"


def new_connector(name: str, parent: Path) -> Path:
    """The folder `parent`/`name`, made from the template. Raises ConfigError for a wrong name or an existing folder."""
    if not re.fullmatch(NAME_PATTERN, name, re.ASCII):
        raise ConfigError("connectors.wrong_name", name=name)
    folder = parent / name
    if folder.exists():
        raise ConfigError("connectors.folder_exists", folder=folder)
    try:
        (folder / "golden").mkdir(parents=True)
        for source in sorted(TEMPLATE.iterdir()):
            text = source.read_text(encoding="utf-8")
            text = text.replace("NAME_KEY", f"{name.upper()}_KEY").replace("NAME", name)
            (folder / source.name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError("connectors.cannot_write", folder=folder, reason=error.strerror or error) from error
    return folder
