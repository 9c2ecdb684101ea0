"""Proof that cases can fail: saboteurs stand between the bench and the system under test and break one thing of what it says."""
