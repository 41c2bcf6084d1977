"""SAML 2.0 as a service provider (Web Browser SSO profile), as strict as the profile allows.

document     XML that is refused before anything is believed
signature    what the identity provider really signed
encryption   assertions for our eyes only
conditions   whether a signed assertion is for us, now, and for this request
response     the three in their order: what came by the browser becomes an Assertion
request      the way there
metadata     what both sides know of each other

Only what a signature was verified over is ever read for an identity: `signature` gives back the
bytes that were hashed, parsed anew.
"""
