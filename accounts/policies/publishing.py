"""Drafting a new version on the policy page, and publishing it for good."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.codes import PolicyState
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import PolicyVersion, Region
from accounts.policies.preset_files import Version, parse_version, read_toml, version_to_toml
from accounts.policies.terms import CreditTerms, PolicyError, Problem, parse_terms


class CannotPublishError(AccountsError):
    """The draft cannot be published, or no longer."""


def read_draft(region: str, kind: str, text: str, *, existing: int | None = None) -> Version:
    """Parse the text of a version as typed on the policy page, sources written out in full.

    `existing` is the id of the draft being edited. Raises PolicyError with every problem.
    """
    version = parse_version(region, kind, read_toml(text))
    same_day = PolicyVersion.objects.filter(region=region, kind=kind, effective_from=version.effective_from)
    if any(other.pk != existing for other in same_day):
        raise PolicyError([Problem("", f"{kind}.effective_from", "这一天已经有一个版本（或草稿）了")])
    _refuse_unlike_others(region, kind, version.values)
    return version


def _refuse_unlike_others(region: str, kind: str, values: Mapping[str, Any]) -> None:
    """Raise PolicyError when a region's new credit version has another year or other buckets than its accounts."""
    published = PolicyVersion.objects.filter(region=region, kind=kind, state=PolicyState.PUBLISHED).first()
    if kind != CreditTerms.kind or published is None:
        return
    changed = [key for key in ("year_start_month", "has_buckets") if published.terms[key] != values[key]]
    if changed:
        raise PolicyError(
            [Problem("", key, f"与已发布的版本不同（{published.terms[key]}），不能改") for key in changed]
        )


def text_of(version: PolicyVersion) -> str:
    """Return a stored version as text to edit."""
    return version_to_toml(version.kind, version.effective_from, version.terms, version.sources, version.note)


@transaction.atomic
def save_draft(*, act: Act, draft: PolicyVersion, version: Version) -> PolicyVersion:
    """Keep a draft, new or changed; whoever changed it is one of its editors from then on.

    Raises PublishedVersionError when it has been published meanwhile.
    """
    draft.region_id, draft.kind, draft.effective_from = version.region, version.kind, version.effective_from
    draft.terms, draft.sources, draft.note = version.values, version.sources, version.note
    draft.drafted_by = str(act.actor)
    stored = PolicyVersion.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()  # two may edit at once
    draft.editors = sorted({*(stored.editors if stored else []), act.actor.account})
    draft.save()
    detail = {"region": version.region, "version": version.name, "draft": draft.pk}
    audit.record(act=act, verb="policy.drafted", detail=detail)
    return draft


def locked_draft(draft_id: int) -> PolicyVersion:
    """Return a draft that may be published, locked with its region until the transaction ends: it stays as it is.

    Raises CannotPublishError when it is no draft any more, and when its values do not hold (any longer).
    """
    draft = PolicyVersion.objects.select_for_update(of=("self",)).filter(pk=draft_id).first()
    if draft is None or draft.state != PolicyState.DRAFT:
        raise CannotPublishError("这份草稿已经发布或删除了")
    # What a region has published already decides what the draft replaces: one version of a region at a time.
    Region.objects.select_for_update(no_key=True).get(pk=draft.region_id)
    try:
        parse_terms(draft.kind, draft.terms, file=str(draft))
        _refuse_unlike_others(draft.region_id, draft.kind, draft.terms)
    except PolicyError as error:
        raise CannotPublishError(error.message) from error
    return draft


@transaction.atomic
def publish(*, act: Act, draft_id: int) -> PolicyVersion:
    """Publish a draft for good, as somebody who is none of its editors. Raises CannotPublishError as `locked_draft`.

    That two people agree on exactly this is what accounts.operations.policies sees to.
    """
    draft = locked_draft(draft_id)
    draft.state, draft.published_by, draft.published_at = PolicyState.PUBLISHED, str(act.actor), act.at
    draft.save()
    detail = {"region": draft.region_id, "version": f"{draft.kind}.{draft.effective_from}", "id": draft.pk}
    audit.record(act=act, verb="policy.published", detail=detail)
    return draft
