"""The deployment page's files hold together, and `check --deploy` names what is missing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse_lazy as reverse

from accounts.triggers import ROLE
from tests import databases
from yibao.bounds import TAKES_FILES
from yibao.deployment import NEEDED
from yibao.web import LARGEST_BODY

DEPLOY = settings.BASE_DIR / "deploy"
CHECK = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What make_env.sh writes, as a process gets it."""
    made = subprocess.run(
        ["sh", DEPLOY / "make_env.sh", "yibao.example.gov.cn", "secret", "secret"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    given = dict(line.split("=", 1) for line in made.splitlines() if not line.startswith("#"))
    folder = tmp_path_factory.mktemp("var")
    paths = {"YIBAO_VAR": str(folder), "YIBAO_KEYRING": str(folder / "keyring.json")}
    return {"PATH": os.environ["PATH"]} | given | paths


def _check(environment: dict[str, str], *more: str) -> str:
    found = subprocess.run([*CHECK, *more], env=environment, capture_output=True, text=True, cwd=settings.BASE_DIR)
    return found.stdout + found.stderr


def test_the_environment_that_is_made_has_every_setting(environment: dict[str, str]) -> None:
    assert set(NEEDED) <= set(environment)
    assert "no issues" in _check(environment)


KEPT = {"PATH", "DATABASE_URL", "YIBAO_VAR"}


@pytest.fixture(scope="module")
def said_of_a_bare_demo(environment: dict[str, str]) -> str:
    """What is said of a demo and rehearsal that has nothing but the settings KEPT."""
    kept = {name: value for name, value in environment.items() if name in KEPT}
    return _check(kept | {"YIBAO_DEMO": "1", "YIBAO_REHEARSAL": "1"})


def test_each_missing_setting_is_named(said_of_a_bare_demo: str) -> None:
    missed = [name for name in NEEDED if name not in KEPT]
    assert [name for name in missed if f"没有设置 {name}：" not in said_of_a_bare_demo] == []


def test_every_setting_stands_in_the_deployment_page() -> None:
    read = re.compile(r"(?:\benv\.\w+\(|\benviron(?:\.get\(|\[))\s*\"([A-Z_]+)\"")
    settings_of = ("yibao/settings.py", "accounts/sealing/keyring.py", "yibao/servers.py")
    names = {name for path in settings_of for name in read.findall((settings.BASE_DIR / path).read_text())}
    page = (settings.BASE_DIR / "docs" / "deployment.md").read_text()
    assert {"SMS_PER_NUMBER", "YIBAO_KEYRING", "YIBAO_VAR"} <= names
    assert sorted(name for name in names - {"XDG_RUNTIME_DIR"} if f"`{name}`" not in page) == []


def test_a_demo_or_rehearsal_in_earnest_is_named(said_of_a_bare_demo: str) -> None:
    assert "YIBAO_DEMO 开着" in said_of_a_bare_demo
    assert "YIBAO_REHEARSAL 开着" in said_of_a_bare_demo


def test_a_login_that_could_rewrite_the_ledger_is_named(environment: dict[str, str], committed_db: str) -> None:
    reachable = environment | {"DATABASE_URL": databases.url_of(committed_db)}
    asked = ["--database", "default"]
    assert "能改写账本" in _check(reachable, *asked)
    assert "能改写账本" not in _check(reachable | {"DATABASE_ROLE": ROLE}, *asked)


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine")
    for unit in (DEPLOY / "systemd").iterdir():
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/yibao", str(settings.BASE_DIR)))
    said = subprocess.run(
        ["systemd-analyze", "verify", *sorted(str(path) for path in tmp_path.glob("yibao*.[st]*"))],
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
    ).stderr
    assert [line for line in said.splitlines() if "yibao" in line] == []


def test_nginx_shows_neither_figures_nor_readiness() -> None:
    site = (DEPLOY / "nginx.conf").read_text()
    assert all(re.search(rf"location = {address} {{ return 404; }}", site) for address in ("/metrics", "/readyz"))


# Template of a form with files → where its page stands.
UPLOADS = {
    "admin/accounts/import/upload.html": reverse("admin:accounts_import_add"),
    "counter/_case_papers.html": reverse("counter_case", args=["YW2026-0101-ABCDEFGH"]),
}


def test_nginx_lets_through_what_every_form_with_files_takes() -> None:
    templates = settings.BASE_DIR / "templates"
    forms = [path for path in templates.rglob("*.html") if "multipart/form-data" in path.read_text()]
    assert {str(path.relative_to(templates)) for path in forms} == set(UPLOADS)
    large = re.search(r"location ~ (\S+) {\s*client_max_body_size 12m;", (DEPLOY / "nginx.conf").read_text())
    assert large
    assert LARGEST_BODY == 12 * 1024 * 1024
    for address in map(str, UPLOADS.values()):
        assert re.search(large[1], address)
        assert TAKES_FILES.match(address)


def test_scripts_are_read_by_their_shell() -> None:
    for script in DEPLOY.glob("*.sh"):
        shell = script.read_text().splitlines()[0].removeprefix("#!")
        subprocess.run([shell, "-n", script], check=True)
