"""Files of the tests go to a folder of their own."""

import pytest


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.TAX_OFFICE_FOLDER = tmp_path / "tax_office"
    return settings.TAX_OFFICE_FOLDER
