"""docs/events.md tells what there is: every event with its sentence, and signatures that really fit."""

from __future__ import annotations

import importlib.util
import re
import time
from pathlib import Path
from typing import Any

import pytest

from countbridge import clock
from countbridge.errors import NotAllowed
from countbridge.exchange.events import KINDS
from countbridge.exchange.signatures import sign, verify
from countbridge.links.signing import new_secret
from countbridge.messages import catalogue

TOOL = Path(__file__).parents[2] / "tools" / "event_catalogue.py"
PAGE = Path(__file__).parents[2] / "docs" / "events.md"


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("event_catalogue", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """What the page's Python example defines, run as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    defined: dict[str, Any] = {}
    exec(code, defined)
    return defined


def test_the_list_of_events_is_up_to_date(tool: Any) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert tool.written(page) == page, "run: python tools/event_catalogue.py"


def test_the_search_finds_events_however_their_code_is_given(tool: Any) -> None:
    found = set(tool.recorded())
    assert {
        ("state", "stocktake.noticed"),
        ("link", "cadence.paused"),
        ("delivery", "exchange.delivery_confirmed"),
    } <= found
    assert ("subscription", "subscriptions.resumed") in found


def test_every_event_has_a_sentence_and_a_kind_readers_can_ask_for(tool: Any) -> None:
    assert [code for _, code in tool.recorded() if code not in catalogue()] == []
    assert sorted({kind for kind, _ in tool.recorded()} - set(KINDS)) == [], "add the kind to exchange.events.KINDS"


@pytest.mark.parametrize("secret", [new_secret(), "a secret somebody chose for it"])
def test_the_example_verifies_what_we_sign_and_signs_what_we_verify(example: dict[str, Any], secret: str) -> None:
    body = '{"type": "x", "data": "盘点"}'.encode()
    ours = sign([new_secret(), secret], "msg_1", clock.now(), body)
    assert example["is_genuine"](secret, ours, body)
    assert not example["is_genuine"](secret, ours, body + b" ")
    assert not example["is_genuine"](new_secret(), ours, body)
    assert not example["is_genuine"](secret, ours | {"webhook-timestamp": str(int(time.time()) - 301)}, body)
    theirs = example["signed_headers"](secret, "msg_2", body)
    assert verify(theirs, body, [new_secret(), secret], clock.now()) == "msg_2"
    with pytest.raises(NotAllowed):
        verify(theirs, body + b" ", [secret], clock.now())


def test_a_signature_of_the_schemes_own_example_fits() -> None:
    """The example of the Standard Webhooks specification's libraries."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    at = clock.now().fromtimestamp(1614265330, clock.now().tzinfo)
    assert verify(headers, body, [secret], at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
