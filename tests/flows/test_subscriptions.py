"""Events out: signed, in order, at least once; a receiver that fails is tried later, one that stays away is told of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from countbridge import clock
from countbridge.exchange import events, feed, subscriptions
from countbridge.exchange.models import Event, Subscription, SubscriptionAttempt
from countbridge.exchange.signatures import verify
from countbridge.people.models import Token
from modelled.stage import Stage
from receiver import Receiver, listening

pytestmark = pytest.mark.django_db(transaction=True)


class Told:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def time() -> Iterator[Told]:
    told = Told()
    with clock.told_by(told):
        yield told


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as made:
        yield made


@pytest.fixture
def stage(transactional_db: None, time: Told, tmp_path: Path) -> Stage:
    made = Stage(tmp_path, people=("zhou", "wu", "sun"))
    ProcrastinateJob.objects.all().delete()
    return made


class Made:
    """A subscription and its secret."""

    def __init__(self, stage: Stage, url: str, **words: Any) -> None:
        answer = stage.api("zhou", "/subscriptions", {"name": "esb", "url": url} | words)
        assert answer.status_code == 200, answer.content
        self.number, self.secret = answer.json()["id"], answer.json()["secret"]
        turn(stage)  # that it was made is an event, too

    def row(self) -> Subscription:
        return Subscription.objects.get(pk=self.number)


def happen(number: int = 1, kind: str = "link") -> list[int]:
    return [events.record(kind, "cadence.works_again", name=f"n{each}", flow="items").pk for each in range(number)]


def turn(stage: Stage) -> int:
    """What the tick does, and the jobs that follow."""
    started = subscriptions.start_due()
    assert stage.queue.run() == {}
    return started


def call(stage: Stage, path: str, body: dict[str, Any], method: str = "post") -> Any:
    client = stage.client("zhou", Token.API)
    return getattr(client, method)(f"/api/subscriptions{path}", body, content_type="application/json")


def test_what_happens_is_sent_signed_in_order_and_once(stage: Stage, receiver: Receiver) -> None:
    made = Made(stage, receiver.url, after="now")
    receiver.got.clear()
    wanted = happen(250)
    assert turn(stage) == 1
    assert receiver.ids() == wanted
    assert [len(message["events"]) for message in receiver.messages()] == [100, 100, 50]
    for headers, body in receiver.got:
        stamp = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(made.secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.new(key, stamp, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{signature}"
        assert headers["content-type"] == "application/json"
    assert turn(stage) == 0, "nothing new, nothing to do"
    assert made.row().sent >= 250


def test_one_job_for_each_subscription_not_for_each_event(stage: Stage, receiver: Receiver) -> None:
    Made(stage, receiver.url)
    for _ in range(10):
        happen(10)
        subscriptions.start_due()
    assert ProcrastinateJob.objects.filter(status="todo", task_name="exchange.publish").count() == 1


def test_a_failed_message_is_sent_again_whole_and_known_by_its_id(stage: Stage, receiver: Receiver, time: Told) -> None:
    made = Made(stage, receiver.url)
    receiver.got.clear()
    receiver.answers = [500, 503]
    wanted = happen(3)
    turn(stage)
    assert made.row().tries == 1
    assert turn(stage) == 0, "not before its time"
    for _ in range(2):
        time.at = made.row().next_try_at
        turn(stage)
    assert receiver.ids() == wanted * 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert (made.row().tries, made.row().failing_since, made.row().last_error) == (0, None, None)


def test_the_cursor_moves_only_after_the_answer(stage: Stage, receiver: Receiver) -> None:
    """The database is lost between the answer and the commit: the message comes again, under the same id."""
    made = Made(stage, receiver.url)
    receiver.got.clear()
    wanted = happen(2)
    params = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: params[name] for name in names if params.get(name)}, autocommit=True) as other:
        backend = connection.connection.info.backend_pid
        receiver.then = lambda: other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        with pytest.raises((OperationalError, InterfaceError)):
            subscriptions.publish(made.number)
    connection.close()
    receiver.then = None
    subscriptions.publish(made.number)
    assert receiver.ids() == wanted * 2
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]


def test_it_waits_longer_each_time_up_to_a_day_and_not_all_alike() -> None:
    waits = [subscriptions.pause(7, tries) for tries in range(30)]
    assert waits[0] >= 3
    assert all(later > earlier for earlier, later in pairwise(waits[:13]))
    assert max(waits) == 86400
    assert subscriptions.pause(8, 5) != subscriptions.pause(9, 5)


def test_after_days_of_failure_it_is_paused_with_its_reason_and_resumed_without_loss(
    stage: Stage, receiver: Receiver, time: Told
) -> None:
    made = Made(stage, receiver.url)
    receiver.got.clear()
    receiver.answers = [500] * 100
    wanted = happen(2)
    for _ in range(100):
        turn(stage)
        if made.row().paused_at:
            break
        time.at = max(time.at, made.row().next_try_at)
    row = made.row()
    assert row.paused_at is not None
    assert timedelta(days=3) <= row.paused_at - row.failing_since < timedelta(days=4.5)
    told = stage.api("wu", "/subscriptions").json()["rows"][0]
    assert (told["paused_by"], told["behind"]) == (None, True)
    assert "500" in told["message"]
    assert Event.objects.filter(code="subscriptions.given_up").count() == 1
    tried = len(receiver.got)
    time.at += timedelta(days=9)
    assert turn(stage) == 0
    assert len(receiver.got) == tried
    receiver.answers = []
    receiver.got.clear()
    assert call(stage, f"/{made.number}/resume", {"reason": "their server is back"}).status_code == 200
    stage.queue.run()
    assert receiver.ids()[:2] == wanted


def test_an_address_that_says_it_is_gone_is_not_asked_again(stage: Stage, receiver: Receiver) -> None:
    made = Made(stage, receiver.url)
    receiver.answers = [410]
    happen()
    turn(stage)
    assert made.row().paused_at is not None


def test_a_redirect_is_not_followed(stage: Stage, receiver: Receiver) -> None:
    with listening() as other:
        made = Made(stage, receiver.url)
        receiver.answers, receiver.headers = [307], {"Location": other.url}
        happen()
        turn(stage)
        assert other.got == []
        assert made.row().last_error["code"] == "http.redirected"


def test_only_the_kinds_that_were_asked_for_and_the_cursor_passes_the_rest(stage: Stage, receiver: Receiver) -> None:
    made = Made(stage, receiver.url, kinds=["decision"])
    receiver.got.clear()
    happen(5)
    (wanted,) = happen(1, kind="decision")
    happen(150)
    turn(stage)
    assert receiver.ids() == [wanted]
    assert turn(stage) == 0
    assert feed.Place(made.row().cursor_xact, made.row().cursor_id) == feed.tip()


def test_it_can_begin_at_the_beginning_and_be_set_back_to_any_place(stage: Stage, receiver: Receiver) -> None:
    wanted = happen(4)
    made = Made(stage, receiver.url, after="")
    assert receiver.ids()[:4] == wanted
    second = receiver.messages()[0]["events"][1]["cursor"]
    receiver.got.clear()
    call(stage, f"/{made.number}/resume", {"after": second, "reason": "their database was restored"})
    stage.queue.run()
    assert receiver.ids()[:2] == wanted[2:]
    bad = call(stage, f"/{made.number}/resume", {"after": "nonsense", "reason": "xxx"})
    assert (bad.status_code, bad.json()["code"]) == (422, "events.cursor_malformed")


def test_a_paused_one_is_sent_nothing_until_it_is_resumed(stage: Stage, receiver: Receiver) -> None:
    made = Made(stage, receiver.url)
    receiver.got.clear()
    assert call(stage, f"/{made.number}/pause", {"reason": "maintenance"}).json()["paused_by"] == "zhou"
    wanted = happen(2)
    assert turn(stage) == 0
    assert call(stage, f"/{made.number}/pause", {"reason": "again"}).status_code == 409
    call(stage, f"/{made.number}/resume", {"reason": "done"})
    stage.queue.run()
    assert receiver.ids()[1:3] == wanted, "after the event that it was paused"


def test_a_test_message_says_at_once_what_came_back(stage: Stage, receiver: Receiver) -> None:
    made = Made(stage, receiver.url)
    receiver.got.clear()
    assert call(stage, f"/{made.number}/test", {}).json() == {"ok": True, "message": None}
    assert receiver.messages()[0] | {"timestamp": ""} == {
        "type": "countbridge.test", "timestamp": "", "subscription": "esb", "events": [],
    }  # fmt: skip
    receiver.answers = [401]
    told = call(stage, f"/{made.number}/test", {}).json()
    assert told["ok"] is False
    assert "401" in told["message"]
    rows = stage.api("wu", f"/subscriptions/{made.number}/attempts").json()["rows"]
    assert [(row["test"], row["ok"]) for row in rows[:2]] == [(True, False), (True, True)]


def test_a_rotated_secret_signs_beside_the_former_one(stage: Stage, receiver: Receiver, time: Told) -> None:
    made = Made(stage, receiver.url)
    new = call(stage, f"/{made.number}/rotate", {"keep_hours": 1, "reason": "yearly"}).json()["secret"]
    receiver.got.clear()
    call(stage, f"/{made.number}/test", {})
    headers, body = receiver.got[0]
    for secret in (new, made.secret):
        assert verify(headers, body, [secret], time.at) == headers["webhook-id"]
    time.at += timedelta(hours=1, seconds=1)
    call(stage, f"/{made.number}/test", {})
    headers, body = receiver.got[1]
    assert len(headers["webhook-signature"].split()) == 1


def test_history_is_kept_short_and_secrets_nowhere(
    stage: Stage, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = Made(stage, f"{receiver.url}?token=hidden-in-the-address")
    receiver.answers = [500] * 80
    for _ in range(60):
        call(stage, f"/{made.number}/test", {})
    assert SubscriptionAttempt.objects.count() == subscriptions.KEEP
    bare = made.secret.removeprefix("whsec_")
    shown = stage.api("zhou", f"/subscriptions/{made.number}/attempts").content.decode()
    told = json.dumps(list(Event.objects.values("params")))
    for text in (shown, told, caplog.text, bytes(made.row().sealed).decode()):
        assert bare not in text
        assert "hidden-in-the-address" not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x/y",
        "http://",
        "http://user:pw@host/",
        "javascript:alert(1)",
        "http://x/#a",
        "http://x:99999/",
        "http://[::1",
    ],
)
def test_an_address_that_is_none_is_refused(stage: Stage, url: str) -> None:
    answer = stage.api("zhou", "/subscriptions", {"name": "x", "url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "subscriptions.url")


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "100.100.100.200", "[::ffff:169.254.169.254]"]
)
def test_an_address_machines_keep_to_themselves_is_refused(stage: Stage, host: str) -> None:
    answer = stage.api("zhou", "/subscriptions", {"name": "x", "url": f"http://{host}/latest/meta-data"})
    assert (answer.status_code, answer.json()["code"]) == (422, "subscriptions.address_refused")


def test_who_may_do_what(stage: Stage, receiver: Receiver) -> None:
    made = Made(stage, receiver.url)
    assert stage.api("wu", "/subscriptions").status_code == 200
    assert "secret" not in stage.api("wu", "/subscriptions").json()["rows"][0]
    for who in ("wu", "sun"):
        assert stage.api(who, "/subscriptions", {"name": "x", "url": receiver.url}).status_code == 403
        assert stage.api(who, f"/subscriptions/{made.number}/test", {}).status_code == 403
    twice = stage.api("zhou", "/subscriptions", {"name": "esb", "url": receiver.url})
    assert (twice.status_code, twice.json()["code"]) == (409, "subscriptions.name_taken")
    unknown = stage.api("zhou", "/subscriptions", {"name": "y", "url": receiver.url, "kinds": ["gossip"]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "api.unknown_word")
    assert call(stage, f"/{made.number}", {"url": f"{receiver.url}/2", "reason": "moved"}, "patch").status_code == 200
    assert call(stage, f"/{made.number}/remove", {"reason": "not needed"}).json() == {"removed": True}
    assert call(stage, f"/{made.number}/test", {}).status_code == 404
    told = Event.objects.filter(kind="subscription").order_by("pk").values_list("code", "actor")
    assert list(told) == [(f"subscriptions.{code}", "zhou") for code in ("created", "changed", "removed")]
