"""The sections of a case's page that every kind has: who comes, who else, what was seen."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from accounts.forms.counter.pictures import PicturesField
from accounts.forms.fields import DayField, NameField, ReadField
from accounts.identity import card_reader
from accounts.models import Case, CaseScan
from accounts.models.approvals import DOCUMENT_LENGTH
from accounts.operations.cases.desk import NOTE_LENGTH
from accounts.operations.cases.handlers import NeededPaper

SCANNED = "刷身份证，或输入证件号码后按回车"


class AgentForm(forms.Form):
    """谁来办: whether somebody else comes in the subject's place, and with which power of attorney."""

    by_agent = forms.BooleanField(label="不是本人来，由别人代办", required=False)
    agent_name = NameField(label="代办人姓名", required=False)
    agent_certno = ReadField(
        card_reader.read, label="代办人证件号码", required=False, help_text="光标在这里时可以刷卡，姓名会一起读进来。"
    )
    power_number = forms.CharField(
        label="公证委托书编号", required=False, max_length=DOCUMENT_LENGTH, help_text="没有公证的委托书不能代办。"
    )

    def __init__(self, data: Any, case: Case) -> None:
        known = {
            "by_agent": case.has_agent,
            "agent_name": case.agent_name,
            "agent_certno": case.agent_certno,
            "power_number": case.power_number,
        }
        super().__init__(data, initial=known)
        for name in ("agent_name", "agent_certno", "power_number"):
            self.fields[name].depends = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("by_agent"):
            return cleaned
        read = cleaned.get("agent_certno")
        if read and not cleaned.get("agent_name"):
            cleaned["agent_name"] = read.name
        for name, field in self.fields.items():
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"代办要写{field.label}")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """Return what the case keeps; nothing of an agent where none comes."""
        if not self.cleaned_data["by_agent"]:
            return {"agent_name": "", "agent_certno": "", "power_number": ""}
        return {
            "agent_name": self.cleaned_data["agent_name"],
            "agent_certno": self.cleaned_data["agent_certno"].number,
            "power_number": self.cleaned_data["power_number"],
        }


class ScanForm(forms.Form):
    """A box into which a card is read. What was read is looked up by the page."""

    typed = forms.CharField(
        label=SCANNED,
        help_text="光标在这里时刷卡",
        error_messages={"required": "请刷身份证，或输入证件号码"},
    )


class SeenForm(forms.Form):
    """材料: what was looked at. One tick for all that has no number of its own, or one by one; and pictures of it.

    `scans` are the pictures that are there; None where the region keeps none.
    """

    everything = forms.BooleanField(label="人证一致，材料齐", required=False)
    identities_checked = forms.BooleanField(label="人证一致，我已核对", required=False)

    def __init__(
        self,
        data: Any,
        case: Case,
        papers: Sequence[NeededPaper],
        scans: Sequence[CaseScan] | None = None,
        files: Any = None,
    ) -> None:
        self.papers, self.scans = papers, scans
        seen = {paper["code"]: paper.get("number", "") for paper in case.papers}
        super().__init__(data, files, initial={"identities_checked": case.identities_checked})
        for paper in papers:
            hint = "；".join(filter(None, (paper.note, "" if paper.required else "没有也可以办")))
            self.fields[f"paper_{paper.code}"] = forms.BooleanField(
                label=paper.name, help_text=hint, required=False, initial=paper.code in seen
            )
            if paper.numbered:
                self.fields[f"number_{paper.code}"] = number = forms.CharField(
                    label=f"{paper.name}编号", required=False, max_length=DOCUMENT_LENGTH, initial=seen.get(paper.code)
                )
                number.depends = True  # type: ignore[attr-defined]
            if scans is not None:
                self.fields[f"scans_{paper.code}"] = PicturesField(label=f"{paper.name}的影像")
        for scan in scans or ():
            self.fields[f"remove_{scan.pk}"] = forms.BooleanField(label="删除这张", required=False)

    def ticks(self) -> list[tuple[Any, Any]]:
        """Return the tick of each paper with the field of its number, None where it has none."""
        return [
            (self[f"paper_{paper.code}"], self[f"number_{paper.code}"] if paper.numbered else None)
            for paper in self.papers
        ]

    def pictures(self) -> list[tuple[Any, list[tuple[CaseScan, Any]]]]:
        """Return the field for pictures of each paper with those there are, each with the tick that removes it.

        Last, without a field, those of papers that the case no longer asks for.
        """
        if self.scans is None:
            return []
        of_paper: dict[str, list[tuple[CaseScan, Any]]] = {paper.code: [] for paper in self.papers}
        others: list[tuple[CaseScan, Any]] = []
        for scan in self.scans:
            of_paper.get(scan.paper, others).append((scan, self[f"remove_{scan.pk}"]))
        rows: list[tuple[Any, list[tuple[CaseScan, Any]]]]
        rows = [(self[f"scans_{paper.code}"], of_paper[paper.code]) for paper in self.papers]
        return [*rows, (None, others)] if others else rows

    def has_bad_picture(self) -> bool:
        """Say whether a file was refused."""
        return any(name.startswith("scans_") for name in self.errors)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for paper in self.papers:
            if self._is_seen(paper, cleaned) and paper.numbered and not cleaned.get(f"number_{paper.code}"):
                self.add_error(f"number_{paper.code}", f"请写{paper.name}的编号")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """Return what the case keeps."""
        cleaned = self.cleaned_data
        return {
            "identities_checked": cleaned["identities_checked"] or cleaned["everything"],
            "papers": [
                {"code": paper.code, "name": paper.name, "number": cleaned.get(f"number_{paper.code}", "")}
                for paper in self.papers
                if self._is_seen(paper, cleaned)
            ],
        }

    def added(self) -> dict[str, list[bytes]]:
        """Return the new pictures (JPEG) by the code of their paper."""
        return {paper.code: self.cleaned_data.get(f"scans_{paper.code}", []) for paper in self.papers}

    def removed(self) -> list[int]:
        """Return the ids of the pictures that go."""
        return [scan.pk for scan in self.scans or () if self.cleaned_data[f"remove_{scan.pk}"]]

    @staticmethod
    def _is_seen(paper: NeededPaper, cleaned: dict[str, Any]) -> bool:
        return bool(cleaned.get(f"paper_{paper.code}") or (cleaned.get("everything") and paper.required))


class ParkForm(forms.Form):
    """挂起: until which day what is missing should be brought."""

    until_on = DayField(label="请在这天前补齐", error_messages={"required": "请写补齐材料的日期"})

    def __init__(self, data: Any, *, today: date, usual: date) -> None:
        super().__init__(data, auto_id="park_%s", initial={"until_on": usual})
        self.fields["until_on"].counted_from(today)  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why a case is given up or taken back."""

    note = forms.CharField(
        label="原因",
        help_text=f"最长{NOTE_LENGTH}个字，不写证件号码和手机号。",
        error_messages={"required": "请写原因"},
    )


class UndoForm(ReasonForm):
    """Why a case is taken back, and where money has left the house, what shows that it is back (handler.undo_proof)."""

    proof = forms.CharField(
        label="",
        help_text="钱已经退回的收款单，或银行没有付出的退汇单、撤销单的号码。",
        max_length=60,
        error_messages={"required": "请填凭据号：钱没有退回的，不能撤销", "max_length": "最长%(limit_value)d个字"},
    )
    field_order = ("proof", "note")

    def __init__(self, *given: Any, label: str, **options: Any) -> None:
        super().__init__(*given, **options)
        if label:
            self.fields["proof"].label = label
        else:
            del self.fields["proof"]
