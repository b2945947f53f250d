"""Who may share with whom: every failing check of a region's terms, from facts that queries collect.

Payer's facts are judged by the terms of the payer's region. What concerns the user is judged by both regions' terms
where they differ: both must permit (domain 5, rule 5).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from accounts.codes import InsuranceType, Relation, Scope
from accounts.policies.terms import SharingTerms
from accounts.policies.terms.sharing import NATIONAL, NORMAL, SAME_PROVINCE
from family.rules import kinship
from family.rules.changes import change_reasons
from family.rules.facts import Pair, Payer, User
from family.rules.reasons import AFTER_NEW_PHONE, Reason, ReasonCode, no_sharing
from yibao.lib.days import day_words, span_words
from yibao.lib.fen import grouped

PHONE_COOL_OFF = timedelta(hours=72)  # reliability F7: a new number is how an old person's account is taken over
MOST_LIMIT_FEN = 100_000_00  # a year; far beyond what an account holds, so more is a slip of the hand

Found = Iterator[Reason]


def reasons(payer: Payer, pair: Pair, user: User | None, terms: SharingTerms | None) -> tuple[Reason, ...]:
    """Return every reason why this pair may not share; none means they may.

    Without a user only the payer's side is judged: an inviter learns nothing of somebody who has not agreed.
    """
    if terms is None:
        return (no_sharing(payer.region_name),)
    found = [*payer_reasons(payer, terms), *pair_reasons(pair, terms)]
    if user is not None:
        found += user_reasons(user, pair, payer.enrolment.region, terms)
    return tuple(found)


def payer_reasons(payer: Payer, terms: SharingTerms) -> Found:
    """Yield what stands in the way on the payer's side."""
    if not payer.has_account:
        yield Reason(
            ReasonCode.NO_ACCOUNT,
            "您在这里没有职工医保个人账户",
            f"没有查到{payer.region_name}的个人账户",
            "居民医保没有个人账户，不能给家人用；您可以用家人的钱",
        )
        return
    if payer.is_frozen:
        yield Reason(
            ReasonCode.PAYER_FROZEN,
            "账户冻结期间不能给家人用",
            f"您在{payer.region_name}的账户已冻结",
            "解除冻结以后再办；为什么冻结，请到窗口问",
        )
    yield from _payer_enrolment(payer, terms)
    if payer.age < terms.minor_age:
        yield Reason(
            ReasonCode.PAYER_MINOR,
            f"未满{terms.minor_age}周岁不能让别人用自己的钱",
            f"您今天{payer.age}周岁",
            f"满{terms.minor_age}周岁以后再办",
        )
    yield from phone_reasons(payer)
    if terms.gate_fen is not None and payer.last_year_fen < terms.gate_fen:
        yield Reason(
            ReasonCode.GATE,
            f"上年末余额满 {grouped(terms.gate_fen)} 元才能开通",
            f"上年末余额 {grouped(payer.last_year_fen)} 元，还差 {grouped(terms.gate_fen - payer.last_year_fen)} 元",
            "今年年底余额够了，明年就可以开通",
            payer.last_year_fen,
            terms.gate_fen,
        )
    if terms.max_users is not None and payer.users >= terms.max_users:
        yield Reason(
            ReasonCode.MAX_USERS,
            f"您的钱最多给{terms.max_users}个人用",
            f"现在已经有{payer.users}个人在用",
            "要换人，先移除一位家人",
        )
    yield from change_reasons(payer.changes_this_month, terms)


def phone_reasons(payer: Payer) -> Found:
    """Yield that the sign-in was changed so lately that nobody may be let at the money, or at more of it."""
    if payer.phone_free_on is not None:
        yield Reason(
            ReasonCode.PHONE_CHANGED,
            "刚换过登录手机号，暂时不能让家人用更多您的钱",
            f"{AFTER_NEW_PHONE.format(span_words(PHONE_COOL_OFF))}，防止别人冒用您的账户",
            f"{day_words(payer.phone_free_on)}起可以办；急用请带身份证到窗口办",
        )


