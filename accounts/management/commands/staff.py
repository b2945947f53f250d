"""Accounts of the staff: `staff list`, `staff add|role|office|stop|resume|new_factor|new_password USERNAME --by A --by B`.

The first --by is an administrator, the second somebody who reviews or approves. Name and certificate number of a new
account are asked for, never part of the command.
"""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.codes import ApprovalState, Role
from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError, ask
from accounts.management.staff import acts_by, add_by, by_two, ends_done, how_to_approve
from accounts.models import Approval, User
from accounts.operations import approvals, staff_accounts
from yibao.lib import clock

DEEDS = ("add", "role", "office", "stop", "resume", "new_factor", "new_password")


class Command(BaseCommand):
    help = "List the accounts of the staff, or change one, which takes two people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=("list", *DEEDS))
        parser.add_argument("username", nargs="?", default="")
        parser.add_argument("--role", default="", choices=("", *Role.values))
        parser.add_argument("--office", default="", help="code of the office, or central")
        parser.add_argument("--reason", default="", help="why, for the checker")
        parser.add_argument("--document", default="", help="document number (文号)")
        add_by(parser, two=True)

    def handle(self, *args: object, deed: str, username: str, **options: Any) -> None:
        if deed == "list":
            self._list(options["json"])
            return
        if not username:
            raise CommandError("请写明账号")
        if deed == "add":
            approval, said = self._add(username, options)
        else:
            approval, said = self._change(deed, username, options)
        done = approval is None or approval.state == ApprovalState.APPROVED
        self.tell(said, username=username, done=done, approval=approval and approval.pk)
        ends_done(done)

    def _list(self, as_json: bool) -> None:
        with_factor = set(Authenticator.objects.values_list("user_id", flat=True))
        rows = [
            {
                "id": user.pk,
                "username": user.username,
                "role": user.role,
                "office": user.office,
                "administrator": user.is_superuser,
                "active": user.is_active,
                "password": user.has_usable_password(),
                "second_factor": user.pk in with_factor,
            }
            for user in staff_accounts.staff_accounts()
        ]
        if as_json:
            self.answer({"staff": rows})
            return
        for row in rows:
            role = "管理员" if row["administrator"] else Role(str(row["role"])).label if row["role"] else "没有岗位"
            state = "" if row["active"] else "　不能登录"
            self.stdout.write(f"{row['username']}　{role}　{row['office'] or '没有网点'}{state}")

    def _add(self, username: str, options: dict[str, Any]) -> tuple[Approval | None, str]:
        try:
            name, certno = ask(f"{username} 的姓名："), ask(f"{username} 本人的证件号码：")
        except EOFError:
            raise CommandError("没有输入姓名和证件号码") from None
        facts = {"username": username, "name": name, "certno": certno, "office": options["office"]}
        try:
            if not options["by"]:
                if options["role"] not in ("", Role.APPROVER):
                    raise CommandError("这件事要两个人：--by 管理员账号 --by 复核或审批岗账号")
                act = Act(Actor.system("staff"), clock.now())
                staff_accounts.make_first_checker(act=act, **facts)
                return None, f"{username} 是第一位审批岗，可以登录了。设置码：manage.py second_factor code {username}"
            return self._add_by_two(facts | {"role": options["role"]}, options)
        except AccountsError as error:
            raise CommandError(error.message) from None

    @transaction.atomic
    def _add_by_two(self, facts: dict[str, str], options: dict[str, Any]) -> tuple[Approval, str]:
        maker, *checker = acts_by(options["by"])
        approval = staff_accounts.propose_account(
            act=maker, **facts, reason=options["reason"], document=options["document"]
        )
        if not checker:
            return approval, how_to_approve(approval)
        said = approvals.approve(act=checker[0], approval_id=approval.pk, digest=approval.digest)
        approval.refresh_from_db()
        return approval, said

    def _change(self, deed: str, username: str, options: dict[str, Any]) -> tuple[Approval, str]:
        user = staff_accounts.staff_accounts().filter(username=username).first()
        if user is None:
            raise CommandError(f"没有“{username}”这个工作人员账号，请检查账号写得对不对")
        if not options["by"]:
            raise CommandError("这件事要两个人：--by 管理员账号 --by 复核或审批岗账号")
        kind, asked = _proposal(deed, user, options)
        return by_two(
            options["by"],
            kind=kind,
            subject=staff_accounts.subject_of(user),
            reason=options["reason"],
            document=options["document"],
            asked=asked,
        )


def _proposal(deed: str, user: User, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the kind of approval and what is asked of it."""
    if deed == "new_factor":
        return staff_accounts.SECOND_FACTOR, {}
    if deed == "new_password":
        return staff_accounts.PASSWORD, {}
    given = {name: options[name] for name in ("role", "office") if options[name]}
    if deed in ("role", "office") and deed not in given:
        raise CommandError(f"请用 --{deed} 写明改成什么")
    active = {"stop": False, "resume": True}.get(deed, user.is_active or not user.role)
    return staff_accounts.ACCOUNT, staff_accounts.asked_of(user, **given, active=active)
