"""Import designated institutions: `import_institutions FILE`."""

from typing import Any

from accounts.management.imports import FileCommand
from payments.bills.institutions import import_institutions


class Command(FileCommand):
    help = "Import designated institutions (定点医药机构) from CSV or a workbook; a bad row refuses the file."

    def handle(self, *args: object, **options: Any) -> None:
        result = self.taken_in(import_institutions, options)
        if options["json"]:
            self.answer(result.as_json())
            return
        for remark in result.remarks:
            self.stdout.write(f"注意：{remark}")
        counts = f"新增 {result.added:,} 个，有变化 {result.changed:,} 个"
        self.stdout.write(f"{options['file'].name}：{result.rows:,} 个机构，{counts}")
