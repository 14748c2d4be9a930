"""The history and the views where one machine is not enough: MongoDB.

persistence     a persistence module of the `eventsourcing` library; knows nothing of ours
"""
