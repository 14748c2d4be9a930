"""How fast it is on this machine, and what bounds it: `xunji bench`.

    commands     the command
    report       which measurements there are; one report of those that were asked for
    workshop     the temporary folder, and the history that several measurements share
    rounds       medians of several rounds; what a stopwatch shows
    visits       what happens on invented inspections, in a realistic mix
    pen          writes entries, signed or not
    disk, loopback                limits: an fsync, an empty POST
    pushing                       tablets hand in logs to a real server process
    folding, asking, mapping      projections: fold, replay into coverage, first pages, a map
    exporting                     a long list becomes a file
    lists, lists_city             every list and page, where a million inspections are
    tablet                        a durable answer on the tablet, in a process of its own
    peer                          the library's bare recorder appending the same bytes
    server, served                both ends of the server process that is measured

Rates called *of CPU* divide by the processor time that the measured process used, by its own
account: they say what one core could do, whatever else the machine does meanwhile.
"""
