"""Who may use the pages: accounts, how they sign in, and what each role may see and do.

`rights` is the one table of roles and rights, `guard` the one place that asks it. Accounts and
sessions are in a file of their own, apart from the history: they are secrets, not records.
What changes about an account is recorded for the auditor, without its secrets.
"""
