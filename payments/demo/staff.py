"""The demo's staff, with one password made for this installation, and how to sign in as each person."""

import os
import secrets

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings

from accounts.codes import Role
from accounts.models import User
from payments.demo.personas import PERSONAS

# user name, name, role, office, certificate number: none of them is insured here
STAFF = (
    ("clerk1", "经办甲", Role.CLERK, "330381-01", "999902198001010012"),
    ("clerk2", "经办乙", Role.CLERK, "330381-03", "999902198101010028"),
    ("reviewer", "复核丙", Role.REVIEWER, "330381-01", "999902198201010033"),
    ("policy", "政策丁", Role.POLICY, "330381-01", "999902198301010049"),
    ("approver", "审批戊", Role.APPROVER, "330381-01", "999902198401010054"),
)


def create() -> None:
    """Make the staff and an administrator; their authenticator codes show in the demo's outbox."""
    word = password()
    users = [
        User.objects.create_user(name, word, name=shown, role=role, office=office, certno=certno)
        for name, shown, role, office, certno in STAFF
    ]
    users.append(User.objects.create_superuser("admin", word, name="管理员", certno="99990219850101006X"))
    for user in users:
        TOTP.activate(user, generate_totp_secret())


def password() -> str:
    """Return the demo staff's password: made once per installation and kept with mode 0600."""
    path = settings.VAR / "secrets" / "demo_password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(12))
    return path.read_text()


def sign_ins() -> str:
    """Return how to sign in as each demo person, for the terminal of whoever started the demo."""
    lines = ["参保人：用手机号登录，验证码看短信发件箱；第一次登录用下面的姓名和证件号码核实身份。"]
    lines += [f"  {m.phone}  {m.name}  {m.certno}  {m.what}" for m in PERSONAS]
    lines += ["", f"工作人员：/login/staff/，密码都是 {password()}，动态码也看发件箱。"]
    lines += [f"  {name:<9} {Role(role).label}，网点 {office}" for name, _, role, office, _ in STAFF]
    lines += ["  admin     管理员（后台 /admin/）"]
    return "\n".join(lines)
