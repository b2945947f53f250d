"""What cases that are life events have in common: the paper that proves them, and a rehearsal of what they would do."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from accounts.codes import CaseKind, PaperKind, ProofKind
from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations import approvals
from accounts.operations.cases.handlers import Assessment, NeededPaper, Signed, Words
from accounts.operations.life_events.events import Paper

# How what two people sign calls somebody: by a number that nobody at a counter knows. The page shows who it is.
_INNER = re.compile(r"参保人 \d+ 在")
_NOT_SEEN = "还没有收到"
_WHERE = {
    ProofKind.DEATH_CERTIFICATE: "医院；在家去世的，社区卫生服务中心",
    ProofKind.CANCELLED_HOUSEHOLD: "户籍地派出所",
    ProofKind.NOTARISED: "公证处",
    ProofKind.HEIRS_STATEMENT: "窗口有空白的，由继承人当面签",
    ProofKind.TRANSFER_LETTER: "转入地的医保经办机构",
    ProofKind.APPLICATION: "窗口有空白的，由本人当面签",
    ProofKind.COURT: "法院，由法院送达或执行人员带来",
    ProofKind.POLICE: "公安机关，由办案人员带来",
    ProofKind.RESOLUTION: "经办机构内部",
}
# Whoever lives gets it themselves; officers bring it only where they have something done.
_WHERE_FOR = {(CaseKind.ALIVE, ProofKind.POLICE): "户籍地派出所"}


def who_came(case: Case) -> Words:
    """Say who came where the person of the case did not, in full; nothing where that was not written down."""
    came = case.private_answers
    return [("来人", f"{came['came_name']}，{came['came_certno']}，{came['came_as']}")] if came.get("came_name") else []


def proof_of(case: Case, proofs: Sequence[ProofKind]) -> ProofKind:
    """Return which of these papers the case goes by: the one that was chosen, else the first."""
    chosen = case.asked.get("proof")
    return ProofKind(chosen) if chosen in proofs else proofs[0]


def needed(case: Case, proofs: Sequence[ProofKind]) -> NeededPaper:
    """Return the paper that has to be seen, and which others would do."""
    proof = proof_of(case, proofs)
    others = "、".join(other.label for other in proofs if other != proof)
    note = f"原件；没有的，{others}也可以" if others else "原件"
    where = _WHERE_FOR.get((CaseKind(case.kind), proof), _WHERE[proof])
    return NeededPaper(proof, proof.label, note, where, numbered=True, kind=PaperKind.PROOF)


def paper_of(case: Case, proofs: Sequence[ProofKind]) -> Paper:
    """Return the paper with its number. While it was not seen it has none, and the case cannot be submitted.

    Raises LifeEventError for a number that is none.
    """
    proof = proof_of(case, proofs)
    numbers = {paper["code"]: paper.get("number", "") for paper in case.papers}
    return Paper.read(proof, numbers.get(proof, _NOT_SEEN))


def refusal(deed: Callable[[], Any]) -> str:
    """Return why a deed would be refused now; "" where it would be done. Nothing of it stays."""
    try:
        with transaction.atomic():
            deed()
            transaction.set_rollback(True)
    except AccountsError as error:
        return error.message
    return ""


def rehearsed(
    act: Act, case: Case, signed: Callable[[Case], Signed], papers: tuple[NeededPaper, ...], title: Words
) -> Assessment:
    """Return what two people would sign, in its own words after `title`; or why it cannot be."""
    try:
        how = signed(case)
        words = approvals.preview(act=act, kind=how.kind, subject=how.subject, asked=how.asked)
    except AccountsError as error:
        return Assessment(stops=(error.message,), papers=papers)
    return Assessment(
        content={"kind": how.kind, "subject": how.subject, "asked": dict(how.asked)},
        words=[*title, *((label, _INNER.sub("", text)) for label, text in words[1:])],
        papers=papers,
    )
