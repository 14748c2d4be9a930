"""The words, the signed log, and the rules: what tablets and server share.

    facts, inspections, orders, register, office   the vocabulary: what can have happened
    vocabulary                                      every tag and its type; Unknown
    ids, errors                                     identities; refusals and whose turn it is
    header, envelope, chain, sealing, statements,
    merkle, batch                                   the bytes (docs/format.md), nothing more
    object_types                                    what types of objects are called
    checklists, conditions, questionnaire           the forms and their rules, pure
    store, vault                                    ports; sqlite_store, sqlite_vault, memory
    writer                                          one log being written: decide, sign, store
    sync, pull                                      the conversation, without network
    credit_codes, resident_ids, coordinates         GB 32100, GB 11643, datums
    tracks, patrol_matching                         where a patrol went; what of a street it covered

Imports go downwards only: adapters → writer, sync, pull → store, vault → chain → envelope → words.
"""
