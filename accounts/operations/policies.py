"""发布政策版本: a draft becomes law when a second person approves exactly what it says."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from accounts.codes import PolicyKind, Role
from accounts.identity.actors import Act, Actor
from accounts.ledger.book_years import closed_since
from accounts.models import Approval, PolicyVersion, Region, User
from accounts.operations import policy_effect
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.approvals import ApprovalError
from accounts.operations.policy_effect import NoEffectError
from accounts.policies.publishing import CannotPublishError, locked_draft, publish
from accounts.policies.reading import origin_in_words, values_in_words

PUBLISH = "policy.publish"
_PREFIX = "policy:"


def subject_of(draft: PolicyVersion) -> str:
    """Return what an approval calls this draft."""
    return f"{_PREFIX}{draft.pk}"


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    try:
        draft = locked_draft(int(subject.removeprefix(_PREFIX)))
        effect = policy_effect.shown_effect(draft, on)
    except (CannotPublishError, NoEffectError) as error:
        raise ApprovalError(error.message) from None
    before, after = policy_effect.neighbours(draft)
    return {
        "version": draft.pk,
        "region": draft.region_id,
        "kind": draft.kind,
        "effective_from": draft.effective_from.isoformat(),
        "terms": draft.terms,
        "sources": draft.sources,
        "note": draft.note,
        "editors": draft.editors,
        "replaces": before.pk if before else None,
        "until": after.effective_from.isoformat() if after else None,
        "in_the_past": draft.effective_from < on,
        "closed_years": closed_since(draft.region_id, draft.effective_from),
        "effect": effect,
    }


def _describe(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    region, kind, start = content["region"], content["kind"], content["effective_from"]
    yield "政策版本", f"{Region.objects.get(pk=region).name} {PolicyKind(kind).label} {start}起"
    if content["in_the_past"]:
        again = "：已经记的账要按它重新算" if kind == PolicyKind.CREDIT else "：已经记的账不重新算"
        yield "注意", f"从过去的日子（{start}）起执行{again}"
    if content["closed_years"]:
        years = "、".join(f"{year}年度" for year in content["closed_years"])
        then = "，差额记在还没结账的年度" if kind == PolicyKind.CREDIT else ""
        yield "注意", f"从已经结账的{years}起：结了的账不改{then}"
    if content["effect"]:
        yield from policy_effect.in_words(content["effect"])
    replaced = PolicyVersion.objects.filter(pk=content["replaces"]).first()
    yield "代替", f"{replaced.effective_from}起的版本" if replaced else "没有，这是第一个版本"
    if content["until"]:
        yield "执行到", f"{content['until']}前，那天起已有另一个版本"
    yield "开始执行的出处", origin_in_words(content["sources"], "effective_from")
    yield from _values(content, values_in_words(kind, replaced.terms) if replaced else {})
    if content["note"]:
        yield "说明", content["note"]
    yield "编写", "、".join(_authors(content).values_list("username", flat=True)) or "系统载入的文件"


def _values(content: Mapping[str, Any], before: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each parameter with its value, what it was before where that differs, and where it comes from."""
    now = values_in_words(content["kind"], content["terms"])
    for key, (label, value) in now.items():
        was = before.get(key, ("", "没有"))[1]
        change = f"（原来：{was}）" if before and was != value else ""
        yield label, f"{value}{change}　出处：{origin_in_words(content['sources'], key)}"
    for key, (label, was) in before.items():
        if key not in now:
            yield label, f"没有（原来：{was}）"


def _authors(content: Mapping[str, Any]) -> Any:
    ids = [Actor.parse(account).user_id or 0 for account in content["editors"]]
    return User.objects.filter(pk__in=ids).order_by("username")


def _execute(act: Act, approval: Approval) -> str:
    published = publish(act=act, draft_id=approval.content["version"])
    return f"已发布：{published}。从 {published.effective_from} 起按它办。"


register(
    Kind(
        code=PUBLISH,
        title="发布政策版本",
        maker_roles=(Role.POLICY,),
        checker_roles=(Role.APPROVER,),
        content=_content,
        describe=lambda content: list(_describe(content)),
        execute=_execute,
        authors=lambda content: _authors(content).values_list("pk", flat=True),
    )
)
