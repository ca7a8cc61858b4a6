"""Thin typed routers: who may call, what comes in, what goes out. No rules live here."""
