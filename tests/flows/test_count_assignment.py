"""How sheets are cut and walked, and evening out the work while people count."""

from __future__ import annotations

from collections.abc import Callable

from countbridge.links.models import Bin
from countbridge.stocktake.layout import walks
from countbridge.stocktake.models import Sheet
from countbridge.stocktake.policy import policy_of
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

MakeStage = Callable[..., Stage]


def test_where_the_wms_tells_no_order_a_zone_is_walked_up_one_aisle_and_down_the_next(make_stage: MakeStage) -> None:
    stage = make_stage()
    for row in stage.world.wms.bins:
        row["walk_order"] = ""
    stage.flow("sync")
    stage.queue.run()
    zone = Bin.objects.filter(zone="S").order_by("walk_order").values_list("code", flat=True)
    assert list(zone) == ["S0101", "S0102", "S0201"]
    assert min(Bin.objects.values_list("walk_order", flat=True)) == 1


def test_an_order_found_stays_while_the_wms_tells_none_and_gives_way_to_one_it_tells(make_stage: MakeStage) -> None:
    """A zone of the same name in another warehouse has its own way."""
    stage = make_stage()
    told = {row["bin"]: row["walk_order"] for row in stage.world.wms.bins}
    for row in stage.world.wms.bins:
        row["zone"] = "Z"
        row["walk_order"] = "" if row["bin"][0] in "ST" else told[row["bin"]]
    for _ in range(2):
        stage.flow("sync")
        stage.queue.run()
        assert way(stage, "W2") == ["S0101", "S0102", "S0201", "T0101"]
        assert min(Bin.objects.filter(warehouse="W2").values_list("walk_order", flat=True)) == 1
        assert [str(b.walk_order) for b in Bin.objects.filter(warehouse="W1").order_by("code")] == [
            told["A0101"], told["A0102"],
        ]  # fmt: skip
    for number, row in enumerate(sorted(stage.world.wms.bins, key=lambda row: row["bin"], reverse=True), 1):
        row["walk_order"] = str(number)
    stage.flow("sync")
    assert way(stage, "W2") == ["T0101", "S0201", "S0102", "S0101"]


def way(stage: Stage, warehouse: str) -> list[str]:
    bins = Bin.objects.filter(link=stage.link, warehouse=warehouse)
    return list(bins.order_by("walk_order").values_list("code", flat=True))


def test_a_sheet_never_crosses_an_aisle_where_the_policy_says_so() -> None:
    bins = [("W2", code, 10, [("", "")]) for code in ("S-01-1-1", "S-01-2-1", "S-02-1-1", "S-02-2-1", "S-03-1-1")]
    by_zone = [codes for _, codes, _ in walks("S", bins, policy_of({"sheet_lines": 30}))]
    by_aisle = [codes for _, codes, _ in walks("S", bins, policy_of({"sheet_lines": 30, "sheets_by": "aisle"}))]
    assert by_zone == [["S-01-1-1", "S-01-2-1", "S-02-1-1"], ["S-02-2-1", "S-03-1-1"]]
    assert by_aisle == [["S-01-1-1", "S-01-2-1"], ["S-02-1-1", "S-02-2-1"], ["S-03-1-1"]]


def test_somebody_behind_gives_up_sheets_nobody_began(make_stage: MakeStage) -> None:
    stage = make_stage(people=("chen", "li", "zhao", "sun"), sheet_lines=1)
    count = stage.start("W2-S")
    sheets = list(count.sheets.order_by("number"))
    Sheet.objects.filter(count=count).update(assignee=stage.users["chen"])
    stage.world.tick()
    first = sheets[0]
    first.refresh_from_db()
    line = first.lines.first()
    assert line is not None
    stage.scan(first, line.bin, line.item, "1", line.unit, line.lot)
    answer = stage.api("zhao", f"/counts/{count.number}/balance").json()
    assert {move["sheet"] for move in answer["moves"]} <= {sheet.pk for sheet in sheets[1:]}, "what was begun stays"
    assert {(move["before"], move["after"]) for move in answer["moves"]} == {("chen", "li")}
    loads = {row["username"]: (row["now"], row["then"]) for row in answer["people"]}
    assert loads["chen"][1] < loads["chen"][0]
    assert loads["li"][0] == 0
    agreed = [{"sheet": move["sheet"], "after": move["after"]} for move in answer["moves"]]
    strange = [{"sheet": first.pk, "after": "li"}]
    assert stage.api("sun", f"/counts/{count.number}/balance", {"moves": agreed}).status_code == 403
    made = stage.api("zhao", f"/counts/{count.number}/balance", {"moves": agreed + strange}).json()["moves"]
    assert len(made) == len(agreed)
    assert str(Sheet.objects.get(pk=made[0]["sheet"]).assignee) == "li"
    assert stage.api("zhao", f"/counts/{count.number}/balance").json()["moves"] == []
