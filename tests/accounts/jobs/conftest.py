"""Regions of the tests' own, loaded from files as a bureau would: like a shipped one, with some values changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.policies.loading import load
from accounts.policies.preset_files import SHIPPED
from tests.factories.acts import act_now


@pytest.fixture
def region_like(tmp_path: Path) -> Callable[..., str]:
    """Return a function that loads a changed copy of a region's file under another code."""

    def load_changed(shipped: str, code: str, *changes: tuple[str, str]) -> str:
        text = (SHIPPED / f"{shipped}.toml").read_text()
        for old, new in ((f'code = "{shipped}"', f'code = "{code}"'), *changes):
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{code}.toml"
        path.write_text(text)
        load(act=act_now(), paths=[path])
        return code

    return load_changed


@pytest.fixture
def region_of_own_pensions(region_like) -> str:
    """Monthly, retirees by 4.8% of their own pension (TV-26)."""
    return region_like(
        "430000",
        "999901",
        ('retiree_mode = { value = "fixed_monthly"', 'retiree_mode = { value = "pct_own_pension"'),
        (
            'retiree_amounts = { value = [{ from_age = 0, amount = "75.00" }]',
            'retiree_rates = { value = [{ from_age = 0, rate = "4.8%" }]',
        ),
    )


@pytest.fixture
def region_with_interest(region_like) -> str:
    """Like 舟山, and 当年 earns 0.35% a year, 历年 1.10%."""
    return region_like(
        "330900",
        "999902",
        (
            'pays_interest = { value = false, assumed = true, note = "没有舟山的利率文件" }',
            "\n".join(
                (
                    "pays_interest = { value = true, assumed = true }",
                    'current_rate = { value = "0.35%", assumed = true }',
                    'carried_rate = { value = "1.1%", assumed = true }',
                )
            ),
        ),
    )
