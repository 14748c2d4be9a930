"""What leaves the house: tables for spreadsheets, the report of a month, a feed for other programs.

- `checksum`: rows as canonical JSON lines, and their SHA-256;
- `formats`: which file is asked for; `csv_file`, `xlsx_file`: how one is written;
- `sending`: a table as an answer, written to a file first, so that memory does not grow with rows;
- `again`: the same rows computed again from the records, for whoever doubts them;
- `words`: heads of columns and texts of these files, in both languages;
- `report`, `report_data`, `report.typ`: the report of a month as a PDF;
- `odata`, `odata_filter`, `odata_metadata`: the feed for Excel and Power BI;
- `page`: what can be exported.

Homes are hidden here as in every list, and figures of fewer than five of them are not told.
"""
