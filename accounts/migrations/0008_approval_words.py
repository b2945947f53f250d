from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_execution_of_a_run"),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="words",
            field=models.JSONField(default=list, verbose_name="说明"),
        ),
    ]
