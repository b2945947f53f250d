"""An order whose money came back on request is called as its page calls it; a claim does not wait for a paper."""

from django.db import migrations, models

ORDER_STATES = [
    ("checked", "已核对"),
    ("debited", "已扣款"),
    ("handed_over", "已交税务"),
    ("confirmed", "已确认"),
    ("rejected", "税务退回"),
    ("refunded", "已退费"),
    ("undone", "已撤回"),
    ("unknown", "等待查清"),
]
CLAIM_STATES = [("waiting", "等税务核对"), ("proven", "已证明"), ("paid", "已返还"), ("refused", "不予返还")]


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_bill_number_index")]

    operations = [
        migrations.AlterField(
            model_name="premiumorder",
            name="state",
            field=models.CharField(choices=ORDER_STATES, default="checked", max_length=12, verbose_name="状态"),
        ),
        migrations.AlterField(
            model_name="premiumorderevent",
            name="state",
            field=models.CharField(choices=ORDER_STATES, max_length=12, verbose_name="状态"),
        ),
        migrations.AlterField(
            model_name="refundclaim",
            name="state",
            field=models.CharField(choices=CLAIM_STATES, default="waiting", max_length=10, verbose_name="状态"),
        ),
    ]
