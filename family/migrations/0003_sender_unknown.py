"""对方说不是家人: the invited person does not know the sender. The values stay."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("family", "0002_step_becomes_event")]

    operations = [migrations.RenameField("Invitation", "disowned", "sender_unknown")]
