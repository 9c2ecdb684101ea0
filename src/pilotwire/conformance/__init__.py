"""The conformance bench: every case of the official test documents, played against a station or a CSMS, and judged.

The judge is independent: nothing here decides, translates or keeps sessions with the code of our own CSMS and station.
"""
