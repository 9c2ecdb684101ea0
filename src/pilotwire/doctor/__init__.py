"""The doctor: why does a station not dock? Looked at from the station's place, from the backend's, in a capture, or in logs.

It asks and listens, and judges by the standards and by a platform's demands; it decides nothing by the code our own CSMS and station
decide with. Every finding names its rule, what was seen, and how to mend it; the cause stands before what follows from it.
"""
