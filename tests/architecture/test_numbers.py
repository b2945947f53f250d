"""Said once: a number that code obeys is not typed again in a sentence; the words are made from it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("yibao", "accounts", "family", "payments")
NUMBER = re.compile(r"[0-9]+ ?(?:天|分钟|小时|秒|次|位|个字|个月|条|元|周岁|岁)")
# What national standards fix: 证件号码 (GB 11643) and its parts, 统筹区代码 (GB/T 2260); the first of something.
STANDARD = re.compile(
    r"统筹区代码应为6位数字|第7至14位|前17位|15位的旧号码|18位|12位数字|最后4位|应为6位统筹区代码|统筹区代码应为6位数字|第17位|至多6位数字|下个月1日|月1日|从 0 周岁起|第1位"
)
# The shapes of national certificates, each beside the pattern that reads it.
SHAPES = {"accounts/identity/certificates.py"}
SAMPLES = {"accounts/views/staff/components.py", "templates/accounts/components.html"}  # the page of components


def docstrings(tree: ast.AST) -> set[int]:
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def sentences() -> Iterator[tuple[str, str]]:
    """Yield where each piece of text stands that people may read, and the text."""
    for path in (path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))):
        if {"migrations", "demo"} & {*path.parts}:
            continue
        text = path.read_text()
        if not NUMBER.search(re.sub(r"[\s\"']", "", text)):  # nor put together from two pieces
            continue
        tree = ast.parse(text)
        skipped = docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
        yield str(path.relative_to(ROOT)), re.sub(r"{[{%].*?[%}]}", " ", text)
    articles = ROOT / "accounts/help/articles.toml"
    yield str(articles.relative_to(ROOT)), articles.read_text()


def test_no_sentence_holds_a_number_that_code_obeys():
    typed = {
        where: found
        for where, text in sentences()
        if where.partition(":")[0] not in SAMPLES | SHAPES and (found := NUMBER.findall(STANDARD.sub("", text)))
    }
    assert not typed
