"""政策的影响: what a rule would change of what is posted already, computed and shown before two people sign it.

It is computed on request, not at every look, and kept on the draft: a city takes minutes. The digest of the approval covers
it as it was shown. People keep changing while two people read, and that alone does not void what they sign: the effect
says of which day it is. It no longer holds when the values or the neighbouring versions are others than it was computed
for, and after HOLDS; a year that was closed since moves the approval as well.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from accounts.codes import PolicyState
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.jobs.policy_effect import YearEffect, changes_what_is_posted, effect_of
from accounts.models import PolicyVersion
from accounts.policies.publishing import locked_draft
from yibao.lib.fen import grouped

TASK = "accounts.tasks.compute_policy_effect"
HOLDS = timedelta(days=7)


class NoEffectError(AccountsError):
    """What the draft would change is not known, or no longer."""


def compute(
    *, act: Act, draft_id: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[YearEffect]:
    """Compute what a draft would change of what is posted, as of the day of the act, and keep it on the draft.

    Raises CannotPublishError for what is no draft, NoEffectError when it was changed meanwhile, CannotRunError as
    `effect_of`.
    """
    with transaction.atomic():
        draft = locked_draft(draft_id)
    years = effect_of([draft], act.on, progress)
    with transaction.atomic():
        now = locked_draft(draft_id)
        if _basis(now) != _basis(draft):
            raise NoEffectError("计算的时候草稿改过了，请再算一次")
        now.effect = {"on": act.on.isoformat(), "of": _basis(now), "years": [year._asdict() for year in years]}
        now.save(update_fields=["effect"])
        audit.record(act=act, verb="policy.effect", detail={"region": now.region_id, "draft": now.pk})
    return years


def shown_effect(draft: PolicyVersion, on: date) -> dict[str, Any] | None:
    """Return what is to be shown of a draft's effect: the day it is of, and its years. None: nothing posted is concerned.

    Raises NoEffectError where it has to be computed first.
    """
    if not changes_what_is_posted(draft):
        return None
    effect = draft.effect
    how = f"在草稿页点“计算影响”，或运行 manage.py policy_effect {draft.pk}"
    if effect is None:
        raise NoEffectError(f"这一版会改动已经记的账，先算出影响多少人、多少钱再提交：{how}")
    if effect["of"] != _basis(draft) or on - date.fromisoformat(effect["on"]) > HOLDS:
        raise NoEffectError(f"{effect['on']} 算的影响不能用了（内容改过，或超过{HOLDS.days}天），请再算一次：{how}")
    return {"on": effect["on"], "years": effect["years"]}


def in_words(effect: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (label, words) of a shown effect, year by year."""
    label = f"影响（按 {effect['on']} 的资料）"
    years = [YearEffect(**year) for year in effect["years"]]
    if not years:
        yield label, "没有人已经记的账会变"
    for year in years:
        yield label, year_in_words(year)
    if any(year.closed for year in years):
        yield label, "结了账的年度计息的，利息的差额随更正一起记，不在上面的数里"


def year_in_words(year: YearEffect) -> str:
    parts = [
        f"{verb} {people} 人，共 {grouped(fen)} 元"
        for verb, people, fen in (("补记", year.more, year.more_fen), ("收回", year.less, year.less_fen))
        if people
    ]
    closed = "（已结账，差额记在还没结账的年度）" if year.closed else ""
    return f"{year.year}年度{closed}：{'；'.join(parts)}"


def neighbours(draft: PolicyVersion) -> tuple[PolicyVersion | None, PolicyVersion | None]:
    """Return the published versions before and after a draft, of its region and kind."""
    published = PolicyVersion.objects.filter(region=draft.region_id, kind=draft.kind, state=PolicyState.PUBLISHED)
    return (
        published.filter(effective_from__lt=draft.effective_from).order_by("-effective_from").first(),
        published.filter(effective_from__gt=draft.effective_from).order_by("effective_from").first(),
    )


def _basis(draft: PolicyVersion) -> dict[str, Any]:
    before, after = neighbours(draft)
    return {
        "terms": draft.terms,
        "from": draft.effective_from.isoformat(),
        "after": before.pk if before else None,
        "before": after.pk if after else None,
    }
