"""What owns live sessions and lets front ends in other processes hold them.

sessions: the host of one process · frames: Ops and Events on any byte stream · door: the Unix
socket others come through · remote: an AgentSession that lives behind such a socket.
"""
