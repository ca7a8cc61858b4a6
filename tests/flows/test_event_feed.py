"""The event feed: nothing skipped however transactions overlap, each reader sees its own warehouses, cursors that keep."""

from __future__ import annotations

import random
import threading
import time as machine
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from django.db import connection
from django.db.models import Q

from countbridge.asgi import application
from countbridge.exchange import events, feed
from countbridge.exchange.models import Event, FeedEpoch, Subscription
from countbridge.people import tokens
from countbridge.people.models import Token
from modelled.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30


def another() -> psycopg.Connection[Any]:
    params = connection.get_connection_params()
    return psycopg.connect(
        **{name: params[name] for name in ("dbname", "user", "password", "host", "port") if params.get(name)}
    )


def write(on: psycopg.Connection[Any], code: str) -> int:
    row = on.execute(
        "INSERT INTO exchange_event (at, kind, count, link, actor, code, params)"
        " VALUES (now(), 'state', '', '', '', %s, '{}') RETURNING id",
        [code],
    ).fetchone()
    assert row is not None
    return int(row[0])


class Reader:
    """Reads on from where it was, like any program that keeps its cursor."""

    def __init__(self) -> None:
        self.place = feed.START
        self.seen: list[int] = []

    def read(self, limit: int = 100) -> list[int]:
        part = feed.read(self.place, limit, Q())
        self.place = part.place
        found = [event.pk for event in part.events]
        self.seen += found
        return found


class NaiveReader(Reader):
    """What everybody writes first: ids after the last one."""

    last = 0

    def read(self, limit: int = 100) -> list[int]:
        found = list(Event.objects.filter(pk__gt=self.last).order_by("pk").values_list("pk", flat=True)[:limit])
        self.last = found[-1] if found else self.last
        self.seen += found
        return found


def test_an_event_that_commits_late_is_not_skipped() -> None:
    """The first writer gets the smaller id and commits last."""
    ours, naive = Reader(), NaiveReader()
    with another() as slow, another() as quick:
        early = write(slow, "slow")
        late = write(quick, "quick")
        quick.commit()
        ours.read()
        naive.read()
        assert naive.seen == [late]
        assert ours.seen == [], "the slow one may still come before it"
        slow.commit()
        ours.read()
        naive.read()
    assert naive.seen == [late], "the naive reader never hears of the other"
    assert sorted(ours.seen) == [early, late]


@pytest.mark.parametrize("seed", range(8))
def test_every_event_is_read_once_under_any_overlap(seed: int) -> None:
    """Five writers begin, write, commit and give up in a random order; the reader looks after every step."""
    chance = random.Random(seed)
    ours, naive = Reader(), NaiveReader()
    committed: set[int] = set()
    open_: dict[int, list[int]] = {}
    writers = [another() for _ in range(5)]
    try:
        for _ in range(150):
            number = chance.randrange(5)
            if number not in open_ or chance.random() < 0.4:
                open_.setdefault(number, []).append(write(writers[number], "x"))
            elif chance.random() < 0.85:
                writers[number].commit()
                committed |= set(open_.pop(number))
            else:
                writers[number].rollback()
                open_.pop(number)
            ours.read(chance.choice([1, 2, 100]))
            naive.read()
        for number in open_:
            writers[number].rollback()
    finally:
        for writer in writers:
            writer.close()
    while ours.read():
        pass
    assert len(ours.seen) == len(set(ours.seen))
    assert set(ours.seen) == committed
    assert set(naive.seen) < committed, "else this test would prove nothing"


# -- the API ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Stage:
    return Stage(tmp_path, people=("sun", "zheng", "chen", "wu"))


def get(stage: Stage, who: str, query: str, language: str = "en") -> Any:
    return stage.api(who, f"/events?{query}", language=language)


def walk(stage: Stage, who: str, query: str = "") -> list[dict[str, Any]]:
    """Everything that reader gets, three at a time."""
    rows: list[dict[str, Any]] = []
    cursor, more = "", True
    while more:
        told = get(stage, who, f"after={cursor}&limit=3{query}").json()
        assert len(told["rows"]) <= 3
        rows, cursor, more = rows + told["rows"], told["cursor"], told["more"]
    return rows


def test_a_program_follows_everything_by_its_cursor(stage: Stage) -> None:
    count = stage.start("W1-A")
    rows = walk(stage, "sun")
    assert [row["id"] for row in rows] == list(Event.objects.order_by("xact", "id").values_list("pk", flat=True))
    noticed = next(row for row in rows if row["code"] == "stocktake.noticed")
    assert noticed | {"cursor": "", "at": ""} == {
        "cursor": "", "id": noticed["id"], "at": "", "kind": "state", "code": "stocktake.noticed", "count": count.number,
        "link": None, "actor": "sun", "delivery": None, "params": noticed["params"], "message": noticed["message"],
    }  # fmt: skip
    assert noticed["message"] != walk(stage, "sun")[0]["code"]
    end = get(stage, "sun", f"after={rows[-1]['cursor']}").json()
    assert (end["rows"], end["more"]) == ([], False)
    events.record("link", "cadence.works_again", link="modelled", flow="items", name="x")
    following = get(stage, "sun", f"after={end['cursor']}", "zh").json()["rows"]
    assert [(row["code"], row["link"]) for row in following] == [("cadence.works_again", "modelled")]
    assert "已恢复正常" in following[0]["message"]


