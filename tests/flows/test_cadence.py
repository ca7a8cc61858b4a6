"""When flows run: on their beat, inside their windows, once after downtime, paused and resumed by named people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from procrastinate.contrib.django.models import ProcrastinateJob

from countbridge import clock
from countbridge.errors import ConfigError
from countbridge.exchange import cadence, runs
from countbridge.exchange.models import Cadence, Event, FlowRun
from countbridge.exchange.retry import NotYet
from countbridge.links.loading import apply_folder
from countbridge.links.models import Link
from countbridge.links.timing import Timing, read_timing
from countbridge.people.models import Token
from countbridge.stocktake import jobs
from modelled.stage import Stage
from modelled.trouble import Died, died, refused

pytest_plugins = ["modelled.fixtures"]

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
FLOWS = {"approvals", "items", "movements", "results"}


class Told:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.at = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def go(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def time() -> Iterator[Told]:
    told = Told()
    with clock.told_by(told):
        yield told


def waiting() -> set[str]:
    """Flows with a job in the queue."""
    names = {task: flow for flow, (task, *_) in jobs.FLOWS.items()}
    tasks = ProcrastinateJob.objects.filter(status="todo").values_list("task_name", flat=True)
    return {names[task] for task in tasks if task in names}


def of(flow: str) -> Cadence:
    return Cadence.objects.select_related("link").get(flow=flow)


def set_timing(stage: Stage, flow: str, told: Any) -> Cadence:
    timing = read_timing(told, "test", stage.link.time_zone)
    return cadence.change(stage.link, flow, timing, "zhou", "for the test")


@pytest.fixture
def due(time: Told, stage: Stage) -> Stage:
    """A link whose flows have all had their first turn."""
    assert cadence.start_due() == 4
    assert waiting() == FLOWS
    assert stage.queue.run() == {}
    return stage


def test_a_flow_runs_on_its_beat_and_keeps_it(due: Stage, time: Told) -> None:
    time.go(seconds=2)
    cadence.start_due()
    assert waiting() == {"movements"}
    due.queue.run()
    time.go(seconds=1.5)
    cadence.start_due()
    assert waiting() == {"approvals", "results"}
    assert of("approvals").next_due == MONDAY + timedelta(seconds=6), "half a second late moves no later turn"


def test_a_flow_whose_run_still_waits_is_not_queued_again(due: Stage, time: Told) -> None:
    for _ in range(5):
        time.go(seconds=2)
        cadence.start_due()
        cadence.poke(due.link, "movements")
        cadence.run_now(due.link, "movements", "zhou")
    assert ProcrastinateJob.objects.filter(status="todo", task_name="stocktake.follow_movements").count() == 1


def test_after_downtime_each_flow_of_many_links_runs_once_and_not_all_at_once(due: Stage, time: Told) -> None:
    """200 links come back after a night: every flow runs once, spread over half a minute, each link at its own place."""
    first = due.link
    for number in range(199):
        link = Link.objects.create(code=f"l{number}", name="x", erp=first.erp, wms=first.wms)
        cadence.ensure(link, "items", "stocktake.sync", 300)
    cadence.start_due()
    ProcrastinateJob.objects.all().delete()
    Cadence.objects.exclude(flow="items").delete()
    time.go(hours=9)
    assert cadence.start_due() == 0, "late flows are given their place first"
    started = []
    for _ in range(20):
        time.go(seconds=2)
        started.append(cadence.start_due())
    assert sum(started) == 200
    assert max(started) < 50, f"a stampede: {started}"
    assert sum(number > 0 for number in started) >= 10
    assert ProcrastinateJob.objects.filter(task_name="stocktake.sync").count() == 200


def test_off_peak_a_flow_waits_for_its_window(due: Stage, time: Told) -> None:
    set_timing(due, "items", {"every": 600, "windows": ["mon-fri 22:00-06:00"], "jitter": 0})
    time.go(minutes=30)
    cadence.start_due()
    assert "items" not in waiting()
    assert of("items").next_due == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    time.at = datetime(2026, 11, 23, 14, 0, 1, tzinfo=UTC)
    cadence.start_due()
    assert "items" in waiting()


def test_a_turn_missed_until_after_the_window_waits_for_the_next_one(due: Stage, time: Told) -> None:
    """The worker was down from 05:00 to 09:00; the night's run must not disturb the day."""
    set_timing(due, "items", {"every": 600, "windows": ["22:00-06:00"], "jitter": 0})
    time.at = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 09:00
    cadence.start_due()
    assert "items" not in waiting()
    assert of("items").next_due == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def test_a_cron_runs_at_its_time_each_link_with_its_own_small_delay(due: Stage, time: Told) -> None:
    turn = set_timing(due, "items", {"cron": "30 21 * * *", "jitter": 60}).next_due
    delay = turn - datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
    assert timedelta(0) < delay < timedelta(seconds=60)
    time.at = turn
    cadence.start_due()
    assert "items" in waiting()
    assert of("items").next_due == turn + timedelta(days=1), "the same link, the same delay"


