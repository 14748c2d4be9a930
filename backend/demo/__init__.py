"""The demo district: a year of Potou, invented where the public report gives no number.

    chance     seeded dice, and invented names
    district   what is there on 1 January: lists, officers, tablets
    year       what happens when: visits, corrections, late syncs, what the office does
    commands   `xunji demo`: builds it with a real server and real tablet processes

Everything invented is labelled 演示数据, uses the unassigned division 999999, and follows from
the seed alone.
"""
