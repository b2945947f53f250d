"""Reading workbooks: .xlsx, .xlsb, .ods and .xls."""
