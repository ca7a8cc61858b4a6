"""The Django app of the sandbox WMS."""

from __future__ import annotations

from django.apps import AppConfig


class SandboxWms(AppConfig):
    name = "countbridge.sandbox.wms"
    label = "sandbox_wms"
