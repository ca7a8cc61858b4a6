"""GET /metrics, for a monitoring system: with the API token of an auditor or administrator."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from countbridge.api.app import answer_error
from countbridge.api.auth import needs
from countbridge.errors import CountbridgeError, NotAllowed
from countbridge.exchange import metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PERMISSION = "audit.view"


def show(request: HttpRequest) -> HttpResponse:
    """The exchange's figures as Prometheus text."""
    try:
        if needs(PERMISSION)(request) is None:
            raise NotAllowed("people.sign_in")
        return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE)
    except CountbridgeError as error:
        return answer_error(request, error)
