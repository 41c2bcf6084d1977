"""Conversations on disk: append-only rows, search, leases, export and import.

location    where the user's database is
store       ThreadStore, the only door
heads       a thread's head line as a row
rows        an entry as a row, its images apart
packing     a row's JSON without the text that lies beside it
writing     what changes the database, inside a transaction
reading     what reads it
glimpse     a thread's end, before there is a store
search      hits for what a person typed: whole words first, by relevance
head_search threads by their head line
words       what a person typed as queries of the indexes
excerpts    the line of a text around words
lease       which process writes a live thread
exchange    a thread as one JSON document, both ways
markdown    a thread as a page to read
width       how wide text is in a terminal
"""
