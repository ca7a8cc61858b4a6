"""What a person does with the pages, and what a browser can tell about them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo_server import PASSWORD
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

PICTURES = Path(__file__).parents[2] / "test-results"
SIGN_OUT = {"zh-CN": "退出登录", "en": "Sign out"}
LANGUAGE = {"zh-CN": "中文", "en": "English"}


@dataclass
class Watched:
    """A page and what went wrong in it; `answers` are the bodies of the API's answers it received."""

    page: Page
    errors: list[str] = field(default_factory=list)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    token: str = ""

    def listen(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"{self.page.url}: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{self.page.url}: {message.text}")

    def _failed(self, request: Request) -> None:
        # What the browser gives up because the page goes elsewhere did not fail.
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.request.method} {response.url}: {response.status}")
        self.token = self.token or response.request.headers.get("authorization", "")
        if "/api/" in response.url and "json" in response.headers.get("content-type", ""):
            self.answers.append((response.url, response))

    def told(self) -> Iterator[tuple[str, Any]]:
        """Name and value of every field in the answers so far."""
        for url, response in self.answers:
            yield from _fields(url, json.loads(response.text()))

    def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")


def _fields(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(name, inner)
    else:
        yield name, value


def open_console(browser: Browser, url: str, username: str, language: str, path: str = "/") -> Watched:
    """A window of their own, signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale=language)
    watched = Watched(context.new_page())
    watched.listen()
    watched.page.goto(url + path)
    watched.page.locator("input[name=username]").fill(username)
    watched.page.locator("input[name=password]").fill(PASSWORD)
    watched.page.locator("button[type=submit]").click()
    expect(watched.page.locator(".account-who")).to_be_visible()
    choose_language(watched.page, language)  # the person's own, not the browser's, comes first
    return watched


def open_handheld(browser: Browser, url: str, username: str, language: str) -> Watched:
    """A phone of their own, signed in."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale=language, has_touch=True)
    watched = Watched(context.new_page())
    watched.listen()
    watched.page.goto(f"{url}/pda")
    watched.page.get_by_test_id("sign-in-username").fill(username)
    watched.page.get_by_test_id("sign-in-password").fill(PASSWORD)
    watched.page.get_by_test_id("sign-in").tap()
    watched.page.get_by_test_id("settings").tap()
    speak(watched.page, language)
    watched.page.get_by_test_id("back").tap()
    return watched


def speak(page: Page, language: str) -> None:
    """In the handheld's settings: the person's own language, not the phone's, comes first."""
    leave = page.get_by_test_id("sign-out")
    expect(leave).to_be_visible()
    if leave.inner_text() != SIGN_OUT[language]:
        page.get_by_test_id("language").tap()
    expect(leave).to_have_text(SIGN_OUT[language])


def choose_language(page: Page, language: str) -> None:
    """In the console's account corner."""
    page.locator(".account").get_by_text(LANGUAGE[language], exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def fits(page: Page) -> None:
    """Nothing to scroll sideways."""
    wide, there = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= there, f"{page.url} is {wide} px wide on {there} px"


def type_code(page: Page, field_id: str, code: str) -> None:
    page.get_by_test_id(field_id).fill(code)
    page.get_by_test_id(f"{field_id}-ok").tap()


def count_sheet(handheld: Watched, number: str, lying: dict[tuple[str, str], str], *, hand_in: bool = True) -> None:
    """Walk a sheet: each bin typed, each of its goods typed, its quantity (base unit; "0" where nothing lies) tapped."""
    page = handheld.page
    page.get_by_test_id("refresh").tap()
    page.locator(f"[data-testid=sheet-card][data-sheet='{number}']").tap()
    target = page.get_by_test_id("target-bin")
    bin_code = target.inner_text()
    fits(page)
    type_code(page, "bin-input", bin_code)
    rows = page.get_by_test_id("goods-row")
    expect(rows.first).to_be_visible()
    fits(page)
    listed = [(row.get_attribute("data-item") or "", row.get_attribute("data-lot") or "") for row in rows.all()]
    for item, lot in listed:
        _enter(page, item, lot, lying.get((item, lot), "0"))
    expect(page.get_by_test_id("bin-done")).to_be_visible()
    if hand_in:
        give_in(handheld)


def _enter(page: Page, item: str, lot: str, quantity: str) -> None:
    type_code(page, "goods-input", item)
    choice = page.locator(f"[data-testid=goods-choice][data-item='{item}'][data-lot='{lot}']")
    expect(choice.or_(page.get_by_test_id("quantity"))).to_be_visible()
    if choice.is_visible():
        choice.tap()
    fits(page)
    for digit in quantity:
        page.get_by_test_id("key-dot" if digit == "." else f"key-{digit}").tap()
    expect(page.get_by_test_id("quantity")).to_have_text(quantity)
    page.get_by_test_id("next").tap()
    done = page.locator(f"[data-testid=goods-row][data-item='{item}'][data-lot='{lot}'][data-counted=true]")
    expect(done).to_be_visible()


def give_in(handheld: Watched) -> None:
    page = handheld.page
    page.get_by_test_id("next-bin").tap()
    page.get_by_test_id("hand-in").tap()
    page.get_by_test_id("submit").tap()
    expect(page.get_by_test_id("handed-in")).to_be_visible()
    fits(page)
    page.get_by_test_id("to-sheets").tap()


def grid_cell(page: Page, item: str, lot: str, column: str) -> Any:
    """A cell of the line table."""
    row = page.locator(".ag-row").filter(has=page.locator("[col-id=item]", has_text=re.compile(f"^{re.escape(item)}$")))
    if lot:
        row = row.filter(has=page.locator("[col-id=lot]", has_text=lot))
    return row.locator(f"[col-id={column}]")
