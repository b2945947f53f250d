"""统筹区: which there are, and since when each is credited here. Read only."""

from django.contrib import admin

from accounts.admin.jobs import ReadOnlyAdmin
from accounts.models import Region


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    """上线日由两个人用 go_live 命令设，这里只看。"""

    list_display = ("code", "name", "live_on")
    ordering = ("code",)
