"""An import is withdrawn after two records of one of its people were merged: the one that went stays gone."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import Contribution
from accounts.roster.withdrawing import withdraw
from tests.accounts.operations.life_kit import Desk
from tests.accounts.operations.test_merging import merge, record
from tests.accounts.roster.import_kit import TODAY, contributions
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file

pytestmark = pytest.mark.usefixtures("policies_loaded")


def test_what_it_had_corrected_does_not_count_for_the_record_that_went(tmp_path: Path) -> None:
    gone, kept = record(), record()
    paid = contribution_row(0, certno=gone.certno)
    contributions(csv_file(tmp_path / "a.csv", [paid]), on=date(2025, 6, 1))
    right = paid | {"base": "5000", "clct_type": "更正", "received_on": "2025-02-15"}
    second = contributions(csv_file(tmp_path / "b.csv", [right]), on=date(2025, 6, 2))
    merge(Desk(), gone, kept)
    assert Contribution.objects.get().person == kept
    withdraw(act=act_on(TODAY), import_id=second.import_id, reason="发错了文件")
    assert not Contribution.objects.exists()
