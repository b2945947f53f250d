"""What is refused about bills. Nothing is written then, and the number is still free."""

from accounts.errors import AccountsError
from accounts.ledger.errors import PostingError


class BillRefusedError(PostingError):
    """Accounts may not pay this bill."""

    message = "这张结算单不能用个人账户付"


class UnknownBillError(AccountsError):
    """The institution has no bill of this number."""

    message = "本机构没有这个单号的结算单"
