"""A claim that was refused keeps nobody from claiming by its receipt: the number counts once among those that stand."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_content_of_batches"),
    ]

    operations = [
        migrations.AlterField(
            model_name="refundclaim",
            name="receipt_no",
            field=models.CharField(max_length=40, verbose_name="税票号码"),
        ),
        migrations.AddConstraint(
            model_name="refundclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("waiting", "proven", "paid"))),
                fields=("receipt_no",),
                name="refund_claim_receipt_once",
            ),
        ),
    ]
