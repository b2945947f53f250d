import django.contrib.postgres.fields
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_approval_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="policyversion",
            name="editors",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), default=list, editable=False, size=None, verbose_name="编写"
            ),
        ),
        # Until now only the last editor of a draft was kept. Published versions stay as they are.
        migrations.RunSQL(
            "UPDATE accounts_policyversion SET editors = ARRAY[split_part(drafted_by, '@', 1)]"
            " WHERE state = 'draft' AND drafted_by LIKE 'staff:%'",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published_by", ""),
                    ("drafted_by__startswith", "system:"),
                    models.Q(
                        django.db.models.lookups.Exact(
                            models.Func(
                                models.F("drafted_by"),
                                models.Value("@"),
                                models.Value(1),
                                function="split_part",
                                output_field=models.CharField(),
                            ),
                            models.Func(
                                models.F("published_by"),
                                models.Value("@"),
                                models.Value(1),
                                function="split_part",
                                output_field=models.CharField(),
                            ),
                        ),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="policy_published_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.IsNull(
                        models.Func(
                            models.F("editors"),
                            models.Func(
                                models.F("published_by"),
                                models.Value("@"),
                                models.Value(1),
                                function="split_part",
                                output_field=models.CharField(),
                            ),
                            function="array_position",
                            output_field=models.IntegerField(),
                        ),
                        True,
                    )
                ),
                name="policy_no_author_publishes",
            ),
        ),
    ]
