"""Every error Countbridge raises, grouped by what has to happen next.

An error is data: a stable `code` and text parameters. The sentence a person reads is rendered from both, in the reader's
language, by `countbridge.messages`; the code and the parameters are what is stored and logged.
"""

from __future__ import annotations


class CountbridgeError(Exception):
    """Base of all. `code` finds the sentence, `params` fill it in; both are safe to show (never a secret).

    `again_after`: the pause in seconds until the next try, where whoever met the error has decided it.
    """

    again_after: float | None = None

    def __init__(self, code: str, /, **params: object) -> None:
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}
        details = ", ".join(f"{name}={value}" for name, value in self.params.items())
        super().__init__(f"{code} ({details})" if details else code)


class InputError(CountbridgeError):
    """A record is wrong: someone must correct it. Repeating it unchanged fails again."""


class NotAllowed(CountbridgeError):
    """The caller may not do this, or not in this warehouse."""


class NotFound(CountbridgeError):
    """What was asked for does not exist, or the caller may not know that it does."""


class Conflict(CountbridgeError):
    """The state changed meanwhile: look again before repeating."""


class SetupError(CountbridgeError):
    """Configuration is wrong: an administrator or consultant must act."""


class ConfigError(SetupError):
    """A manifest, a map or a setting is not as it must be."""


class AuthError(SetupError):
    """The other system refused our credentials."""


class RemoteError(CountbridgeError):
    """Another system failed us. `retry_after` is the pause in seconds it asked for, None where it named none."""

    retry_after: float | None = None


class TryLater(RemoteError):
    """The request certainly had no effect; the same request may succeed later."""

    def __init__(self, code: str, /, *, retry_after: float | None = None, **params: object) -> None:
        self.retry_after = retry_after
        super().__init__(code, **params)


class OutcomeUnknown(RemoteError):
    """A request may have left and its answer never came: whether it took effect is unknown. Look before repeating."""


class Rejected(RemoteError):
    """The other system understood and refused; its own words are in `params["message"]`."""


class ContractSurprise(RemoteError):
    """The answer is not what the system's contract says (HTML, missing field, wrong type)."""


class CursorExpired(ContractSurprise):
    """The other system no longer knows the place to read on from: read again from the start."""
