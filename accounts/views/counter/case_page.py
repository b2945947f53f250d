"""What the page of a case shows: its sections, what is still missing, where the clerk goes on."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.http import urlencode

from accounts.codes import CaseSheet
from accounts.forms.counter import CaseForm, form_of, is_answered
from accounts.forms.counter.sections import AgentForm, ParkForm, ReasonForm, ScanForm, SeenForm
from accounts.identity.actors import Act
from accounts.models import Case, CaseScan
from accounts.operations.cases.checkers import why_nobody_checks
from accounts.operations.cases.deciding import assess, digest_of
from accounts.operations.cases.desk import parked_until
from accounts.operations.cases.handlers import Assessment, CaseHandler, Words, handler_of, is_reviewed
from accounts.operations.cases.printing import to_sign
from accounts.operations.cases.scans import unscanned
from accounts.queries.cases import has_other_name
from accounts.queries.scans import kept_scans, takes_scans

WHO, SCAN, ASKED, SEEN = "who", "scan", "asked", "seen"
PLACE = {WHO: "who", SCAN: "about", ASKED: "about", SEEN: "papers"}  # which part of the page a section stands in


def park_form(data: Any, act: Act, case: Case) -> ParkForm:
    """Return what asks until when a case is parked, with the day that the region's terms give."""
    return ParkForm(data, today=act.on, usual=parked_until(case.region, act.on))


def is_told(case: Case) -> bool:
    """Whether the second section is filled in: before that, which papers are needed is not yet known."""
    handler = handler_of(case.kind)
    has_other = bool(case.other_id) or not handler.other or handler.other_is_optional
    return has_other and is_answered(case)


@dataclass
class CasePage:
    """The page of a case that is being worked on. `bound` is the form that was refused, by its section."""

    act: Act
    case: Case
    bound: dict[str, forms.Form] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return reverse("counter_case", args=[self.case.number])

    @cached_property
    def handler(self) -> CaseHandler:
        return handler_of(self.case.kind)

    @cached_property
    def found(self) -> Assessment:
        return assess(self.act, self.case)

    @property
    def told(self) -> Words:
        """Return what is personal of what was asked, in full, to be compared with the paper."""
        return self.handler.tells(self.case)

    @property
    def is_told(self) -> bool:
        """Whether all papers that are needed are known."""
        return is_told(self.case) or not (self.scan or self.asked)

    @property
    def to_sign(self) -> list[CaseSheet]:
        """Return what can be printed to be signed before the case is submitted."""
        return to_sign(self.case) if self.found.words else []

    @property
    def sign_url(self) -> str:
        """Return where that is printed, already chosen."""
        return f"{reverse('counter_case_print', args=[self.case.number])}?{urlencode({'sheet': self.to_sign}, True)}"

    @cached_property
    def digest(self) -> str:
        return digest_of(self.case, self.found)

    @property
    def is_reviewed(self) -> bool:
        """Whether submitting it asks a second person."""
        return is_reviewed(self.case, self.act.on)

    @cached_property
    def why_nobody_checks(self) -> str:
        """Return that there is nobody for the check that submitting it asks for; else ""."""
        return why_nobody_checks(self.act, self.case) if self.is_reviewed else ""

    @cached_property
    def who(self) -> forms.Form | None:
        return self._form(WHO, None) if self.handler.takes_agent else None

    @cached_property
    def scan(self) -> forms.Form | None:
        return self._form(SCAN, None) if self.handler.other else None

    @cached_property
    def asked(self) -> forms.Form | None:
        """Return the form of the kind; None where there is nothing to answer, before the other person is known or at all."""
        form = self._form(ASKED, None) if form_of(self.case.kind) else None
        return form if isinstance(form, CaseForm) and form.is_open else None

    @cached_property
    def has_other_name(self) -> bool:
        """Whether the other person's card has another name than is registered."""
        return has_other_name(self.case)

    @cached_property
    def seen(self) -> forms.Form:
        return self._form(SEEN, None)

    def title_of(self, section: str) -> str:
        """Return what a section is called on the page."""
        return {WHO: "①谁来办", SEEN: "③证件和材料"}.get(section, f"②{self.about_title}")

    @property
    def about_title(self) -> str:
        """Return what the second section is called."""
        return "和".join(filter(None, (self.handler.other, "要求" if self.asked else "")))

    @property
    def is_all_seen(self) -> bool:
        """Whether documents and all papers that must be seen have been."""
        return self.case.identities_checked and not self.found.missing(self.case)

    @cached_property
    def scans(self) -> list[CaseScan] | None:
        """Return the pictures that are there; None where the region keeps none."""
        return list(kept_scans(self.case)) if takes_scans(self.case.region, self.act.on) else None

    @cached_property
    def unscanned(self) -> list[str]:
        """Return the ids of the fields for pictures without which the case cannot be submitted."""
        if self.scans is None or not self.is_reviewed:
            return []
        wanting = unscanned(self.case, self.found.papers, self.act.on)
        return [str(self.seen[f"scans_{paper.code}"].auto_id) for paper in wanting]

    @property
    def next(self) -> str:
        """Return the id of the control where the clerk goes on: the first field refused, else the next question."""
        for section, form in self.bound.items():
            return next(
                (form[name].auto_id for name in form.errors if name in form.fields), PLACE.get(section, "check")
            )
        if self.scan and self.case.other is None:
            return str(self.scan["typed"].auto_id)
        if self.asked and not is_answered(self.case):
            return next((bound.auto_id for bound in self.asked.visible_fields()), "")
        if not self.is_all_seen:
            return str(self.seen["everything"].auto_id)
        if self.unscanned:
            return self.unscanned[0]
        return "check" if self.found.stops else "submit"

    @property
    def versions(self) -> list[str]:
        """Return the forms of the page that carry the version of the case; what submits is in the part answered."""
        sections = {WHO: self.who, SCAN: self.scan, ASKED: self.asked}
        return [*(name for name, form in sections.items() if form is not None), SEEN, "park", "drop"]

    @property
    def announced(self) -> str:
        """Return what a screen reader hears after a section: what is still missing first, or that all is there."""
        if self.bound:
            return "没有保存，请看这一栏的提示。"
        return (
            f"已保存。还差{len(self.found.stops)}样：{self.found.stops[0]}" if self.found.stops else "已保存，都齐了。"
        )

    @cached_property
    def park(self) -> forms.Form:
        return self.bound.get("park") or park_form(None, self.act, self.case)

    @cached_property
    def drop(self) -> forms.Form:
        return self.bound.get("drop") or ReasonForm(auto_id="drop_%s")

    def form_for(self, section: str, data: Any, files: Any = None) -> forms.Form | None:
        """Return the form of a section, filled with what was typed; None where the case has no such section."""
        has = {WHO: self.handler.takes_agent, SCAN: self.handler.other, ASKED: form_of(self.case.kind), SEEN: True}
        return self._form(section, data, files) if has.get(section) else None

    def _form(self, section: str, data: Any, files: Any = None) -> forms.Form:
        if section in self.bound:
            return self.bound[section]
        if section == WHO:
            return AgentForm(data, self.case)
        if section == SCAN:
            return ScanForm(data)
        if section == SEEN:
            return SeenForm(data, self.case, self.found.papers, self.scans, files)
        kind_form = form_of(self.case.kind)
        assert kind_form
        return kind_form(data, self.case, self.act)
