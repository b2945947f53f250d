"""演示人员: their past begins with the rules, so rules that came later are refused before anything is written."""

from datetime import datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from payments.demo import history
from payments.models import Institution
from yibao.lib.clock import SHANGHAI

pytestmark = pytest.mark.usefixtures("policies_loaded")


def test_rules_that_were_loaded_by_themselves_are_refused_before_anything_is_written(monkeypatch):
    monkeypatch.setattr(history, "BEGINS", datetime(2000, 1, 1, tzinfo=SHANGHAI))
    with pytest.raises(CommandError, match="自己载入规则"):
        call_command("seed_demo")
    assert not User.objects.exists()
    assert not Institution.objects.exists()
