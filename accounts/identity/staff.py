"""Which person a member of staff is, so that two accounts of one person are one and nobody checks their own work."""

from django.db import transaction

from accounts.errors import AccountsError
from accounts.identity import audit, certificates
from accounts.identity.actors import Act
from accounts.models import User
from accounts.sealing import keyring
from accounts.sealing.fields import Sealer, context_of


class StaffIdentityError(AccountsError):
    """It is not known which person this member of staff is, or it is known to be somebody else."""


@transaction.atomic
def register_certno(*, act: Act, username: str, certno: str) -> User:
    """Record the certificate number of a member of staff, once and for all; the same number again changes nothing.

    Raises StaffIdentityError for an account that is no member of staff's or has another number already,
    certificates.BadCertificateError.
    """
    number = certificates.read(certno).number
    user = User.objects.select_for_update(of=("self",)).filter(username=username).first()
    if user is None or not user.is_official:
        raise StaffIdentityError(f"没有“{username}”这个工作人员账号，请检查账号写得对不对")
    if user.certno == number:
        return user
    if user.certno:
        raise StaffIdentityError(
            f"账号 {username} 已登记另一个证件号码，登记后不能改。登记错了或换了人用，请停用这个账号，另建一个"
        )
    user.certno = number
    user.save(update_fields=["certno", "certno_index"])
    audit.record(act=act, verb="staff.certno_registered", detail={"user": user.pk})
    return user


def identity_of(user: User, like: bytes | None = None) -> bytes:
    """Return the blind index of who this member of staff is; under the key of another index where one is given.

    Only indexes under one key can be compared. Raises StaffIdentityError where no certificate number is registered,
    where what is stored was tampered with, and when the key of the other index is gone.
    """
    if not user.certno or not user.certno_index:
        raise StaffIdentityError(
            f"账号 {user.username} 没有登记本人的证件号码，不能提交或复核。"
            f"请管理员在服务器上运行 manage.py staff_certno {user.username} 登记"
        )
    if _index(user, bytes(user.certno_index)) != user.certno_index:
        raise StaffIdentityError(f"账号 {user.username} 登记的证件号码被改动过，不能提交或复核。请报告管理员")
    index = _index(user, like)
    if index is None:
        raise StaffIdentityError("提交以后加密密钥已经更换，无法核对是不是同一个人。请撤回或退回，重新提交")
    return index


def _index(user: User, like: bytes | None) -> bytes | None:
    """Return the index of the user's number under the key of `like`, None if that key is gone; else the writing key's."""
    sealer = Sealer(context_of(User, "certno"))
    key_id = like[: keyring.ID_BYTES] if like else sealer.current
    return sealer.index(str(user.certno), key_id) if key_id in (sealer.current, *sealer.others) else None
