"""Amounts, dates and numbers as people read them."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import engines

from yibao.lib.months import Month

pytestmark = pytest.mark.unit

LOAD = "{% load components dates money people %}"


def shown(template: str, **context: object) -> str:
    return engines["django"].from_string(LOAD + template).render(context).strip()


def text(template: str, **context: object) -> str:
    """Return what the eye sees: no tags, no hidden words."""
    import re

    html = re.sub(r'<span class="vh">.*?</span>', "", shown(template, **context))
    return re.sub(r"<[^>]+>", "", html)


class TestAmounts:
    @pytest.mark.parametrize(
        ("fen", "words"),
        [(107088, "¥1,070.88"), (0, "¥0.00"), (-3850, "−¥38.50"), (123456789, "¥1,234,567.89"), (None, "暂时查不到")],
    )
    def test_yuan_has_two_decimals_and_commas_and_unknown_is_said(self, fen, words):
        assert text("{{ fen|yuan }}", fen=fen) == words
        assert text("{{ fen|yuan_large }}", fen=fen) == words

    def test_an_amount_that_need_not_be_set_is_said_in_words_where_it_is_not(self):
        assert text('{{ fen|yuan_or:"不限" }}', fen=None) == "不限"
        assert text('{{ fen|yuan_or:"不限" }}', fen=107088) == "¥1,070.88"

    def test_a_signed_amount_carries_its_word_for_those_who_do_not_see_the_sign(self):
        assert text("{{ fen|signed }}", fen=-3850) == "\u221238.50"
        assert '<span class="vh">使用 </span>' in shown("{{ fen|signed }}", fen=-3850)
        assert '<span class="vh">记入 </span>+1,070.88' in shown("{{ fen|signed }}", fen=107088)
        assert '<span class="vh">退回 </span>+64.00' in shown('{{ fen|signed:"退回" }}', fen=6400)

    def test_a_table_cell_has_no_currency_sign(self):
        assert text("{{ fen|amount }}", fen=-107088) == "\u22121,070.88"

    def test_printed_forms_have_capitals(self):
        assert text("{{ fen|capitals }}", fen=107088) == "壹仟零柒拾元捌角捌分"


class TestDates:
    def test_a_day_has_its_weekday_and_a_machine_readable_twin(self):
        assert text("{{ day|cn_date }}", day=date(2026, 11, 18)) == "2026年11月18日（周三）"
        assert '<time datetime="2026-11-18">' in shown("{{ day|cn_date }}", day=date(2026, 11, 18))
        assert text("{{ day|cn_day }}", day=date(2026, 11, 18)) == "11月18日（周三）"
        assert text("{{ day|cn_plain_date }}", day=date(2026, 1, 2)) == "2026年1月2日"
        assert text("{{ day|cn_date }}", day=None) == ""

    def test_an_instant_is_shown_in_shanghai_time(self):
        late = datetime(2026, 11, 20, 17, 5, tzinfo=UTC)  # 01:05 of the next day in Shanghai
        assert text("{{ at|cn_moment }}", at=late) == "2026年11月21日 01:05"
        assert text("{{ at|cn_date }}", at=late) == "2026年11月21日（周六）"

    def test_a_month_is_a_date_or_a_month(self):
        assert text("{{ month|cn_month }}", month=Month(2026, 3)) == "2026年3月"
        assert 'datetime="2026-03"' in shown("{{ month|cn_month }}", month=date(2026, 3, 1))

    @pytest.mark.parametrize(
        ("deadline", "words"),
        [(date(2026, 12, 31), "还有40天"), (date(2026, 11, 21), "今天截止"), (date(2026, 11, 20), "已经过期")],
    )
    def test_a_deadline_says_how_many_days_are_left(self, deadline, words):
        assert text("{{ deadline|days_left:today }}", deadline=deadline, today=date(2026, 11, 21)) == words


class TestPeople:
    def test_a_certificate_number_is_masked_for_the_eye_and_four_digits_for_the_ear(self):
        html = shown("{{ number|masked_certno }}", number="999902199001011234")
        assert 'aria-hidden="true">9999**********1234<' in html
        assert '<span class="vh">末四位 1 2 3 4</span>' in html
        assert "19900101" not in html

    def test_of_a_number_too_short_to_show_its_end_nothing_is_spoken(self):
        assert shown("{{ number|masked_certno }}", number="12345678") == '<span class="id">1*******</span>'
        assert "末四位 5 6 7 8" in shown("{{ number|masked_certno }}", number="E12345678")

    def test_a_phone_that_nobody_gave_is_said(self):
        assert text("{{ phone|masked_phone }}", phone="19900001234") == "199****1234"
        assert text("{{ phone|masked_phone }}", phone="") == "没有登记"

    def test_a_clerk_compares_a_number_in_three_groups(self):
        assert text("{{ number|grouped_certno }}", number="999902199001011234") == "999902 19900101 1234"
        assert text("{{ number|grouped_certno }}", number="E12345678") == "E12345678"

    def test_a_name_from_outside_cannot_bring_markup(self):
        assert "<b>" not in shown("{{ name|masked_name }}{{ number|masked_certno }}", name="<b>", number="<b>9" * 6)


class Form(forms.Form):
    name = forms.CharField(label="姓名", max_length=20, help_text="和身份证上一样")
    age = forms.IntegerField(label="年龄", min_value=1, required=False)
    kin = forms.ChoiceField(label="关系", choices=[("", "---"), ("1", "女儿")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="同意", error_messages={"required": "请先打勾"})


class TestForms:
    def test_the_browser_is_told_no_rules_so_that_the_server_explains_them(self):
        html = shown(
            "{% field form.name %}{% field form.age %}{% choices form.kin %}{% checkbox form.agree %}", form=Form()
        )
        for attribute in ("required", "maxlength", "min=", 'type="number"', "placeholder"):
            assert attribute not in html

    def test_hint_and_error_belong_to_the_control(self):
        html = shown("{% field form.name %}", form=Form({}))
        assert 'aria-describedby="id_name_helptext id_name_error"' in html
        assert 'id="id_name_helptext"' in html
        assert 'id="id_name_error"' in html
        assert 'aria-invalid="true"' in html

    def test_a_field_that_may_stay_empty_says_so(self):
        assert "年龄（可不填）" in text("{% field form.age %}", form=Form())
        assert "（可不填）" not in text("{% field form.name %}", form=Form())

    def test_what_was_typed_is_kept_also_when_it_is_wrong(self):
        assert 'value="许多"' in shown("{% field form.age %}", form=Form({"age": "许多"}))

    def test_options_are_rows_without_the_empty_one_and_hints_stand_under_them(self):
        html = shown(
            '{% choices form.kin legend="她是您的" hints=hints %}', form=Form({"kin": "1"}), hints={"1": "已交"}
        )
        assert html.count('class="choice"') == 1
        assert "---" not in html
        assert "她是您的" in html
        assert '<span class="hint">已交</span>' in html
        assert " checked" in html

    def test_the_summary_counts_and_links_every_error_in_the_words_of_the_field(self):
        form = Form({"name": "陈静"})
        html = shown("{% error_summary form %}", form=form)
        assert "有2处需要修改" in html
        assert 'href="#id_kin_0"' in html
        assert '<a href="#id_agree">请先打勾</a>' in html
        assert "autofocus" in html
        assert shown("{% error_summary form %}", form=Form()) == ""


class TestPieces:
    def test_bars_are_widths_of_the_largest(self):
        html = shown('{% bar_table rows "结余（元）" %}', rows=[("2024年", 5000), ("2025年", 10000), ("2026年", -1)])
        assert [part.split('"')[0] for part in html.split('width="')[1:]] == ["50.0%", "100.0%", "0.0%"]

    def test_bars_of_several_tables_share_a_scale(self):
        html = shown('{% bar_table rows "使用（元）" 20000 %}', rows=[("2025年", 10000)])
        assert 'width="50.0%"' in html

    @pytest.mark.parametrize(
        ("used", "limit", "width"), [(0, 100, "0.0"), (50, 100, "50.0"), (101, 100, "100.0"), (0, 0, "100")]
    )
    def test_a_meter_is_how_much_of_the_limit_is_used(self, used, limit, width):
        assert f'width="{width}%"' in shown("{% meter used limit %}", used=used, limit=limit)

    def test_without_a_limit_there_is_no_meter(self):
        assert "svg" not in shown("{% meter 100 none %}", none=None)

    def test_steps_are_said_in_words(self):
        html = shown('{% progress_bar now=2 of=3 name="填写家人信息" %}')
        assert "第2步，共3步：填写家人信息" in html
        assert html.count('class="done"') == html.count('class="now"') == 1

    def test_an_alert_says_its_kind_first(self):
        html = text('{% alert "warn" title="请确认" %}<p>真的吗</p>{% endalert %}')
        assert html.lstrip().startswith("注意：请确认")
