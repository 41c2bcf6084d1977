"""Signing in: credentials, who they stand for, and the ways to get one.

credentials     new tokens, and how they are kept
authenticator   from a request's credential to its Principal, by a short-lived memory
"""
