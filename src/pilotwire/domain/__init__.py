"""What is the case and what is right, in no protocol's words.

A station *states facts* (`Fact`) and the backend answers with a `Verdict`; the backend *gives commands* (`Command`) and the station
answers with an `Outcome`. Every decision that more than one protocol version shares is made here, once, as a pure function:
time is an argument, there is no I/O and no randomness. Terms are those of OCPP 2.x.
"""
