"""What is marked `unit` runs without any server: `make unit` promises it, and `make test` would not notice."""

import pytest

SERVERS = {"django_db_setup", "policies_template", "committed_db", "valkey"}


def asks_for_a_server(item: pytest.Item) -> bool:
    return bool(SERVERS & set(item.fixturenames)) or item.get_closest_marker("django_db") is not None


def test_no_unit_test_asks_for_a_server(request):
    unit = [item for item in request.session.items if item.get_closest_marker("unit")]
    assert [item.nodeid for item in unit if asks_for_a_server(item)] == []


def test_a_test_that_does_is_seen(request, policies_template):
    assert asks_for_a_server(request.node)
