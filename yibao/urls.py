"""Every address of the site, by app."""

from django.contrib import admin
from django.urls import include, path

from yibao.health import healthz, readyz
from yibao.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("family.urls")),
    path("", include("payments.urls")),
]

handler400 = "yibao.errors.bad_request"
handler403 = "yibao.errors.forbidden"
handler404 = "yibao.errors.not_found"
handler500 = "yibao.errors.server_error"
