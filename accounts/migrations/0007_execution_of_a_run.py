"""第几遍 of a run is its execution, as the field calls it; the values stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_names_of_the_timetable")]

    operations = [
        migrations.RenameField("Run", "sweep", "execution"),
        migrations.RenameField("Chunk", "sweep", "execution"),
        # The constraint follows its column by itself; Django's picture of it does not.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("Chunk", "chunk_once"),
                migrations.AddConstraint(
                    "Chunk", models.UniqueConstraint(fields=["run", "execution", "from_person"], name="chunk_once")
                ),
            ]
        ),
    ]