def _payer_enrolment(payer: Payer, terms: SharingTerms) -> Found:
    enrolment = payer.enrolment
    if not enrolment.is_insured:
        yield Reason(
            ReasonCode.PAYER_ENDED,
            "您在这里的职工医保已经终止或转出",
            f"{payer.region_name}的参保关系已经结束",
            "转到新的地方以后，在新的地方办理",
        )
    elif not enrolment.is_normal and terms.payer_status == NORMAL:
        yield Reason(
            ReasonCode.PAYER_SUSPENDED,
            "停保期间不能给家人用",
            "您的职工医保现在是停保；余额没有清零",
            "恢复缴费后再办",
        )
    if enrolment.leaving_on is not None:
        yield Reason(
            ReasonCode.PAYER_LEAVING,
            "正在办理参保关系转移",
            f"您的职工医保将在{day_words(enrolment.leaving_on)}终止或转出",
            "转移完成后，在新的地方办理",
        )


def pair_reasons(pair: Pair, terms: SharingTerms) -> Found:
    """Yield what stands in the way between the two: relation, scopes, limits, what is there already."""
    if pair.is_self:
        yield Reason(ReasonCode.SELF, "不能邀请自己", "填的是您自己的证件号码", "请填家人的证件号码")
    if pair.relation and not is_allowed(pair.relation, terms):
        name = Relation(pair.relation).label if pair.relation in Relation.values else pair.relation
        yield Reason(
            ReasonCode.RELATION,
            "这种关系不在范围里",
            f"{name}不在当地规定的亲属里；可以的有：{'、'.join(terms.relations)}",
            "不包括岳父母、公婆；他们可以用自己子女的钱",
        )
    yield from kinship.reasons(pair)
    if missing := [scope for scope in pair.scopes if scope not in terms.scopes]:
        yield Reason(
            ReasonCode.SCOPE,
            "当地还不能这样用",
            f"当地家人的钱不能用来{'、'.join(Scope(scope).label for scope in missing)}",
            f"可以用来{'、'.join(Scope(scope).label for scope in terms.scopes)}",
        )
    if pair.is_bound:
        yield Reason(ReasonCode.ALREADY_BOUND, "你们已经绑定了", "这位家人已经在用您的钱", "在家庭共济页可以修改额度")
    if pair.open_number:
        yield Reason(
            ReasonCode.OPEN_INVITATION,
            "已经邀请过这个人，还没有答复",
            f"邀请 {pair.open_number} 正在等对方同意",
            "可以重新发送，或撤回后再邀请",
        )
    yield from period_reasons(pair)


def period_reasons(pair: Pair) -> Found:
    """Yield what is wrong with a limit (fen a year) or an end day."""
    if pair.limit_fen is not None and pair.limit_fen <= 0:
        yield Reason(ReasonCode.LIMIT, "额度要大于零", "填的额度是零或负数", "不想让对方用，可以停用或移除")
    if pair.limit_fen is not None and pair.limit_fen > MOST_LIMIT_FEN:
        most = f"额度最多填 {grouped(MOST_LIMIT_FEN)} 元"
        yield Reason(ReasonCode.LIMIT, most, f"填的是 {grouped(pair.limit_fen)} 元", "填小一些；不想限额，请选“不限”")
    if pair.until_on is not None and pair.on is not None and pair.until_on < pair.on:
        yield Reason(
            ReasonCode.END_DAY,
            "结束日期不能早于今天",
            f"填的是{day_words(pair.until_on)}",
            "填今天或以后的日期；要马上结束，请用移除",
        )


def declared_reasons(limit_fen: int | None, most_fen: int | None) -> Found:
    """Yield that a limit (fen a year, None for none) is more than what holds until the relation was shown."""
    if most_fen is not None and (limit_fen is None or limit_fen > most_fen):
        asked = "不限" if limit_fen is None else f" {grouped(limit_fen)} 元"
        yield Reason(
            ReasonCode.LIMIT,
            f"关系还没有在窗口核对，每年最多用 {grouped(most_fen)} 元",
            f"填的是{asked}",
            "请带户口本、结婚证等能看出关系的证件到任一窗口核对，核对以后就可以改",
            limit_fen,
            most_fen,
        )


