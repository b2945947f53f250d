"""Who may open what: one row per address and, in it, one expected status per role.

An address without a row fails the suite (tests/accounts/test_permissions_matrix.py). To add one:

    "family_member": Row(PERSON, other=404, args=lambda world: {"pk": a_member_of(world.citizen.person).pk}),
    "family_remove": Row(PERSON, method="post", citizen=302, other=404, args=…),
    "counter_find": Row(COUNTER),

The key is the name of the address with its namespace. `args` makes what the address names; whatever belongs to
somebody belongs to world.citizen, and `other` is another proven citizen who must not get at it. Several acceptable
statuses are written as a tuple. Keys ending in * are for namespaces; an exact row wins.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from accounts import help as handbook
from accounts.codes import CaseKind, PolicyState
from accounts.identity import audit
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Approval, Case, HeldRow, Import, Person, PolicyVersion, User
from accounts.operations.annual_statement import issue_statement
from accounts.operations.approvals import submit
from accounts.operations.cases.desk import open_case
from accounts.operations.policies import PUBLISH
from accounts.policies.publishing import read_draft, save_draft
from accounts.queries.account import account_in, accounts_of
from family.codes import InvitationState
from family.models import Invitation
from family.operations.bonds import set_limit
from payments.premiums.codes import ClaimState, OrderState
from tests.factories.acts import act_at
from tests.factories.counter import insured_here, office
from tests.factories.family import bond
from tests.factories.people import PersonFactory
from tests.factories.premiums import claim, order
from tests.personas import ZHOUSHAN, give
from yibao.lib import clock

ROLES = ("anonymous", "unproven", "limited", "citizen", "other", "clerk", "reviewer", "policy", "approver", "superuser")
Status = int | tuple[int, ...]


@dataclass(frozen=True)
class World:
    """One user of each role; citizen and other are tied to different people."""

    users: dict[str, User | None]

    def __getattr__(self, role: str) -> Any:
        return self.users[role]


def statuses(citizens: Status, staff: Status, **others: Status) -> dict[str, Status]:
    """Return a status for every role: one for all citizens, one for all staff, and those named otherwise."""
    of = dict.fromkeys(ROLES[1:5], citizens) | dict.fromkeys(ROLES[5:], staff) | {"anonymous": 302}
    return of | others


def an_entry_of(person: Person) -> int:
    """Return the id of an entry in this person's account."""
    voucher = give(person, 100_00, on=date(2025, 6, 1), key=f"matrix {person.pk}")
    return voucher.transfers.get().pk


def a_statement_of(world: "World") -> dict[str, int]:
    """Return a statement that the citizen was given."""
    an_entry_of(world.citizen.person)
    act = act_at(clock.now())
    account = account_in(accounts_of(world.citizen.person), ZHOUSHAN, act.on)
    return {"statement_id": issue_statement(act=act, account=account, year=2025).pk}


def an_invitation(payer: Person, user: Person) -> str:
    """Return the number of an open invitation from one person to another."""
    now = clock.now()
    invitation = Invitation.objects.create(
        number=f"GJ2026-0310-{secrets.token_hex(3)[:5].upper()}",
        payer=payer,
        region=ZHOUSHAN,
        relation="7",
        scopes=["medical"],
        invitee_name=user.name,
        invitee_certno=str(user.certno),
        state=InvitationState.SENT,
        drafted_at=now,
        sent_at=now,
        expires_at=now + timedelta(days=7),
    )
    return str(invitation.number)


def sent_by(world: "World") -> dict[str, str]:
    """Return the number of an invitation that the citizen has sent."""
    return {"number": an_invitation(world.citizen.person, PersonFactory())}


def sent_to(world: "World") -> dict[str, str]:
    """Return the number of an invitation that waits for the citizen."""
    return {"number": an_invitation(PersonFactory(), world.citizen.person)}


def given_by(world: "World") -> dict[str, int]:
    """Return a bond: somebody may use the citizen's money."""
    return {"bond_id": bond(world.citizen.person, PersonFactory(), ZHOUSHAN).pk}


def received_by(world: "World") -> dict[str, int]:
    """Return a bond: the citizen may use somebody's money."""
    return {"bond_id": bond(PersonFactory(), world.citizen.person, ZHOUSHAN).pk}


def an_event_of(world: "World") -> dict[str, int]:
    """Return something the citizen has just done and may still take back."""
    now, citizen = clock.now(), world.citizen.person
    given = bond(citizen, PersonFactory(), ZHOUSHAN)
    event = set_limit(act=act_at(now), payer=citizen, bond_id=given.pk, limit_fen=100_00)
    return {"event_id": event.pk}


def an_order_of(world: "World") -> dict[str, str]:
    """Return a premium that the citizen has just paid and may still take back."""
    return {"no": order(world.citizen.person, PersonFactory(), OrderState.DEBITED, clock.now()).no}