def test_on_event_a_flow_runs_when_told_and_looks_by_itself_now_and_then(due: Stage, time: Told) -> None:
    set_timing(due, "approvals", {"on": "event", "every": 900})
    time.go(seconds=30)
    cadence.start_due()
    assert "approvals" not in waiting()
    assert cadence.poke(due.link, "approvals") == "started"
    assert cadence.poke(due.link, "approvals") == "waiting"
    due.queue.run()
    time.go(seconds=900)
    Cadence.objects.exclude(flow="approvals").delete()
    cadence.start_due()
    assert waiting() == {"approvals"}, "a lost call is made good"


def test_an_event_outside_the_windows_is_looked_at_when_one_opens(due: Stage, time: Told) -> None:
    set_timing(due, "items", {"on": "event", "every": 86400 * 3, "windows": ["22:00-06:00"], "jitter": 0})
    assert cadence.poke(due.link, "items") == "window"
    assert waiting() == set()
    assert of("items").next_due == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def test_paused_neither_time_nor_event_starts_it_and_resuming_catches_up(due: Stage, time: Told) -> None:
    cadence.pause(due.link, "items", "zhou", "month end in the ERP")
    time.go(days=1)
    cadence.start_due()
    assert cadence.poke(due.link, "items") == "paused"
    assert "items" not in waiting()
    assert cadence.run_now(due.link, "items", "zhou", "one last look")
    assert "items" in waiting(), "a person may still run it by hand"
    due.queue.run()
    cadence.resume(due.link, "items", "zhou", "month end is over")
    cadence.start_due()
    assert "items" in waiting()
    told = Event.objects.filter(code__startswith="cadence.").order_by("pk").values_list("code", "actor", "link")
    assert list(told) == [(f"cadence.{code}", "zhou", "modelled") for code in ("paused", "run_now", "resumed")]


def test_what_happened_while_paused_is_looked_at_when_it_goes_on(due: Stage, time: Told) -> None:
    set_timing(due, "items", {"on": "event", "every": 86400})
    cadence.pause(due.link, "items", "zhou", "month end")
    cadence.poke(due.link, "items")
    time.go(minutes=5)
    cadence.resume(due.link, "items", "zhou", "over")
    cadence.start_due()
    assert "items" in waiting(), "not only a day later"


def test_an_inactive_link_starts_nothing(due: Stage, time: Told) -> None:
    Link.objects.update(active=False)
    due.link.refresh_from_db()
    time.go(days=1)
    assert cadence.start_due() == 0
    assert cadence.poke(due.link, "items") == "paused"
    assert due_api(due, "post", "items/run", {}).status_code == 409


# -- the folder and the hand -----------------------------------------------------------------------------------------------


def apply(stage: Stage, told: dict[str, Any]) -> None:
    path = stage.folder / "link.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"cadence": told}, allow_unicode=True))
    link, timings = apply_folder(stage.folder, {"WORLD": stage.world.name, "KEY": "secret-key"})
    jobs.schedule(link, timings)


def test_the_folder_takes_seconds_and_mappings(due: Stage) -> None:
    apply(due, {"approvals": 5, "items": {"cron": "0 3 * * *", "zone": "Europe/Berlin"}, "movements": {"on": "event"}})
    assert of("approvals").timing == Timing("interval", 5)
    assert of("items").timing == Timing("cron", cron="0 3 * * *", zone="Europe/Berlin")
    assert of("movements").kind == "event"
    assert of("results").every_seconds == 3, "what the folder does not name keeps its usual cadence"


