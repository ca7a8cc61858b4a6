"""The last good day of a lot: from the book, from the label, and what is said where they differ or the day is over."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from pypdf import PdfReader

from countbridge.exchange import masters
from countbridge.exchange.models import QuarantinedRecord
from countbridge.links.models import Lot
from countbridge.stocktake.models import Count, Sheet
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

GLUE = "LOT-1"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """The clock stands at half past eleven in the evening, world time: the next day has begun in Shanghai."""
    made = make_stage(ambiguity_seconds=5)
    today = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0)
    made.world.clock = today if today > datetime.now(UTC) else today + timedelta(days=1)
    return made


def day_here(stage: Stage, days: int = 0) -> date:
    return stage.world.clock.astimezone(SHANGHAI).date() + timedelta(days=days)


def begun(stage: Stage, booked: date | None) -> tuple[Count, Sheet]:
    Lot.objects.create(link=stage.link, item=GLUE, lot="L7", expires=booked)
    count = stage.start("W1-A")
    stage.world.tick()
    return count, count.sheets.get()


def test_the_day_of_the_count_is_the_day_where_the_goods_lie(stage: Stage) -> None:
    """By Greenwich the lot is good today; in Shanghai it is tomorrow already, and over."""
    count, sheet = begun(stage, day_here(stage, -1))
    assert stage.world.clock.date() == day_here(stage, -1)
    shown = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}").json()
    (glue,) = [each for place in shown["bins"] for each in place["goods"] if each["item"] == GLUE]
    assert glue["expires"] == day_here(stage, -1).isoformat()
    stage.scan(sheet, "A0102", GLUE, "9", lot="L7")
    line = stage.line(count, "A0102", GLUE, "L7")
    assert (line.expires, line.variance, line.outcome, line.reasons) == (day_here(stage, -1), 0, "match", ["expired"])


def test_a_lot_is_good_on_its_last_day(stage: Stage) -> None:
    count, sheet = begun(stage, day_here(stage))
    stage.scan(sheet, "A0102", GLUE, "9", lot="L7")
    assert stage.line(count, "A0102", GLUE, "L7").reasons == []


def test_a_label_with_another_day_is_a_finding_of_its_own_and_changes_no_quantity(stage: Stage) -> None:
    booked, label = day_here(stage, 90), day_here(stage, 30)
    count, sheet = begun(stage, booked)
    stage.scan(sheet, "A0102", GLUE, "9", lot="L7", expires=label.isoformat())
    line = stage.line(count, "A0102", GLUE, "L7")
    assert (line.variance, line.outcome, line.reasons, line.label_expires) == (0, "match", ["expiry_differs"], label)
    told = stage.api("qian", f"/lines/{line.pk}").json()
    assert (told["expires"], told["label_expires"], told["expired"]) == (booked.isoformat(), label.isoformat(), False)
    assert told["reasons"] == [
        f"The label says {label}, the book {booked} as the last good day. The quantity is not touched by it."
    ]
    assert told["scans"][0]["expires"] == label.isoformat()
    csv = stage.api("qian", f"/counts/{count.number}/lines.csv").content.decode()
    assert label.isoformat() in csv
    assert booked.isoformat() in csv
    for each in ("en", "zh"):
        answer = stage.api("qian", f"/counts/{count.number}/results.xlsx?language={each}")
        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        rows = [row for row in book[book.sheetnames[-1]].iter_rows(values_only=True) if GLUE in row]
        assert rows[0][-2:] == (booked.isoformat(), label.isoformat())
        answer = stage.api("qian", f"/counts/{count.number}/results.pdf?language={each}")
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages)
        assert ("Expired goods and labels that differ" if each == "en" else "过期货物与标签有效期不符") in text
        assert label.isoformat() in text
    # Taken back, nothing is left of it.
    stage.pda(str(sheet.assignee), f"/scans/{told['scans'][0]['id']}/undo", {})
    line.refresh_from_db()
    assert (line.label_expires, line.reasons) == (None, ["not_counted"])


def test_a_lot_whose_book_knows_no_day_is_expired_by_its_label(stage: Stage) -> None:
    count, sheet = begun(stage, None)
    stage.scan(sheet, "A0102", GLUE, "9", lot="L7", expires=day_here(stage, -400).isoformat())
    line = stage.line(count, "A0102", GLUE, "L7")
    assert (line.reasons, line.label_expires) == (["expired"], None)


@pytest.mark.parametrize("value", ["2026-02-30", "soon", "30.11.2026", "2026-13-01"])
def test_what_is_no_day_is_refused_by_name(stage: Stage, value: str) -> None:
    _, sheet = begun(stage, None)
    refused = stage.scan(sheet, "A0102", GLUE, "9", lot="L7", expires=value)
    assert (refused["ok"], refused["code"]) == (False, "stocktake.bad_day")
    assert value in refused["message"]
    sentences("stocktake.bad_day", {"scan": "s", "value": "v"})


def test_lots_are_stored_with_their_day_which_later_tellings_renew(stage: Stage) -> None:
    def known() -> dict[str, date | None]:
        return dict(Lot.objects.filter(link=stage.link).values_list("lot", "expires"))

    masters.store_lots(stage.link, [{"item": GLUE, "lot": "A"}, {"item": GLUE, "lot": "A"}])
    assert known() == {"A": None}
    masters.store_lots(
        stage.link, [{"item": GLUE, "lot": "A", "expires": "2027-01-31"}, {"item": GLUE, "lot": "B", "expires": ""}]
    )
    assert known() == {"A": date(2027, 1, 31), "B": None}
    masters.store_lots(stage.link, [{"item": GLUE, "lot": "A"}])
    assert known()["A"] == date(2027, 1, 31), "a map that tells no day takes none away"
    masters.store_lots(stage.link, [{"item": GLUE, "lot": "C", "expires": "2027-02-30"}])
    held = QuarantinedRecord.objects.get(flow="lots")
    assert (held.source_id, held.code, held.state) == (f"{GLUE}/C", "exchange.not_a_day", "waiting")
    assert "C" not in known()
    masters.store_lots(stage.link, [{"item": GLUE, "lot": "C", "expires": "2027-02-28"}])
    held.refresh_from_db()
    assert (known()["C"], held.state) == (date(2027, 2, 28), "resent")
