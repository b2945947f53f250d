"""Counter rules as shipped before say within how many days a case has its result, as the files give it.

Only versions whose older terms are exactly as shipped, by digest: where a bureau wrote its own, no day is said.
"""

import hashlib
import json

from django.db import migrations
from django.db.models.functions import Now

KEY = "result_days"
VALUE, SOURCE = 15, {"assumed": True, "note": "要复核的业务多久有结果没有文件"}
BEFORE = ("reviewed", "reviewed_agent", "by_area", "parked_days")

# Digests of the counter rules before: terms, sources and note; first those of 330381, then those of all others.
SHIPPED = {"4b9cf5b062d0b697", "c0545ec142a32007"}


def _digest(version):
    terms = {key: version.terms[key] for key in BEFORE if key in version.terms}
    sources = {key: version.sources[key] for key in (*BEFORE, "effective_from") if key in version.sources}
    text = json.dumps([terms, sources, version.note], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def complete(apps, schema_editor):
    versions = apps.get_model("accounts", "PolicyVersion").objects.filter(kind="counter").order_by("pk")
    changed = [version for version in versions if _digest(version) in SHIPPED and KEY not in version.terms]
    if not changed:
        return
    # post_migrate makes the triggers ALWAYS again.
    schema_editor.execute("ALTER TABLE accounts_policyversion DISABLE TRIGGER USER")
    for version in changed:
        version.terms[KEY], version.sources[KEY] = VALUE, SOURCE
        version.save(update_fields=["terms", "sources"])
    apps.get_model("accounts", "AuditEvent").objects.create(
        at=Now(),
        verb="policy.completed",
        actor="system:migrate",
        detail={"migration": "accounts.0043", "versions": [version.pk for version in changed]},
    )
    schema_editor.execute("ALTER TABLE accounts_policyversion ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0042_fewer_voucher_indexes")]

    operations = [migrations.RunPython(complete, migrations.RunPython.noop)]
