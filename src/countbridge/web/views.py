"""The two pages (console, PDA), the health checks, and what stands where a page is missing."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import escape

from countbridge import messages
from countbridge.logging import request_id
from countbridge.people.language import language_of


def console(request: HttpRequest, path: str = "") -> HttpResponse:
    """The console's page, for every address it knows itself."""
    return _page(request, "console")


def pda(request: HttpRequest, path: str = "") -> HttpResponse:
    """The page for handhelds."""
    return _page(request, "pda")


def _page(request: HttpRequest, name: str) -> HttpResponse:
    if not _wants_page(request):
        return missing(request)
    file: Path = settings.WEB_ROOT / name / "index.html"
    try:
        page = file.read_bytes()
    except FileNotFoundError:
        return _note(request, "web.not_built", 503)
    return HttpResponse(page, headers={"Cache-Control": "no-cache"})


def alive(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """Readiness: the database answers and has the tables this version needs."""
    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"ready": False, "database": False}, status=503)
    return JsonResponse(
        {"ready": not waiting, "database": True, "migrations_waiting": waiting}, status=503 if waiting else 200
    )


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, as JSON under /api."""
    return _note(request, "api.no_address", 404, path=request.path)


def failed(request: HttpRequest) -> HttpResponse:
    """500, as JSON under /api; the log line carries the same id."""
    return _note(request, "api.unexpected", 500, id=request_id.get())


def _wants_page(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "*/*")
    return request.method in ("GET", "HEAD") and ("text/html" in accepted or accepted == "*/*")


def _note(request: HttpRequest, code: str, status: int, **params: str) -> HttpResponse:
    sentence = messages.render(code, params, language_of(request))
    if request.path.startswith("/api"):
        return JsonResponse(
            {"code": code, "message": sentence, "params": params, "id": request_id.get()},
            status=status,
            json_dumps_params={"ensure_ascii": False},
        )
    page = f"<!doctype html><meta charset=utf-8><title>Countbridge</title><p>{escape(sentence)}</p>"
    return HttpResponse(page, status=status)
