import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import countbridge.clock


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_systems")]

    operations = [
        migrations.CreateModel(
            name="ReviewDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "decision",
                    models.CharField(
                        choices=[("arrived", "Arrived"), ("did_not_arrive", "Did Not Arrive"), ("give_up", "Give Up")],
                        max_length=16,
                    ),
                ),
                ("remote_id", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField()),
                ("user", models.CharField(max_length=150)),
                ("at", models.DateTimeField(default=countbridge.clock.now)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="fault",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="delivery",
            name="setbacks",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="quarantinedrecord",
            name="count",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="quarantinedrecord",
            name="delivery",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quarantined",
                to="exchange.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="order_key",
            field=models.CharField(max_length=250),
        ),
        migrations.RunSQL(
            "UPDATE exchange_delivery d SET order_key = l.code || ':' || d.order_key FROM links_link l WHERE l.id = d.link_id",
            "UPDATE exchange_delivery d SET order_key = substr(d.order_key, length(l.code) + 2)"
            " FROM links_link l WHERE l.id = d.link_id",
        ),
        migrations.AlterField(
            model_name="quarantinedrecord",
            name="source_id",
            field=models.CharField(max_length=300),
        ),
        migrations.AlterField(
            model_name="quarantinedrecord",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("queued", "Queued"),
                    ("resent", "Resent"),
                    ("discarded", "Discarded"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ("intent", "sending", "unknown", "needs_review"))),
                fields=["order_key", "id"],
                name="delivery_order",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinedrecord",
            index=models.Index(fields=["state", "flow", "code"], name="quarantined_reason"),
        ),
        migrations.AddField(
            model_name="reviewdecision",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="exchange.delivery"
            ),
        ),
    ]
