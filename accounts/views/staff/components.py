"""The live page of components: every piece of the look in every state, for staff who write pages and for the tests."""

from datetime import date, datetime

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.identity import access
from yibao.lib.clock import SHANGHAI
from yibao.lib.months import Month


class SampleForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=50)
    certno = forms.CharField(label="证件号码", help_text="身份证18位，末位是X的直接输入X")
    limit = forms.CharField(label="每年最多用多少（元）")
    code = forms.CharField(label="短信里的6位数字", error_messages={"required": "请填短信里的6位数字"})
    street = forms.ChoiceField(
        label="住在哪个街道",
        choices=[("", "请选择"), ("ay", "安阳街道"), ("yh", "玉海街道")],
        error_messages={"required": "请选住在哪个街道"},
    )
    reason = forms.CharField(label="说明", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    kin = forms.ChoiceField(
        label="她是您的",
        choices=[("3", "女儿"), ("2", "母亲"), ("1", "妻子")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选她是您的什么人"},
    )
    people = forms.MultipleChoiceField(
        label="给谁交",
        choices=[("1", "林小雨"), ("2", "陈伟")],
        widget=forms.CheckboxSelectMultiple,
        help_text="可以选几位",
    )
    agree = forms.BooleanField(
        label="我已确认关系属实，同意家人使用我的历年结余", error_messages={"required": "请先确认关系属实，再打勾"}
    )

    def clean_certno(self) -> str:
        raise forms.ValidationError("证件号码少了1位，应为18位")

    def clean_limit(self) -> str:
        raise forms.ValidationError("每年最多用的金额要在1元到3,594.26元之间")


def _entry(title: str, fen: int, day: date, pot: str, balance_fen: int, word: str = "") -> dict[str, object]:
    return {
        "title": title, "fen": fen, "word": word, "day": day,
        "notes": [pot], "pot_name": pot, "balance_fen": balance_fen, "url": "#entries",
    }  # fmt: skip


def _entries() -> list[dict[str, object]]:
    return [
        _entry("陈伟（父亲）门诊，飞云街道社区卫生服务中心", -3850, date(2026, 11, 18), "历年结余", 359426),
        _entry("本人购药，同德大药房", -6400, date(2026, 11, 2), "当年账户", 363276),
        _entry("冲正：11月2日的一笔已退回", 6400, date(2026, 11, 3), "当年账户", 369676, word="退回"),
        _entry("2026年度个人账户预划", 107088, date(2026, 1, 1), "当年账户", 363276),
    ]


@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Show every component in every state. The people and the money are made up."""
    if not access.is_official(request.user):
        raise PermissionDenied
    wrong = SampleForm({"name": "林小雨", "certno": "99990219900101123", "limit": "5000", "people": ["1"]})
    wrong.is_valid()
    years = [("2019年", 99180), ("2020年", 150660), ("2021年", 186610), ("2022年", 213460)]
    years += [("2023年", 256036), ("2024年", 284426), ("2025年", 359426)]
    moment = datetime(2026, 11, 20, 18, 0, tzinfo=SHANGHAI)
    return render(
        request,
        "accounts/components.html",
        {
            "pots": [
                {"label": "历年结余", "who": "可给家人用", "fen": 359426},
                {"label": "当年账户", "who": "只能自己用", "fen": 107088},
            ],
            "rich": [{"label": "历年结余", "who": "可给家人用", "fen": 123456789}],
            "unknown": [{"label": "历年结余", "who": "可给家人用", "fen": None}],
            "entries": _entries(),
            "months": [
                {
                    "month": Month(2026, 11),
                    "totals": [("记入", 107088), ("使用", -10250), ("退回", 6400)],
                    "closing_fen": 359426,
                    "opening": {"title": "期初余额", "day": date(2026, 11, 1), "fen": 256188},
                    "lines": _entries(),
                    "closing": {"title": "期末余额", "day": date(2026, 11, 20), "fen": 359426},
                }
            ],
            "years": years,
            "linked_years": [(*year, "#bars") for year in years[-2:]],
            "moment": moment,
            "nothing": None,
            "certno": "999902199001011234",
            "phone": "19900001234",
            "fresh_form": SampleForm(auto_id="fresh_%s"),
            "wrong_form": wrong,
            "hints": {"1": "可以代缴 400.00 元", "2": "2026年度已交（单位代扣，10月12日）"},
            "papers": [
                {"name": "授权人身份证原件", "state": "checked"},
                {"name": "被授权人身份证或户口本", "state": "missing", "note": "任一即可，原件"},
                {"name": "申请表签字", "state": "unsigned"},
            ],
            "history": [
                {"name": "邀请已发出", "state": "done", "at": datetime(2026, 11, 19, 9, 5, tzinfo=SHANGHAI)},
                {"name": "已发短信通知", "state": "done", "at": date(2026, 11, 19)},
                {"name": "等她同意", "state": "now", "note": "11月26日前没有同意，邀请自动失效"},
                {"name": "开始使用", "state": "later"},
            ],
            "page_obj": Paginator(range(95), 20).page(2),
        },
    )
