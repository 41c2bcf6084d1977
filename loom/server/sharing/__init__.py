"""Threads that their owners show to others.

overview  whom threads are shown to
shown     what is left of a conversation when secrets are taken out
window    a part of a long thread
"""
