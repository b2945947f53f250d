"""Rows laid aside that wait for a person."""

import json

from accounts.codes import HeldState
from accounts.identity import certificates
from accounts.models import HeldRow, Person
from accounts.sealing.fields import Sealer, context_of


def rows_by_certno() -> dict[bytes, int]:
    """Return blind index of the certificate number → id, of the roster rows that wait."""
    index = Sealer(context_of(Person, "certno")).index
    found: dict[bytes, int] = {}
    for row in HeldRow.objects.filter(kind="roster", state=HeldState.WAITING).only("cells").order_by("id"):
        number = certificates.normalise(json.loads(row.cells).get("certno", ""))
        found.setdefault(index(number) or b"", row.pk)
    return found
