"""Addresses: the API, webhooks, the health checks, the page for handhelds, and the console for everything else."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from countbridge.api import metrics
from countbridge.api.app import api
from countbridge.web import hooks, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("hooks/<str:link>/<str:source>", hooks.receive),
    path("metrics", metrics.show),
    path("healthz", views.alive),
    path("readyz", views.ready),
    re_path(r"^pda(?:/(?P<path>.*))?$", views.pda),
    re_path(r"^(?!api/|api$|static/)(?P<path>.*)$", views.console),
]
handler404 = "countbridge.web.views.missing"
handler500 = "countbridge.web.views.failed"
