"""Who signs in: citizens tied to one insured person, and staff with a role and an office."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from accounts.codes import Contrast, NoticeKind, Role, TextSize, TieKind
from accounts.sealing.fields import BlindIndexField, SealedField, indexes

SILENT = timedelta(days=365)
WARNING = timedelta(days=2)  # how long before it opens a limited sign-in is announced once more


class UserManager(BaseUserManager["User"]):
    """Citizens are made by their first sign-in, staff by the personnel page or `createsuperuser`."""

    def create_citizen(self, phone: str = "") -> "User":
        """Make a citizen who is nobody yet: no password, and a user name that says nothing.

        Raises IntegrityError where the number already signs somebody in.
        """
        user = self.model(username=self.opaque_username(), phone=phone)
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def opaque_username(self) -> str:
        """Return a user name for somebody who never types one."""
        return secrets.token_hex(16)

    def by_phone(self, phone: str) -> "models.QuerySet[User]":
        """Return whoever signs in with this normalised number: one user or none."""
        return self.filter(phone_index__in=indexes(phone, "user:phone"))

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make a member of staff: fields are name, role, office and certno."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """用户：登录本系统的人。参保人用手机号登录，核实身份后与一名参保人绑定；工作人员用账号、密码和动态码登录。"""

    username = models.CharField("账号", max_length=64, unique=True)
    name = models.CharField("姓名", max_length=40, blank=True)
    role = models.CharField("岗位", max_length=8, choices=Role.choices, blank=True)
    office = models.CharField("网点代码", max_length=12, blank=True)
    person = models.OneToOneField(
        "Person", models.PROTECT, null=True, blank=True, related_name="user", verbose_name="参保人"
    )
    phone = SealedField("登录手机号", blank=True, default="")
    phone_index = BlindIndexField("登录手机号索引", of="phone", null=True, unique=True)
    tied_at = models.DateTimeField("核实身份时间", null=True, editable=False)
    tied_by = models.CharField("核实方式", max_length=8, choices=TieKind.choices, blank=True, editable=False)
    # When the roster's phone was told a second time that somebody else's opens the account soon.
    warned_at = models.DateTimeField("再次提醒时间", null=True, editable=False)
    # Which person a member of staff is: two accounts of one person are one maker or checker. Once set, the database
    # keeps it (accounts.identity.triggers). A citizen's stands on their person.
    certno = SealedField("证件号码", blank=True, default="")
    certno_index = BlindIndexField("证件号码索引", of="certno", null=True, db_index=True)
    # A new number is the first step of a takeover: money acts are held back for a while after it.
    phone_changed_at = models.DateTimeField("手机号变更时间", null=True, editable=False)
    # Which kinds of notices go to the phone too, {"credit": true}; of the others what NoticeKind says by default.
    sms_choices = models.JSONField("短信提醒", default=dict, db_default={})
    folds_balance = models.BooleanField("余额先收起", default=False)
    # Empty means never chosen: then the cookie of the browser counts.
    text_size = models.CharField("字号", max_length=8, choices=TextSize.choices, blank=True)
    contrast = models.CharField("对比度", max_length=8, choices=Contrast.choices, blank=True)
    is_active = models.BooleanField("可以登录", default=True)
    joined_at = models.DateTimeField("首次登录时间", auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["certno"]  # what createsuperuser asks for

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        constraints = [
            models.CheckConstraint(
                condition=Q(role="", is_superuser=False) | Q(person=None, phone_index=None),
                name="user_staff_is_nobodys_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display() or '管理员'} {self.username}" if self.is_official else f"参保人用户 {self.pk}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session is good for. Of staff also the role: taken away or changed, every session ends."""
        if not self.is_official:
            return str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]
        held = f"{self.password} {self.role} {self.office} {self.is_superuser}"
        return salted_hmac("accounts.user.session", held, secret=secret, algorithm="sha256").hexdigest()

    def must_prove(self, now: datetime) -> bool:
        """Say whether whoever signs in as this citizen has to prove anew who they are.

        Numbers are given to somebody else when they lie idle: so it is once the roster has replaced the number (whoever
        ties themselves with it after that has proven it), and after a year without a sign-in.
        """
        if self.person is None:
            return False
        if self.last_login is not None and now - self.last_login > SILENT:
            return True
        replaced_at = self.person.phone_changed_at
        is_replaced = replaced_at is not None and (self.tied_at is None or replaced_at > self.tied_at)
        return is_replaced and bool(self.person.phone) and self.person.phone != self.phone

    def is_unproven(self) -> bool:
        """Say whether name and number are all that ties this sign-in to its person: both leak, and phones do not."""
        if self.tied_by != TieKind.RECORD or self.person is None:
            return False
        return not self.person.phone or self.person.phone != self.phone

    def opens_at(self) -> datetime | None:
        """Return when the sign-in ceases to be limited by itself; None where it does not.

        It takes a phone on the roster that has been told twice, the second time WARNING before.
        """
        if self.tied_at is None or self.person is None or not self.person.phone:
            return None
        opens = self.tied_at + timedelta(days=settings.IDENTITY_WAIT_DAYS)
        return max(opens, self.warned_at + WARNING) if self.warned_at else opens

    def is_limited(self, now: datetime) -> bool:
        """Say whether whoever signs in here may see and do nothing yet: no amounts, no names, no money acts.

        Every page that shows or changes something of a person asks this (accounts.identity.access).
        """
        if not self.is_unproven():
            return False
        opens = self.opens_at()
        return self.warned_at is None or opens is None or now < opens

    def may_be_stranger(self, now: datetime) -> bool:
        """Say whether what concerns the person goes to the phone of the roster, and not to this sign-in's."""
        return self.is_limited(now) or self.must_prove(now)

    def wants_sms_of(self, kind: str) -> bool:
        """Say whether notices of this kind (NoticeKind) go to the phone too. Warnings about the sign-in always do."""
        default = NoticeKind(kind).sms_by_default
        return kind == NoticeKind.SECURITY or bool(self.sms_choices.get(kind, default))

    @property
    def is_official(self) -> bool:
        """Whether this is a member of staff, who needs a second factor, and not a citizen."""
        return bool(self.role) or self.is_superuser

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin lets this user in: policy staff, whoever checks, administrators, and no clerk."""
        return self.is_superuser or self.role in (Role.POLICY, Role.REVIEWER, Role.APPROVER)

    @property
    def reads_books(self) -> bool:
        """Whether this user may look at runs, vouchers and the rest of everybody's books."""
        return self.is_superuser or self.role in (Role.POLICY, Role.APPROVER)
