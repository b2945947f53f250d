"""Names and numbers of people, masked for the eye and readable for a screen reader."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yibao.lib import masking

register = template.Library()


def _spelled(text: str) -> str:
    return " ".join(text)


@register.filter
def masked_certno(certno: str) -> SafeString:
    """Return 3303**********1234, spoken as 「末四位 1 2 3 4」 so that nobody hears 星 ten times."""
    masked = masking.masked_certno(certno)
    if "*" in masked[-4:]:
        return format_html('<span class="id">{}</span>', masked)
    return format_html(
        '<span class="id" aria-hidden="true">{}</span><span class="vh">末四位 {}</span>', masked, _spelled(masked[-4:])
    )


@register.filter
def masked_phone(phone: str) -> str | SafeString:
    """Return 138****5678, spoken as its last four digits; nothing stored is said in words."""
    if not phone:
        return "没有登记"
    return format_html(
        '<span class="id" aria-hidden="true">{}</span><span class="vh">末四位 {}</span>',
        masking.masked_phone(phone), _spelled(phone[-4:]),
    )  # fmt: skip


@register.filter
def masked_name(name: str) -> str:
    """Return 陈*, for public screens and for people who are not the person's family."""
    return masking.masked_name(name)


@register.filter
def grouped_certno(certno: str) -> SafeString:
    """Return 330302 19900101 1234 for a clerk who compares it with a card; a passport's number as it is printed."""
    if len(certno) != 18:
        return format_html('<span class="id">{}</span>', certno)
    return format_html('<span class="id">{} {} {}</span>', certno[:6], certno[6:14], certno[14:])
