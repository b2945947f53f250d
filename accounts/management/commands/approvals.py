"""What takes two people: `approvals` lists what waits, `approvals --approve 12 --by USERNAME` lets it happen."""

from argparse import ArgumentParser
from typing import Any

from accounts.codes import ApprovalState
from accounts.errors import AccountsError
from accounts.management.base import BaseCommand, CommandError
from accounts.management.staff import acts_by, add_by
from accounts.models import Approval
from accounts.operations import approvals
from accounts.operations.approval_kinds import title_of
from yibao.lib.clock import SHANGHAI


class Command(BaseCommand):
    help = "List what waits for a second person, and approve, reject or withdraw it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_mutually_exclusive_group()
        deeds.add_argument("--approve", type=int, metavar="ID", help="let it happen; needs --by")
        deeds.add_argument("--reject", type=int, metavar="ID", help="send it back; needs --by and --reason")
        deeds.add_argument("--withdraw", type=int, metavar="ID", help="take back what you submitted; needs --by")
        deeds.add_argument("--all", action="store_true", help="list what is decided too")
        parser.add_argument("--reason", default="", help="why it is sent back")
        parser.add_argument("--digest", default="", help="approve only what has this digest, as the list gives it")
        add_by(parser)

    def handle(self, *args: object, **options: Any) -> None:
        for deed in ("approve", "reject", "withdraw"):
            if options[deed] is not None:
                self._decide(deed, options[deed], options)
                return
        rows = Approval.objects.select_related("maker", "checker").order_by("id")
        if not options["all"]:
            rows = rows.filter(state=ApprovalState.WAITING)
        if options["json"]:
            self.answer({"approvals": [_as_json(row) for row in rows]})
            return
        self.stdout.write("\n\n".join(map(_in_words, rows)) or "没有等待复核的事")

    def _decide(self, deed: str, pk: int, options: dict[str, Any]) -> None:
        acts = acts_by(options["by"], most=1)
        if not acts:
            raise CommandError("请用 --by 写明由谁办")
        try:
            said = getattr(self, f"_{deed}")(acts[0], pk, options)
        except AccountsError as error:
            if options["json"]:
                self.answer({"done": False, "id": pk, "reason": error.message})
            raise CommandError(error.message) from None
        self.tell(said, **_as_json(Approval.objects.select_related("maker", "checker").get(pk=pk)))

    def _approve(self, act: Any, pk: int, options: dict[str, Any]) -> str:
        row = Approval.objects.filter(pk=pk).first()
        digest = options["digest"] or (row.digest if row else "")
        return approvals.approve(act=act, approval_id=pk, digest=digest)

    def _reject(self, act: Any, pk: int, options: dict[str, Any]) -> str:
        approvals.reject(act=act, approval_id=pk, note=options["reason"])
        return f"双人复核 {pk} 已退回"

    def _withdraw(self, act: Any, pk: int, options: dict[str, Any]) -> str:
        approvals.withdraw(act=act, approval_id=pk)
        return f"双人复核 {pk} 已撤回"


def _as_json(row: Approval) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "title": title_of(row.kind),
        "subject": row.subject,
        "state": row.state,
        "content": row.content,
        "words": row.words,
        "reason": row.reason,
        "document": row.document,
        "digest": row.digest,
        "maker": row.maker.username,
        "made_at": row.made_at.astimezone(SHANGHAI).isoformat(),
        "checker": row.checker.username if row.checker else None,
        "decided_at": row.decided_at.astimezone(SHANGHAI).isoformat() if row.decided_at else None,
        "note": row.note,
    }


def _in_words(row: Approval) -> str:
    made = row.made_at.astimezone(SHANGHAI)
    lines = [f"{row.pk}　{title_of(row.kind)}　{row.get_state_display()}"]
    lines += [f"  {label}：{value}" for label, value in row.words]
    lines += [f"  理由：{row.reason}"] + ([f"  文号：{row.document}"] if row.document else [])
    lines += [f"  提交：{row.maker.username}　{made:%Y-%m-%d %H:%M}"]
    if row.checker:
        lines += [f"  复核：{row.checker.username}" + (f"　{row.note}" if row.note else "")]
    return "\n".join(lines)
