"""Features that are turned on for some, and off for all in a hurry.

murmur       the hash that puts callers into buckets
evaluate     what a flag is for a caller
store        SQL
switchboard  what holds now, kept in memory
listeners    who is told of changes as they come
seen         what all of it is for one caller
"""
