"""Addresses: the API, the health checks, and the pages for everything else."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from countbridge.api.app import api

urlpatterns: list[URLPattern | URLResolver] = [path("api/", api.urls)]
