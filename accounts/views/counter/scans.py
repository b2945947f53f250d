"""One picture of a paper (材料影像), for whoever works on its case or checks it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from accounts.codes import COUNTER_ROLES
from accounts.errors import AccountsError
from accounts.operations.cases import scans
from accounts.views.counter.doors import Desk, case_or_404, counter_required, refused

# Whatever somebody got past the making of the picture, a browser runs nothing of it.
_HEADERS = {
    "Content-Disposition": 'inline; filename="scan.jpg"',
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@counter_required(*COUNTER_ROLES)
@require_GET
def scan(request: HttpRequest, desk: Desk, number: str, scan_id: int) -> HttpResponse:
    """Show the picture; each look is written down, and the citizen reads it."""
    case = case_or_404(desk, number)
    try:
        content = scans.view(act=desk.act, number=number, scan_id=scan_id)
    except AccountsError as error:
        return refused(request, desk.act, scans.VIEWED, error, case)
    return HttpResponse(content, content_type="image/jpeg", headers=_HEADERS)
