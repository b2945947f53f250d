"""What the addresses of tests/permissions.py name: one user of each role, and what belongs to whom."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from accounts.codes import CaseKind, PolicyState
from accounts.identity import audit
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.identity.staff import register_certno
from accounts.models import Approval, Case, HeldRow, Import, Person, PolicyVersion, User
from accounts.operations.annual_statement import issue_statement
from accounts.operations.approvals import submit
from accounts.operations.cases.desk import open_case
from accounts.operations.cases.scans import save_seen
from accounts.operations.objections import object_to
from accounts.operations.policies import PUBLISH
from accounts.operations.queue import take_ticket
from accounts.policies.publishing import read_draft, save_draft
from accounts.queries.account import account_in, accounts_of
from family.codes import InvitationState
from family.models import Invitation
from family.operations.bonds import set_limit
from payments.premiums.codes import ClaimState, OrderState
from tests.factories.acts import act_at
from tests.factories.counter import insured_here, looked_up, office
from tests.factories.family import bond
from tests.factories.people import PersonFactory, certno
from tests.factories.pictures import jpeg
from tests.factories.premiums import claim, order
from tests.personas import ZHOUSHAN, give
from yibao.lib import clock


@dataclass(frozen=True)
class World:
    """One user of each role; citizen and other are tied to different people."""

    users: dict[str, User | None]

    def __getattr__(self, role: str) -> Any:
        return self.users[role]


def an_entry_of(person: Person) -> int:
    """Return the id of an entry in this person's account."""
    voucher = give(person, 100_00, on=date(2025, 6, 1), key=f"matrix {person.pk}")
    return voucher.transfers.get().pk


def a_statement_of(world: World) -> dict[str, int]:
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


def sent_by(world: World) -> dict[str, str]:
    """Return the number of an invitation that the citizen has sent."""
    return {"number": an_invitation(world.citizen.person, PersonFactory())}


def sent_to(world: World) -> dict[str, str]:
    """Return the number of an invitation that waits for the citizen."""
    return {"number": an_invitation(PersonFactory(), world.citizen.person)}


def given_by(world: World) -> dict[str, int]:
    """Return a bond: somebody may use the citizen's money."""
    return {"bond_id": bond(world.citizen.person, PersonFactory(), ZHOUSHAN).pk}


def received_by(world: World) -> dict[str, int]:
    """Return a bond: the citizen may use somebody's money."""
    return {"bond_id": bond(PersonFactory(), world.citizen.person, ZHOUSHAN).pk}


def an_event_of(world: World) -> dict[str, int]:
    """Return something the citizen has just done and may still take back."""
    now, citizen = clock.now(), world.citizen.person
    given = bond(citizen, PersonFactory(), ZHOUSHAN)
    event = set_limit(act=act_at(now), payer=citizen, bond_id=given.pk, limit_fen=100_00)
    return {"event_id": event.pk}


def an_order_of(world: World) -> dict[str, str]:
    """Return a premium that the citizen has just paid and may still take back."""
    return {"no": order(world.citizen.person, PersonFactory(), OrderState.DEBITED, clock.now()).no}


def a_claim_of(world: World) -> dict[str, str]:
    """Return what the citizen claims of a premium paid in cash."""
    return {"no": claim(world.citizen.person, PersonFactory(), ClaimState.WAITING, clock.now()).no}


def a_look_at(world: World) -> dict[str, int]:
    """Return that somebody at a counter looked at the citizen."""
    return {"event_id": audit.record(act=act_at(clock.now()), verb=audit.LOOKED_UP, subject=world.citizen.person).pk}


def a_draft(world: World) -> dict[str, int]:
    """Return a draft that the policy staff has written."""
    draft = PolicyVersion.objects.filter(state=PolicyState.DRAFT).first()
    if draft is None:
        rules = (
            "effective_from = { value = 2031-01-01, assumed = true }\npays_interest = { value = false, assumed = true }"
        )
        version = read_draft(ZHOUSHAN, "interest", rules)
        draft = save_draft(act=Act(actor_of(world.policy), clock.now()), draft=PolicyVersion(), version=version)
    return {"pk": draft.pk}


def a_proposal(world: World) -> dict[str, int]:
    """Return what the policy staff has handed over to be published."""
    subject = f"policy:{a_draft(world)['pk']}"
    approval = Approval.objects.filter(subject=subject).first()
    if approval is None:
        act = Act(actor_of(world.policy), clock.now())
        approval = submit(act=act, kind=PUBLISH, subject=subject, reason="试验")
    return {"pk": approval.pk}


def an_import(world: World) -> dict[str, int]:
    """Return a roster that came in."""
    by = {"rows": 1, "actor": "system:test"}
    return {"pk": Import.objects.get_or_create(kind="roster", digest="0" * 64, defaults=by)[0].pk}


def a_held_row(world: World) -> dict[str, int]:
    """Return a row that an import laid aside."""
    source, now = an_import(world)["pk"], clock.now()
    row = HeldRow.objects.create(kind="roster", source_id=source, row=2, cells="{}", reason_code="unreadable", at=now)
    return {"pk": row.pk}


def the_clerk(world: World) -> dict[str, int]:
    """Return an account of the staff."""
    return {"pk": world.clerk.pk}


def a_counter(world: World) -> dict[str, str]:
    """Put the office of clerk and reviewer on file."""
    office()
    return {}


def a_case(world: World) -> dict[str, str]:
    """Return a case that the clerk has begun."""
    office()
    act = Act(actor_of(world.clerk), clock.now())
    case = open_case(act=act, kind=CaseKind.IDENTITY_CODE, subject=insured_here(), region=ZHOUSHAN)
    return {"number": case.number}


def a_scan(world: World) -> dict[str, str | int]:
    """Return a picture of a paper in a case that the clerk has begun."""
    number = a_case(world)["number"]
    act = Act(actor_of(world.clerk), clock.now())
    case = save_seen(act=act, number=number, version=0, added={"own_card": [jpeg()]}, removed=[])
    return {"number": number, "scan_id": case.scans.get().pk}


def a_look_up(world: World) -> dict[str, UUID]:
    """Return the token of somebody whom the clerk has looked up."""
    office()
    return {"token": looked_up(world.clerk, insured_here()).token}


def a_ticket(world: World) -> dict[str, int]:
    """Return a number that was taken at the office."""
    office()
    return {"pk": take_ticket(act=Act(actor_of(world.clerk), clock.now())).pk}


def a_waiting_case(world: World) -> dict[str, str]:
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


def an_objection(world: World) -> dict[str, str]:
    """Return what the citizen objected to in the region of the office."""
    office()
    register_certno(act=act_at(clock.now()), username=world.reviewer.username, certno=certno(800_001))
    event_id = a_look_at(world)["event_id"]
    return {"number": object_to(act=act_at(clock.now()), person=world.citizen.person, event_id=event_id).number}
