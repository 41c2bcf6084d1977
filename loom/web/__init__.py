"""Loom in a browser: textual-serve's terminal behind a login of our own.

login: who may see anything · tabs: which thread a browser's tab shows · server: the routes ·
pages: what the browser is sent.
"""
