"""Notices say what they are about, so that the page leads to it. Those that are there lead nowhere, as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_recorded_by_the_clock")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="about",
            field=models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="关于"),
        ),
    ]
