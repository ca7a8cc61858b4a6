"""People at the pages: a count approved in the ERP is counted on a phone, followed and approved on the console, and found in
the ERP."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import httpx
import pytest
from demo_server import Demo, wait
from pages import PICTURES, Watched, choose_language, count_sheet, fits, give_in, grid_cell, open_console, open_handheld
from playwright.sync_api import Browser, expect, sync_playwright

from countbridge.sandbox.demo.proof import compare

pytest_plugins = ["tryton_fixtures"]
pytestmark = [pytest.mark.browser, pytest.mark.tryton]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PLACE = "W1-D-103"  # an ERP location of one bin, with a few goods in kilograms
REASON = "counted twice, it is so"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("COUNTBRIDGE_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def bin_code(demo: Demo) -> str:
    return next(place.code for place in demo.world.bins if place.erp_location == PLACE)


def _shelf(demo: Demo, bin_code: str) -> dict[tuple[str, str], str]:
    """What lies in the bin, in base units, as a person would type it."""
    found = {}
    for goods in demo.floor.look(bin_code)["goods"]:
        quantity = Decimal(goods["qty"]) / demo.world.item_by_code[goods["ext_code"]].wms_per_unit
        found[goods["ext_code"], goods["lot"] or ""] = format(quantity.normalize(), "f")
    return found


def _expected_moves(demo: Demo, shelf: dict[tuple[str, str], str]) -> dict[tuple[str, str], Fraction]:
    """What must be posted: shelf less book, where they differ."""
    book = {(item, lot): q for (_, item, lot), q in demo.book.stock({PLACE}).items()}
    lies = {key: Fraction(quantity) for key, quantity in shelf.items()}
    changes = {key: lies.get(key, Fraction(0)) - book.get(key, Fraction(0)) for key in lies.keys() | book.keys()}
    return {key: change for key, change in changes.items() if change}


def _signed(change: Fraction) -> str:
    """As the console writes it: a true minus, no trailing zeros."""
    text = format(Decimal(change.numerator) / Decimal(change.denominator), "f")
    return text.replace("-", "−") if change < 0 else f"+{text}"


def test_from_the_shelf_to_the_erp(demo: Demo, browser: Browser, bin_code: str) -> None:
    shelf = _shelf(demo, bin_code)
    moves = _expected_moves(demo, shelf)
    breach = max(moves, key=lambda key: abs(moves[key]))
    assert abs(moves[breach]) > 1, "one of them breaks the tolerance"
    assert len(moves) > 1, "one is within it"
    book_only = {Fraction(shelf.get(key, "0")) - change for key, change in moves.items()}
    book_only -= {Fraction(quantity) for quantity in shelf.values()}
    assert book_only
    posted_before = demo.book.posted("countbridge")
    known = {row["number"] for row in demo.console("planner").get("/counts")["rows"]}

    # The supervisor's list shows the count soon after the planner approved it in the ERP.
    supervisor = open_console(browser, demo.url, "supervisor", "en", "/counts")
    demo.approve(PLACE)
    new = supervisor.page.locator("table a.strong[href^='/counts/']").first
    wait(lambda: (new.get_attribute("href") or "").rpartition("/")[2] not in known, "the count in the list", 60)
    number = (new.get_attribute("href") or "").rpartition("/")[2]
    watching = demo.console("supervisor")
    wait(lambda: watching.get(f"/counts/{number}")["state"] == "counting", "the count is given out", 60)
    supervisor.page.goto(f"{demo.url}/counts/{number}/lines")
    supervisor.page.evaluate("window.notReloaded = true")
    counted = grid_cell(supervisor.page, *breach, "counted")
    variance = grid_cell(supervisor.page, *breach, "variance")
    expect(counted).to_have_text("—")

    # The person the sheet was given to counts what lies there; the open console follows.
    (sheet,) = watching.get(f"/counts/{number}/sheets")["rows"]
    first = open_handheld(browser, demo.url, sheet["assignee"], "zh-CN")
    fits(first.page)
    count_sheet(first, sheet["number"], shelf, hand_in=False)
    first.picture("pda-bin-zh")
    expect(counted).to_have_text(f"{shelf[breach]} kg")
    expect(variance).to_have_text(_signed(moves[breach]))
    assert supervisor.page.evaluate("window.notReloaded") is True
    give_in(first)

    # Somebody else counts again what is outside the tolerance, and nothing else.
    recount = wait(
        lambda: [row for row in watching.get(f"/counts/{number}/sheets")["rows"] if row["pass"] == 2],
        "a recount sheet",
    )[0]
    assert recount["assignee"] not in (None, sheet["assignee"])
    assert 1 <= recount["lines"] < sheet["lines"]
    second = open_handheld(browser, demo.url, recount["assignee"], "en")
    second.picture("pda-sheets-en")
    count_sheet(second, recount["number"], shelf)
    _nothing_of_the_book(book_only, first, second)

    _finance_approves(demo, browser, number, PLACE)
    closed = supervisor.page.locator(".head .tag")
    expect(closed).to_contain_text("Closed", timeout=60_000)
    assert supervisor.page.evaluate("window.notReloaded") is True
    supervisor.picture("console-lines-en")
    assert supervisor.errors + first.errors + second.errors == []

    # The ERP, asked itself: each change once, with its sign; and everybody agrees.
    posted = [move for move in demo.book.posted("countbridge") if move not in posted_before]
    assert {move.states for move in posted} == {("done", "done")}
    assert sorted((move.key, move.quantity) for move in posted) == sorted(
        ((PLACE, *key), change) for key, change in moves.items()
    )
    assert compare(demo.book, demo.floor, demo.world, {PLACE}) == ([], [])
    _signs_out(supervisor, first)
    _token_opens_nothing_else(demo, second)


def _finance_approves(demo: Demo, browser: Browser, number: str, place: str) -> None:
    finance = open_console(browser, demo.url, "finance", "zh-CN", "/approvals")
    page = finance.page
    expect(page.get_by_role("table", name="审批").locator("tbody tr")).to_have_count(1, timeout=60_000)
    finance.picture("console-approvals-zh")
    page.get_by_role("table", name="审批").locator("tbody input[type=checkbox]").check()
    page.get_by_role("button", name=re.compile("^批准")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".postings")).to_contain_text(place)
    confirm = dialog.get_by_role("button", name=re.compile("批准并过账"))
    expect(confirm).to_be_disabled()
    dialog.locator("textarea").fill(REASON)
    finance.picture("console-decision-zh")
    confirm.click()
    expect(page.get_by_text("没有待审批的差异")).to_be_visible()
    assert finance.errors == []
    page.context.close()


def _nothing_of_the_book(book_only: set[Fraction], *handhelds: Watched) -> None:
    """A blind count: no field for the book, and none of the quantities only the book holds under another name."""
    for handheld in handhelds:
        told = list(handheld.told())
        assert len(told) > 50, "the page's answers were recorded"
        for name, value in told:
            assert name not in ("snapshot", "variance", "value", "price"), value
            assert name != "expected" or value is None
            if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value):
                assert Fraction(value) not in book_only, f"{name} tells what the book holds"


def _signs_out(supervisor: Watched, first: Watched) -> None:
    supervisor.page.locator(".account-who").click()
    supervisor.page.get_by_text("Sign out", exact=True).click()
    expect(supervisor.page.locator("input[name=username]")).to_be_visible()
    first.page.get_by_test_id("settings").tap()
    first.page.get_by_test_id("sign-out").tap()
    expect(first.page.get_by_test_id("sign-in")).to_be_visible()


def _token_opens_nothing_else(demo: Demo, handheld: Watched) -> None:
    headers = {"Authorization": handheld.token}
    assert handheld.token.startswith("Bearer ")
    assert httpx.get(f"{demo.url}/api/pda/sheets", headers=headers).status_code == 200
    for path in ("counts", "approvals", "deliveries", "today", "links"):
        assert httpx.get(f"{demo.url}/api/{path}", headers=headers).status_code in (401, 403), path


def test_a_planner_orders_a_count_of_named_bins(demo: Demo, browser: Browser, bin_code: str) -> None:
    planner = open_console(browser, demo.url, "planner", "en", "/counts/new")
    page = planner.page
    order = page.get_by_role("button", name="Order this count")
    page.get_by_role("radio", name=re.compile("^Spot count")).check()
    page.get_by_role("radio", name="Named bins").check()
    expect(order).to_be_disabled()
    page.get_by_role("textbox", name="Bins").fill(bin_code)
    page.get_by_role("textbox", name="Name").fill("Shelf by the door")
    expect(page.get_by_test_id("plan-bins")).to_have_text("1")
    page.wait_for_url(re.compile(f"bins={bin_code}.*|name=Shelf.*{bin_code}"))
    page.goto(page.url)  # as a colleague opens it
    expect(page.get_by_test_id("plan-bins")).to_have_text("1")
    planner.picture("console-new-count-en")
    order.click()
    expect(page.locator("h1")).to_have_text("Shelf by the door")
    number = page.url.rpartition("/")[2]
    api = demo.console("planner")
    wait(lambda: api.get(f"/counts/{number}")["state"] == "counting", "the count is given out", 60)
    assert api.get(f"/counts/{number}")["kind"] == "spot"
    assert {line["bin"] for line in api.get(f"/counts/{number}/lines")["rows"]} == {bin_code}
    api.post(f"/counts/{number}/cancel", {"reason": "only ordered to see it come"})
    assert planner.errors == []
    page.context.close()


def test_a_policy_is_changed_with_a_reason_and_set_back(demo: Demo, browser: Browser) -> None:
    planner = open_console(browser, demo.url, "planner", "en", "/policies")
    page, api = planner.page, demo.console("planner")
    expect(page.get_by_text("No changes")).to_be_visible()
    (link,) = [row["link"] for row in api.get("/policies")["rows"]]
    before = api.get(f"/policies/{link}")["policy"]
    page.get_by_role("button", name="Add a rule").click()
    rule = page.get_by_role("dialog")
    rule.get_by_label("Name").fill("expensive")
    rule.get_by_label("Price from").fill("1000.50")
    expect(rule.get_by_test_id("sentence")).to_contain_text("price from ¥1,000.50 → tolerance 0 base units")
    rule.get_by_role("button", name="Put into the draft").click()
    expect(page.get_by_text("1 change not saved")).to_be_visible()
    _save_policy(planner, "expensive goods are counted exactly", "rule “expensive” added")
    assert api.get(f"/policies/{link}")["policy"]["rules"] == [
        {"name": "expensive", "price_from": "1000.50", "tolerance": {"quantity": "0"}}
    ]
    planner.picture("console-policy-en")
    page.get_by_role("button", name="Set this one again").last.click()
    _save_policy(planner, "it was only tried", "rule “expensive” removed")
    assert api.get(f"/policies/{link}")["policy"] == before
    assert planner.errors == []
    page.context.close()


def _save_policy(planner: Watched, reason: str, difference: str) -> None:
    page = planner.page
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".differences")).to_contain_text(difference)
    confirm = dialog.get_by_role("button", name="Save")
    expect(confirm).to_be_disabled()
    dialog.locator("textarea").fill(reason)
    confirm.click()
    expect(page.get_by_text("No changes")).to_be_visible()


def test_every_page_of_the_console_in_both_languages(demo: Demo, browser: Browser) -> None:
    admin = open_console(browser, demo.url, "admin", "en")
    api = demo.console("admin")
    count = next(row for row in api.get("/counts")["rows"] if row["state"] == "closed")["number"]
    line = api.get(f"/counts/{count}/lines", only="variance")["rows"][0]["id"]
    delivery = api.get("/deliveries", count=count, flow="F4")["rows"][0]["id"]
    pages = {
        "today": "/", "counts": "/counts", "count": f"/counts/{count}", "map": f"/counts/{count}/map",
        "line": f"/counts/{count}/lines?line={line}", "sheets": f"/counts/{count}/sheets",
        "differences": f"/counts/{count}/differences", "timeline": f"/counts/{count}/timeline",
        "results": f"/counts/{count}/results?by=class",
        "approvals": "/approvals", "recounts": "/recounts", "deliveries": "/deliveries",
        "delivery": f"/deliveries/{delivery}", "quarantine": "/quarantine", "links": "/links",
        "new": "/counts/new?kind=cycle", "policies": "/policies", "reasons": "/policies/reasons",
    }  # fmt: skip
    for language, today in (("zh-CN", "今天"), ("en", "Today")):
        choose_language(admin.page, language)
        expect(admin.page.get_by_role("navigation").first).to_contain_text(today)
        for name, path in pages.items():
            admin.page.goto(demo.url + path)
            expect(admin.page.locator("h1")).not_to_be_empty()
            expect(admin.page.locator("[aria-busy=true]")).to_have_count(0)
            fits(admin.page)
            admin.picture(f"console-{name}-{language[:2]}")
    assert admin.errors == []
    admin.page.context.close()


def test_an_operator_is_shown_the_way_to_the_handheld(demo: Demo, browser: Browser) -> None:
    operator = open_console(browser, demo.url, "op1", "en", "/approvals")
    expect(operator.page.get_by_role("link", name="Open the handheld page")).to_be_visible()
    expect(operator.page.locator("nav a")).to_have_count(0)
    assert operator.errors == []
    operator.page.goto(f"{demo.url}/pda")
    expect(operator.page.get_by_test_id("sign-in")).to_be_visible(), "the console's session is none for a handheld"
    operator.page.context.close()


def test_the_handheld_speaks_both_languages_on_a_narrow_screen(demo: Demo, browser: Browser) -> None:
    handheld = open_handheld(browser, demo.url, "op6", "zh-CN")
    expect(handheld.page.get_by_test_id("no-sheets")).to_contain_text("没有")
    handheld.page.get_by_test_id("settings").tap()
    for words in ("Sign out", "退出"):
        handheld.page.get_by_test_id("language").tap()
        expect(handheld.page.get_by_test_id("sign-out")).to_contain_text(words)
        fits(handheld.page)
    handheld.picture("pda-settings-zh")
    assert handheld.errors == []
    assert PICTURES.is_dir()
    handheld.page.context.close()
