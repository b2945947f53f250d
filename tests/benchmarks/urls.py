"""The site, and a bare view that reads one row: the floor of the account page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts.models import Person


@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Person.objects.order_by("id").values_list("id", flat=True).first()))


urlpatterns = [path("bare/", bare), path("", include("yibao.urls"))]

handler404 = "yibao.errors.not_found"
handler500 = "yibao.errors.server_error"
