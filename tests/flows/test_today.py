"""Today: what is told of counts and of what waits, to whom."""

from __future__ import annotations

from collections.abc import Callable

from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]


def test_a_signature_waits_for_whoever_may_approve_in_all_warehouses_of_the_count(
    make_stage: Callable[..., Stage],
) -> None:
    people = ("chen", "li", "wang", "sun", "qian", "feng", "zhao")
    stage = make_stage(people=people, approval=[{"name": "finance", "users": ["qian"]}])
    stage.flow("sync")
    stage.queue.run()
    stage.world.lie("T0101", "00124", "900")
    count = stage.order("zone", zones=["T"])
    stage.count_all(count)
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "signing"
    waiting = {name: stage.api(name, "/today").json()["waiting"]["signatures"] for name in ("qian", "feng", "zhao")}
    assert waiting == {"qian": 1, "feng": 0, "zhao": 0}, "feng approves in the other warehouse only, zhao in none"
    (row,) = stage.api("qian", "/signoffs").json()["rows"]
    assert (row["count"], row["name"], row["may_sign"]) == (count.number, "finance", True)
    assert stage.api("qian", f"/signoffs/{row['id']}/sign", {}).status_code == 200
    assert stage.api("qian", "/today").json()["waiting"]["signatures"] == 0


def test_a_count_says_how_people_count(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "li", "wang", "sun"))
    stage.flow("sync")
    stage.queue.run()
    for mode, place in (("blind", "A0101"), ("open", "A0102"), ("double_blind", "S0101")):
        count = stage.order("spot", mode=mode, bins=[place])
        assert stage.api("sun", f"/counts/{count.number}").json()["mode"] == mode
