"""Addresses of people, their accounts and the rules of their region."""

from django.urls import path

from accounts.views.components import components
from accounts.views.display import display, stay

urlpatterns = [
    path("components/", components, name="components"),
    path("display/", display, name="display"),
    path("display/stay/", stay, name="stay"),
]
