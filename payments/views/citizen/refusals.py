"""What an operation may raise, as its page: changed meanwhile, too late, not there."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.errors import AccountsError
from payments.models import PremiumOrder
from payments.premiums.rules import OrderStateError

View = Callable[..., HttpResponse]


def changed(request: HttpRequest, *, text: str = "", facts: Sequence[tuple[str, str]] = ()) -> HttpResponse:
    """Answer that something changed first (409): what, and for whom."""
    context = {"back_url": reverse("premium"), "text": text, "facts": facts}
    return render(request, "409.html", context, status=409)


def answering(view: View) -> View:
    """Turn what an operation may raise into its page."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except OrderStateError as error:
            return render(request, "payments/too_late.html", {"message": f"{error.message.rstrip('。')}。"}, status=409)
        except AccountsError as error:
            return changed(request, text=f"{error.message}。")
        except PremiumOrder.DoesNotExist:
            raise Http404 from None

    return answered
