"""Why an amount is what it is: the formula in words, its numbers, the rule and its document, and the run.

Nothing is remembered here: the facts on the transfer go through the same formula that credited it, and the result
must be the amount in the books (`differences` finds any that is not).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import connection

from accounts.codes import CREDIT_KINDS, VoucherKind
from accounts.models import PolicyVersion, Transfer, Voucher
from accounts.policies import formulas, registry
from accounts.policies.formulas import InterestFacts, MonthFacts, Origin, YearFacts
from accounts.policies.sources import assumed_keys, document_text, documents_of, joined
from accounts.policies.terms import CreditTerms, InterestTerms
from accounts.queries.corrections import correction_words
from accounts.queries.statement import corrects_closed_year
from yibao.lib.days import day_words
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one transfer: words, the inputs in yuan and percent, and the rules with their documents.

    `assumed` names the inputs that no document gives; `policies` are the versions it was worked out by, in order.
    """

    words: str
    inputs: dict[str, object] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    policies: tuple[PolicyVersion, ...] = ()

    @property
    def source(self) -> str:
        """The documents of all the rules, once each; "" where no rule was asked."""
        return joined(name for policy in self.policies for name in documents_of(policy)) if self.policies else ""

    @property
    def policy(self) -> PolicyVersion | None:
        """The version that the last month was worked out by."""
        return self.policies[-1] if self.policies else None


def why(transfer: Transfer, settled: str = "") -> Why:
    """Explain a transfer; `transfer.voucher` should be loaded with it.

    `settled`: how the sum it is a part of was settled (queries.settlements), said instead of where it went.
    """
    voucher = transfer.voucher
    if voucher.kind in CREDIT_KINDS and transfer.facts is not None and voucher.policy_id is not None:
        return _computed(transfer, voucher, settled)
    return Why(_told(transfer, voucher))


def _computed(transfer: Transfer, voucher: Voucher, settled: str) -> Why:
    assert voucher.policy_id is not None
    assert transfer.facts is not None
    facts = formulas.unpack(transfer.facts)
    if isinstance(facts, InterestFacts):
        of_interest = registry.version(voucher.policy_id, InterestTerms)
        told = formulas.explain_interest(facts, of_interest.terms)
        closed = "" if facts.credited_before is None else f"{Period.parse(voucher.period).year}年度利息更正："
        return Why(closed + told.words, dict(told.inputs), policies=(of_interest.policy,))
    version = registry.version(voucher.policy_id, CreditTerms)
    if isinstance(facts, MonthFacts):
        told = formulas.explain_month(facts, version.terms, settled, origin=origin_of(str(version.id)))
    elif facts.credited_before is not None:
        told = formulas.explain_trueup(
            facts.spans, facts.credited_before, registry.credit_of, settled, origin_of=origin_of
        )
    else:
        told = formulas.explain_year(facts.spans, registry.credit_of, settled, origin_of=origin_of)
    spans = facts.spans if isinstance(facts, YearFacts) else ()
    versions = dict.fromkeys(int(span.version) for span in spans) or [version.id]
    policies = tuple(registry.version(number, CreditTerms).policy for number in versions)
    words = _of_closed_year(voucher, version.terms) + correction_words(transfer, version.terms) + told.words
    return Why(words, dict(told.inputs), told.assumed, policies)


def origin_of(version: str) -> Origin:
    """Return where the numbers of a version come from, as an explanation says it."""
    policy = registry.version(int(version), CreditTerms).policy
    documents = {key: document_text(entry) for key, entry in policy.sources.items() if "source" in entry}
    return Origin(f"{day_words(policy.effective_from)}起的规定", documents, frozenset(assumed_keys(policy)))


def _of_closed_year(voucher: Voucher, terms: CreditTerms) -> str:
    if not corrects_closed_year(voucher, terms):
        return ""
    return f"{Period.parse(voucher.period).year}年度更正：那一年已经结账，差额记在今年。"


@lru_cache(maxsize=100_000)
def _formula_fen(facts_text: str, policy_id: int) -> int:
    """Return what the formula gives for stored facts: fen credited, negative when recovered."""
    facts = formulas.unpack(facts_text)
    if isinstance(facts, MonthFacts):
        return formulas.monthly_credit(facts, registry.credit_of(policy_id)).amount_fen
    if isinstance(facts, InterestFacts):
        terms = registry.version(policy_id, InterestTerms).terms
        return formulas.interest(facts, terms).amount_fen - (facts.credited_before or 0)
    return formulas.year_credit(facts.spans, registry.credit_of).amount_fen - (facts.credited_before or 0)


def _told(transfer: Transfer, voucher: Voucher) -> str:
    if voucher.kind == VoucherKind.ROLLOVER:
        return f"{voucher.period} 年度结束，当年账户没有用完的钱全部转入历年结余，一分不少。"
    if voucher.kind == VoucherKind.OPENING:
        return (
            f"本系统上线前，账户在原系统里。这是截至 {voucher.occurred_on} 的余额，原样转入；以前的明细请向原系统查询。"
        )
    if voucher.kind == VoucherKind.REVERSAL:
        return "以前的一笔撤回了、退费了，或者记错了，这里原样退回。"
    return voucher.reason or voucher.get_kind_display()


def differences() -> Iterator[dict[str, object]]:
    """Yield computed credits whose formula, given the stored facts again, does not give what was posted.

    A credit that paid back a debt first, or a recovery from several pots, is one formula and several transfers.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT v.id, coalesce(d.person_id, s.person_id), v.policy_id, t.facts::text,
                   sum(CASE WHEN d.person_id IS NULL THEN -t.amount_fen ELSE t.amount_fen END)
            FROM accounts_transfer t
            JOIN accounts_voucher v ON v.id = t.voucher_id AND v.kind = ANY(%s) AND v.policy_id IS NOT NULL
            JOIN accounts_pot s ON s.id = t.source_id
            JOIN accounts_pot d ON d.id = t.target_id
            GROUP BY 1, 2, 3, 4
            """,
            [list(CREDIT_KINDS)],
        )
        for voucher, person, policy, facts, posted in cursor:
            expected = _formula_fen(facts, policy)
            if expected != posted:
                yield {"voucher": voucher, "person": person, "posted_fen": int(posted), "formula_fen": expected}
