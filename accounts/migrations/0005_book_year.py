from django.db import migrations, models


class Migration(migrations.Migration):
    """The model of 账期 is a book year: a period is what a run or a posting is labelled with."""

    dependencies = [
        ("accounts", "0004_approvals"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="period", name="period_once"),
        migrations.RenameModel(old_name="Period", new_name="BookYear"),
        migrations.AddConstraint(
            model_name="bookyear",
            constraint=models.UniqueConstraint(fields=("region", "year"), name="book_year_once"),
        ),
    ]
