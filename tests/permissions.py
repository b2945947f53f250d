"""Who may open what: one row per address and, in it, one expected status per role.

An address without a row fails the suite (tests/accounts/test_permissions_matrix.py). To add one:

    "family_member": Row(PERSON, other=404, args=lambda world: {"pk": a_member_of(world.citizen.person).pk}),
    "family_remove": Row(PERSON, method="post", citizen=302, other=404, args=…),
    "counter_find": Row(COUNTER),

The key is the name of the address with its namespace. `args` makes what the address names; whatever belongs to
somebody belongs to world.citizen, and `other` is another proven citizen who must not get at it. Several acceptable
statuses are written as a tuple. Keys ending in * are for namespaces; an exact row wins.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accounts import help as handbook
from tests.factories.counter import office
from tests.personas import ZHOUSHAN
from tests.world import (
    World,
    a_case,
    a_claim_of,
    a_counter,
    a_draft,
    a_held_row,
    a_look_at,
    a_look_up,
    a_proposal,
    a_scan,
    a_statement_of,
    a_ticket,
    a_waiting_case,
    an_entry_of,
    an_event_of,
    an_import,
    an_objection,
    an_order_of,
    given_by,
    received_by,
    sent_by,
    sent_to,
    the_clerk,
)

ROLES = ("anonymous", "unproven", "limited", "citizen", "other", "clerk", "reviewer", "policy", "approver", "superuser")
Status = int | tuple[int, ...]


def statuses(citizens: Status, staff: Status, **others: Status) -> dict[str, Status]:
    """Return a status for every role: one for all citizens, one for all staff, and those named otherwise."""
    of = dict.fromkeys(ROLES[1:5], citizens) | dict.fromkeys(ROLES[5:], staff) | {"anonymous": 302}
    return of | others


PUBLIC = statuses(200, 200, anonymous=200)
SIGNED_IN = statuses(200, 200)
CITIZEN = statuses(200, 403)
PERSON = statuses(200, 403, unproven=302, limited=302)
POSTED = statuses(302, 403, anonymous=401)
ONWARD = statuses(302, 403)
CLERK = statuses(403, 403, clerk=200)
CLERK_WORK = statuses(403, 403, anonymous=401, clerk=302)
COUNTER = statuses(403, 403, clerk=200, reviewer=200)
COUNTER_WORK = statuses(403, 403, anonymous=401, clerk=302, reviewer=302)
REVIEWER = statuses(403, 403, reviewer=200)
NEVER = (302, 403, 404, 405)
FINE = (200, 302, 403, 404, 405)
ADMIN = statuses(NEVER, NEVER, reviewer=FINE, policy=FINE, approver=FINE, superuser=FINE)
BACK_OFFICE = statuses((302, 403), (302, 403), reviewer=200, policy=200, approver=200, superuser=200)
OWN_PROPOSAL = statuses((302, 403), (302, 403), anonymous=401, reviewer=404, policy=302, approver=404, superuser=404)
CHECKED = statuses((302, 403), (302, 403), anonymous=(302, 401), reviewer=403, policy=403, approver=302, superuser=403)
STAFF_ACCOUNTS = BACK_OFFICE | {"policy": 403}
HELD = BACK_OFFICE | {"policy": 403, "superuser": 403}
HELD_WORK = HELD | {"anonymous": (302, 401), "reviewer": 302, "approver": 403}


@dataclass(frozen=True, init=False)
class Row:
    expected: dict[str, Status]
    method: str
    args: Callable[[World], dict[str, Any]]
    data: dict[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        expected: dict[str, Status],
        *,
        method: str = "get",
        args: Callable[[World], dict[str, Any]] | None = None,
        data: dict[str, Any] | None = None,
        **others: Status,
    ) -> None:
        assert not (unknown := set(others) - set(ROLES)), unknown
        object.__setattr__(self, "expected", expected | others)
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "args", args or (lambda world: {}))
        object.__setattr__(self, "data", data or {})


ROWS: dict[str, Row] = {
    # Sign-in
    "sign_in": Row(statuses(302, 302, anonymous=200)),
    "sign_in_code": Row(statuses(302, 302, anonymous=302)),
    "sign_in_resend": Row(statuses(302, 302, anonymous=302), method="post"),
    "account_inactive": Row(PUBLIC),
    "account_login": Row(statuses(302, 302, anonymous=200)),
    "mfa_authenticate": Row(statuses(302, 302, anonymous=302)),
    "new_password": Row(PUBLIC),
    "second_factor": Row(statuses(403, 200)),
    "counter_today": Row(COUNTER, args=a_counter),
    "counter_day_close": Row(CLERK_WORK, method="post", args=a_counter),
    "counter_day_sheet": Row(CLERK, args=a_counter),
    "counter_cases": Row(CLERK, args=a_counter),
    "counter_case_new": Row(CLERK, args=a_counter),
    "counter_case": Row(COUNTER, args=a_case),
    "counter_case_print": Row(COUNTER, args=a_case),
    "counter_case_submit": Row(CLERK, method="post", anonymous=401, clerk=409, args=a_case),
    "counter_case_park": Row(CLERK_WORK, method="post", args=a_case, data={"until_on": "2099-01-05", "version": 0}),
    "counter_case_resume": Row(CLERK_WORK, method="post", args=a_case, data={"version": 0}),
    "counter_case_drop": Row(CLERK_WORK, method="post", args=a_case, data={"note": "不办了", "version": 0}),
    "counter_case_undo": Row(COUNTER, method="post", anonymous=401, clerk=422, reviewer=422, args=a_case),
    "counter_case_scan": Row(CLERK, args=a_scan),
    "counter_case_withdraw": Row(CLERK, method="post", anonymous=401, clerk=422, args=a_case),
    "counter_objections": Row(REVIEWER, args=a_counter),
    "counter_objection": Row(REVIEWER, args=an_objection),
    "counter_review": Row(REVIEWER, args=a_counter),
    "counter_check": Row(REVIEWER, args=a_waiting_case),
    "counter_check_back": Row(REVIEWER | {"anonymous": 401, "reviewer": 422}, method="post", args=a_waiting_case),
    "passkeys": Row(statuses(403, 200)),
    "lock_screen": Row(statuses(403, 302)),
    # The counter
    "counter": Row(COUNTER, args=a_counter),
    "counter_keys": Row(COUNTER, args=a_counter),
    "counter_find": Row(COUNTER, args=a_counter),
    "counter_lookups": Row(COUNTER, clerk=403, args=a_counter),
    "counter_lookups_grant": Row(COUNTER_WORK, method="post", clerk=403, args=a_counter),
    "counter_person": Row(COUNTER, reviewer=404, args=a_look_up),
    "counter_person_unmask": Row(COUNTER, method="post", anonymous=401, reviewer=404, args=a_look_up),
    "counter_person_objection": Row(COUNTER, reviewer=403, args=a_look_up),
    "counter_person_begin": Row(COUNTER_WORK, method="post", reviewer=403, args=a_look_up),
    "counter_queue": Row(COUNTER, args=a_counter),
    "counter_queue_waiting": Row(COUNTER, args=a_counter),
    "counter_queue_take": Row(COUNTER_WORK, method="post", args=a_counter),
    "counter_ticket": Row(COUNTER, args=a_ticket),
    "counter_window": Row(COUNTER_WORK, method="post", args=a_counter, data={"window": "1号窗口"}),
    "counter_call": Row(COUNTER_WORK, method="post", args=a_counter),
    "counter_call_again": Row(COUNTER_WORK, method="post", args=a_counter),
    "counter_close_ticket": Row(COUNTER_WORK, method="post", args=a_counter),
    "counter_displays": Row(PUBLIC),
    "counter_display": Row(PUBLIC, args=lambda world: {"code": office().code}),
    "account_logout": Row(statuses(200, 200, anonymous=302)),
    "socialaccount_login_cancelled": Row(PUBLIC),
    "openid_connect_login": Row(statuses(404, 404, anonymous=404), args=lambda world: {"provider_id": "portal"}),
    "openid_connect_callback": Row(statuses(404, 404, anonymous=404), args=lambda world: {"provider_id": "portal"}),
    "continue_form": Row(statuses(302, 302)),
    "drop_form": Row(statuses(302, 302, anonymous=401), method="post"),
    "outbox": Row(PUBLIC),
    # Identity and settings
    "identity": Row(statuses(302, 403, unproven=200)),
    "identity_record": Row(statuses(302, 403, unproven=200)),
    "identity_code": Row(statuses(302, 403, unproven=200, limited=200)),
    "identity_limited": Row(statuses(302, 403, limited=200)),
    "identity_phone": Row(statuses(302, 403)),
    "identity_phone_send": Row(statuses(302, 403, anonymous=401), method="post"),
    "identity_not_me": Row(CITIZEN),
    "identity_result": Row(PERSON),
    "settings": Row(CITIZEN),
    "trace": Row(PERSON),
    "objection": Row(PERSON, other=404, args=a_look_at),
    "settings_sign_out_others": Row(POSTED, method="post"),
    "settings_balance": Row(POSTED, method="post"),
    "settings_reminders": Row(statuses(302, 403, anonymous=401), method="post"),
    # Display
    "display": Row(PUBLIC),
    "stay": Row(statuses(204, 204, anonymous=401)),
    "components": Row(statuses(403, 200)),
    # Open to everybody
    "healthz": Row(PUBLIC),
    "metrics": Row(statuses(404, 404, anonymous=404)),
    "readyz": Row(statuses((200, 503), (200, 503), anonymous=(200, 503))),
    "home": Row(statuses((200, 302), (200, 302), anonymous=200)),
    "offices": Row(PUBLIC),
    "office_form": Row(PUBLIC),
    "no_phone": Row(PUBLIC),
    "help": Row(PUBLIC),
    "help_article": Row(PUBLIC, args=lambda world: {"name": handbook.articles()[0].name}),
    "feedback": Row(PUBLIC),
    "feedback_result": Row(statuses(302, 302)),
    "accessibility": Row(PUBLIC),
    "verify": Row(PUBLIC),
    # The citizen's account
    "account": Row(PERSON),
    "account_region": Row(POSTED, method="post", data={"region": ZHOUSHAN}),
    "entries": Row(PERSON),
    "entries_file": Row(PERSON),
    "entries_sheet": Row(PERSON),
    "entry": Row(PERSON, other=404, args=lambda world: {"entry_id": an_entry_of(world.citizen.person)}),
    "years": Row(PERSON),
    "statements": Row(PERSON),
    "statement": Row(PERSON, other=404, args=a_statement_of),
    "cases": Row(PERSON),
    "messages": Row(PERSON),
    "messages_read": Row(POSTED, method="post"),
    # Family sharing
    "family": Row(PERSON),
    "family_invite_relation": Row(PERSON),
    "family_invite_others": Row(PERSON),
    "family_invite_person": Row(ONWARD),
    "family_invite_terms": Row(ONWARD),
    "family_invite_check": Row(ONWARD),
    "family_invite_discard": Row(POSTED, method="post"),
    "family_invitation": Row(PERSON, other=404, args=sent_by),
    "family_invite_sent": Row(PERSON, other=404, args=sent_by),
    "family_invitation_sheet": Row(PERSON, other=404, args=sent_by),
    "family_resend": Row(POSTED, method="post", other=404, args=sent_by),
    "family_withdraw": Row(POSTED, method="post", other=404, args=sent_by),
    "family_answer": Row(PERSON, other=404, args=sent_to),
    "family_refuse": Row(PERSON, other=404, args=sent_to),
    "family_report_unknown_sender": Row(PERSON, other=404, args=sent_to),
    "family_accept_on_device": Row(PERSON, other=404, args=sent_by),
    "family_accept_on_device_code": Row(POSTED, method="post", other=404, args=sent_by),
    "family_child": Row(PERSON),
    "family_child_answer": Row(PERSON, args=sent_by),  # says nothing before the child is named
    "family_landed": Row(ONWARD),
    "family_land": Row(statuses(302, 302), args=lambda world: {"token": "not-a-secret"}),
    "family_member": Row(PERSON, other=404, args=given_by),
    "family_limit": Row(PERSON, other=404, args=given_by),
    "family_end_day": Row(PERSON, other=404, args=given_by),
    "family_suspend": Row(POSTED, method="post", other=404, args=given_by),
    "family_resume": Row(POSTED, method="post", citizen=409, other=404, args=given_by),  # it was not suspended
    "family_remove": Row(PERSON, other=404, args=given_by),
    "family_transfer": Row(PERSON, citizen=404, other=404),  # 舟山 has no 共济账户
    "family_transfer_left": Row(PERSON, citizen=404, other=404),
    "family_transfer_check": Row(PERSON, citizen=404, other=404),
    "family_close": Row(PERSON),
    "family_from_others": Row(PERSON),
    "family_move": Row(POSTED, method="post", citizen=404, other=404),  # nobody's place was named
    "family_preview": Row(PERSON),
    "family_payer": Row(PERSON, other=404, args=received_by),
    "family_leave": Row(PERSON, other=404, args=received_by),
    "family_usage": Row(PERSON),
    "family_usage_file": Row(PERSON),
    "family_usage_others": Row(PERSON),
    "family_usage_others_file": Row(PERSON),
    "family_result": Row(PERSON, other=404, args=an_event_of),
    "family_undo": Row(POSTED, method="post", other=404, args=an_event_of),
    "premium": Row(PERSON, limited=200),
    "premium_check": Row(ONWARD),
    "premium_done": Row(ONWARD),
    "premium_history": Row(PERSON),
    "premium_order": Row(PERSON, other=404, args=an_order_of),
    "premium_receipt": Row(PERSON, other=404, args=an_order_of),
    "premium_undo": Row(POSTED, method="post", other=404, args=an_order_of),
    "premium_refund": Row(PERSON, other=404, args=an_order_of),
    "premium_claim": Row(PERSON),
    "premium_claim_check": Row(ONWARD),
    "premium_claim_result": Row(PERSON, other=404, args=a_claim_of),
    # Administration
    "admin:login": Row(statuses(403, 403, anonymous=302, reviewer=302, policy=302, approver=302, superuser=302)),
    "admin:accounts_approval_changelist": Row(BACK_OFFICE),
    "admin:accounts_approval_change": Row(BACK_OFFICE, args=lambda world: {"object_id": a_proposal(world)["pk"]}),
    "admin:accounts_approval_approve": Row(CHECKED, method="post", args=a_proposal),
    "admin:accounts_approval_reject": Row(CHECKED, method="post", args=a_proposal),
    "admin:accounts_approval_withdraw": Row(OWN_PROPOSAL, method="post", args=a_proposal),
    "admin:accounts_policyversion_submit": Row(CHECKED, args=a_draft, policy=200, approver=403),
    "admin:accounts_region_facts": Row(BACK_OFFICE, args=lambda world: {"code": "330900", "name": "never_paid"}),
    "admin:accounts_import_changelist": Row(HELD),
    "admin:accounts_import_change": Row(HELD, args=lambda world: {"object_id": an_import(world)["pk"]}),
    "admin:accounts_import_add": Row(HELD | {"approver": 403}),
    "admin:accounts_import_withdraw": Row(HELD_WORK, method="post", args=an_import),
    "admin:accounts_import_submit": Row(HELD | {"approver": 403}, args=an_import),
    "admin:accounts_heldrow_changelist": Row(HELD),
    "admin:accounts_heldrow_change": Row(HELD, args=lambda world: {"object_id": a_held_row(world)["pk"]}),
    "admin:accounts_heldrow_mend": Row(HELD_WORK, method="post", args=a_held_row),
    "admin:accounts_heldrow_confirm": Row(HELD_WORK, method="post", args=a_held_row),
    "admin:accounts_heldrow_drop": Row(HELD_WORK, method="post", args=a_held_row),
    "admin:accounts_heldrow_submit": Row(HELD_WORK | {"reviewer": 404}),
    "admin:accounts_user_changelist": Row(STAFF_ACCOUNTS),
    "admin:accounts_user_change": Row(STAFF_ACCOUNTS, args=lambda world: {"object_id": world.clerk.pk}),
    "admin:accounts_user_add": Row(STAFF_ACCOUNTS | {"reviewer": 403, "approver": 403}),
    "admin:accounts_user_propose": Row(STAFF_ACCOUNTS | {"reviewer": 403, "approver": 403}, args=the_clerk),
    "admin:accounts_user_take": Row(
        STAFF_ACCOUNTS | {"reviewer": 403, "approver": 403},
        args=lambda world: the_clerk(world) | {"what": "password"},
    ),
    "admin:accounts_user_code": Row(STAFF_ACCOUNTS | {"anonymous": (302, 401)}, method="post", args=the_clerk),
    "admin:view_on_site": Row(ADMIN, args=lambda world: {"content_type_id": 0, "object_id": 1}),
    "admin:*": Row(ADMIN),
}
