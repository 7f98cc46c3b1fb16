"""The workbook of key figures, with charts of the spreadsheet program itself."""
