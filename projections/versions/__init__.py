"""Views and figures as they were published: each in a module `<name>_<version>`, frozen.

When a version is raised, the one before moves here whole: its rows, columns and rules, with
names of their own. Nothing here is edited again but to keep it running; what it gives for the
records of `tests/published` is compared each time. `projections.published` finds them.
"""
