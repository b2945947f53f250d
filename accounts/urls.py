"""Addresses of people, their accounts and the rules of their region."""


urlpatterns: list = []
