"""A kind of case for tests of the page: another person, a relation to choose, a paper with a number, and an undo."""

from django import forms

from accounts.codes import CaseKind
from accounts.forms.counter import CaseForm
from accounts.operations.cases.handlers import Assessment, CaseHandler, NeededPaper, Outcome

KIND = CaseKind.SHOW
CARD = NeededPaper("card", "双方身份证", "原件")
BOOK = NeededPaper("book", "户口本", "结婚证也行", "派出所补办", numbered=True)
EXTRA = NeededPaper("extra", "社保卡", required=False)


class RelationForm(CaseForm):
    relation = forms.ChoiceField(
        label="是授权人的", choices=[("spouse", "1 配偶"), ("parent", "5 父母")], widget=forms.RadioSelect
    )
    limit = forms.CharField(label="每年最多用（元）", required=False)

    def clean_limit(self) -> str:
        if self.cleaned_data["limit"] == "0":
            raise forms.ValidationError("额度要大于0")
        return str(self.cleaned_data["limit"])


def assess(act, case) -> Assessment:
    papers = (CARD, BOOK, EXTRA) if case.asked.get("relation") == "parent" else (CARD, EXTRA)
    if not case.asked:
        return Assessment(stops=("还没有选关系",), papers=papers)
    words = [("关系", case.asked["relation"]), ("每年最多用", "¥1,070.88")]
    return Assessment(content={"asked": case.asked}, words=words, notes=("还没有社保卡",), papers=papers)


HANDLER = CaseHandler(
    kind=KIND,
    assess=assess,
    execute=lambda act, case: Outcome("已记下关系", {"of": case.subject_id}),
    undo=lambda act, case: "已改回",
    other="家人",
    undertakings_of=lambda case: [(case.subject, case.other)] if case.other else [],
)
