from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stocktake", "0006_drift")]

    operations = [
        migrations.AddField(model_name="line", name="explanation", field=models.JSONField(null=True)),
    ]
