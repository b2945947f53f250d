"""Every page in every size, width and contrast, through axe and the layout checks: `make sweep`.

The suite looks at each page in four ways (test_sweep.py); this command looks at all twenty-four.
A new page is one line in PAGES.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

from playwright.sync_api import Page

from accounts.codes import CaseKind
from tests.browser.looking import Look, Reading, look_at, look_over, spread_problems


@dataclass(frozen=True)
class Stop:
    """A page to look at, and who looks: a citizen of the demo by name, staff by account, "" for nobody."""

    path: str
    who: str = ""

    def __str__(self) -> str:
        return f"{self.path} {self.who}".rstrip()


WORKER, RESIDENT, SUSPENDED, SHARING, PAYS_FIRST = "陈静", "王芳", "吴婷", "黄建国", "郭敏"

# Who shares in the sweep and nowhere else; their relatives are made by tests/browser/family_states.py.
GIVER, TAKER, POOLED, BELOW_GATE, BELOW_RESERVE = "郑平", "陈伟", "黄建国", "何苗", "苏梅"

FAMILY = (
    Stop("/family/", GIVER),
    *(
        Stop(f"/try/family/{name}/", GIVER)
        for name in (
            "hub", "person", "terms", "check", "sent", "waiting", "declined", "sheet", "here", "child",
            "member", "limit", "end", "remove", "done", "usage",
        )
    ),
    *(Stop(f"/try/family/{name}/", TAKER) for name in ("answer", "refuse", "stranger", "closed", "order", "payer", "leave", "preview")),
    Stop("/family/invite/relation/", GIVER),
    Stop("/family/invite/relation/", BELOW_GATE),  # 现在还不能开通
    Stop("/family/invite/others/", GIVER),
    Stop("/family/child/", GIVER),
    Stop("/family/close/", GIVER),
    Stop("/family/", SUSPENDED),
    Stop("/family/from-others/", RESIDENT),
    Stop("/family/usage/others/", TAKER),
    Stop("/family/", POOLED),
    Stop("/family/transfer/", POOLED),
    Stop("/family/transfer/", BELOW_RESERVE),
    Stop("/try/family/transfer_check/", POOLED),
    Stop("/family/close/", POOLED),
)  # fmt: skip

PREMIUMS = (
    *(
        Stop(f"/try/premium/{name}/", POOLED)
        for name in (
            "choose", "check", "debited", "handed_over", "unknown", "confirmed", "rejected", "refunded", "undone",
            "refund", "no_refund", "receipt", "history",
        )
    ),
    *(
        Stop(f"/try/premium/{name}/", PAYS_FIRST)
        for name in ("claim_enter", "claim_check", "claim_waiting", "claim_proven", "claim_paid", "claim_refused")
    ),
    Stop("/premium/", PAYS_FIRST),
    Stop("/premium/", RESIDENT),
    Stop("/premium/history/", RESIDENT),
)  # fmt: skip

COUNTER = (
    Stop("/counter/", "clerk1"),
    Stop("/counter/find/", "clerk1"),
    Stop("/counter/cases/", "clerk1"),
    Stop("/counter/cases/new/", "clerk1"),
    Stop("/counter/today/", "clerk1"),
    Stop("/counter/today/sheet/", "clerk1"),
    Stop("/counter/queue/", "clerk1"),
    Stop("/counter/queue/display/"),
    Stop("/counter/queue/display/330381-01/"),
    Stop("/counter/keys/", "clerk1"),
    Stop("/counter/lookups/", "reviewer"),
    Stop("/counter/objections/", "reviewer"),
    *(Stop(f"/try/counter/{name}/", "clerk1") for name in ("person", "parked", "done", "sheets", *CaseKind.values)),
    Stop("/try/counter/check/", "reviewer"),
    Stop("/counter/review/", "reviewer"),
)

PAGES = (
    Stop("/components/", "clerk1"),
    Stop("/display/?next=/display/"),
    Stop("/try/"),
    Stop("/try/done/"),
    Stop("/try/desk/"),
    Stop("/try/sheets/"),
    *(Stop(f"/errors/{name}/") for name in ("400", "403", "403_csrf", "404", "409", "429", "500", "503", "expired")),
    # Open to everybody
    Stop("/"),
    Stop("/login/"),
    Stop("/login/staff/"),
    Stop("/login/staff/password/"),
    Stop("/login/staff/passkeys/", "clerk1"),
    Stop("/offices/"),
    Stop("/offices/?region=330381&street=锦湖街道&group=civil&year=2017&month=5&day=8"),
    Stop("/offices/?region=330381&street=&group=&year=2017&month=2&day=30"),
    Stop("/offices/form/?office=330381-04"),
    Stop("/offices/no-phone/?region=330381"),
    Stop("/offices/no-phone/?region=330381&street=塘下镇&group=employee&situation=minor"),
    Stop("/help/"),
    Stop("/help/?q=亲情账户"),
    Stop("/help/stopped/?region=330381"),
    Stop("/feedback/"),
    Stop("/accessibility/"),
    Stop("/verify/"),
    Stop("/dev/outbox/"),
    # Citizens
    Stop("/account/", WORKER),
    Stop("/account/", RESIDENT),
    Stop("/account/", SUSPENDED),
    Stop("/account/", SHARING),
    Stop("/account/entries/", WORKER),
    Stop("/account/entries/print/", WORKER),
    Stop("/account/entries/?year=2026&month=11", WORKER),
    Stop("/account/entries/", SHARING),
    Stop("/account/entries/?sort=used&least=100", WORKER),
    Stop("/account/entries/?least=99999", WORKER),
    Stop("/account/statements/", WORKER),
    Stop("/account/years/", WORKER),
    Stop("/account/years/", SHARING),
    Stop("/help/less/", WORKER),
    Stop("/cases/", WORKER),
    Stop("/messages/", WORKER),
    Stop("/settings/", WORKER),
    Stop("/settings/trace/", WORKER),
    *FAMILY,
    *PREMIUMS,
    *COUNTER,
)

# Django's own pages: axe only, they know neither sizes nor contrasts.
ADMIN = (
    Stop("/admin/", "policy"),
    Stop("/admin/accounts/policyversion/", "policy"),
    Stop("/admin/accounts/policyversion/add/", "policy"),
    Stop("/admin/accounts/office/", "policy"),
    Stop("/admin/accounts/office/add/", "policy"),
    Stop("/admin/accounts/feedback/", "policy"),
    Stop("/admin/accounts/region/350500/facts/never_paid/", "policy"),
    Stop("/admin/accounts/user/", "admin"),
    Stop("/admin/accounts/user/add/", "admin"),
)


def sweep(page: Page, looks: tuple[Look, ...]) -> list[str]:
    """Look at the open page in all these ways, and as a reader has it who spreads its text; return what is wrong."""
    look_at(page, Look())
    return [f"{problem} [spread]" for problem in spread_problems(page)] + look_over(page, looks)


def sweep_admin(page: Page) -> list[str]:
    """Look at an open page of the admin on a desk and on a phone and return what axe finds."""
    problems, reading = [], Reading(page, own=False)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        problems += [f"{problem} [{width}]" for problem in reading.problems()]
    return problems


WAYS = """(page) => [...page.querySelectorAll("a[href], form[action]")]
    .map((el) => el.getAttribute("href") || `${el.method} ${el.getAttribute("action")}`)"""


def ways_on(page: Page) -> set[str]:
    """Return the links and forms of the open page: 长辈版 must offer the same ones (A13)."""
    return set(page.evaluate(f"({WAYS})(document)"))


def ways_in(page: Page, markup: str) -> set[str]:
    """Return the links and forms of a page that is not shown."""
    return set(page.evaluate(f"(markup) => ({WAYS})(new DOMParser().parseFromString(markup, 'text/html'))", markup))


def main() -> int:
    """Sweep the pages whose address contains one of the arguments, all without any; say each as it is done."""
    chosen = ["-k", " or ".join(sys.argv[1:])] if sys.argv[1:] else []
    workers = ["-n", os.environ.get("WORKERS", "1"), "--dist", "load"]
    command = [sys.executable, "-m", "pytest", "tests/browser/test_sweep.py", "-v", "--durations=10", *workers, *chosen]
    return subprocess.call(command, env=os.environ | {"SWEEP": "every"})


if __name__ == "__main__":
    sys.exit(main())