def test_applying_the_folder_again_moves_no_turn(due: Stage) -> None:
    before = of("items").next_due
    apply(due, {"approvals": 3, "items": 300, "movements": 2, "results": 3})
    assert of("items").next_due == before


def test_what_a_person_changed_stays_until_that_person_gives_it_back(due: Stage) -> None:
    set_timing(due, "items", {"every": 7200})
    apply(due, {"items": 600})
    assert (of("items").every_seconds, of("items").by_hand) == (7200, True)
    cadence.change(due.link, "items", None, "zhou", "the folder is right again")
    assert (of("items").every_seconds, of("items").by_hand) == (600, False)
    apply(due, {"items": 900})
    assert of("items").every_seconds == 900


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"items": "often"}, "cadence.items"),
        ({"items": {"cron": "1 2"}}, "cadence.items"),
        ({"goods": 5}, "goods"),
        (5, "cadence"),
    ],
)
def test_a_wrong_word_in_the_folder_is_named_with_its_file_and_changes_nothing(
    due: Stage, told: Any, word: str
) -> None:
    before = list(Cadence.objects.order_by("pk").values())
    with pytest.raises(ConfigError) as refused_:
        apply(due, told)
    assert word in str(refused_.value)
    assert list(Cadence.objects.order_by("pk").values()) == before


# -- runs ------------------------------------------------------------------------------------------------------------------


def test_runs_are_remembered_with_what_they_read_and_how_they_ended(due: Stage, time: Told) -> None:
    due.flow("sync")
    due.world.erp.calls.fail("read:*", refused)
    for _ in range(3):
        time.go(minutes=5)
        due.flow("sync")
    due.world.erp.calls.recover()
    due.flow("sync")
    told = list(FlowRun.objects.filter(cadence__flow="items").order_by("pk").values_list("outcome", "times"))
    assert told == [("done", 1), ("done", 1), ("failed", 3), ("done", 1)], "runs in a row that are alike are one entry"
    done = FlowRun.objects.filter(cadence__flow="items", outcome="done").latest("pk")
    assert done.rows > 5
    said = list(Event.objects.filter(kind="link").order_by("pk").values_list("code", flat=True))
    assert said == ["cadence.failing", "cadence.works_again"], "told once each, not for each turn"


def test_a_run_that_died_is_told_as_interrupted(due: Stage, time: Told) -> None:
    due.world.erp.calls.fail("read:items", died, times=1)
    with pytest.raises(Died):
        jobs.sync(due.link.pk)
    assert of("items").running_since is not None
    time.go(seconds=9)
    jobs.sync(due.link.pk)
    outcomes = list(FlowRun.objects.filter(cadence__flow="items").order_by("pk").values_list("outcome", flat=True))
    assert outcomes[-2:] == ["interrupted", "done"]
    assert of("items").running_since is None


def test_history_does_not_grow_for_ever(due: Stage, time: Told) -> None:
    for number in range(runs.KEEP + 20):
        with runs.run(due.link, "items"):
            runs.count_rows(number + 1)
    assert FlowRun.objects.filter(cadence__flow="items").count() == runs.KEEP
    assert FlowRun.objects.filter(cadence__flow="items").latest("pk").rows == runs.KEEP + 20


@pytest.mark.django_db(transaction=True)
def test_two_processes_never_run_one_flow_together(tmp_path: Path) -> None:
    """The queue alone would let a second one in when the first is believed dead and is not."""
    import threading

    stage = Stage(tmp_path)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import connection

        with runs.run(stage.link, "items"):
            inside.set()
            leave.wait(30)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert inside.wait(30)
    try:
        with pytest.raises(NotYet), runs.run(stage.link, "items"):
            raise AssertionError("it overlapped")
        with runs.run(stage.link, "results"):
            pass  # another flow of the link goes its own way
    finally:
        leave.set()
        other.join(30)
    with runs.run(stage.link, "items"):
        pass


