"""MongoDB as a persistence module of the `eventsourcing` library.

    PERSISTENCE_MODULE=backend.mongodb.persistence
    MONGODB_URI=mongodb://…/?replicaSet=…
    MONGODB_DBNAME=…

An append is one *commit document*, so it happens whole or not at all, in one round trip and
without a transaction:

    {_id, p: first position, n: how many, received_at, epoch, e: [{s, v, t, d}, …]}

    s  originator id   v  version   t  topic   d  state

Two unique indexes carry the promises. `p`: the next position is that behind the newest commit,
so two writers who saw the same newest commit collide and one tries again; hence, by induction,
positions are gapless and in the order of commit. `(e.s, e.v)`: a version of an originator is
recorded once. (A unique index does not compare elements inside one document: that is done here.)

A write counts once a majority has it in its journal, and a position is claimed only behind a
commit that a majority holds: no fail-over can take either back. Each append carries an id made
here, the same on every attempt: where an answer is lost, the id tells whether it was recorded.

errors          what went wrong, in the library's words
datastore       one client and one database, with the concerns that make the promises hold
commits         commit documents: made, claimed, read
claims          recording them: positions, conflicts, lost answers
groups          appends of many threads go out together
reading         by position and by originator
recorders       the library's recorders
subscription    notified of what other processes append
factory         the library's factory
"""

from backend.mongodb.persistence.datastore import MongoDatastore
from backend.mongodb.persistence.factory import MongoFactory
from backend.mongodb.persistence.recorders import (
    MongoAggregateRecorder,
    MongoApplicationRecorder,
    MongoProcessRecorder,
    MongoTrackingRecorder,
)
from backend.mongodb.persistence.subscription import MongoSubscription

__all__ = [
    "MongoAggregateRecorder",
    "MongoApplicationRecorder",
    "MongoDatastore",
    "MongoFactory",
    "MongoProcessRecorder",
    "MongoSubscription",
    "MongoTrackingRecorder",
]