def user_reasons(user: User, pair: Pair, payer_region: str, terms: SharingTerms) -> Found:
    """Yield what stands in the way on the user's side, by the terms of both regions."""
    both = [terms, *([user.terms] if user.terms is not None else [])]
    yield from _user_enrolment(user, payer_region, both)
    most = min((t.max_authorisers for t in both if t.max_authorisers is not None), default=None)
    if most is not None and user.authorisers >= most:
        yield Reason(
            ReasonCode.MAX_AUTHORISERS,
            f"一个人最多用{most}个人的钱",
            f"现在已经在用{user.authorisers}个人的钱",
            "要换人，先不再用其中一位的钱",
        )
    if pair.relation and is_allowed(pair.relation, terms) and not all(is_allowed(pair.relation, t) for t in both):
        yield Reason(
            ReasonCode.RELATION,
            "这种关系不在用钱的人参保地的范围里",
            f"{user.enrolment.region_name}的规定里没有这种关系",
            "两地的规定都允许才能办",
        )
    if not user.identity_checked and (not terms.temporary_members or set(pair.scopes) != {Scope.PREMIUM}):
        only = "只能作为代缴居民医保的临时成员" if terms.temporary_members else "当地没有临时成员"
        yield Reason(ReasonCode.IDENTITY, "身份没有完整核验", only, "带身份证到窗口核验身份")


def _user_enrolment(user: User, payer_region: str, both: list[SharingTerms]) -> Found:
    enrolment = user.enrolment
    if not enrolment.is_insured:
        yield Reason(
            ReasonCode.USER_NOT_INSURED,
            "用钱的人没有参加基本医疗保险",
            "没有查到正在参保的记录",
            "先参保，再办理",
        )
        return
    if not enrolment.is_normal and any(t.user_status == NORMAL for t in both):
        yield Reason(
            ReasonCode.USER_SUSPENDED,
            "用钱的人要正常参保缴费",
            "现在是停保",
            "恢复缴费后再办",
        )
    if enrolment.leaving_on is not None:
        yield Reason(
            ReasonCode.USER_LEAVING,
            "用钱的人正在办理参保关系转移",
            f"医保将在{day_words(enrolment.leaving_on)}终止或转出",
            "转移完成后再办",
        )
    if user.terms is None or not all(covers(t, payer_region, enrolment.region) for t in both):
        yield Reason(
            ReasonCode.USER_OUTSIDE,
            "用钱的人参保地不在范围里",
            f"在{enrolment.region_name or enrolment.region}参保",
            "要在同一个省参保；外省的家人暂时不能用",
        )
    if any(enrolment.insurance not in t.user_insurances for t in both):
        yield Reason(
            ReasonCode.USER_INSURANCE,
            "这种医保的参保人不能用",
            f"参加的是{InsuranceType(enrolment.insurance).label}",
            "可以打电话问当地的规定",
        )


def of_age_reasons(age: int, terms: SharingTerms) -> Found:
    """Yield that somebody of this age agrees for themselves, and no parent for them."""
    if age >= terms.minor_age:
        yield Reason(
            ReasonCode.OF_AGE,
            f"满{terms.minor_age}周岁要本人同意",
            f"今天已满{age}周岁",
            "请本人登录后同意，或带身份证到窗口办",
        )


def is_allowed(relation: str, terms: SharingTerms) -> bool:
    """Return whether the user may be this to the payer; the relation as national code or as the region names it."""
    return relation in terms.relation_choices if relation in Relation.values else relation in terms.relations


def covers(terms: SharingTerms, payer_region: str, user_region: str) -> bool:
    """Return whether a user insured there may use money of an account here: same region, same province, or any."""
    if terms.insured_scope == NATIONAL:
        return True
    width = 2 if terms.insured_scope == SAME_PROVINCE else 6
    return payer_region[:width] == user_region[:width]


def earliest_end(bound_on: date, terms: SharingTerms) -> date:
    """Return the first day on which the payer may end a bond; the user may leave on any day."""
    return bound_on + timedelta(days=terms.cooldown_days or 0)


def movable_fen(balance_fen: int, terms: SharingTerms) -> int:
    """Return how much of an account may be moved into the pool: what exceeds the reserve (seed S1; TV-06)."""
    return max(balance_fen - (terms.reserve_fen or 0), 0)
