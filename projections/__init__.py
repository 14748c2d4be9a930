"""Answers: pure folds over a history, and pure queries over what was folded.

    recorded       a record, decoded once for all views; adopted entries unwrapped
    documents      what a view keeps under a key, and which of it counts: the law
    view           what a view is; `of_facts` declares one
    catalogue      `VIEWS`, all there are
    published      every version of a view or a measure that figures were quoted with
    versions       those that are no longer the newest, frozen
    objects, inspections, items (and their uses), devices, lists (officers, areas,
    assignments, checklists)      one view each: what it keeps, and how to read its documents
    visits         whether an inspection counts, by its nature
    views          the port `ViewStore`, and `MemoryViews`; sqlite_views is the adapter for files
    fold           the one loop
    garbage        the collector, paused
    replay         the same folds as of any moment, and what differs from what is served
    points, runs, visited_steps, overdue, steps      maps: where objects lie; in which steps they
                   count, were inspected, or wait for it
    cells, cell_counts, cell_codes      what a cell of a map shows, in a byte
    follow_rows, followed      what follows from an inspection: orders, tasks, causes, money
    follow_ups, recoveries, goals, causes, rectification, rechecks      what is asked of it
    working_calendar, frequency, asked, registered, uses, terms      what rules read: days, rules
                   and windows, items and plans, objects, when each was inspected
    due_dates      when rechecks fall due: one rule for figures, lists and maps
    requirements, slots, weather, cap_use      what was to be done and was: four measures
    due_lists, reasons, joint_visits      what is due of each object, and why
    case_rows, patrols, procedure      what the document of an inspection keeps and shows
    calendar, plans, supervision, imports      more views: days and warnings, plans and caps,
                   acts, files that were brought in
    figures, question, measures      a rate with its rows, what is asked, the thirteen measures
    participation, posts, supervision_faces, faces, procedure_faults, caps      who went, who
                   looked again, what went against procedure, how often at enterprises
    comparison, changes, agreement, hidden      two periods, two moments, two files of views;
                   what is too few to show
    attention, approvals      what needs a manager on Monday, and what waits for one
    coverage, object_inventory, item_inventory, device_list      queries

Folding, and keeping up: hold one `Fold`, call `catch_up` whenever something arrived.

    views = SQLiteViews(folder / file_name(VIEWS), VIEWS) # each version has its own file
    fold = Fold(store, views)
    fold.catch_up()                                       # returns the position reached

Only one process folds a file of views: another gets `StaleError`. Any number may read.

Asking:

    coverage(views, Span(first, last), today, Filters(township="440804001"))
    views.select(Query("inspections", columns=("object", "completed_on"), limit=50))
    views.load("objects", [key])                          # encoded; `view.decode` reads it
    touched(views, "objects", after=position, limit=500)  # for tablets that pull

The law of all views: the same set of records gives the same documents, in whatever order
and however often they are folded. Documents hold facts, nothing that depends on *today* and
nothing that needs another document; both belong into queries.
"""
