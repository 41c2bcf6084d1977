"""Conversations on disk: append-only rows, search, leases, export and import.

location    where the user's database is
store       ThreadStore, the only door
heads       a thread's head line as a row
rows        an entry as a row, its images apart
packing     a row's JSON without the text that lies beside it
writing     what changes the database, inside a transaction
reading     what reads it
glimpse     a thread's end, before there is a store
search      words to an index query, hits by relevance
head_search threads by their head line
lease       which process writes a live thread
exchange    a thread as one JSON document, both ways
markdown    a thread as a page to read
width       how wide text is in a terminal
"""
