"""Versions of the rules that were shipped before some of their terms existed get these terms, as the files give them.

A published version is final, so `load_policies` refuses a file that says more than what was published. Only versions
exactly as shipped are completed, by digest: one that a bureau wrote or changed itself stays as it is.
"""

import hashlib
import json

from django.db import migrations
from django.db.models.functions import Now

# Document → what it is, the day it is of, and why it proves rules that are older than that day.
DOCUMENTS = {
    "现在医保个人账户是不划钱了吗（网上健康问答，2025年4月21日）": (
        "web",
        "2025-04-21",
        "2025年4月的网上问答，没有找到当时的文件，推定以前也是这样",
    ),
    "职工医保个人账户余额是怎么算的2023（网上健康问答，2025年4月22日）": (
        "web",
        "2025-04-22",
        "2025年4月的网上问答，没有找到当时的文件，推定以前也是这样",
    ),
    "北京市改革前个人账户划入比例（公开的参保系统代码，未注明）": ("web", "", ""),
    "《国务院办公厅关于建立健全职工基本医疗保险门诊共济保障机制的指导意见》（国办发〔2021〕14号，2021年4月）": (
        "official",
        "2021-04-01",
        "2021年4月的全国文件，没有找到更早的当地文件，推定以前也是这样",
    ),
    "关于各省个人账户共济范围扩大到近亲属的报道（无锡日报，2024年12月27日）": ("news", "", ""),
    "国家医保服务平台家庭共济办理问答（网民留言答复，2023年10月2日）": (
        "web",
        "2023-10-02",
        "2023年10月的答复，没有找到当时的文件，推定以前也是这样",
    ),
    "职工医保“家庭共济”怎么办理，怎么用？（瑞安日报，瑞安市人力社保局新闻发布会，2017年5月）": (
        "news",
        "2017-05-01",
        "2017年5月的报道，讲的是当时已经实行的做法",
    ),
    "关于医保个人账户知多少 一次给你说明白（舟山定海报道，采访定海区医疗保障管理中心，2023年12月）": (
        "news",
        "2023-12-01",
        "2023年12月的报道，讲的是当年已经实行的做法，没有找到更早的文件",
    ),
    "2025年居民医保集中缴费仅剩40余天 医保个人账户余额还可以这样用（泉州市医保局答记者问，2024年11月）": (
        "news",
        "2024-11-01",
        "2024年11月的答记者问，讲的是当时已经实行的做法，没有找到更早的文件",
    ),
    "《福建省人民政府办公厅关于完善职工基本医疗保险门诊共济保障机制的实施意见》（泉州市医保局答记者问引用，2024年11月）": (
        "official",
        "2024-11-01",
        "2024年11月答记者问里引用的文件，文件本身的日期不详",
    ),
    "江西省居民医保和职工医保问答（公开的咨询系统知识库，未注明）": ("web", "", ""),
    "江西省职工医保个人账户家庭共济问答（江西当地新闻网站，2025年10月21日）": (
        "news",
        "2025-10-21",
        "2025年10月的报道，讲的是当时已经实行的做法，没有找到更早的文件",
    ),
}

_BOUND = {"base_bound": ("100000.00", "只用来发现文件里的错，不是规定")}
_PRECREDIT = {
    "precredit_paid_within": (3, "没有文件；防止给从不缴费的人预划"),
    "unpaid_months": ("take_back", "没有文件；预划以实际缴费结算"),
}
LATER = _BOUND | _PRECREDIT

