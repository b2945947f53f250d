"""The day's total in several rows: one row that every sign-in locks held all of them up while one hung."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_notice_about")]

    operations = [
        migrations.AddField("daycount", "shard", models.SmallIntegerField(default=0, verbose_name="第几行")),
        migrations.RemoveConstraint("daycount", "day_count_once"),
        migrations.AddConstraint(
            "daycount", models.UniqueConstraint(fields=("what", "day", "shard"), name="day_count_shard_once")
        ),
    ]
