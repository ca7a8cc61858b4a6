import zlib
from collections.abc import Iterator
from typing import Any

from django.db import migrations, models

BATCH = 500


def compress(apps: Any, schema_editor: object) -> None:
    """The bodies of earlier attempts, into their columns; the first line of a request was the call."""
    attempts = apps.get_model("exchange", "Attempt").objects
    for rows in _batches(attempts):
        for row in rows:
            row.call, _, body = row.request.partition("\n\n")
            row.sent, row.sent_bytes = zlib.compress(body.encode()), len(body.encode())
            row.received, row.received_bytes = zlib.compress(row.response.encode()), len(row.response.encode())
        attempts.bulk_update(rows, ["call", "sent", "received", "sent_bytes", "received_bytes"])


def expand(apps: Any, schema_editor: object) -> None:
    attempts = apps.get_model("exchange", "Attempt").objects
    for rows in _batches(attempts):
        for row in rows:
            row.request = f"{row.call}\n\n{_text(row.sent)}"
            row.response = _text(row.received)
        attempts.bulk_update(rows, ["request", "response"])


def _batches(attempts: Any) -> Iterator[list[Any]]:
    last = 0
    while rows := list(attempts.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield rows
        last = rows[-1].pk


def _text(body: Any) -> str:
    return "" if body is None else zlib.decompress(bytes(body)).decode()


class Migration(migrations.Migration):
    dependencies = [("exchange", "0004_review_decisions")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="call",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="received",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="received_bytes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="attempt",
            name="sent",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="sent_bytes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunPython(compress, expand),
        migrations.RemoveField(
            model_name="attempt",
            name="request",
        ),
        migrations.RemoveField(
            model_name="attempt",
            name="response",
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("sent__isnull", False)), fields=["started_at"], name="attempt_with_bodies"
            ),
        ),
    ]
