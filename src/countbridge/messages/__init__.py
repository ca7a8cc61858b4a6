"""The sentences behind error codes, in Chinese and English: one YAML file per room, found by folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("zh", "en")
WORDS = frozenset({"document", "state", "wanted"})  # parameters whose values are words of ours


class _Given(dict[str, str]):
    """A placeholder nobody filled stays visible instead of hiding the whole sentence."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every code with its sentences: `{"people.wrong_login": {"en": "…", "zh": "…"}}`."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        for code, sentences in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            if code in found:
                raise ValueError(f"{file.name}: {code} is already listed in another file")
            found[code] = sentences
    return found


def render(code: str, params: Mapping[str, object], language: str = "zh-hans") -> str:
    """The sentence for `code` in `language` ("zh…" is Chinese, all else English); an unlisted code shows itself.

    >>> render("people.sign_in", {}, "en")
    'You are not signed in, or not any more. Sign in and repeat.'
    """
    sentences = catalogue().get(code)
    if sentences is None:
        details = ", ".join(f"{name}={value}" for name, value in params.items())
        return f"{code} ({details})" if details else code
    chosen = "zh" if language.lower().startswith("zh") else "en"
    given = _Given({name: _word(name, str(value), chosen) for name, value in params.items()})
    return sentences[chosen].format_map(given)


def _word(name: str, value: str, language: str) -> str:
    """Words of our own (the state of a count, the kind of a document) are said in the reader's language, too."""
    if name not in WORDS:
        return value
    words = (catalogue().get(f"word.{each}", {}).get(language, each) for each in value.split(", "))
    return ", ".join(words)
