"""Webhooks in: every good call starts its flow once, every bad one is refused by its own code and seen by a person."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import threading
import time as machine
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from countbridge import clock
from countbridge.asgi import application
from countbridge.errors import ConfigError
from countbridge.exchange import cadence, hooks
from countbridge.exchange.models import Cadence, Event, HookMessage, HookRefusal
from countbridge.links.loading import apply_folder
from countbridge.links.models import Hook
from countbridge.people.models import Token
from countbridge.stocktake import jobs
from countbridge.stocktake.models import Count
from countbridge.web.bodies import TOO_LARGE, SmallBodies
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

APPROVED = {"type": "inventory.approved", "data": {"id": "100"}}


class Sender:
    """The ERP's side, written from the documentation with the standard library alone."""

    def __init__(self, secret: str, path: str = "/hooks/modelled/erp") -> None:
        self.secret = secret
        self.path = path
        self.client = Client(HTTP_HOST="localhost")
        self.number = 0

    def headers(self, body: bytes, id: str | None = None, ago: float = 0, scheme: str = "standard") -> dict[str, str]:
        self.number += 1
        stamp = str(int(clock.now().timestamp() - ago))
        if scheme == "plain":
            signature = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            return {"X-Countbridge-Timestamp": stamp, "X-Countbridge-Signature": f"sha256={signature}"}
        name = id or f"msg_{self.number}"
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }  # fmt: skip

    def send(
        self, told: Any = APPROVED, *, raw: bytes | None = None, kind: str = "application/json", **how: Any
    ) -> Any:
        body = json.dumps(told).encode() if raw is None else raw
        return self.post(body, self.headers(body, **how), kind)

    def stamp(self) -> str:
        return str(int(clock.now().timestamp()))

    def post(self, body: bytes, headers: dict[str, str], kind: str = "application/json") -> Any:
        return self.client.post(self.path, body, content_type=kind, headers=headers)


@pytest.fixture
def linked(make_stage: Callable[..., Stage]) -> Stage:
    made = make_stage(people=("zhou", "wu"))
    ProcrastinateJob.objects.all().delete()
    return made


@pytest.fixture
def sender(linked: Stage) -> Sender:
    answer = linked.api(
        "zhou", "/links/modelled/hooks", {"source": "erp", "events": {"inventory.approved": "approvals"}}
    )
    assert answer.status_code == 200, answer.content
    return Sender(answer.json()["secret"])


def call(stage: Stage, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(stage.client("zhou", Token.API), method)(f"/api{path}", body, content_type="application/json")


def waiting() -> list[str]:
    return list(ProcrastinateJob.objects.filter(status="todo").values_list("task_name", flat=True))


@pytest.mark.parametrize("scheme", ["standard", "plain"])
def test_a_good_call_is_stored_and_starts_its_flow(linked: Stage, sender: Sender, scheme: str) -> None:
    answer = sender.send(scheme=scheme)
    assert answer.status_code == 202, answer.content
    assert (answer.json()["flow"], answer.json()["run"], answer.json()["duplicate"]) == ("approvals", "started", False)
    assert waiting() == ["stocktake.notice"]
    linked.approve("W1-A")
    linked.queue.run()
    assert Count.objects.count() == 1, "the count is there without waiting for the next turn"


@pytest.mark.parametrize("scheme", ["standard", "plain"])
def test_a_repeated_call_does_nothing(linked: Stage, sender: Sender, scheme: str) -> None:
    body = json.dumps(APPROVED).encode()
    headers = sender.headers(body, scheme=scheme)
    assert sender.post(body, headers).status_code == 202
    ProcrastinateJob.objects.all().delete()
    again = sender.post(body, headers)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert waiting() == []
    assert HookMessage.objects.count() == 1


def test_an_id_stays_known_longer_than_any_signature_is_valid(linked: Stage, sender: Sender) -> None:
    body = json.dumps(APPROVED).encode()
    headers = sender.headers(body)
    sender.post(body, headers)
    real = clock.now()
    with clock.told_by(lambda: real + timedelta(days=6)):
        hooks.tidy(clock.now())
    assert HookMessage.objects.count() == 1
    with clock.told_by(lambda: real + timedelta(days=8)):
        hooks.tidy(clock.now())
        assert HookMessage.objects.count() == 0
        assert sender.post(body, headers).json()["code"] == "hooks.too_old"


def test_a_burst_of_calls_leads_to_one_run(linked: Stage, sender: Sender) -> None:
    for _ in range(300):
        assert sender.send().status_code == 202
    assert waiting() == ["stocktake.notice"]
    assert HookMessage.objects.filter(ran="started").count() == 1
    assert HookMessage.objects.filter(ran="waiting").count() == 299


def test_what_follows_commits_with_the_message_or_not_at_all(linked: Stage, sender: Sender) -> None:
    Cadence.objects.filter(flow="approvals").delete()
    assert sender.send(id="msg_x").status_code == 500
    assert not HookMessage.objects.exists(), "the sender repeats it, and it must not be taken for known then"
    cadence.ensure(linked.link, "approvals", "stocktake.notice", 60)
    assert sender.send(id="msg_x").status_code == 202


def test_while_its_flow_is_paused_a_call_is_taken_and_looked_at_later(linked: Stage, sender: Sender) -> None:
    cadence.pause(linked.link, "approvals", "zhou", "month end")
    assert sender.send().json()["run"] == "paused"
    assert waiting() == []
    cadence.resume(linked.link, "approvals", "zhou", "over")
    cadence.start_due()
    assert "stocktake.notice" in waiting()


# -- bad input -------------------------------------------------------------------------------------------------------------


def spoil(headers: dict[str, str], **changed: str | None) -> dict[str, str]:
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in (headers | names).items() if value is not None}


