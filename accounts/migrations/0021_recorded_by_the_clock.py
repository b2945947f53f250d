from django.db import migrations, models

from yibao.lib import clock


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_cached_values"),
    ]

    operations = [
        migrations.AlterField(
            model_name="import",
            name="at",
            field=models.DateTimeField(default=clock.now, verbose_name="导入时间"),
        ),
        migrations.AlterField(
            model_name="voucher",
            name="recorded_at",
            field=models.DateTimeField(default=clock.now, verbose_name="记账时间"),
        ),
    ]
