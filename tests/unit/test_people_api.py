"""Signing in, tokens, and that every route says who may call it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from ninja.operation import Operation

from countbridge import errors
from countbridge.api import auth
from countbridge.api.app import answer_error, answer_unexpected, api
from countbridge.people import signin, tokens
from countbridge.people.accounts import save_user
from countbridge.people.models import FailedSignIn, Token, User
from countbridge.people.roles import PERMISSIONS

PASSWORD = "correct horse 9"


@pytest.fixture
def chen(db: None) -> User:
    return save_user("chen", PASSWORD, roles=["operator"], warehouses=["W1"], name="陈")


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True, HTTP_HOST="localhost")


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def enter(browser: Client, password: str = PASSWORD) -> Any:
    csrf = browser.get("/api/session").json()["csrf"]
    return post(browser, "/api/session", {"username": "chen", "password": password}, **{"X-CSRFToken": csrf})


def operations() -> Iterator[tuple[str, Operation]]:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield "/api" + "/".join(["", *filter(None, (router.prefix + path).split("/"))]), operation


# -- every route ---------------------------------------------------------------------------------------------------


def test_every_route_says_who_may_call_it() -> None:
    silent = [
        f"{'/'.join(operation.methods)} {path}"
        for path, operation in operations()
        if len(operation.auth_callbacks) != 1
        or not isinstance(operation.auth_callbacks[0], auth.Gate)
        or operation.auth_callbacks[0] is auth.nobody
    ]
    assert silent == [], 'add auth=needs("…") to these routes'


def test_routes_ask_for_permissions_that_exist_and_handhelds_stay_in_their_corner() -> None:
    found = list(operations())
    assert len(found) >= 6
    for path, operation in found:
        gate = operation.auth_callbacks[0]
        assert isinstance(gate, auth.Gate)
        assert gate.permission is None or gate.permission in PERMISSIONS, path
        assert isinstance(gate, auth.NeedsPda) == (path.startswith("/api/pda/") and path != "/api/pda/sign-in"), path
        if isinstance(gate, auth.Anyone):
            assert path in ("/api/session", "/api/pda/sign-in"), f"{path} is open to everybody"


@pytest.mark.django_db
def test_every_guarded_route_turns_strangers_away() -> None:
    stranger = Client(HTTP_HOST="localhost")
    for path, operation in operations():
        if isinstance(operation.auth_callbacks[0], auth.Anyone):
            continue
        address = re.sub(r"{[^}]*}", "1", path)
        for method in operation.methods:
            answer = stranger.generic(method, address, b"{}", content_type="application/json")
            assert answer.status_code == 401, f"{method} {address}"
            assert answer.json()["code"] == "people.sign_in"


# -- the console's session -----------------------------------------------------------------------------------------


def test_signing_in_and_out(chen: User, browser: Client) -> None:
    before = browser.get("/api/session").json()
    assert (before["user"], before["permissions"]) == (None, [])
    answer = enter(browser)
    assert answer.status_code == 200
    assert answer.json()["user"] == {"username": "chen", "name": "陈", "language": "zh-CN"}
    assert answer.json()["roles"] == [{"role": "operator", "warehouse": "W1"}]
    assert answer.json()["permissions"] == ["count.scan"]
    csrf = browser.get("/api/session").json()["csrf"]
    assert browser.delete("/api/session", headers={"X-CSRFToken": csrf}).json()["user"] is None
    assert browser.get("/api/session").json()["user"] is None


def test_cookies_are_out_of_reach_of_scripts(chen: User, browser: Client) -> None:
    cookies = enter(browser).cookies
    assert cookies["sessionid"]["httponly"]
    assert cookies["sessionid"]["samesite"] == "Lax"
    assert cookies["csrftoken"]["httponly"]


def test_a_wrong_password_is_answered_in_the_readers_language(chen: User, browser: Client) -> None:
    answer = enter(browser, "guess")
    assert answer.status_code == 401
    assert answer.json()["code"] == "people.wrong_login"
    assert answer.json()["message"].startswith("用户名")
    assert answer.json()["id"] == answer.headers["X-Request-Id"]
    csrf = browser.get("/api/session").json()["csrf"]
    english = post(browser, "/api/session", {"username": "nobody", "password": "x"},
                   **{"X-CSRFToken": csrf, "Accept-Language": "en-GB,en;q=0.9"})  # fmt: skip
    assert english.json()["message"].startswith("Username or password is wrong")


def test_unsafe_requests_with_a_cookie_need_the_token_of_our_page(chen: User, browser: Client) -> None:
    refused = post(browser, "/api/session", {"username": "chen", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "people.foreign_page")
    csrf = enter(browser).json()["csrf"]
    change = {"data": {"language": "en"}, "content_type": "application/json"}
    assert browser.patch("/api/session", **change).status_code == 403
    changed = browser.patch("/api/session", **change, headers={"X-CSRFToken": csrf})
    assert changed.json()["user"]["language"] == "en"
    unknown = browser.patch("/api/session", {"language": "tlh"}, "application/json", headers={"X-CSRFToken": csrf})
    assert (unknown.status_code, unknown.json()["params"]) == (422, {"language": "tlh"})


def test_guessing_is_slowed_down_and_only_for_a_while(chen: User, browser: Client) -> None:
    for _ in range(signin.PER_PAIR):
        assert enter(browser, "guess").status_code == 401
    slowed = enter(browser)
    assert (slowed.status_code, slowed.json()["code"]) == (429, "people.too_many_tries")
    assert slowed.headers["Retry-After"]
    FailedSignIn.objects.update(at=timezone.now() - signin.WINDOW)
    assert enter(browser).status_code == 200


def test_the_right_password_forgets_earlier_mistakes(chen: User, browser: Client) -> None:
    for _ in range(3):
        for _ in range(signin.PER_PAIR - 1):
            enter(browser, "guess")
        assert enter(browser).status_code == 200


# -- tokens --------------------------------------------------------------------------------------------------------


def test_a_handhelds_token_opens_its_own_routes_and_nothing_else(chen: User, browser: Client) -> None:
    answer = post(browser, "/api/pda/sign-in", {"username": "chen", "password": PASSWORD, "device": "MC33"})
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    elsewhere = browser.patch("/api/session", {"language": "en"}, "application/json", headers=bearer)
    assert elsewhere.status_code == 401
    assert browser.post("/api/pda/sign-out", headers=bearer).status_code == 200
    assert browser.post("/api/pda/sign-out", headers=bearer).status_code == 401, "it is revoked"


def test_only_people_who_count_get_a_handheld(browser: Client, db: None) -> None:
    save_user("chen", PASSWORD, roles=["finance"])
    answer = post(browser, "/api/pda/sign-in", {"username": "chen", "password": PASSWORD})
    assert (answer.status_code, answer.json()["params"]) == (403, {"permission": "count.scan"})
    assert not Token.objects.exists()


def test_programs_use_api_tokens_without_cookies(chen: User, browser: Client) -> None:
    text = tokens.issue(chen, Token.API, "esb")
    change = {"data": {"language": "en"}, "content_type": "application/json"}
    assert browser.patch("/api/session", **change, headers={"Authorization": f"Bearer {text}"}).status_code == 200
    assert browser.post("/api/pda/sign-out", headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_tokens_are_kept_as_hashes_and_note_their_use(chen: User) -> None:
    text = tokens.issue(chen, Token.API)
    kept = Token.objects.get()
    assert text not in kept.digest
    assert len(text) >= 43, "256 random bits"
    assert kept.last_used_at is None
    assert tokens.owner(text, Token.API) == chen
    assert tokens.owner(text, Token.PDA) is None
    assert Token.objects.get().last_used_at is not None
    tokens.revoke(text)
    assert tokens.owner(text, Token.API) is None


def test_the_tokens_of_an_inactive_person_open_nothing(chen: User) -> None:
    text = tokens.issue(chen, Token.API)
    User.objects.update(is_active=False)
    assert tokens.owner(text, Token.API) is None


def test_the_gate_tells_the_route_in_which_warehouses(chen: User, rf: Any) -> None:
    request = rf.get("/api/counts", headers={"Authorization": f"Bearer {tokens.issue(chen, Token.API)}"})
    assert auth.needs("count.scan")(request) == chen
    assert request.warehouses.codes == {"W1"}
    with pytest.raises(errors.NotAllowed):
        auth.needs("count.view")(request)


# -- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "status"), [
    (errors.InputError("x.y"), 422), (errors.NotAllowed("x.y"), 403), (errors.NotFound("x.y"), 404),
    (errors.Conflict("x.y"), 409), (errors.ConfigError("x.y"), 500), (errors.TryLater("x.y"), 503),
    (errors.Rejected("x.y"), 502), (errors.OutcomeUnknown("x.y"), 504),
])  # fmt: skip
def test_each_kind_of_error_has_its_status(rf: Any, error: errors.CountbridgeError, status: int) -> None:
    assert answer_error(rf.get("/api/x"), error).status_code == status


def test_a_defect_gives_the_reader_an_id_and_the_log_the_cause(rf: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = answer_unexpected(rf.get("/api/x", headers={"Accept-Language": "en"}), ZeroDivisionError("secret"))
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert "ZeroDivisionError: secret" in caplog.text


@pytest.mark.django_db
def test_addresses_that_do_not_exist_answer_json_under_api_and_the_page_elsewhere(browser: Client) -> None:
    assert browser.get("/api/nothing").json()["code"] == "api.no_address"
    assert browser.get("/favicon.ico", headers={"Accept": "image/*"}).status_code == 404
    assert browser.get("/counts/PD1", headers={"Accept": "text/html"}).status_code in (200, 503)


@pytest.mark.django_db
def test_the_api_page_loads_nothing_from_elsewhere(browser: Client) -> None:
    page = browser.get("/api/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert not re.search(r"(src|href)=.(https?:)?//", page)
    assert browser.get("/api/openapi.json").json()["info"]["title"] == "Countbridge"


@pytest.mark.django_db
def test_pages_carry_strict_headers(browser: Client) -> None:
    headers = browser.get("/counts").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
