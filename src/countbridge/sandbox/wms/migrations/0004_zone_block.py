from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox_wms", "0003_stock_parts")]

    operations = [
        migrations.CreateModel(
            name="ZoneBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("zone", models.CharField(max_length=60)),
                ("count_no", models.CharField(max_length=60)),
                ("since", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("zone", "count_no"), name="block_once")],
            },
        ),
        migrations.AddField("ledger", "refused", models.BigIntegerField(default=0)),
    ]
