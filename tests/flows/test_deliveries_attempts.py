"""What went over the wire: kept compressed and masked, shown whole, forgotten after a while but for its figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from countbridge import clock
from countbridge.connectors.exchanges import CUT, LOGGED_CHARACTERS, Exchange, Mask
from countbridge.exchange import attempts
from countbridge.exchange.attempts import Log
from countbridge.exchange.models import Attempt
from modelled.papers import paper
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]


def kept(stage: Stage, sent: str, received: str, **other: Any) -> Attempt:
    delivery = paper(stage, f"k{Attempt.objects.count()}")
    at = other.pop("started_at", clock.now())
    exchange = Exchange("wms", "x", "POST", "http://w/papers", {}, sent, 200, {}, received, "", at, 0.25, **other)
    Log(delivery).listen(exchange)
    return Attempt.objects.latest("pk")


def test_bodies_are_small_on_disk_and_whole_on_the_page(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("qian", "sun"))
    body = '{"行": "螺栓 12.500"}' * 2000
    attempt = kept(stage, body, "ok", sent_bytes=len(body.encode()), received_bytes=2)
    assert len(attempt.sent or b"") < len(body) / 20
    (shown,) = stage.api("sun", f"/deliveries/{attempt.delivery_id}").json()["tries"]
    assert shown | {"started_at": ""} == {
        "number": 0, "action": "write", "started_at": "", "ms": 250, "outcome": "200", "call": "POST http://w/papers",
        "request": body, "response": "ok", "request_bytes": len(body.encode()), "response_bytes": 2, "cut": False,
    }  # fmt: skip


def test_a_longer_body_is_cut_and_says_so(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("sun",))
    body = b"x" * (LOGGED_CHARACTERS + 1)
    attempt = kept(stage, Mask().body(body), "ok", sent_bytes=len(body))
    (shown,) = stage.api("sun", f"/deliveries/{attempt.delivery_id}").json()["tries"]
    assert shown["request"] == "x" * LOGGED_CHARACTERS + CUT
    assert (shown["cut"], shown["request_bytes"]) == (True, LOGGED_CHARACTERS + 1)


def test_after_the_days_the_site_keeps_them_bodies_go_and_figures_stay(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("sun",))
    assert settings.KEEP_BODIES_DAYS == 90
    old = kept(stage, "old", "ok", started_at=clock.now() - timedelta(days=91))
    young = kept(stage, "young", "ok", started_at=clock.now() - timedelta(days=89))
    from countbridge.exchange import jobs

    jobs.tidy(0)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.sent, old.received, old.milliseconds, old.call) == (None, None, 250, "POST http://w/papers")
    assert old.sent_bytes == 3
    assert attempts.unpack(young.sent) == "young"
    (shown,) = stage.api("sun", f"/deliveries/{old.delivery_id}").json()["tries"]
    assert (shown["request"], shown["response"], shown["request_bytes"]) == (None, None, 3)
    assert attempts.forget_bodies() == 0, "nothing is emptied twice"


def test_bodies_kept_before_go_into_their_new_place_and_back(fresh_database: str) -> None:
    import os
    import subprocess
    import sys

    def migrate(*target: str) -> None:
        command = [sys.executable, "-m", "django", "migrate", *target, "--settings", "countbridge.settings", "-v", "0"]
        subprocess.run(
            command, env={**os.environ, "DATABASE_URL": fresh_database}, check=True, cwd=Path(__file__).parent
        )

    migrate("exchange", "0004")
    body = "POST http://w\n\n" + '{"a": "螺栓"}\n\nmore'
    with psycopg.connect(fresh_database, autocommit=True) as database:
        for table, columns in (
            ("links_system", "(id, code, name, side, connector, settings, secrets) VALUES (1, 'w', 'w', 'wms', 'x', '{}', '')"),
            ("links_link", "(id, code, name, erp_id, wms_id, time_zone, currency, active, policy)"
                           " VALUES (1, 'l', 'l', 1, 1, 'UTC', 'CNY', true, '{}')"),
            ("exchange_delivery", "(id, link_id, system_id, flow, kind, count, key, order_key, payload, payload_hash, state,"
                                  " remote_id, outcomes, tries, created_at, fault, setbacks)"
                                  " VALUES (1, 1, 1, 'F2', 'k', '', 'k', 'l:w:d', '{}', '', 'intent', '', '[]', 0, now(),"
                                  " '', 0)"),
        ):  # fmt: skip
            database.execute(f"INSERT INTO {table} {columns}")  # type: ignore[arg-type]
        database.execute(
            "INSERT INTO exchange_attempt (delivery_id, number, action, started_at, milliseconds, outcome, request, response)"
            " SELECT 1, n, 'write', now(), 1, '200', %s, '' FROM generate_series(1, 1201) n",
            [body],
        )
        migrate("exchange", "0005")
        call, sent, size = database.execute("SELECT call, sent, sent_bytes FROM exchange_attempt LIMIT 1").fetchone()  # type: ignore[misc]
        assert (call, attempts.unpack(sent)) == ("POST http://w", '{"a": "螺栓"}\n\nmore')
        assert size == len('{"a": "螺栓"}\n\nmore'.encode())
        migrate("exchange", "0004")
        back = database.execute("SELECT DISTINCT request, response FROM exchange_attempt").fetchall()
        assert back == [(body, "")]
        migrate("exchange", "0003")
        assert database.execute("SELECT order_key FROM exchange_delivery").fetchone() == ("w:d",)
        migrate("exchange", "0004")
        assert database.execute("SELECT order_key FROM exchange_delivery").fetchone() == ("l:w:d",)


@pytest.mark.parametrize("secret", ["secret-key"])
def test_no_secret_is_kept(stage: Stage, secret: str) -> None:
    body = Mask((secret,)).body(f'{{"key": "{secret}"}}'.encode())
    attempt = kept(stage, body, body)
    assert secret not in (attempts.unpack(attempt.sent) or "") + (attempts.unpack(attempt.received) or "")
    assert "***" in (attempts.unpack(attempt.sent) or "")
