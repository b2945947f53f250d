"""解缴: the treasury pays a tax office what a region's accounts have paid for premiums (代缴待解缴)."""

from django.db import connection, transaction

from accounts.codes import PotKind, VoucherKind
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.ledger.posting import Locked, Move, post
from accounts.ledger.retry import retrying
from payments.premiums.models import TaxPayment
from payments.premiums.rules import PremiumError
from yibao.lib.fen import grouped
from yibao.lib.half_width import half_width
from yibao.lib.masking import scrubbed

DOCUMENT_LENGTH = 60

# What has come into 代缴待解缴 for orders of the batches up to one, less what went back to accounts.
_HANDED_OVER = f"""
    SELECT coalesce(sum(CASE WHEN t.target_id = p.id THEN t.amount_fen ELSE -t.amount_fen END), 0)::bigint
    FROM accounts_pot p JOIN accounts_transfer t ON p.id IN (t.target_id, t.source_id)
    JOIN accounts_voucher v ON v.id = t.voucher_id
    JOIN payments_premiumvoucher l ON l.voucher_id = coalesce(v.reverses_id, v.id)
    JOIN payments_premiumorder o ON o.id = l.order_id
    WHERE p.person_id IS NULL AND p.region = %s AND p.kind = '{PotKind.PREMIUMS}' AND o.region = %s AND o.batch_id <= %s
"""
_PAID = "SELECT coalesce(sum(amount_fen), 0)::bigint FROM payments_taxpayment WHERE (region, insured_region) = (%s, %s)"


@retrying
def remit(*, act: Act, region: str, insured_region: str, up_to: int, document: str) -> TaxPayment:
    """Record that the treasury of a region has paid the tax office of another, or its own, up to a batch (id).

    The amount is what was handed over up to that batch and has not come back, less what was paid before: one voucher. The
    same document again, in whatever width, case and spacing, returns the first payment. Raises PremiumError where nothing
    is owed, and for a document that belongs to another payment or cannot be one.
    """
    document = half_width(document)
    if act.actor.kind != "staff":
        raise PremiumError("解缴由工作人员登记，请写明由谁办")
    if not 0 < len(document) <= DOCUMENT_LENGTH or scrubbed(document) != document:
        raise PremiumError(f"请写付款凭据的编号，最长{DOCUMENT_LENGTH}个字，不写证件号码和手机号")
    with transaction.atomic():
        _one_at_a_time(region)
        if earlier := TaxPayment.objects.filter(region=region, document__iexact=document).first():
            if (earlier.insured_region, earlier.up_to_id) != (insured_region, up_to):
                raise PremiumError("这份凭据已经登记过另一笔解缴，请核对编号")
            return earlier
        owed_fen = owed(region=region, insured_region=insured_region, up_to=up_to)
        if owed_fen <= 0:
            surplus = f"，多付的 {grouped(-owed_fen)} 元从以后的解缴里扣" if owed_fen else ""
            raise PremiumError(f"到这一批为止没有要解缴的钱{surplus}")
        return _pay(act, region, insured_region, up_to, document, owed_fen)


def owed(*, region: str, insured_region: str, up_to: int) -> int:
    """Return what a region's treasury still owes a tax office for the batches up to one (fen); below zero, what was too much."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({_HANDED_OVER}) - ({_PAID})", [region, insured_region, up_to, region, insured_region])
        return int(cursor.fetchone()[0])


def _pay(act: Act, region: str, insured_region: str, up_to: int, document: str, fen: int) -> TaxPayment:
    def decide(locked: Locked) -> list[Move]:
        return [Move(locked.system_pot(PotKind.PREMIUMS), locked.system_pot(PotKind.OUTWARD), fen)]

    voucher = post(
        act=act,
        kind=VoucherKind.REMITTANCE,
        region=region,
        key=f"remittance:{region}:{document}",
        payload={"insured_region": insured_region, "up_to": up_to, "amount_fen": fen},
        pots=[],
        decide=decide,
        reason=f"解缴居民医保（凭据 {document}）",
    )
    paid = TaxPayment.objects.create(
        region=region,
        insured_region=insured_region,
        up_to_id=up_to,
        amount_fen=fen,
        document=document,
        voucher=voucher,
        actor=str(act.actor),
        at=act.at,
    )
    audit.record(act=act, verb="premium_tax.remitted", detail={"payment": paid.pk, "region": region})
    return paid


def _one_at_a_time(region: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"remittance:{region}"])
