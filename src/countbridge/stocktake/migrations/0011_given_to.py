from django.db import migrations, models

MOVE = """
UPDATE stocktake_count SET given_to = scope ->> 'counter', scope = scope - 'counter' WHERE scope ? 'counter'"""
MOVE_BACK = """
UPDATE stocktake_count SET scope = scope || jsonb_build_object('counter', given_to) WHERE given_to <> ''"""


class Migration(migrations.Migration):
    dependencies = [("stocktake", "0010_usual_reasons")]

    operations = [
        migrations.AddField(
            model_name="count",
            name="given_to",
            field=models.CharField(blank=True, db_default="", max_length=150),
        ),
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.AlterField(
            model_name="signoff", name="absolute", field=models.DecimalField(decimal_places=15, max_digits=50)
        ),
        migrations.AlterField(
            model_name="signoff", name="net", field=models.DecimalField(decimal_places=15, max_digits=50)
        ),
    ]