UNSIGNED: dict[str, Callable[[Sender, bytes], dict[str, str]]] = {
    "no headers": lambda sender, body: {},
    "wrong secret": lambda sender, body: Sender("whsec_" + base64.b64encode(b"x" * 32).decode()).headers(body),
    "another body": lambda sender, body: sender.headers(body + b" "),
    "another id": lambda sender, body: spoil(sender.headers(body), webhook_id="msg_other"),
    "another time": lambda sender, body: spoil(sender.headers(body, ago=400), webhook_timestamp=sender.stamp()),
    "no id": lambda sender, body: spoil(sender.headers(body), webhook_id=None),
    "an id too long": lambda sender, body: sender.headers(body, id="m" * 201),
    "no time": lambda sender, body: spoil(sender.headers(body), webhook_timestamp=None),
    "another version": lambda sender, body: spoil(sender.headers(body), webhook_signature="v2," + "A" * 43 + "="),
    "no signature in it": lambda sender, body: spoil(sender.headers(body), webhook_signature="v1,"),
    "not ASCII": lambda sender, body: spoil(sender.headers(body), webhook_signature="v1,é"),
    "plain, wrong": lambda sender, body: spoil(sender.headers(body, scheme="plain"), X_Countbridge_Signature="0" * 64),
}  # fmt: skip


@pytest.mark.parametrize("how", UNSIGNED)
def test_whoever_cannot_sign_learns_nothing(linked: Stage, sender: Sender, how: str) -> None:
    """The same answer whether link, source, both or neither exist."""
    body = json.dumps(APPROVED).encode()
    answers = []
    for path in ("/hooks/modelled/erp", "/hooks/modelled/nobody", "/hooks/nothing/erp"):
        sender.path = path
        answer = sender.post(body, UNSIGNED[how](sender, body))
        told = answer.json()
        assert (answer.status_code, told["code"], told["params"]) == (401, "hooks.not_signed", {})
        answers.append(told["message"])
    assert len(set(answers)) == 1
    assert waiting() == []
    assert not HookMessage.objects.exists()


def test_a_correct_signature_does_not_open_another_address(linked: Stage, sender: Sender) -> None:
    sender.path = "/hooks/modelled/wms"
    assert sender.send().status_code == 401


@pytest.mark.parametrize("ago", [301, 86400, -301])
@pytest.mark.parametrize("scheme", ["standard", "plain"])
def test_a_signed_time_too_far_from_ours_is_refused(sender: Sender, ago: float, scheme: str) -> None:
    answer = sender.send(ago=ago, scheme=scheme)
    assert (answer.status_code, answer.json()["code"]) == (401, "hooks.too_old")
    assert sender.send(ago=ago - 10 if ago > 0 else ago + 10, scheme=scheme).status_code == (
        401 if ago == 86400 else 202
    )


BAD = [
    ({"raw": b"{"}, 400, "hooks.broken_json"),
    ({"raw": b" "}, 400, "hooks.broken_json"),
    ({"raw": b"\xff\xfe"}, 400, "hooks.broken_json"),
    ({"raw": b"[" * 100_000}, 400, "hooks.broken_json"),
    ({"told": ["inventory.approved"]}, 422, "hooks.no_event"),
    ({"told": {"data": 1}}, 422, "hooks.no_event"),
    ({"told": {"type": 5}}, 422, "hooks.no_event"),
    ({"told": {"type": "inventory.deleted"}}, 422, "hooks.unknown_event"),
    ({"told": {"type": "x" * 5000}}, 422, "hooks.unknown_event"),
    ({"kind": "text/plain"}, 415, "hooks.only_json"),
    ({"kind": "application/x-www-form-urlencoded"}, 415, "hooks.only_json"),
    ({"raw": b" " * 1_000_001}, 413, "hooks.too_large"),
]