def test_after_now_only_what_happens_from_then_on(stage: Stage) -> None:
    stage.start("W1-A")
    cursor = get(stage, "sun", "after=now").json()
    assert cursor["rows"] == []
    events.record("link", "cadence.works_again", link="modelled", flow="items", name="x")
    assert len(get(stage, "sun", f"after={cursor['cursor']}").json()["rows"]) == 1


def test_kind_and_count_narrow_it_and_the_cursor_passes_the_rest(stage: Stage) -> None:
    first, second = stage.start("W1-A"), stage.start("W2-S")
    assert {row["count"] for row in walk(stage, "sun", f"&count={first.number}")} == {first.number}
    assert {row["kind"] for row in walk(stage, "sun", "&kind=delivery,state")} == {"delivery", "state"}
    nothing = get(stage, "sun", "after=&kind=decision").json()
    assert nothing["rows"] == []
    assert nothing["cursor"] == walk(stage, "sun")[-1]["cursor"], "what was looked at is not looked at again"
    assert second.number != first.number


def test_a_reader_of_one_warehouse_gets_that_warehouses_events(stage: Stage) -> None:
    mine, other, both = stage.start("W1-A-01"), stage.start("W2-S"), stage.start("W1-A-02", "W2-T")
    events.record("link", "cadence.works_again", link="modelled", flow="items", name="x")
    rows = walk(stage, "zheng")
    assert {row["count"] for row in rows} == {mine.number, both.number}
    assert {row["kind"] for row in rows if row["count"] == both.number} == {"state"}, (
        "how it fares, not what lies where"
    )
    assert {row["count"] for row in walk(stage, "sun")} >= {mine.number, other.number, both.number, None}
    assert get(stage, "chen", "after=").status_code == 403


@pytest.mark.parametrize("cursor", ["x", "AAAA", "a" * 500, "!!", "MS4yLjM0", "MS4yLjMuNA", "bm9uZS54LjE", "%00", "é"])
def test_a_malformed_cursor_is_said(stage: Stage, cursor: str) -> None:
    answer = get(stage, "sun", f"after={cursor}")
    told = answer.json()
    assert (answer.status_code, told["code"]) in {(422, "events.cursor_malformed"), (410, "events.cursor_gone")}
    assert (answer.status_code == 410) == (cursor == "MS4yLjM0"), "1.2.34 is well formed, and of no database of ours"


def test_after_a_move_to_another_database_places_are_numbered_anew_in_their_order(stage: Stage) -> None:
    """As after restoring a dump into a server whose transaction ids begin at 1: without this nothing would be shown."""
    stage.start("W1-A")
    before = walk(stage, "sun")
    half = feed.place_of(before[len(before) // 2]["cursor"])
    Subscription.objects.create(
        name="s", url="http://x", sealed=b"", cursor_xact=half.xact, cursor_id=half.id, created_by="x"
    )
    Subscription.objects.create(
        name="all", url="http://x", sealed=b"", cursor_xact=feed.START.xact, cursor_id=0, created_by="x"
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_event SET xact = xact + 1000000000")
        cursor.execute("UPDATE exchange_subscription SET cursor_xact = cursor_xact + 1000000000 WHERE name = 's'")
    FeedEpoch.objects.update(database="another")
    gone = get(stage, "sun", f"after={before[3]['cursor']}")
    assert (gone.status_code, gone.json()["code"]) == (410, "events.cursor_gone")
    events.record("link", "cadence.works_again", link="modelled", flow="items", name="x")
    after = walk(stage, "sun")
    assert [row["id"] for row in after[:-1]] == [row["id"] for row in before]
    moved = Subscription.objects.get(name="s")
    rest = feed.read(feed.Place(moved.cursor_xact, moved.cursor_id), 500, Q()).events
    assert [event.pk for event in rest] == [row["id"] for row in after[len(before) // 2 + 1 :]]
    whole = Subscription.objects.get(name="all")
    assert len(feed.read(feed.Place(whole.cursor_xact, whole.cursor_id), 500, Q()).events) == len(after)


def test_whoever_owns_the_tables_may_read_the_feed_without_being_superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('public', 'pg_control_system()', 'execute')")
        assert cursor.fetchone() == (True,)


@pytest.fixture
def server() -> Iterator[str]:
    running = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = machine.monotonic() + PATIENCE
    while not running.started:
        assert machine.monotonic() < deadline
        machine.sleep(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = running.force_exit = True
    thread.join(PATIENCE)


def test_a_reader_may_wait_for_what_happens_next(stage: Stage, server: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.issue(stage.users['sun'], Token.API, 'esb')}"}
    with httpx.Client(base_url=server, headers=headers, timeout=PATIENCE) as client:
        cursor = client.get("/api/events?after=now").json()["cursor"]
        quick = client.get(f"/api/events?after={cursor}&wait=1").json()
        assert quick["rows"] == []
        answers: list[Any] = []
        waiting = threading.Thread(
            target=lambda: answers.append(client.get(f"/api/events?after={cursor}&wait=25").json())
        )
        waiting.start()
        events.record("link", "cadence.works_again", link="modelled", flow="items", name="x")
        waiting.join(20)
    assert [row["code"] for row in answers[0]["rows"]] == ["cadence.works_again"]