def a_claim_of(world: "World") -> dict[str, str]:
    """Return what the citizen claims of a premium paid in cash."""
    return {"no": claim(world.citizen.person, PersonFactory(), ClaimState.WAITING, clock.now()).no}


def a_look_at(world: "World") -> dict[str, int]:
    """Return that somebody at a counter looked at the citizen."""
    return {"event_id": audit.record(act=act_at(clock.now()), verb=audit.LOOKED_UP, subject=world.citizen.person).pk}


def a_draft(world: "World") -> dict[str, int]:
    """Return a draft that the policy staff has written."""
    draft = PolicyVersion.objects.filter(state=PolicyState.DRAFT).first()
    if draft is None:
        rules = (
            "effective_from = { value = 2031-01-01, assumed = true }\npays_interest = { value = false, assumed = true }"
        )
        version = read_draft(ZHOUSHAN, "interest", rules)
        draft = save_draft(act=Act(actor_of(world.policy), clock.now()), draft=PolicyVersion(), version=version)
    return {"pk": draft.pk}


def a_proposal(world: "World") -> dict[str, int]:
    """Return what the policy staff has handed over to be published."""
    subject = f"policy:{a_draft(world)['pk']}"
    approval = Approval.objects.filter(subject=subject).first()
    if approval is None:
        act = Act(actor_of(world.policy), clock.now())
        approval = submit(act=act, kind=PUBLISH, subject=subject, reason="试验")
    return {"pk": approval.pk}


def an_import(world: "World") -> dict[str, int]:
    """Return a roster that came in."""
    by = {"rows": 1, "actor": "system:test"}
    return {"pk": Import.objects.get_or_create(kind="roster", digest="0" * 64, defaults=by)[0].pk}


def a_held_row(world: "World") -> dict[str, int]:
    """Return a row that an import laid aside."""
    source, now = an_import(world)["pk"], clock.now()
    row = HeldRow.objects.create(kind="roster", source_id=source, row=2, cells="{}", reason_code="unreadable", at=now)
    return {"pk": row.pk}


def the_clerk(world: "World") -> dict[str, int]:
    """Return an account of the staff."""
    return {"pk": world.clerk.pk}


def a_counter(world: "World") -> dict[str, str]:
    """Put the office of clerk and reviewer on file."""
    office()
    return {}


def a_case(world: "World") -> dict[str, str]:
    """Return a case that the clerk has begun."""
    office()
    act = Act(actor_of(world.clerk), clock.now())
    case = open_case(act=act, kind=CaseKind.IDENTITY_CODE, subject=insured_here(), region=ZHOUSHAN)
    return {"number": case.number}


def a_waiting_case(world: "World") -> dict[str, str]:
    """Return a case that waits for a reviewer of the region."""
    number = a_case(world)["number"]
    approval = Approval.objects.create(
        kind="case",
        subject=f"case:{number}",
        content={"case": number},
        words=[["业务", number]],
        digest="0" * 64,
        reason="窗口业务",
        maker=world.clerk,
        maker_identity=b"clerk",
        made_at=clock.now(),
    )
    row = Case.objects.get(number=number)
    row.state, row.approval, row.submitted_by, row.submitted_at = "waiting", approval, world.clerk, clock.now()
    row.holder = None
    row.save()
    return {"number": number}


PUBLIC = statuses(200, 200, anonymous=200)
SIGNED_IN = statuses(200, 200)
CITIZEN = statuses(200, 403)
PERSON = statuses(200, 403, unproven=302, limited=302)
POSTED = statuses(302, 403, anonymous=401)
ONWARD = statuses(302, 403)
CLERK = statuses(403, 403, clerk=200)
CLERK_WORK = statuses(403, 403, anonymous=401, clerk=302)
COUNTER = statuses(403, 403, clerk=200, reviewer=200)
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
    "counter_cases": Row(CLERK, args=a_counter),
    "counter_case_new": Row(CLERK, args=a_counter),
    "counter_case": Row(COUNTER, args=a_case),
    "counter_case_submit": Row(CLERK, method="post", anonymous=401, clerk=409, args=a_case),
    "counter_case_park": Row(CLERK_WORK, method="post", args=a_case, data={"until_on": "2099-01-05", "version": 0}),
    "counter_case_resume": Row(CLERK_WORK, method="post", args=a_case),
    "counter_case_drop": Row(CLERK_WORK, method="post", args=a_case, data={"note": "不办了", "version": 0}),
    "counter_case_undo": Row(COUNTER, method="post", anonymous=401, clerk=422, reviewer=422, args=a_case),
    "counter_review": Row(REVIEWER, args=a_counter),
    "counter_check": Row(REVIEWER, args=a_waiting_case),
    "counter_check_back": Row(REVIEWER | {"anonymous": 401, "reviewer": 422}, method="post", args=a_waiting_case),
    "counter": Row(statuses(403, 403, clerk=200)),
    "lock_screen": Row(statuses(403, 302)),
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
    "premium": Row(PERSON),
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
