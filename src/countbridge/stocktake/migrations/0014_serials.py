from django.db import migrations, models

TRACKED = """
UPDATE stocktake_line line SET tracking = item.tracking
FROM stocktake_count count JOIN links_item item ON item.link_id = count.link_id
WHERE line.count_id = count.id AND item.code = line.item AND item.tracking <> 'none'"""


class Migration(migrations.Migration):
    """Serials and expiry on lines, labels and scans."""

    dependencies = [("stocktake", "0013_cutoff"), ("links", "0009_tracking")]

    operations = [
        migrations.AddField(
            model_name="line",
            name="tracking",
            field=models.CharField(db_default="none", default="none", max_length=6),
        ),
        migrations.AddField(model_name="line", name="expires", field=models.DateField(null=True)),
        migrations.AddField(model_name="line", name="label_expires", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="line",
            name="elsewhere",
            field=models.CharField(blank=True, db_default="", max_length=300),
        ),
        migrations.AddField(model_name="scan", name="expires", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="scan",
            name="set_aside",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="sheet",
            name="looked_through",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.RunSQL(TRACKED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(
                condition=models.Q(tracking="serial"), fields=["count", "item", "lot"], name="line_serial"
            ),
        ),
    ]
