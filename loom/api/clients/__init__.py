"""Typed clients, one an area, over the one `loom.api.client.ServerClient`.

account  one's own account
orgs     organizations, their members, invitations and requests
teams    teams of an organization
keys     API keys of an organization
admin    accounts, for the server's admins
news     what a server tells by itself
"""
