import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0002_clock"), ("links", "0003_clock")]

    operations = [
        migrations.CreateModel(
            name="Breaker",
            fields=[
                (
                    "system",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="breaker",
                        serialize=False,
                        to="links.system",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("closed", "Closed"), ("open", "Open"), ("half_open", "Half Open")],
                        default="closed",
                        max_length=10,
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("openings", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("retry_at", models.DateTimeField(null=True)),
                ("probe_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CallMinute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("effect", models.CharField(max_length=5)),
                ("fault", models.CharField(blank=True, max_length=20)),
                ("calls", models.PositiveBigIntegerField()),
                ("milliseconds", models.PositiveBigIntegerField()),
                (
                    "buckets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveBigIntegerField(), size=None),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NextTurn",
            fields=[
                (
                    "system",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="next_turn",
                        serialize=False,
                        to="links.system",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="callminute",
            name="system",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="call_minutes", to="links.system"
            ),
        ),
        migrations.AddIndex(
            model_name="callminute",
            index=models.Index(fields=["minute"], name="call_minute_at"),
        ),
        migrations.AddConstraint(
            model_name="callminute",
            constraint=models.UniqueConstraint(fields=("system", "minute", "effect", "fault"), name="call_minute"),
        ),
    ]
