from django.db import migrations

# code, Chinese, English, used for
USUAL = (
    ("misplaced", "放错库位", "Put into the wrong bin", "both"),
    ("swapped", "串货、串批", "Items or lots mixed up", "both"),
    ("receiving", "收货差错", "Receiving error", "both"),
    ("shipping", "发货差错", "Shipping error", "both"),
    ("not_posted", "单据未过账", "Document not posted", "both"),
    ("posted_twice", "单据重复过账", "Document posted twice", "both"),
    ("unit", "单位换算错误", "Unit of measure mixed up", "both"),
    ("typing", "录入错误", "Typing error", "both"),
    ("production", "生产领退料差异", "Production issue or return", "both"),
    ("damaged", "破损", "Damaged", "loss"),
    ("expired", "过期报废", "Expired and scrapped", "loss"),
    ("sample", "领样未登记", "Sample taken without a record", "loss"),
    ("natural", "自然损耗", "Natural loss", "loss"),
    ("lost", "丢失", "Lost or stolen", "loss"),
    ("found", "找回", "Found again", "gain"),
    ("unknown", "原因不明", "Unknown", "both"),
)
# Bins of the counts that are under way, so that a count made from now on leaves them alone.
PLACES = """
INSERT INTO stocktake_countedbin (count_id, bin)
SELECT DISTINCT s.count_id, code FROM stocktake_sheet s JOIN stocktake_count c ON c.id = s.count_id,
    jsonb_array_elements_text(s.bins) AS code
WHERE c.state NOT IN ('closed', 'cancelled')
ON CONFLICT (count_id, bin) DO NOTHING"""


def add_usual(apps, schema_editor):  # type: ignore[no-untyped-def]
    codes = apps.get_model("stocktake", "ReasonCode")
    codes.objects.bulk_create(
        codes(code=code, name_zh=zh, name_en=en, used_for=used, position=position)
        for position, (code, zh, en, used) in enumerate(USUAL, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("stocktake", "0009_kinds")]

    operations = [
        # The tables go with 0009; there is nothing to take back here.
        migrations.RunPython(add_usual, migrations.RunPython.noop),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
    ]
