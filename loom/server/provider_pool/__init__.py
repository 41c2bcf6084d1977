"""Several accounts of one provider: which one serves a request, and what becomes of its failures.

account    one key: its health, what it is doing
pool       a provider's accounts: the choice, the places, the queue
turn       one request's way through them
pools      every provider's
"""
