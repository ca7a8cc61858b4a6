from django.db import migrations, models

# Lines refused before there was a place for them: their documents are looked at once more, which puts them there.
AGAIN = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
SELECT DISTINCT 'default', 'stocktake.adjustment_settled',
       jsonb_build_object('adjustment', a.id, 'delivery', a.delivery_id), 'todo'::procrastinate_job_status
FROM stocktake_adjustment a JOIN stocktake_adjustmentline l ON l.adjustment_id = a.id
WHERE l.ok = false AND a.delivery_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("stocktake", "0002_clock"),
        ("exchange", "0005_attempt_bodies"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.AddField(
            model_name="adjustmentline",
            name="fate",
            field=models.CharField(blank=True, choices=[("resent", "Resent"), ("given_up", "Given Up")], max_length=8),
        ),
        migrations.RunSQL(AGAIN, migrations.RunSQL.noop),
    ]
