"""The number of a bill loses the index for LIKE that it had while it was a key of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_remittances"),
    ]

    operations = [
        migrations.RunSQL("DROP INDEX IF EXISTS payments_bill_key_f90d645c_like", migrations.RunSQL.noop),
    ]
