"""What a person reads of a bad file: one line per column and cause, with how many there are and the first rows."""

from accounts.roster.answers import grouped
from accounts.roster.problems import Problem


def test_one_cause_of_one_column_is_one_line_with_its_count_and_first_rows() -> None:
    problems = [Problem(row, "stas_date", f"{row}", "没有这一天") for row in range(2, 1202)]
    [line] = grouped(problems)
    assert line == "stas_date 共1,200处：没有这一天。第2行「2」、第3行「3」、第4行「4」、第5行「5」、第6行「6」等"


def test_reasons_that_differ_in_numbers_alone_are_one_cause_and_each_is_told() -> None:
    problems = [
        Problem(5, "certno", "9999**********0012", "与第2行重复"),
        Problem(6, "certno", "9999**********0013", "与第3行重复"),
    ]
    assert list(grouped(problems)) == [
        "certno 共2处：与第2行重复。第5行「9999**********0012」、第6行「9999**********0013」（与第3行重复）"
    ]


def test_names_of_columns_with_one_cause_are_one_line() -> None:
    problems = [
        Problem(1, "CERTNO", "", "不认识的列名"),
        Problem(1, "certno", "", "缺少这一列"),
        Problem(1, "brdy", "", "缺少这一列"),
    ]
    assert list(grouped(problems)) == ["第1行 CERTNO：不认识的列名", "第1行：缺少这一列，共2列：certno、brdy"]
    assert list(grouped([Problem(1, "certno", "", "这一列出现了不止一次")] * 2)) == [
        "第1行 certno：这一列出现了不止一次"
    ]


def test_other_columns_and_other_causes_stay_apart_in_the_order_of_the_file() -> None:
    problems = [
        Problem(0, "", "", "应有3行，实有2行"),
        Problem(2, "mob", "1", "请填手机号"),
        Problem(2, "gend", "9", "应为 1（男）、2（女）"),
        Problem(3, "mob", "x", "请填手机号"),
        Problem(4, "mob", "0**", "这像是座机号码"),
    ]
    assert list(grouped(problems)) == [
        "文件：应有3行，实有2行",
        "mob 共2处：请填手机号。第2行「1」、第3行「x」",
        "第2行 gend「9」：应为 1（男）、2（女）",
        "第4行 mob「0**」：这像是座机号码",
    ]


def test_what_is_wrong_with_whole_rows_is_not_told_of_the_file() -> None:
    problems = [Problem(row, "", "", "这一行有3列，应为8列") for row in (4, 7)]
    assert list(grouped(problems)) == ["整行 共2处：这一行有3列，应为8列。第4行、第7行"]