# -- the API ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(time: Told, make_stage: Callable[..., Stage]) -> Stage:
    made = make_stage(people=("zhou", "zhao", "wu", "sun"))
    cadence.start_due()
    return made


def due_api(stage: Stage, method: str, path: str, body: dict[str, Any], who: str = "zhou", language: str = "en") -> Any:
    if who not in stage.users:
        stage.users[who] = stage._person(who)
    client = stage.client(who, Token.API)
    call = getattr(client, method)
    return call(
        f"/api/links/modelled/flows/{path}",
        body,
        content_type="application/json",
        headers={"Accept-Language": language},
    )


def test_a_flow_shows_its_cadence_in_words_and_its_next_turns(office: Stage) -> None:
    answer = due_api(office, "patch", "items", {"timing": {"cron": "0 3 * * *", "jitter": 0}, "reason": "nights only"})
    assert answer.status_code == 200, answer.content
    shown = office.api("wu", "/links/modelled/flows/items", language="zh").json()
    assert shown["cadence"] == "定时 0 3 * * *（Asia/Shanghai 时间）"
    assert shown["folder_cadence"] == "每 5 分钟"
    assert shown["by_hand"] is True
    assert shown["following"] == [f"2026-11-{day}T19:00:00+00:00" for day in (23, 24, 25, 26, 27)]
    told = Event.objects.get(code="cadence.changed")
    assert (told.actor, told.params["reason"]) == ("zhou", "nights only")


def test_a_preview_changes_nothing_and_says_what_is_wrong(office: Stage) -> None:
    good = due_api(office, "post", "items/preview", {"timing": {"every": 60, "windows": ["22:00-06:00"]}}).json()
    assert good["cadence"] == "every 1 min, only 22:00-06:00 (Asia/Shanghai)"
    assert good["following"][0] == "2026-11-23T14:00:00+00:00"
    assert of("items").every_seconds == 300
    bad = due_api(office, "post", "items/preview", {"timing": {"cron": "61 * * * *"}})
    assert (bad.status_code, bad.json()["code"]) == (422, "cadence.cron")


def test_pause_run_and_resume_by_api_with_a_reason_each(office: Stage) -> None:
    assert due_api(office, "post", "items/pause", {"reason": " x "}).status_code == 422
    paused = due_api(office, "post", "items/pause", {"reason": "month end"}).json()
    assert (paused["paused_by"], paused["paused_reason"], paused["next_due"], paused["following"]) == (
        "zhou", "month end", None, [],
    )  # fmt: skip
    again = due_api(office, "post", "items/pause", {"reason": "once more"})
    assert (again.status_code, again.json()["code"]) == (409, "cadence.paused_already")
    assert due_api(office, "post", "items/run", {"reason": "look"}).json() == {"queued": False}, "its first run waits"
    assert due_api(office, "post", "items/resume", {"reason": "over"}).json()["paused_at"] is None
    assert due_api(office, "post", "items/resume", {"reason": "over"}).status_code == 409
    unknown = due_api(office, "post", "goods/run", {})
    assert (unknown.status_code, unknown.json()["params"]["known"]) == (404, "approvals, items, movements, results")


def test_only_those_who_may_edit_links_everywhere_change_one(office: Stage, time: Told) -> None:
    for who in ("wu", "sun", "zhao"):
        assert due_api(office, "post", "items/run", {}, who).status_code == 403
    from countbridge.people.accounts import save_user

    office.users["zhou"] = save_user(
        "zhou1", "correct horse 9", roles=["consultant"], warehouses=["W1"], check_password=False
    )
    jobs.sync(office.link.pk)  # now the warehouses are known
    refused_ = due_api(office, "post", "items/run", {})
    assert (refused_.status_code, refused_.json()["code"]) == (403, "people.all_warehouses")


def test_runs_are_shown_newest_first_with_the_reason_of_a_failure(office: Stage) -> None:
    office.flow("sync")
    office.world.erp.calls.fail("read:*", refused)
    office.flow("sync")
    shown = office.api("wu", "/links/modelled/flows/items/runs").json()["rows"]
    assert [(run["outcome"], run["rows"] > 0) for run in shown] == [("failed", False), ("done", True)]
    assert "http://model" in shown[0]["message"]
