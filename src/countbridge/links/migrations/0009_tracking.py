from django.db import migrations, models

TO_TRACKING = "UPDATE links_item SET tracking = 'lot' WHERE lot_tracked"
TO_FLAG = "UPDATE links_item SET lot_tracked = true WHERE tracking <> 'none'"


class Migration(migrations.Migration):
    """What an item's lot is: nothing, a lot or a serial; and the day a lot expires."""

    dependencies = [("links", "0008_abc")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="tracking",
            field=models.CharField(
                choices=[("none", "None"), ("lot", "Lot"), ("serial", "Serial")],
                db_default="none",
                default="none",
                max_length=6,
            ),
        ),
        migrations.RunSQL(TO_TRACKING, TO_FLAG),
        migrations.RemoveField(model_name="item", name="lot_tracked"),
        migrations.AddField(model_name="lot", name="expires", field=models.DateField(null=True)),
    ]
