"""Reports of a run: pages for people, JUnit XML and JSON for programs, and what changed since an earlier run."""
