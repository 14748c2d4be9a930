"""The bureau's own lists, brought in from Excel or CSV: read, compared, shown, then recorded.

A file is a stranger: it is read within bounds and nothing in it is computed. What it would
change is shown first, row by row where it is at fault; what is confirmed is recorded as facts of
the office's log in one append, whole or not at all.
"""