# Region → digests of its versions as they were shipped first: terms, sources and note.
SHIPPED = {
    "110000": ("3ef47899d1c6ce31 a52b324174e91ec8 7dae5fcb068694b1 0b9985d273c5f1b8 cddbdc8233b81659 d50271f504083504"),
    "120000": "549b39279d6f1772 0440fdf7d01c2a39 e70cebe563adb658 79bee08bddaf83e8 d50271f504083504",
    "310000": "16cead92905c0f2a 01cea809e5dc0dc2 41d100580a40934f e580c76d2e80378e 73af6550d0873102",
    "330381": (
        "92df29f3c7cdd88a 633d861d31111c8d 404dde6988bf6b1e 39d727cda2a7c81b 50c72592cf5f06f0 "
        "7ad5d86ae7a0abad 12e809978eafde07 c80b3e1b709e6c61 60a8a7e083f3b86a"
    ),
    "330900": (
        "f633a45bdc03d93a 85da7bdecc7c09ad f5aff5f1ca63fda7 39d727cda2a7c81b 50c72592cf5f06f0 "
        "7ad5d86ae7a0abad a0f8a009715b6389 b270d6d8b73ec9c2 d3b1da6366acdb50"
    ),
    "350500": (
        "cfe1b6692d20b432 0c7b84df24484990 3c786c0a747571cf 642e8449405c11ac e822da694b909ff6 "
        "902caee0030e2a52 13d00d0ca5e9282e 8fa1c958601b0ceb 6121b6ade986f536 165a713c7c2f588e"
    ),
    "360000": (
        "18277dc48a6784d8 0b84f8ee10d0e262 7232f4becbc00419 4eb6cce283ebf73c 91281b5334f4c69f "
        "03f351ecb63e7a3f 70427c6adcab539c f14a848114ff2ca6 9238c4aef584279e d50271f504083504"
    ),
    "430000": ("15193202aeb07c56 549bd17eab438f51 7a80558057c741fa 0b9985d273c5f1b8 cddbdc8233b81659 d50271f504083504"),
}


def _as_first_shipped(version):
    """Return terms and sources without what came later: a database may have been made in between."""
    terms = {key: value for key, value in version.terms.items() if key not in LATER}
    sources = {}
    for key, entry in version.sources.items():
        if key in LATER:
            continue
        kind, _, note = DOCUMENTS.get(entry.get("source"), ("", "", ""))
        sources[key] = {
            name: text for name, text in entry.items() if (name, text) not in (("kind", kind), ("note", note))
        }
    return terms, sources


def _digest(terms, sources, note):
    text = json.dumps([terms, sources, note], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _completed(version, terms, sources):
    sources = {key: _with_document(entry, str(version.effective_from)) for key, entry in sources.items()}
    if version.kind == "credit":
        for key, (value, note) in (LATER if terms["accrual"] == "yearly" else _BOUND).items():
            terms[key] = value
            sources[key] = {"assumed": True, "note": note}
    return terms, sources


def _with_document(entry, effective_from):
    kind, day, note = DOCUMENTS.get(entry.get("source"), ("official", "", ""))
    added = {"kind": kind} if kind != "official" else {}
    return ({"note": note} if day > effective_from else {}) | added | entry


def complete(apps, schema_editor):
    changed = []
    for version in apps.get_model("accounts", "PolicyVersion").objects.order_by("pk"):
        terms, sources = _as_first_shipped(version)
        if _digest(terms, sources, version.note) in SHIPPED.get(version.region_id, "").split():
            terms, sources = _completed(version, terms, sources)
            if (terms, sources) != (version.terms, version.sources):
                version.terms, version.sources = terms, sources
                changed.append(version)
    if not changed:
        return
    # The one write that may touch a published version. post_migrate makes the triggers ALWAYS again.
    schema_editor.execute("ALTER TABLE accounts_policyversion DISABLE TRIGGER USER")
    for version in changed:
        version.save(update_fields=["terms", "sources"])
    apps.get_model("accounts", "AuditEvent").objects.create(
        at=Now(),
        verb="policy.completed",
        actor="system:migrate",
        detail={"migration": "accounts.0012", "versions": [version.pk for version in changed]},
    )
    schema_editor.execute("ALTER TABLE accounts_policyversion ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_rows_that_come_again"),
    ]

    operations = [
        migrations.RunPython(complete, migrations.RunPython.noop),
    ]
