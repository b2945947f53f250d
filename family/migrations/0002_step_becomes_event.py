"""A step of the history is an event: the table, its index, its constraint and its triggers take the new name."""

from django.db import migrations, models


def _rename_triggers(old: str, new: str) -> str:
    """Keep the table protected all the while; a database not yet protected gets its triggers after migrating."""
    return "".join(
        f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_trigger WHERE tgname = '{old}_{name}') THEN
                ALTER TRIGGER {old}_{name} ON family_event RENAME TO {new}_{name};
            END IF;
        END $$;
        """
        for name in ("no_rewrite", "no_truncate")
    )


_KIND = models.Q(kind="undone", undoes__isnull=False) | ~models.Q(kind="undone") & models.Q(undoes=None)


class Migration(migrations.Migration):
    dependencies = [("family", "0001_initial")]

    operations = [
        migrations.RenameModel("Step", "Event"),
        migrations.RunSQL(
            _rename_triggers("family_step", "family_event"), _rename_triggers("family_event", "family_step")
        ),
        migrations.RenameIndex("Event", old_name="step_payer_on", new_name="event_payer_on"),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE family_event RENAME CONSTRAINT step_undone_names_step TO event_undone_names_event",
                    "ALTER TABLE family_event RENAME CONSTRAINT event_undone_names_event TO step_undone_names_step",
                )
            ],
            [
                migrations.RemoveConstraint("Event", "step_undone_names_step"),
                migrations.AddConstraint(
                    "Event", models.CheckConstraint(condition=_KIND, name="event_undone_names_event")
                ),
            ],
        ),
        migrations.AlterField(
            "Event",
            "invitation",
            models.ForeignKey(
                to="family.invitation",
                on_delete=models.PROTECT,
                null=True,
                related_name="events",
                verbose_name="邀请",
            ),
        ),
        migrations.AlterField(
            "Event",
            "bond",
            models.ForeignKey(
                to="family.bond", on_delete=models.PROTECT, null=True, related_name="events", verbose_name="共济关系"
            ),
        ),
    ]