@pytest.mark.parametrize(("what", "status", "code"), BAD)
def test_what_is_wrong_with_a_signed_call_is_said(
    linked: Stage, sender: Sender, what: dict[str, Any], status: int, code: str
) -> None:
    answer = sender.send(**what)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not answer.json()["message"].startswith("hooks."), "it has its sentence"
    assert waiting() == []
    seen = linked.api("wu", "/links/modelled/hooks/erp/calls").json()
    assert [(each["code"], each["times"]) for each in seen["refused"]] == [(code, 1)]
    assert seen["taken"] == []


def test_only_post_is_taken(sender: Sender) -> None:
    answer = sender.client.get(sender.path)
    assert (answer.status_code, answer.json()["code"], answer["Allow"]) == (405, "hooks.only_post", "POST")


def test_a_switched_off_webhook_refuses_even_signed_calls(linked: Stage, sender: Sender) -> None:
    assert call(linked, "patch", "/links/modelled/hooks/erp", {"active": False, "reason": "not yet"}).status_code == 200
    assert sender.send().json()["code"] == "hooks.inactive"


def test_bad_calls_fill_no_table(linked: Stage, sender: Sender) -> None:
    sender.secret = "whsec_" + base64.b64encode(b"y" * 32).decode()
    for _ in range(50):
        sender.send()
    for number in range(50):
        Sender(sender.secret, f"/hooks/l{number}/erp").send()
    rows = HookRefusal.objects.values_list("hook__source", "times")
    assert sum(times for _, times in rows) == 100
    assert len(rows) <= 4, "one row for each hook, reason and minute"
    real = clock.now()
    for minute in range(hooks.REFUSALS_KEPT + 10):
        with clock.told_by(lambda minute=minute: real + timedelta(minutes=minute)):  # type: ignore[misc]
            hooks.refused(None, "hooks.not_signed", hooks.Call("x", "y", {}, b""))
    assert HookRefusal.objects.filter(hook=None).count() == hooks.REFUSALS_KEPT


# -- secrets ---------------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_stands_nowhere(
    linked: Stage, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sender.send()
    sender.send(raw=b"{")
    listed = linked.api("zhou", "/links/modelled/hooks").content.decode()
    stored = bytes(Hook.objects.get().sealed).decode()
    told = json.dumps(list(Event.objects.values("params")))
    bare = sender.secret.removeprefix("whsec_")
    for text in (listed, stored, told, caplog.text):
        assert bare not in text


def test_a_rotated_secret_and_the_former_one_are_taken_until_that_ends(linked: Stage, sender: Sender) -> None:
    answer = call(linked, "post", "/links/modelled/hooks/erp/rotate", {"keep_hours": 2, "reason": "yearly"})
    new = Sender(answer.json()["secret"])
    assert new.secret != sender.secret
    assert [each.send(id=f"m{number}").status_code for number, each in enumerate((new, sender))] == [202, 202]
    assert linked.api("wu", "/links/modelled/hooks").json()["rows"][0]["former_secret_until"] is not None
    real = clock.now()
    with clock.told_by(lambda: real + timedelta(hours=2, seconds=1)):
        assert new.send(id="m3").status_code == 202
        assert sender.send(id="m4").status_code == 401
    leaked = call(linked, "post", "/links/modelled/hooks/erp/rotate", {"keep_hours": 0, "reason": "it leaked"}).json()
    assert new.send(id="m5").status_code == 401
    assert Sender(leaked["secret"]).send(id="m6").status_code == 202


