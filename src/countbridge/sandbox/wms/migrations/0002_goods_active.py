from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox_wms", "0001_initial")]

    operations = [migrations.AddField("goods", "active", models.BooleanField(default=True))]