# -- made by API and by folder ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"source": "ERP 1", "events": {"a": "items"}}, 422, "hooks.words"),
        ({"source": "wms", "events": {}}, 422, "hooks.events"),
        ({"source": "wms", "events": {"a": "goods"}}, 422, "cadence.no_such_flow"),
        ({"source": "erp", "events": {"a": "items"}}, 409, "hooks.source_taken"),
    ],
)  # fmt: skip
def test_a_webhook_that_makes_no_sense_is_not_made(
    linked: Stage, sender: Sender, body: dict[str, Any], status: int, code: str
) -> None:
    answer = linked.api("zhou", "/links/modelled/hooks", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Hook.objects.count() == 1


def test_changes_are_told_with_who_and_why(linked: Stage, sender: Sender) -> None:
    call(linked, "patch", "/links/modelled/hooks/erp", {"events": {"*": "items"}, "reason": "all is about items"})
    assert sender.send({"event": "anything"}).json()["flow"] == "items"
    call(linked, "post", "/links/modelled/hooks/erp/remove", {"reason": "the ERP is gone"})
    assert sender.send().status_code == 401
    told = Event.objects.filter(code__startswith="hooks.").order_by("pk").values_list("code", "actor")
    assert list(told) == [("hooks.created", "zhou"), ("hooks.changed", "zhou"), ("hooks.removed", "zhou")]


SECRET = "a secret of the environment"


def apply(stage: Stage, told: Any) -> None:
    path = stage.folder / "link.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"hooks": told}, allow_unicode=True))
    link, timings = apply_folder(stage.folder, {"WORLD": stage.world.name, "KEY": "secret-key", "HOOK": SECRET})
    jobs.schedule(link, timings)


def test_the_folder_makes_webhooks_and_takes_them_away(linked: Stage, sender: Sender) -> None:
    apply(linked, {"wms": {"secret": "${HOOK}", "events": {"movement": "movements", "result": "results"}}})
    wms = Sender(SECRET, "/hooks/modelled/wms")
    assert wms.send({"event": "result"}, scheme="plain").json()["flow"] == "results"
    apply(linked, {})
    assert wms.send({"event": "result"}, scheme="plain").status_code == 401
    assert sender.send().status_code == 202, "what was made in the console stays"


@pytest.mark.parametrize(
    "told",
    [
        {"wms": {"secret": "short", "events": {"a": "items"}}},
        {"wms": {"secret": "whsec_" + "!" * 40, "events": {"a": "items"}}},
        {"wms": {"events": {"a": "items"}}},
        {"wms": {"secret": "${HOOK}"}},
        {"wms": {"secret": "${HOOK}", "events": {"a": "goods"}}},
        {"WMS!": {"secret": "${HOOK}", "events": {"a": "items"}}},
        {"wms": {"secret": "${HOOK}", "events": {"a": "items"}, "flows": 1}},
        {"wms": "yes"},
        ["wms"],
    ],
)
def test_a_wrong_hook_in_the_folder_is_named_and_its_secret_is_not(linked: Stage, told: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        apply(linked, told)
    assert SECRET not in str(refused.value)
    assert "!!!!" not in str(refused.value)


# -- over the wire ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[str]:
    running = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = machine.monotonic() + 30
    while not running.started:
        assert machine.monotonic() < deadline
        machine.sleep(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = running.force_exit = True
    thread.join(30)


@pytest.mark.parametrize("announced", [True, False])
def test_of_fifty_megabytes_no_more_than_the_limit_is_read(announced: bool) -> None:
    """Announced, nothing of it; unannounced, up to the limit and not a piece further."""
    piece = b"x" * 65536
    read = 0
    seen: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += len(piece)
        return {"type": "http.request", "body": piece, "more_body": read < 50_000_000}

    async def send(message: Any) -> None:
        raise AssertionError("the application answers, not the reader")

    async def inner(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append({**scope, "body": (await receive())["body"]})

    headers = [(b"content-length", b"50000000")] if announced else []
    scope = {"type": "http", "path": "/hooks/a/b", "headers": headers}
    asyncio.run(SmallBodies(inner, "/hooks/", 1_000_000)(scope, receive, send))
    assert read <= (0 if announced else 1_000_000 + len(piece))
    assert (seen[0]["body"], seen[0][TOO_LARGE]) == (b"", True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [2_000_000, 50_000_000])
def test_a_large_body_is_refused_over_the_wire_and_seen(server: str, size: int) -> None:
    answer = httpx.post(f"{server}/hooks/a/b", content=b"x" * size, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "hooks.too_large")
    refusal = HookRefusal.objects.get()
    assert (refusal.code, refusal.asked, refusal.address) == ("hooks.too_large", "a/b", "127.0.0.1")


@pytest.mark.django_db(transaction=True)
def test_a_small_body_passes_over_the_wire(server: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, people=("zhou",))
    made = stage.api("zhou", "/links/modelled/hooks", {"source": "erp", "events": {"*": "approvals"}}).json()
    body = json.dumps(APPROVED).encode()
    headers = Sender(made["secret"]).headers(body) | {"content-type": "application/json; charset=utf-8"}
    answer = httpx.post(f"{server}/hooks/modelled/erp", content=body, headers=headers)
    assert (answer.status_code, answer.json()["flow"]) == (202, "approvals")
